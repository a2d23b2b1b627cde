"""Starting recordings: on a tape of our own, or by Twilio."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Literal

from sqlalchemy.orm import Session

from server.db import Database
from server.errors import ProviderError
from server.jobs import Handler
from server.models import Recording
from server.recordings import store
from server.recordings.bridge import BridgeRecorder, Tape
from server.recordings.jobs import (
    PURGE_RECORDINGS,
    DeleteRecording,
    DownloadRecording,
    PurgeRecordings,
)
from server.recordings.storage import RecordingStorage
from server.telephony.rest import TwilioRest

log = logging.getLogger(__name__)

_START_TRIES = 2

Source = Literal["bridge", "twilio"]


class RecordingService:
    """Starts recordings, and holds what the jobs need.

    Args:
        rest: Twilio's API; None without credentials.
        source: who records; without ``rest`` it is the bridge.
        write: has a unit of work done, in order, until it succeeds; never blocks.
    """

    def __init__(
        self,
        database: Database,
        storage: RecordingStorage,
        bridge: BridgeRecorder,
        rest: TwilioRest | None,
        source: Source,
        write: Callable[[store.Write], None],
    ) -> None:
        self._database = database
        self.storage = storage
        self.bridge = bridge
        self._rest = rest
        self._source: Source = source if rest is not None else "bridge"
        self._write = write
        bridge.is_gone = lambda call_sid: store.is_gone(database, call_sid)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The jobs that this service does, by kind."""
        return {
            "download_recording": DownloadRecording(
                self._database, self.storage, self._rest, self.on_lost
            ),
            "delete_recording": DeleteRecording(self._database, self.storage, self._rest),
            PURGE_RECORDINGS: PurgeRecordings(self._database, self.storage, self._rest),
        }

    def start(self) -> None:
        """Begin to serve: first what an earlier process has left is kept."""
        self.bridge.start()

    def on_lost(self, session: Session, row: Recording) -> None:
        """Tell, in a unit of work, of a recording that will not come (see the bridge's hook)."""
        self.bridge.on_lost(session, row)

    def begin(
        self, call_sid: str, started_at: float, callback_url: str, *, is_test: bool
    ) -> Tape | None:
        """Have a call recorded whose stream has just started. Never blocks.

        Args:
            started_at: of the stream, by the monotonic clock.
            callback_url: where Twilio announces its recording.
            is_test: Twilio does not know a test call, so that the bridge records it.

        Returns:
            The tape on which the call's audio is to be put; None where Twilio records.
        """
        if self._source == "bridge" or is_test:
            return self.bridge.begin(call_sid, started_at)
        threading.Thread(
            target=self._start_at_twilio, args=(call_sid, callback_url), daemon=True
        ).start()
        return None

    def _start_at_twilio(self, call_sid: str, callback_url: str) -> None:
        reason = ""
        for _ in range(_START_TRIES):
            try:
                if self._rest is None:
                    return
                recording_sid = self._rest.start_recording(call_sid, callback_url)
                log.info("[RECORDING] started call=%s", call_sid)
                self._write(store.started_at_twilio(call_sid, recording_sid))
                return
            except ProviderError as error:
                reason = error.message
                if error.code != "unavailable":
                    break
        log.error("[RECORDING] not started call=%s: %s", call_sid, reason)
        key = f"twilio:{call_sid}"
        self._write(store.recording_failed(key, call_sid, "twilio", reason, self.on_lost))
