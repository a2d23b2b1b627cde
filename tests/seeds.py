"""Calls that read like life, for whoever looks at pages; written straight into the database."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from server.audio.framing import wav_to_mulaw
from server.clock import utc_now
from server.leads.transcript import Line, write_lines
from server.models import DEAD, Call, CallTurn, JobRow, Lead, Recording, Transcript
from server.recordings.wav import header
from tests.scenes import Said, Scene

SPEECH = Path(__file__).parent / "data" / "audio" / "speech_en_11s.wav"
SILENCE = b"\xff"
_BYTES_A_SECOND = 8000


def new_call_sid() -> str:
    """Return a call's name that no other has."""
    return "CA" + secrets.token_hex(16)


def add_scene(
    session: Session, business_id: int, scene: Scene, *, media_dir: Path | None = None
) -> Lead:
    """Add a call with its lead, turns and, where ``media_dir`` is given, recording."""
    sid = new_call_sid()
    began = utc_now() - timedelta(hours=scene.hours_ago)
    ended = began + timedelta(seconds=sum(turn.seconds + 0.8 for turn in scene.turns))
    done = scene.status == "processed"
    lead = Lead(
        business_id=business_id,
        call_sid=sid,
        phone=scene.phone,
        name=scene.name[:200],
        status=scene.status,
        work_status=scene.work_status,
        transcript=write_lines(Line(turn.speaker, turn.text) for turn in scene.turns),
        transcript_source="live",
        headline=scene.headline[:300],
        summary="\n".join((scene.headline, *scene.points)) if done else "",
        summary_source="openai" if done else "",
        next_step=scene.next_step[:300],
        fields=dict(scene.fields),
        error=scene.error,
        notes=scene.notes,
        tags=list(scene.tags),
        processed_at=ended if done else None,
        created_at=began,
    )
    session.add(lead)
    session.flush()
    session.add(
        Call(
            call_sid=sid,
            business_id=business_id,
            lead_id=lead.id,
            from_number=scene.phone,
            to_number="+97233726000",
            status="completed",
            end_reason=scene.end_reason,
            agent="openai-realtime",
            stages_ms={"start_to_first_audio": 21.0},
            cost_usd=0.07,
            started_at=began,
            ended_at=ended,
            duration=int((ended - began).total_seconds()),
            turns=list(turn_rows(scene.turns, began)),
        )
    )
    if scene.status == "failed":
        session.add(_dead_job(lead))
    if scene.recorded and media_dir is not None:
        _record(session, lead, scene, media_dir)
    return lead


def turn_rows(turns: Iterable[Said], began: datetime) -> Iterator[CallTurn]:
    """Return the turns' rows, one after the other from ``began`` on."""
    at = began
    for index, turn in enumerate(turns):
        timings: dict[str, float | None] = {}
        if turn.path in ("FAQ_FASTPATH", "AGENT"):
            fast = turn.path == "FAQ_FASTPATH"
            timings = {
                "first_partial_ms": None,
                "hangover_ms": 200.0,
                "final_ms": 236.0,
                "faq_ms": 1.4,
                "tts_ready_ms": 240.0 if fast else turn.waited_ms - 30,
                "total_latency_ms": turn.waited_ms,
            }
        yield CallTurn(
            index=index,
            speaker=turn.speaker,
            text=turn.text,
            path=turn.path,
            intent_key=turn.intent_key,
            heard_ms=turn.heard_ms or (int(turn.seconds * 1000) if turn.path else None),
            interrupted=turn.heard_ms is not None,
            start_ms=round((at - began).total_seconds() * 1000),
            length_ms=int(turn.seconds * 1000),
            timings_ms=timings,
            created_at=at,
        )
        at += timedelta(seconds=turn.seconds + 0.8)


def _dead_job(lead: Lead) -> JobRow:
    return JobRow(
        lane="download",
        kind="fetch_recording",
        key=f"fetch_recording:{lead.call_sid}",
        business_id=lead.business_id,
        lead_id=lead.id,
        state=DEAD,
        attempts=5,
        last_error="the recording could not be fetched",
    )


def _record(session: Session, lead: Lead, scene: Scene, media_dir: Path) -> None:
    """Add a recording in which each turn sounds where the transcript has it."""
    speech = itertools.cycle(wav_to_mulaw(SPEECH.read_bytes()))
    sides, segments, at = {"caller": bytearray(), "agent": bytearray()}, [], 0
    for turn in scene.turns:
        samples = int(turn.seconds * _BYTES_A_SECOND)
        for speaker in sides:
            said = bytes(itertools.islice(speech, samples)) if speaker == turn.speaker else None
            sides[speaker] += (said or SILENCE * samples) + SILENCE * int(0.8 * _BYTES_A_SECOND)
        until = at + int(turn.seconds * 1000)
        segments.append(
            {"start_ms": at, "end_ms": until, "speaker": turn.speaker, "text": turn.text}
        )
        at = until + 800
    both = bytes(itertools.chain.from_iterable(zip(sides["caller"], sides["agent"], strict=True)))
    key = f"{lead.business_id}/{lead.call_sid}.wav"
    path = media_dir / "recordings" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header(len(both)) + both)
    row = Recording(
        key=f"bridge:{lead.call_sid}",
        call_sid=lead.call_sid,
        business_id=lead.business_id,
        lead_id=lead.id,
        duration=at // 1000,
        source="bridge",
        state="stored",
        storage_key=key,
        bytes=path.stat().st_size,
        channels=2,
        stored_at=utc_now(),
    )
    session.add(row)
    session.flush()
    session.add(
        Transcript(
            call_sid=lead.call_sid,
            recording_id=row.id,
            source="google",
            segments=segments,
            language="he-IL",
        )
    )
    lead.transcript_source = "google"
