"""The job that makes a lead's transcript of its recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from server.db import Database, engine_options
from server.errors import MaaneError, NotFoundError
from server.jobs import GiveUp, Handler, Job, RetryLater
from server.jobs.job import HearsOfDeath
from server.leads.transcription import TranscribeRecording, speakers_of, transcript_lines
from server.models import (
    Base,
    Business,
    Call,
    CallTurn,
    JobRow,
    Lead,
    Recording,
    Transcript,
)
from server.speech.recognise import (
    RecogniserChain,
    RecogniserError,
    Segment,
    UnreadableError,
)

CALL = "CA1"
SAID = [
    Segment(0, 1000, 1, "שלום, הגעתם למרפאה"),
    Segment(1200, 2000, 0, "מה"),
    Segment(2000, 2500, 0, "המחיר?"),
    Segment(2600, 4000, 1, "מאה שקלים"),
]


class Shelf:
    """A storage of one file."""

    def __init__(self) -> None:
        self.content: bytes | MaaneError = b"RIFF of the call"

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        if isinstance(self.content, MaaneError):
            raise self.content
        yield self.content[:5]
        yield self.content[5:]


class Ear:
    """A recogniser that does what it is told."""

    name = "google"

    def __init__(self) -> None:
        self.answer: list[Segment] | RecogniserError = SAID
        self.asked: list[tuple[str, tuple[str, ...], int]] = []
        self.paths: list[Path] = []

    def recognise(
        self, wav_path: Path, *, language: str, hints: Sequence[str], channels: int
    ) -> list[Segment]:
        assert wav_path.read_bytes() == b"RIFF of the call"
        self.paths.append(wav_path)
        self.asked.append((language, tuple(hints), channels))
        if isinstance(self.answer, RecogniserError):
            raise self.answer
        return self.answer


class Scene:
    """A business, a call with its recording, and the handler."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.shelf, self.ear = Shelf(), Ear()
        self.let_go: list[int] = []
        self.handler = self.with_chain(RecogniserChain([self.ear]))
        with database.write() as session:
            business = Business(name="מרפאה", lang="he-IL", phrase_hints=["רחוב הדקל"])
            session.add(business)
            session.flush()
            lead = Lead(business_id=business.id, call_sid=CALL, transcript="caller: (חי)")
            session.add(lead)
            session.flush()
            session.add(Call(call_sid=CALL, business_id=business.id, lead_id=lead.id))
            session.flush()
            session.add(
                CallTurn(call_sid=CALL, index=0, speaker="agent", text="שלום, הגעתם למרפאה!")
            )
            recording = Recording(
                key="RE1",
                call_sid=CALL,
                business_id=business.id,
                lead_id=lead.id,
                source="bridge",
                state="stored",
                storage_key="1/CA1.wav",
                channels=2,
            )
            session.add(recording)
            session.flush()
            self.recording_id, self.lead_id = recording.id, lead.id

    def with_chain(self, chain: RecogniserChain) -> TranscribeRecording:
        def lost(_: Session, recording: Recording) -> None:
            self.let_go.append(recording.id)

        return TranscribeRecording(self.database, self.shelf, chain, lost)

    @property
    def job(self) -> Job:
        payload = {"recording_id": self.recording_id, "call_sid": CALL}
        return Job(1, "transcribe", "transcribe:1", payload, None, self.lead_id, 1)

    def change(self, **fields: object) -> None:
        with self.database.write() as session:
            row = session.get(Recording, self.recording_id)
            for name, value in fields.items():
                setattr(row, name, value)

    def lead(self) -> Lead:
        with self.database.read() as session:
            return session.scalars(select(Lead)).one()

    def transcripts(self) -> list[Transcript]:
        with self.database.read() as session:
            return list(session.scalars(select(Transcript)))

    def jobs(self) -> list[JobRow]:
        with self.database.read() as session:
            return list(session.scalars(select(JobRow)))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    url = f"sqlite:///{tmp_path / 'maane.db'}"
    engine = create_engine(url, **engine_options(url))
    database = Database(engine)
    Base.metadata.create_all(engine)
    yield Scene(database)
    engine.dispose()


def test_a_recording_becomes_the_leads_transcript(scene: Scene) -> None:
    scene.handler(scene.job)
    assert scene.ear.asked == [("he-IL", ("רחוב הדקל",), 2)]
    assert not scene.ear.paths[0].exists()
    lead = scene.lead()
    assert lead.transcript == ("agent: שלום, הגעתם למרפאה\ncaller: מה המחיר?\nagent: מאה שקלים")
    assert lead.transcript_source == "google"
    (transcript,) = scene.transcripts()
    assert (transcript.call_sid, transcript.recording_id) == (CALL, scene.recording_id)
    assert (transcript.source, transcript.language) == ("google", "he-IL")
    assert transcript.segments[1] == {
        "start_ms": 1200,
        "end_ms": 2000,
        "speaker": "caller",
        "text": "מה",
    }
    (job,) = scene.jobs()
    assert (job.kind, job.lane, job.lead_id) == ("summarise", "summary", lead.id)
    assert job.key == f"summarise:{lead.id}:{transcript.id}"
    assert scene.let_go == []


def test_a_job_that_runs_twice_does_its_work_once(scene: Scene) -> None:
    scene.handler(scene.job)
    with scene.database.write() as session:
        session.scalars(select(Lead)).one().transcript = "caller: (תוקן)"
    scene.handler(scene.job)
    assert len(scene.ear.asked) == len(scene.transcripts()) == len(scene.jobs()) == 1
    assert scene.lead().transcript == "caller: (תוקן)"


