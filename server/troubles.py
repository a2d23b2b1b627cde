"""The last failures of this process, for the people who look at the System page.

Fed by the log itself: what is worth a warning there is kept here for a while, so that no module
has to tell twice. Log lines hold no personal data and no keys; both are looked for once more.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from server.masking import mask_text

KEPT = 50
"""So many failures are remembered, equal ones in a row as one."""

_MAX_CHARS = 200
_TAG = re.compile(r"\[([A-Z_]+)\]\s*")
_KEYS = re.compile(r"\b(?:sk-|AC[0-9a-f]{8}|AKIA|AIza|whsec_|maane_|eyJ)[\w.-]*")
_PARTS = {
    "REALTIME": "agent",
    "AGENT_LOST": "agent",
    "COST_CAP": "agent",
    "COST": "database",
    "STT": "transcriber",
    "STT_LIVE": "transcriber",
    "STT_FILE": "recordings_recogniser",
    "TRANSCRIPT": "recordings_recogniser",
    "TTS": "synthesiser",
    "TTS_FAILED": "synthesiser",
    "SPEECH_HELPER": "synthesiser",
    "WARM_UP": "synthesiser",
    "RECORDING": "recording",
    "SUMMARY": "summary",
    "VAD": "voice_activity",
    "FAQ": "embeddings",
    "STREAM": "telephony",
    "STREAM_STATUS": "telephony",
    "WEBHOOK": "telephony",
    "ADMISSION": "telephony",
    "TRANSFER": "telephony",
    "CALL": "telephony",
    "WEBHOOK_OUT": "webhooks",
    "JOB": "jobs",
    "RECORDER": "database",
    "DIRECTORY": "database",
    "API": "pages",
    "WEB": "pages",
}
"""Which part of the system a log tag speaks of; ``other`` for the rest."""


@dataclass(slots=True)
class Trouble:
    """One failure, as it was logged."""

    part: str
    level: str
    """``warning`` or ``error``."""
    text: str
    at: datetime
    """When last."""
    count: int = 1


class TroubleRing(logging.Handler):
    """Keeps the last warnings and errors. Safe to read from any thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._kept: deque[Trouble] = deque(maxlen=KEPT)
        self._guard = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one log line; never raises."""
        try:
            trouble = _trouble(record)
        except Exception:
            self.handleError(record)
            return
        with self._guard:
            last = self._kept[-1] if self._kept else None
            if last is not None and (last.part, last.text) == (trouble.part, trouble.text):
                last.count, last.at = last.count + 1, trouble.at
            else:
                self._kept.append(trouble)

    def newest(self) -> list[Trouble]:
        """Return what is kept, newest first."""
        with self._guard:
            return list(reversed(self._kept))

    def last_of(self, part: str) -> Trouble | None:
        """Return the newest failure of a part, or None."""
        return next((one for one in self.newest() if one.part == part), None)


def _trouble(record: logging.LogRecord) -> Trouble:
    message = record.getMessage()
    if record.exc_info and record.exc_info[0] is not None:
        message += f": {record.exc_info[0].__name__}"  # its text may hold anything
    tag = _TAG.match(message)
    text = message[tag.end() :] if tag else message
    text = mask_text(_KEYS.sub("…", " ".join(text.split())))[:_MAX_CHARS]
    level = "error" if record.levelno >= logging.ERROR else "warning"
    part = _PARTS.get(tag.group(1), "other") if tag else "other"
    return Trouble(part, level, text, datetime.fromtimestamp(record.created, UTC))


ring = TroubleRing()
"""Of this process; :func:`watch` fills it."""


def watch() -> None:
    """Have the application's log lines kept from now on; a second call changes nothing."""
    logging.getLogger("server").addHandler(ring)
