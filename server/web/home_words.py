"""What background work and its troubles are called on a page."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

_JOBS = {
    "summarise": _l("The summary of a call"),
    "transcribe": _l("The transcript of a call"),
    "download_recording": _l("Fetching a recording"),
    "delete_recording": _l("Deleting a recording"),
    "deliver_webhook": _l("Telling another system of a call"),
    "close_call": _l("Closing a call"),
    "alert_sms": _l("A message about whom to call back"),
    "alert_mail": _l("A mail about whom to call back"),
}
_REASONS = (
    (r"error 21(606|612|659)|no number to send", _l("The number cannot send messages.")),
    (r" is set \([A-Z]", _l("This server is not set up for it.")),
    (r"time.?out|took too long", _l("The service took too long to answer.")),
    (r"connection|unreachable|broke off", _l("The service could not be reached.")),
    (r"401|403|credential|key", _l("The service refused our key.")),
    (r"429|rate", _l("The service had too much to do.")),
    (r"disk is full", _l("The disk is full.")),
    (r"answered \d|http_[45]", _l("The other side answered with an error.")),
    (r"cannot be read", _l("The recording cannot be read.")),
)


def job_name(kind: str) -> str:
    """Return what a kind of work is called."""
    return str(_JOBS.get(kind) or _("Work in the background"))


def job_reason(error: str) -> str:
    """Return why work was given up, in a sentence; the worker's own words are for the log."""
    for pattern, words in _REASONS:
        if re.search(pattern, error, re.IGNORECASE):
            return str(words)
    return str(_("It did not succeed after several tries."))