def test_a_message_left_after_the_call_is_added_to_it(scene: Scene) -> None:
    """Where the conversation was not recorded, what was heard live stands before the message."""
    scene.change(source="twilio", channels=1)
    scene.ear.answer = [Segment(0, 900, 0, "תתקשרו אליי")]
    scene.handler(scene.job)
    assert scene.lead().transcript == "agent: שלום, הגעתם למרפאה!\nתתקשרו אליי"


def test_a_message_does_not_take_the_conversations_place(scene: Scene) -> None:
    scene.handler(scene.job)
    conversation = scene.lead().transcript
    with scene.database.write() as session:
        message = Recording(
            key="RE2",
            call_sid=CALL,
            lead_id=scene.lead_id,
            source="twilio",
            state="stored",
            storage_key="1/RE2.wav",
            channels=1,
        )
        session.add(message)
        session.flush()
        scene.recording_id = message.id
    scene.ear.answer = [Segment(0, 900, 0, "תתקשרו אליי")]
    scene.handler(scene.job)
    assert scene.lead().transcript == f"{conversation}\nתתקשרו אליי"


def test_silence_leaves_what_was_heard_live(scene: Scene) -> None:
    scene.ear.answer = []
    scene.handler(scene.job)
    assert scene.lead().transcript == "caller: (חי)"
    assert scene.jobs() == []
    assert scene.let_go == [scene.recording_id]


def test_a_recogniser_that_fails_is_asked_again_later(scene: Scene) -> None:
    scene.ear.answer = RecogniserError("down", code="google_unavailable")
    with pytest.raises(RetryLater, match="google_unavailable"):
        scene.handler(scene.job)
    assert scene.transcripts() == []
    scene.ear.answer = SAID
    scene.handler(scene.job)
    assert len(scene.transcripts()) == 1


def test_a_recording_that_nobody_can_read_is_given_up(scene: Scene) -> None:
    scene.ear.answer = UnreadableError("no recording")
    with pytest.raises(GiveUp):
        scene.handler(scene.job)


@pytest.mark.parametrize(
    ("error", "answer"),
    [(NotFoundError("none"), GiveUp), (MaaneError("disk", code="storage"), RetryLater)],
)
def test_a_file_that_cannot_be_had(
    scene: Scene, error: MaaneError, answer: type[Exception]
) -> None:
    scene.shelf.content = error
    with pytest.raises(answer):
        scene.handler(scene.job)
    assert scene.ear.asked == []


def test_where_there_is_no_recogniser_nobody_waits(scene: Scene) -> None:
    scene.with_chain(RecogniserChain([]))(scene.job)
    assert scene.let_go == [scene.recording_id]
    assert scene.lead().transcript == "caller: (חי)"


def test_who_waits_is_told_when_it_is_given_up(scene: Scene) -> None:
    handler: Handler = scene.handler
    assert isinstance(handler, HearsOfDeath)
    handler.on_dead(scene.job, "not understood")
    assert scene.let_go == [scene.recording_id]


@pytest.mark.parametrize("fields", [{"state": "deleted"}, {"storage_key": ""}])
def test_a_recording_that_is_gone_is_left_alone(scene: Scene, fields: dict[str, str]) -> None:
    scene.change(**fields)
    scene.handler(scene.job)
    assert scene.ear.asked == scene.transcripts() == []


def test_a_recording_that_is_deleted_meanwhile_leaves_no_words(scene: Scene) -> None:
    class Slow(Ear):
        def recognise(self, *args: object, **kwargs: object) -> list[Segment]:
            scene.change(state="deleted")
            return SAID

    scene.with_chain(RecogniserChain([Slow()]))(scene.job)
    assert scene.transcripts() == []
    assert scene.lead().transcript == "caller: (חי)"


def test_a_lead_is_found_by_its_call_as_well(scene: Scene) -> None:
    scene.change(lead_id=None, business_id=None)
    scene.handler(scene.job)
    assert scene.lead().transcript_source == "google"


def test_a_recording_without_a_lead_is_transcribed_all_the_same(scene: Scene) -> None:
    with scene.database.write() as session:
        session.delete(session.scalars(select(Lead)).one())
    scene.handler(scene.job)
    assert len(scene.transcripts()) == 1
    assert scene.jobs() == []


def test_a_carriers_channels_may_be_the_other_way_round(scene: Scene) -> None:
    scene.change(source="twilio")
    scene.ear.answer = [
        Segment(0, 1000, 0, "שלום הגעתם למרפאה"),
        Segment(1200, 2000, 1, "מה המחיר?"),
    ]
    scene.handler(scene.job)
    assert scene.lead().transcript == "agent: שלום הגעתם למרפאה\ncaller: מה המחיר?"


def test_the_caller_is_on_the_first_channel_unless_it_is_clear_that_not() -> None:
    agent_said = "שלום הגעתם למרפאה איך אפשר לעזור"
    usual = ("caller", "agent")
    assert speakers_of(2, [], agent_said) == usual
    assert speakers_of(2, [Segment(0, 1, 0, "שלום")], agent_said) == usual
    both = [Segment(0, 1, 0, "שלום"), Segment(1, 2, 1, "הגעתם למרפאה, איך אפשר לעזור?")]
    assert speakers_of(2, both, agent_said) == usual
    assert speakers_of(2, both, "") == usual
    assert speakers_of(1, both, agent_said) == ("",)


def test_lines_are_turns() -> None:
    segments = [
        {"speaker": "caller", "text": "שלום"},
        {"speaker": "caller", "text": "מה המחיר?"},
        {"speaker": "agent", "text": "מאה"},
    ]
    assert transcript_lines(segments) == "caller: שלום מה המחיר?\nagent: מאה"
    assert transcript_lines([{"speaker": "", "text": "שלום"}]) == "שלום"
    assert transcript_lines([]) == ""
