"""Having a number of the Twilio account ring here: for the API, the guided page and the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from server.accounts import record_change
from server.api.business_changes import as_e164, change_business, find_business
from server.api.business_models import BusinessChange, BusinessView
from server.api.fields import Input, Number
from server.api.problems import FieldConflictError
from server.errors import ConflictError, NotFoundError, ProviderError
from server.telephony.numbers import (
    Account,
    TwilioNumber,
    changes_to,
    check_connectable,
    connect_number,
    find_number,
    list_numbers,
    read_account,
)
from server.telephony.rest import TwilioRest
from server.wiring import services


class AccountView(BaseModel):
    """The Twilio account."""

    name: str
    status: str = Field(description="active, suspended or closed.")
    is_trial: bool


class NumberView(BaseModel):
    """One of the account's numbers."""

    number: str = Field(description="E.164.")
    name: str
    business_id: int | None = Field(description="Where it rings; null: at no business yet.")
    connected: bool = Field(description="Whether Twilio sends its calls here.")
    usable: bool = Field(description="Whether its calls could come here at all.")


class ConnectView(BaseModel):
    """What is there to connect with."""

    public_base_url: str
    https: bool = Field(description="Whether the public address is one that Twilio can use.")
    configured: bool = Field(description="Whether there are credentials.")
    account: AccountView | None
    problem: str = Field(
        description="Why the account cannot be used: credentials, unavailable, suspended… or empty."
    )
    numbers: list[NumberView] = Field(description="At most 200 of the account's numbers.")


class ConnectInput(Input):
    """Which number, and whether only to look."""

    number: Number
    dry_run: bool = Field(default=False, strict=True, description="Only tell what would change.")


class ChangeView(BaseModel):
    """One field at Twilio, as it was and as it is to be."""

    field: str = Field(description="As Twilio's API calls it.")
    before: str
    after: str
    differs: bool


class ConnectResult(BaseModel):
    """What connecting a number changes, or has changed."""

    number: str
    changes: list[ChangeView]
    adds_number: bool = Field(description="Whether the number was not the business's before.")
    done: bool


def look(business_id: int) -> ConnectView:
    """Return the account and its numbers; asks Twilio twice.

    Raises:
        NotFoundError: there is no such business.
    """
    find_business(business_id)
    parts = services()
    origin = parts.settings.public_base_url
    view = ConnectView(
        public_base_url=origin,
        https=is_usable(origin),
        configured=parts.twilio is not None,
        account=None,
        problem="",
        numbers=[],
    )
    if parts.twilio is None:
        return view
    try:
        account = read_account(parts.twilio)
        view.account = _account(account)
        if account.status != "active":
            view.problem = account.status or "unknown"
            return view
        view.numbers = [_number(one, origin) for one in list_numbers(parts.twilio)]
    except ProviderError as error:
        view.problem = error.code
    return view


def connect(business_id: int, body: ConnectInput, actor: str) -> ConnectResult:
    """Have a number of the account ring at the business, or tell what that would change.

    Raises:
        ConflictError: there is no public address, no account, the number is not the account's
            own, rings at another business, its calls cannot come here, or Twilio does not answer
            or refuses (``twilio_…``).
        InvalidInputError: it is no number.
    """
    business = find_business(business_id)
    rest, origin = _ready()
    e164 = body.number if body.number in business.numbers else as_e164(body.number, business.lang)
    _check_free(e164, business)
    with _twilio():
        number = find_number(rest, e164)
    check_connectable(number)
    adds = e164 not in business.numbers
    changes = [
        ChangeView(field=c.field, before=c.before, after=c.after, differs=c.differs)
        for c in changes_to(number, origin)
    ]
    if not body.dry_run:
        if adds:
            change = BusinessChange(numbers=[*business.numbers, e164])
            change_business(business_id, change, actor)
        with _twilio():
            connect_number(rest, number, origin)
        fields = [change.field for change in changes if change.differs]
        with services().database.write() as session:
            record_change(
                session,
                actor,
                "number.connect",
                business_id=business_id,
                target=f"number:{e164}",
                detail={"fields": fields},
            )
    return ConnectResult(number=e164, changes=changes, adds_number=adds, done=not body.dry_run)


def is_usable(origin: str) -> bool:
    """Tell whether Twilio can reach this origin, as far as its form tells."""
    return urlsplit(origin).scheme == "https"


def _ready() -> tuple[TwilioRest, str]:
    parts = services()
    if not is_usable(parts.settings.public_base_url):
        message = "Set PUBLIC_BASE_URL to the https:// address of this server first."
        raise ConflictError(message, code="no_public_address")
    if parts.twilio is None:
        message = "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN first."
        raise ConflictError(message, code="no_credentials")
    return parts.twilio, parts.settings.public_base_url


@contextmanager
def _twilio() -> Iterator[None]:
    try:
        yield
    except ProviderError as error:
        raise ConflictError(f"{error.message}.", code=f"twilio_{error.code}") from error
    except NotFoundError as error:
        raise FieldConflictError("number", error.message, code=error.code) from error


def _check_free(e164: str, business: BusinessView) -> None:
    profile = services().directory.by_number(e164)
    if profile is not None and profile.id != business.id:
        raise FieldConflictError("number", "rings at another business", code="number_taken")


def _account(account: Account) -> AccountView:
    return AccountView(name=account.name, status=account.status, is_trial=account.is_trial)


def _number(number: TwilioNumber, origin: str) -> NumberView:
    profile = services().directory.by_number(number.e164)
    return NumberView(
        number=number.e164,
        name=number.name,
        business_id=profile.id if profile is not None else None,
        connected=not any(change.differs for change in changes_to(number, origin)),
        usable=number.takes_voice and not number.trunk_sid,
    )
