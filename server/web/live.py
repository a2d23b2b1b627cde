"""Calls as they happen: who is on the line, what is said, and the strip on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Response, flash, render_template, url_for
from flask_babel import gettext as _

from server.api.access import needs
from server.api.calls import visible_call
from server.api.live import end_politely, live_calls
from server.clock import utc_now
from server.models import OPERATOR
from server.web.call_words import reasons
from server.web.pages import BUSINESS, back_to, is_htmx, missing, new_pages
from server.wiring import services

blueprint = new_pages("live")

_CALL = f"{BUSINESS}/live/<string(maxlength=64):call_sid>"


@blueprint.app_context_processor
def live_count() -> dict[str, Callable[[int], int]]:
    """Give every template the number of running calls, for the strip."""
    return {"live_count": services().calls.watch.count}


@blueprint.get(f"{BUSINESS}/live")
@needs(OPERATOR)
def show_live(business_id: int) -> str:
    """Show the calls that run now."""
    with services().database.read() as session:
        calls = live_calls(session, business_id)
    return render_template(
        "live/show.html", calls=calls, seconds_since=_seconds_since, reasons=reasons()
    )


@blueprint.get(f"{BUSINESS}/live/strip")
@needs(OPERATOR)
def strip(business_id: int) -> str:
    """Show what every page keeps fresh: the line about running calls, and the count of leads."""
    return render_template("live/_strip_answer.html")


@blueprint.get(f"{_CALL}/card")
@needs(OPERATOR)
def card(business_id: int, call_sid: str) -> str:
    """Show the card of one running call, for a page that has just heard of it."""
    with services().database.read() as session:
        calls = live_calls(session, business_id)
    for call in calls:
        if call.call_sid == call_sid:
            return render_template("live/_card_alone.html", call=call, seconds_since=_seconds_since)
    raise missing("call")


@blueprint.get(f"{_CALL}/end")
@needs(OPERATOR)
def ask_end(business_id: int, call_sid: str) -> str:
    """Ask before a running call is ended, where no script does."""
    _check_is_here(business_id, call_sid)
    return render_template(
        "account/sure.html",
        title=_("End this call?"),
        text=_("The caller hears a goodbye first."),
        button=_("End the call"),
        button_icon="phone-off",
        back=url_for(".show_live", business_id=business_id),
    )


@blueprint.post(f"{_CALL}/end")
@needs(OPERATOR)
def end(business_id: int, call_sid: str) -> Response | str:
    """Have a running call ended."""
    _check_is_here(business_id, call_sid)
    ending = end_politely(call_sid).state == "ending"
    if is_htmx():
        return render_template("live/_ending.html", ending=ending)
    flash(_("Saying goodbye to the caller.") if ending else _("The call is over already."))
    return back_to(".show_live", business_id=business_id)


def _check_is_here(business_id: int, call_sid: str) -> None:
    """Do nothing when the call is, or was, one of this business.

    Raises:
        NotFoundError: it is not.
    """
    live = services().calls.watch.call(call_sid)
    if live is not None:
        owner = live.business_id
    else:
        with services().database.read() as session:
            owner = visible_call(session, call_sid).business_id
    if owner != business_id:
        raise missing("call")


def _seconds_since(at: datetime) -> int:
    return max(0, round((utc_now() - at).total_seconds()))
