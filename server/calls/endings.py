"""Why calls end: the words that are stored, sent to webhooks and filtered by."""

from __future__ import annotations

TERMINAL_STATUSES = ("completed", "busy", "failed", "no-answer", "canceled")
"""Twilio's last words on a call."""

OPERATOR_END = "operator"
"""Somebody of the business has ended it from the browser."""

LOST = ("stream_lost", "error")
"""Ends that nobody wanted: the caller is offered to leave a message."""

END_REASONS = (
    "caller_hangup",
    "agent_goodbye",
    OPERATOR_END,
    "silence",
    "max_duration",
    "transferred",
    *LOST,
    *(f"call_status_{status}" for status in TERMINAL_STATUSES),
)
