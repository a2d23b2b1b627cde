"""The home page: what needs somebody, today in numbers, the days before, the latest leads."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from flask import flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from server.api.access import needs
from server.api.home import (
    day_view,
    hours_of_day,
    latest_leads,
    live_calls,
    numbers_of,
    read_days,
    read_first_steps,
    read_needs,
)
from server.api.home_shapes import SPARK_DAYS, CallCounts, DayView
from server.api.jobs import JobsQuery, page_of_jobs, try_again, try_all_again
from server.api.kpis import read_kpis
from server.daily_figures import KINDS
from server.errors import ConflictError
from server.models import ADMIN, OPERATOR
from server.web import system_words
from server.web.home_words import job_name, job_reason
from server.web.language import HEBREW, page_language
from server.web.pages import BUSINESS, back_to, caller, is_htmx, new_pages
from server.web.sparks import spark_path

blueprint = new_pages("home")

RANGES = (7, 30, 90)
"""Days that the charts can show."""

UNITS = ("hour", "day")
"""What one bar can stand for: a week is looked at by the hour, what is longer by the day."""

KIND_NAMES = {
    "faq": _l("Instant answers"),
    "agent": _l("Voice agent"),
    "message": _l("Took a message"),
    "none": _l("Nothing was asked"),
}
PATH_NAMES = {
    "FAQ_FASTPATH": _l("Instant answers"),
    "AGENT": _l("Voice agent"),
    "FALLBACK": _l("Fixed sentences"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart of calls."""

    label: str
    """Short, below the axis."""
    title: str
    """In full, in the table and when it is pointed at."""
    counts: CallCounts

    @property
    def total(self) -> int:
        """How many calls it stands for."""
        return sum(getattr(self.counts, kind) for kind in KINDS)


@blueprint.get(f"{BUSINESS}/")
@needs(OPERATOR)
def home(business_id: int) -> str:
    """Show the home page; of a business that nobody has called yet, its first steps."""
    steps = read_first_steps(business_id)
    shown: dict[str, Any] = {"steps": steps, "live": live_calls(business_id)}
    if steps.called:
        shown |= _now(business_id) | _charts(business_id) | {"leads": latest_leads(business_id)}
    return render_template("home/home.html", **shown)


@blueprint.get(f"{BUSINESS}/home/now")
@needs(OPERATOR)
def now(business_id: int) -> str | Response:
    """Show what needs somebody and today's numbers: the part that the page keeps fresh."""
    if not is_htmx():
        return back_to("web_home.home", business_id=business_id)
    return render_template("home/_now.html", **_now(business_id))


@blueprint.get(f"{BUSINESS}/home/charts")
@needs(OPERATOR)
def charts(business_id: int) -> str | Response:
    """Show the charts over another range."""
    if not is_htmx():
        return back_to("web_home.home", business_id=business_id, **request.args.to_dict())
    return render_template("home/_charts.html", **_charts(business_id))


@blueprint.get(f"{BUSINESS}/home/figures")
@needs(OPERATOR)
def figures(business_id: int) -> str:
    """Show the week's figures under the names by which support knows them."""
    template = "home/_figures.html" if is_htmx() else "home/figures.html"
    return render_template(template, kpis=read_kpis(business_id, RANGES[0]))


@blueprint.get(f"{BUSINESS}/home/jobs")
@needs(ADMIN)
def jobs(business_id: int) -> str:
    """List the business's work that was given up."""
    cursor = request.args.get("cursor")
    return render_template(
        "system/_jobs.html" if is_htmx() and cursor else "home/jobs.html",
        page=page_of_jobs(JobsQuery(state="dead", cursor=cursor), business_id),
        words=system_words,
        origin_page="jobs",
        of_business=True,
        retry_base=f"/b/{business_id}/home/jobs",
    )


@blueprint.post(f"{BUSINESS}/home/jobs/<int(max=2147483647):job_id>/retry")
@needs(ADMIN)
def retry_job(business_id: int, job_id: int) -> str | Response:
    """Give work that was given up its tries again."""
    listed = request.form.get("from") == "jobs"
    try:
        try_again(job_id, caller().actor, business_id)
    except ConflictError:
        flash(_("Somebody has tried this again already."), "warning")
    else:
        flash(_("It is being tried again."), "success")
    return back_to("web_home.jobs" if listed else "web_home.home", business_id=business_id)


@blueprint.post(f"{BUSINESS}/home/jobs/retry")
@needs(ADMIN)
def retry_jobs(business_id: int) -> Response:
    """Give all of the business's work that was given up its tries again."""
    tried = try_all_again(caller().actor, business_id)
    said = ngettext("%(num)s is being tried again.", "%(num)s are being tried again.", tried)
    flash(said, "success")
    return back_to("web_home.jobs", business_id=business_id)


def _now(business_id: int) -> dict[str, Any]:
    numbers = numbers_of(read_days(business_id, SPARK_DAYS))
    return {
        "needs": read_needs(business_id),
        "numbers": numbers,
        "sparks": {name: spark_path(number.days) for name, number in numbers},
        "job_name": job_name,
        "job_reason": job_reason,
    }


def _charts(business_id: int) -> dict[str, Any]:
    asked = request.args.get("days", type=int)
    days = asked if asked in RANGES else RANGES[0]
    chosen = request.args.get("by")
    if chosen not in UNITS:
        chosen = None
    by = chosen or UNITS[days > RANGES[0]]
    found = read_days(business_id, max(days, SPARK_DAYS))[-days:]
    shown = [day_view(one) for one in found]
    labels = [_day_labels(one.day, page_language(), week=days <= RANGES[0]) for one in shown]
    if by == "hour":
        bars = [
            Bar(str(one.hour), f"{one.hour}:00-{one.hour + 1}:00", one)
            for one in hours_of_day(found)
        ]
    else:
        bars = [Bar(*label, one) for label, one in zip(labels, shown, strict=True)]
    return {
        "days": days,
        "by": by,
        "chosen": chosen,
        "ranges": RANGES,
        "bars": bars,
        "kinds": KIND_NAMES,
        "paths": {path: name for path, name in PATH_NAMES.items() if _measured(shown, path)},
        "waits": [(*label, one.latency_by_path) for label, one in zip(labels, shown, strict=True)],
        "total": sum(bar.total for bar in bars),
    }


def _measured(days: Sequence[DayView], path: str) -> bool:
    return any(path in one.latency_by_path for one in days)


@functools.lru_cache(maxsize=1000)
def _day_labels(day: date, language: str, *, week: bool) -> tuple[str, str]:
    """Return what stands below the axis for a day, and its name in full; they cost some."""
    short = (
        ("EEEEE d.M" if week else "d.M") if language == HEBREW else ("EEE d" if week else "MMM d")
    )
    return format_date(day, short, locale=language), format_date(day, "full", locale=language)
