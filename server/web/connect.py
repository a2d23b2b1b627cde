"""Connecting a number, step by step: the address, the account, the number, and a first call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from flask import Response, render_template, request
from pydantic import ValidationError
from sqlalchemy import select

from server.api.access import needs
from server.api.connecting import ConnectInput, ConnectView, connect, is_usable, look
from server.clock import utc_now
from server.errors import ConflictError, InvalidInputError
from server.models import ADMIN, OWNER, Call
from server.web import system_words
from server.web.messages import of_error
from server.web.pages import BUSINESS, back_to, caller, is_htmx, new_pages
from server.web.system import address_checked
from server.wiring import services

blueprint = new_pages("connect")

PAGE = f"{BUSINESS}/settings/connect"
WATCHED = timedelta(minutes=10)
"""So long the page looks for the first call by itself."""

_MAX_NUMBER_CHARS = 40


@blueprint.get(PAGE)
@needs(ADMIN)
def index(business_id: int) -> str:
    """Show the steps; what Twilio has to be asked for is asked when the page is there."""
    account = look(business_id) if "look" in request.args and caller().is_owner else None
    return _page(account=account)


@blueprint.get(f"{PAGE}/account")
@needs(OWNER)
def account(business_id: int) -> str:
    """Show the account and its numbers: the part of the page that asks Twilio."""
    found = look(business_id)
    if not is_htmx():
        return _page(account=found)
    return render_template("connect/_account.html", account=found, wanted=_number())


@blueprint.post(f"{PAGE}/check")
@needs(OWNER)
def check(business_id: int) -> str:
    """Look whether calls find this server at its public address."""
    return address_checked(_page)


@blueprint.get(f"{PAGE}/review")
@needs(OWNER)
def review(business_id: int) -> str | tuple[str, int]:
    """Show what connecting a number would change at Twilio; nothing is changed."""
    try:
        body = ConnectInput.model_validate({"number": _number(), "dry_run": True})
        found = connect(business_id, body, caller().actor)
    except ValidationError:
        return _refused(InvalidInputError("number", "this is not a phone number"))
    except (InvalidInputError, ConflictError) as error:
        return _refused(error)
    return render_template("connect/review.html", found=found)


@blueprint.post(f"{PAGE}/apply")
@needs(OWNER)
def apply(business_id: int) -> Response | tuple[str, int]:
    """Set the number's addresses at Twilio."""
    try:
        body = ConnectInput.model_validate({"number": request.form.get("number", "").strip()})
        done = connect(business_id, body, caller().actor)
    except ValidationError:
        return _refused(InvalidInputError("number", "this is not a phone number"))
    except (InvalidInputError, ConflictError) as error:
        return _refused(error)
    since = int(utc_now().timestamp())
    return back_to("web_connect.ring", business_id=business_id, number=done.number, since=since)


@blueprint.get(f"{PAGE}/ring")
@needs(ADMIN)
def ring(business_id: int) -> str | tuple[str, int]:
    """Ask for a first call, and show when it has come."""
    number = _number()
    since = _since()
    call = _first_call(business_id, number, since)
    watching = utc_now() - since < WATCHED
    if is_htmx() and watching and call is None:
        return "", HTTPStatus.NO_CONTENT  # shown anew, it would be read out every three seconds
    template = "connect/_first_call.html" if is_htmx() else "connect/ring.html"
    return render_template(
        template, number=number, since=int(since.timestamp()), call=call, watching=watching
    )


def _page(
    *,
    account: ConnectView | None = None,
    address: object = None,
    busy: str = "",
    wrong: str = "",
) -> str:
    origin = services().settings.public_base_url
    return render_template(
        "connect/index.html",
        origin=origin,
        https=is_usable(origin),
        configured=services().twilio is not None,
        port=services().settings.port,
        account=account,
        address=address,
        busy=busy,
        wrong=wrong,
        wanted=_number(),
        words=system_words,
    )


def _refused(error: InvalidInputError | ConflictError) -> tuple[str, int]:
    return _page(wrong=of_error(error)), HTTPStatus.UNPROCESSABLE_ENTITY


def _number() -> str:
    return request.values.get("number", "").strip()[:_MAX_NUMBER_CHARS]


def _since() -> datetime:
    """Return from when on calls are the first; a day back at most."""
    now = utc_now()
    given = request.args.get("since", "")
    if not (given.isascii() and given.isdigit() and len(given) < 12):
        return now
    return max(now - timedelta(days=1), min(now, datetime.fromtimestamp(int(given), UTC)))


def _first_call(business_id: int, number: str, since: datetime) -> Call | None:
    with services().database.read() as session:
        return session.scalar(
            select(Call)
            .where(
                Call.business_id == business_id,
                Call.started_at >= since,
                Call.to_number == number,
                Call.is_test.is_(False),  # those come from a page, not by the number
            )
            .order_by(Call.started_at)
            .limit(1)
        )
