"""The account's numbers at Twilio, and what has to be set for their calls to arrive here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from server.errors import ConflictError, NotFoundError
from server.telephony.rest import TwilioRest
from server.telephony.urls import WEBHOOK_PREFIX

NUMBERS = "IncomingPhoneNumbers"
MOST_LISTED = 200
"""Whoever has more types the number."""

_BLANK: Mapping[str, str] = {"VoiceApplicationSid": ""}
"""An application of Twilio's would answer instead of the voice URL."""


@dataclass(frozen=True, slots=True)
class Account:
    """What matters of the account."""

    name: str
    status: str
    """``active``, ``suspended`` or ``closed``."""
    is_trial: bool
    """Only verified numbers can call and be called, and not every verb works."""


@dataclass(frozen=True, slots=True)
class TwilioNumber:
    """One number of the account."""

    sid: str
    e164: str
    name: str
    set_to: Mapping[str, str]
    """What :func:`wanted_settings` names, as it is set now."""
    trunk_sid: str
    """A SIP trunk takes the calls, and no address is asked."""
    takes_voice: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a number: as it is, and as it is to be."""

    field: str
    """As Twilio's API calls it: ``VoiceUrl``…"""
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Tell whether there is anything to change."""
        return self.before != self.after


def wanted_settings(origin: str) -> dict[str, str]:
    """Return the fields of a number whose calls are to arrive at ``origin`` (https://…)."""
    return {
        "VoiceUrl": f"{origin}{WEBHOOK_PREFIX}/voice",
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": f"{origin}{WEBHOOK_PREFIX}/fallback",
        "VoiceFallbackMethod": "POST",
        "StatusCallback": f"{origin}{WEBHOOK_PREFIX}/call_status",
        "StatusCallbackMethod": "POST",
    } | dict(_BLANK)


def read_account(rest: TwilioRest) -> Account:
    """Return what the account says of itself.

    Raises:
        ProviderError: ``credentials`` where they are wrong; see :class:`TwilioRest`.
    """
    found = rest.read("")
    return Account(
        str(found.get("friendly_name", "")),
        str(found.get("status", "")),
        str(found.get("type", "")).lower() == "trial",
    )


def list_numbers(rest: TwilioRest) -> list[TwilioNumber]:
    """Return the first :data:`MOST_LISTED` numbers of the account.

    Raises:
        ProviderError: see :class:`TwilioRest`.
    """
    return _numbers(rest.read(NUMBERS, {"PageSize": str(MOST_LISTED)}))


def find_number(rest: TwilioRest, e164: str) -> TwilioNumber:
    """Return the number ``e164`` of the account.

    Raises:
        NotFoundError: it has no such number.
        ProviderError: see :class:`TwilioRest`.
    """
    found = _numbers(rest.read(NUMBERS, {"PhoneNumber": e164, "PageSize": "20"}))
    for number in found:  # the API also finds numbers that only begin like it
        if number.e164 == e164:
            return number
    raise NotFoundError(f"the Twilio account has no number {e164}", code="not_in_account")


def changes_to(number: TwilioNumber, origin: str) -> list[Change]:
    """Return every field that connecting sets, also those that are right already."""
    wanted = wanted_settings(origin)
    return [Change(field, number.set_to.get(field, ""), wanted[field]) for field in wanted]


def check_connectable(number: TwilioNumber) -> None:
    """Do nothing for a number whose calls can be sent to an address.

    Raises:
        ConflictError: a SIP trunk takes its calls, or it takes none at all.
    """
    if number.trunk_sid:
        message = "A SIP trunk takes the calls of this number: take it off the trunk at Twilio."
        raise ConflictError(message, code="on_trunk")
    if not number.takes_voice:
        raise ConflictError("This number takes no calls, only messages.", code="no_voice")


def connect_number(rest: TwilioRest, number: TwilioNumber, origin: str) -> TwilioNumber:
    """Have the calls of ``number`` arrive at ``origin``; return it as it is then.

    Raises:
        ConflictError: see :func:`check_connectable`.
        ProviderError: see :class:`TwilioRest`.
    """
    check_connectable(number)
    wanted = {c.field: c.after for c in changes_to(number, origin) if c.differs}
    if not wanted:
        return number
    return _number(rest.change(f"{NUMBERS}/{quote(number.sid, safe='')}", wanted))


def _numbers(found: Mapping[str, Any]) -> list[TwilioNumber]:
    rows = found.get("incoming_phone_numbers")
    return [_number(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


_NAMES = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
}


def _number(row: Mapping[str, Any]) -> TwilioNumber:
    capabilities = row.get("capabilities")
    voice = capabilities.get("voice", True) if isinstance(capabilities, dict) else True
    return TwilioNumber(
        sid=str(row.get("sid") or ""),
        e164=str(row.get("phone_number") or ""),
        name=str(row.get("friendly_name") or ""),
        set_to={field: str(row.get(name) or "") for field, name in _NAMES.items()},
        trunk_sid=str(row.get("trunk_sid") or ""),
        takes_voice=bool(voice),
    )
