"""The job "transcribe": a stored recording becomes the lead's transcript, with speakers and times.

Until it has run, and where it cannot, the live transcript of the call stands in its place.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import monotonic
from server.db import Database
from server.errors import MaaneError, NotFoundError
from server.faq.normalize import fold_letters
from server.jobs import GiveUp, Job, RetryLater, enqueue
from server.leads.transcript import AGENT, CALLER, Line, write_lines
from server.models import Business, Call, CallTurn, Lead, Recording, Transcript
from server.speech.recognise import RecogniserChain, RecogniserError, Segment, UnreadableError

log = logging.getLogger(__name__)

TRANSCRIBE = "transcribe"
"""Kind of the job; its payload names the ``recording_id`` and the ``call_sid``."""

_SPEAKERS = (CALLER, AGENT)
_DELETED = "deleted"
_CLEARLY = 0.3
"""By so much more of its words a channel must be the agent's than the other one."""

_DEFAULT_LANGUAGE = "he-IL"

Lost = Callable[[Session, Recording], None]
"""Told, in a unit of work, that no transcript of the recording will come."""


class StoredRecordings(Protocol):
    """Where finished recordings are kept."""

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """Return the file in pieces; NotFoundError where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class _Work:
    recording: Recording
    language: str
    hints: tuple[str, ...]
    agent_said: str
    """Everything that the agent said in the call, as it is known from the call itself."""


class TranscribeRecording:
    """Has a recording understood and files what was said (see :data:`server.jobs.Handler`).

    Args:
        storage: where the recordings are.
        chain: who understands them.
        lost: lets go of what waits for a transcript that will not come.
    """

    def __init__(
        self,
        database: Database,
        storage: StoredRecordings,
        chain: RecogniserChain,
        lost: Lost = lambda session, recording: None,
    ) -> None:
        self._database = database
        self._storage = storage
        self._chain = chain
        self._lost = lost

    def __call__(self, job: Job) -> None:
        """See :data:`server.jobs.Handler`; what is transcribed already is only passed on."""
        work = self._work(job.payload["recording_id"])
        if work is None:
            return
        row, started = work.recording, monotonic()
        try:
            with self._file(row.storage_key) as path:
                source, segments = self._chain.recognise(
                    path, language=work.language, hints=work.hints, channels=row.channels or 0
                )
        except UnreadableError as error:
            raise GiveUp(f"the recording cannot be read: {error.message}") from error
        except RecogniserError as error:
            if error.code == "no_recogniser":
                self._let_go(row.id)
                return
            raise RetryLater(f"not understood: {error.code}") from error
        with self._database.write() as session:
            self._file_transcript(session, work, source, segments)
        log.info(
            "[TRANSCRIPT] call=%s source=%s segments=%d seconds=%.1f",
            row.call_sid,
            source,
            len(segments),
            monotonic() - started,
        )

    def on_dead(self, job: Job, reason: str) -> None:
        """See :class:`server.jobs.job.HearsOfDeath`: the live transcript has to do."""
        log.error("[TRANSCRIPT] failed recording=%s: %s", job.payload["recording_id"], reason)
        self._let_go(job.payload["recording_id"])

    def _let_go(self, recording_id: int) -> None:
        with self._database.write() as session:
            row = session.get(Recording, recording_id)
            if row is not None:
                self._lost(session, row)

    def _work(self, recording_id: int) -> _Work | None:
        """Return what there is to do; None where it is done, or the recording is gone."""
        with self._database.write() as session:
            row = session.get(Recording, recording_id)
            if row is None or row.state == _DELETED or not row.storage_key:
                return None
            known = session.scalar(select(Transcript).where(Transcript.recording_id == row.id))
            if known is not None:
                _pass_on(session, row, known)
                return None
            business = session.get(Business, row.business_id) if row.business_id else None
            turns = session.scalars(
                select(CallTurn.text).where(
                    CallTurn.call_sid == row.call_sid, CallTurn.speaker == AGENT
                )
            )
            return _Work(
                row,
                business.lang if business else _DEFAULT_LANGUAGE,
                tuple(business.phrase_hints or ()) if business else (),
                " ".join(turns),
            )

    @contextmanager
    def _file(self, key: str) -> Iterator[Path]:
        """Give the recording as a file of this machine, for as long as it is needed."""
        with tempfile.NamedTemporaryFile(prefix="maane-", suffix=".wav") as file:
            try:
                for piece in self._storage.open(key):
                    file.write(piece)
                    time.sleep(0)  # lets the calls go on between two pieces
                file.flush()
            except NotFoundError as error:
                raise GiveUp("the recording's file is gone") from error
            except (MaaneError, OSError) as error:
                raise RetryLater(f"the recording cannot be fetched: {error}") from error
            yield Path(file.name)

    def _file_transcript(
        self, session: Session, work: _Work, source: str, segments: Sequence[Segment]
    ) -> None:
        row = session.get(Recording, work.recording.id)
        if row is None or row.state == _DELETED:
            return  # forgotten meanwhile: nothing of it may stay
        agent_said = work.agent_said if row.source == "twilio" else ""  # our own are as we say
        speakers = speakers_of(row.channels, segments, agent_said)
        transcript = Transcript(
            call_sid=row.call_sid,
            recording_id=row.id,
            source=source,
            segments=[_shown(segment, speakers) for segment in segments],
            language=work.language[:10],
        )
        session.add(transcript)
        session.flush()
        if not segments:
            self._lost(session, row)  # nothing understood: what was heard live stands
        _pass_on(session, row, transcript)


def speakers_of(
    channels: int | None, segments: Iterable[Segment], agent_said: str
) -> tuple[str, ...]:
    """Return who speaks on which channel; nobody's name where both are on one.

    The caller is on the first of two. A carrier may see it the other way round, so the channel
    whose words are rather the agent's own, which are known from the call, is the agent's.
    """
    said = [Counter[str](), Counter[str]()]
    for segment in segments:
        if segment.channel > 1:
            continue
        said[segment.channel].update(_words(segment.text))
    if channels == 1:
        return ("",)
    own = set(_words(agent_said))
    first, second = (
        sum(count for word, count in words.items() if word in own) / max(1, words.total())
        for words in said
    )
    return _SPEAKERS[::-1] if said[1] and first > second + _CLEARLY else _SPEAKERS


def transcript_lines(segments: Iterable[dict[str, Any]]) -> str:
    """Return stored segments as ``caller: …`` and ``agent: …``, one line for each turn."""
    lines = []
    for speaker, run in groupby(segments, lambda segment: str(segment["speaker"])):
        text = " ".join(str(segment["text"]) for segment in run)
        lines.append(f"{speaker}: {text}" if speaker else text)
    return "\n".join(lines)


def _pass_on(session: Session, recording: Recording, transcript: Transcript) -> None:
    """Put the transcript into its lead and have it summed up, once."""
    lead = session.get(Lead, recording.lead_id) if recording.lead_id else None
    if lead is None:
        lead = session.scalar(select(Lead).where(Lead.call_sid == recording.call_sid))
    if lead is None or not transcript.segments:
        return
    asked = enqueue(
        session,
        "summarise",
        f"summarise:{lead.id}:{transcript.id}",
        {"lead_id": lead.id, "transcript_id": transcript.id, "source": "recording"},
        lane="summary",
        business_id=lead.business_id,
        lead_id=lead.id,
    )
    if asked:
        lead.transcript = _whole_call(session, recording.call_sid)
        lead.transcript_source = transcript.source


def _whole_call(session: Session, call_sid: str) -> str:
    """Return what was said in the call: its conversation, then the messages left after it.

    A message is no substitute for the conversation before it: where that was not recorded, what
    was heard live stands for it.
    """
    rows = session.execute(
        select(Recording, Transcript)
        .join(Transcript, Transcript.recording_id == Recording.id)
        .where(Recording.call_sid == call_sid)
        .order_by(Recording.id, Transcript.id)
    )
    newest = {recording.id: (recording, transcript) for recording, transcript in rows}
    conversations: list[str] = []
    messages: list[str] = []
    for recording, transcript in newest.values():
        text = transcript_lines(transcript.segments)
        (conversations if _is_conversation(recording) else messages).append(text)
    if not conversations:
        call = session.get(Call, call_sid)
        live = write_lines(Line(turn.speaker, turn.text) for turn in call.turns) if call else ""
        conversations = [live] if live else []
    return "\n".join([*conversations[:1], *messages])


def _is_conversation(recording: Recording) -> bool:
    """Tell a recording of the whole call from a message that the carrier has taken."""
    return recording.source == "bridge" or (recording.channels or 0) > 1


def _shown(segment: Segment, speakers: tuple[str, ...]) -> dict[str, Any]:
    known = segment.channel < len(speakers)
    return {
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "speaker": speakers[segment.channel] if known else "",
        "text": " ".join(segment.text.split()),
    }


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in fold_letters(text)).split()
