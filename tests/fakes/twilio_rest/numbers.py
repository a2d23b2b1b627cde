"""The numbers of the stand-in's account. Source: Twilio, "IncomingPhoneNumber Resource"."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

_URLS = {
    "VoiceUrl": "voice_url",
    "VoiceFallbackUrl": "voice_fallback_url",
    "StatusCallback": "status_callback",
}
_METHODS = {
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
}
_SIDS = {"VoiceApplicationSid": "voice_application_sid", "TrunkSid": "trunk_sid"}


class Numbers:
    """Numbers by SID; ``change`` takes what the real service takes and nothing else."""

    def __init__(self, violation: Callable[[str], None]) -> None:
        self._violation = violation
        self._rows: dict[str, dict[str, Any]] = {}

    def add(self, e164: str, **fields: Any) -> str:
        """Have a number; return its SID. A bought one greets with Twilio's own demonstration."""
        sid = "PN" + secrets.token_hex(16)
        self._rows[sid] = {
            "sid": sid,
            "phone_number": e164,
            "friendly_name": e164,
            "voice_url": "https://demo.twilio.com/welcome/voice/",
            "voice_method": "POST",
            "voice_fallback_url": "",
            "voice_fallback_method": "POST",
            "status_callback": "",
            "status_callback_method": "POST",
            "voice_application_sid": "",
            "trunk_sid": None,
            "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        } | fields
        return sid

    def __getitem__(self, e164: str) -> dict[str, Any]:
        return next(row for row in self._rows.values() if row["phone_number"] == e164)

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """One page of the list; ``PhoneNumber`` also finds what only begins like it."""
        size = int(query.get("PageSize", ["50"])[0])
        if not 1 <= size <= 1000:
            self._violation(f"numbers: PageSize={size}")
        begins = query.get("PhoneNumber", [""])[0]
        rows = [row for row in self._rows.values() if row["phone_number"].startswith(begins)]
        return {"incoming_phone_numbers": rows[:size], "page_size": size, "next_page_uri": None}

    def change(self, sid: str, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """Change one number; None where there is none."""
        row = self._rows.get(sid)
        if row is None:
            return None
        for name, (value, *more) in form.items():
            known = (_URLS | _METHODS | _SIDS).get(name)
            parts = urlsplit(value)
            wrong_url = name in _URLS and value and parts.scheme not in ("http", "https")
            if known is None or more or wrong_url or (name in _METHODS and value != "POST"):
                self._violation(f"number: {name}={value}")
                continue
            row[known] = value
        return row
