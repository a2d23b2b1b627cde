"""What the home page shows: what needs somebody, today in numbers, and the days before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.api.access import needs
from server.api.home_shapes import (
    HOURLY_DAYS,
    SHOWN,
    SPARK_DAYS,
    DayView,
    FailedJob,
    FirstSteps,
    HomePath,
    HomeQuery,
    HomeView,
    HourOfDayView,
    HourView,
    LatencyView,
    LatestLead,
    Needs,
    Number,
    Numbers,
    WaitingLead,
)
from server.api.profiles import profile_of
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.clock import utc_now
from server.daily_figures import KINDS, DayFigures
from server.figures import Spread
from server.leads.counts import OPEN_WORK
from server.models import DEAD, OPERATOR, Call, JobRow, Lead
from server.wiring import services

blueprint = new_resource("home", "The home page: what needs somebody, and figures by day.")

_LATEST = 6
_LOOKED_AT = 200
"""Untouched leads, the newest, among which next steps are looked for."""


@blueprint.get(f"/businesses/{BUSINESS_ID}/home", responses={200: HomeView})
@needs(OPERATOR)
def get_home(path: HomePath, query: HomeQuery) -> Response:
    """Get what the home page shows: what needs somebody, today, and the days before."""
    business_id = path.business_id
    days = read_days(business_id, max(query.days, SPARK_DAYS, HOURLY_DAYS))
    wanted = days[-query.days :]
    return answer(
        HomeView(
            timezone=profile_of(business_id).timezone,
            at=utc_now(),
            live_calls=live_calls(business_id),
            needs=read_needs(business_id),
            numbers=numbers_of(days),
            hours=[
                HourView(starts=one.starts + timedelta(hours=at), **hour)
                for one in days[-HOURLY_DAYS:]
                for at, hour in enumerate(one.hours)
            ],
            hours_of_day=hours_of_day(wanted),
            days=[day_view(one) for one in wanted],
            latest_leads=latest_leads(business_id),
            first_steps=read_first_steps(business_id),
        )
    )


# What the endpoint and the pages share


def read_days(business_id: int, count: int) -> list[DayFigures]:
    """Return the last ``count`` days of a business, today last; a few seconds old at most.

    Raises:
        NotFoundError: there is no such business.
    """
    profile = profile_of(business_id)
    return services().daily.days(business_id, profile.timezone, count)


def live_calls(business_id: int) -> int:
    """Return how many calls of the business this process carries now."""
    return services().calls.registry.count_of(business_id)


def numbers_of(days: Sequence[DayFigures]) -> Numbers:
    """Return today in four numbers, of days of which today is the last."""

    def number(of: Callable[[DayFigures], float | None]) -> Number:
        values = [of(one) for one in days[-SPARK_DAYS:]]
        return Number(today=values[-1], days=values)

    return Numbers(
        calls=number(lambda one: one.call_count),
        answered_at_once=number(lambda one: one.at_once),
        median_answer_ms=number(lambda one: one.latency.p50 if one.latency else None),
        new_leads=number(lambda one: one.new_numbers),
    )


def day_view(one: DayFigures) -> DayView:
    """Return how a day is shown."""
    return DayView(
        day=one.day,
        calls=one.call_count,
        new_leads=one.new_numbers,
        answered_at_once=one.at_once,
        latency_by_path={path: _latency(found) for path, found in one.latency_by_path.items()},
        **one.calls,
    )


def hours_of_day(days: Sequence[DayFigures]) -> list[HourOfDayView]:
    """Return the calls of ``days`` by the hour that the clock on the wall showed."""
    by_hour = [dict.fromkeys(KINDS, 0) for _ in range(24)]
    for one in days:
        zone = ZoneInfo(one.timezone)
        for at, hour in enumerate(one.hours):
            shown = (one.starts + timedelta(hours=at)).astimezone(zone).hour
            for kind, count in hour.items():
                by_hour[shown][kind] += count
    return [HourOfDayView(hour=hour, **counts) for hour, counts in enumerate(by_hour)]


def read_needs(business_id: int) -> Needs:
    """Return what needs somebody now."""
    counted = services().attention.of(business_id)
    counts = services().lead_counts.of(business_id)
    with services().database.read() as session:
        waiting = _waiting(session, business_id)
        dead = (JobRow.business_id == business_id, JobRow.state == DEAD)
        failed_jobs = session.scalar(select(func.count()).select_from(JobRow).where(*dead))
        failed = session.scalars(
            select(JobRow).where(*dead).order_by(JobRow.id.desc()).limit(SHOWN)
        ).all()
    return Needs(
        call_backs=counts.callback,
        to_work=counts.new,
        waiting=waiting,
        failed_jobs=failed_jobs or 0,
        failed=[FailedJob.model_validate(row, from_attributes=True) for row in failed],
        faq_warnings=counted.faq_warnings,
        faq_conflicts=counted.faq_conflicts,
        learned=counted.learned,
        cost_cap_reached=services().calls.costs.is_over(profile_of(business_id)),
    )


def read_first_steps(business_id: int) -> FirstSteps:
    """Return what of the first steps is done."""
    profile = profile_of(business_id)
    with services().database.read() as session:
        called, tried = (
            session.scalar(
                select(Call.call_sid)
                .where(Call.business_id == business_id, Call.is_test.is_(is_test))
                .limit(1)
            )
            is not None
            for is_test in (False, True)
        )
    return FirstSteps(
        answers=bool(profile.faq.rows),
        prompt=bool(profile.ai_prompt.strip()),
        tried=tried,
        number=bool(profile.numbers),
        called=called,
    )


def _waiting(session: Session, business_id: int) -> list[WaitingLead]:
    """Return the newest leads that want a call back, then untouched ones with a next step."""
    shown = (
        Lead.id,
        Lead.name,
        Lead.phone,
        Lead.headline,
        Lead.next_step,
        Lead.wants_callback,
        Lead.created_at,
    )
    own = (Lead.business_id == business_id, Lead.is_test.is_(False))
    rows = session.execute(
        select(*shown)
        .where(*own, Lead.wants_callback, Lead.work_status.in_(OPEN_WORK))
        .order_by(Lead.created_at.desc())
        .limit(SHOWN)
    ).all()
    if len(rows) < SHOWN:
        newest = (
            select(Lead.id)
            .where(*own, Lead.work_status == "new")
            .order_by(Lead.created_at.desc())
            .limit(_LOOKED_AT)
            .subquery()
        )
        others = session.execute(
            select(*shown)
            .join(newest, newest.c.id == Lead.id)
            .where(Lead.next_step != "", Lead.wants_callback.is_(False))
            .order_by(Lead.created_at.desc())
            .limit(SHOWN - len(rows))
        )
        rows = [*rows, *others]
    return [WaitingLead.model_validate(row, from_attributes=True) for row in rows]


def latest_leads(business_id: int) -> list[LatestLead]:
    """Return the newest leads, test calls left out."""
    with services().database.read() as session:
        rows = session.execute(
            select(
                Lead.id,
                Lead.name,
                Lead.phone,
                Lead.headline,
                Lead.status,
                Lead.work_status,
                Lead.read_at,
                Lead.created_at,
            )
            .where(Lead.business_id == business_id, Lead.is_test.is_(False))
            .order_by(Lead.created_at.desc(), Lead.id.desc())
            .limit(_LATEST)
        )
        return [LatestLead.model_validate(row, from_attributes=True) for row in rows]


def _latency(found: Spread) -> LatencyView:
    return LatencyView(p50=found.p50, p95=found.p95, count=found.count)
