"""Two and a half weeks of calls at the demo garage, relative to now, and always the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.demo.acting import Played, Voice, play, silent_voice
from server.demo.people import HIDDEN, PEOPLE, VISITORS, Person
from server.demo.sound import record
from server.demo.stories import HEBREW, HUNG_UP, SPOKEN
from server.demo.stories_en import ENGLISH
from server.demo.story import Story
from server.demo.team import add_audit_entries, add_prompt_versions, join
from server.demo.work import add_jobs, work_on
from server.leads.transcript import Line, write_lines
from server.models import (
    Business,
    Call,
    Lead,
    Recording,
    Transcript,
)
from server.recordings.storage import RecordingStorage, StorageError

_DAYS = 17
_SEED = 20240917
_BUSY = (5, 4, 4, 4, 2, 1, 5)
"""Calls a day, Monday first: Friday is short, and on Saturday the garage is closed."""
_TODAY_MINUTES = (372, 305, 186, 118, 64, 27, 9)
"""How long ago today's calls came; those that would be yesterday's are left out."""
_REGULARS = 0.2
"""The share of calls by somebody who calls often."""
_DAY_NAMES = ("ראשון", "שני", "שלישי", "רביעי", "חמישי")
_HOURS = ("שמונה", "תשע", "עשר", "אחת עשרה", "שתיים")


@dataclass(frozen=True, slots=True)
class _Scene:
    """One call that is to be."""

    story: Story
    person: Person
    at: datetime
    is_test: bool = False


def seed_demo_history(
    session: Session,
    business: Business,
    now: datetime,
    storage: RecordingStorage | None = None,
    voice: Voice = silent_voice,
) -> int:
    """Add the calls, leads and versions of the last weeks; return how many calls there are.

    Args:
        session: the unit of work.
        business: the demo business, flushed.
        now: the instant that everything is relative to.
        storage: keeps the recordings; None for a history without any.
        voice: speaks them.
    """
    chance = Random(_SEED)
    scenes = list(_scenes(business, now, chance))
    newest = {id(scene.story): scene for scene in scenes if not scene.is_test}
    spoken = [newest[id(story)] for story in SPOKEN if id(story) in newest]
    greeting = business.greeting_text
    answers = {(faq.lang, faq.intent_key): faq.answer_text for faq in business.faqs}
    made: list[tuple[_Scene, Lead]] = []
    for number, scene in enumerate(scenes):
        sid = f"CA{Random(number + _SEED).getrandbits(128):032x}"
        is_spoken = storage is not None and scene in spoken
        outbound = scene.story.direction == "outbound"
        played = play(
            scene.story,
            sid,
            scene.at,
            _words(scene.person, chance),
            "" if outbound else greeting,
            answers,
            chance,
            voice if is_spoken else silent_voice,
        )
        lead = _add_call(session, business, scene, sid, played, chance)
        made.append((scene, lead))
        if storage is not None and played.sounds:
            _add_recording(session, storage, business, lead, played, chance)
    work_on([lead for scene, lead in made if not scene.is_test], now, chance)
    add_jobs(session, [lead for _, lead in made], now)
    add_prompt_versions(session, business, now)
    add_audit_entries(session, business, [lead.id for _, lead in made], now)
    join(session, business)
    return len(made)


def _scenes(business: Business, now: datetime, chance: Random) -> Iterator[_Scene]:
    """Yield the calls in order."""
    stories = [story for story in (*HEBREW, *ENGLISH) for _ in range(story.often)]
    chance.shuffle(stories)
    people = list(PEOPLE)
    for number, at in enumerate(sorted(_moments(ZoneInfo(business.timezone), now, chance))):
        story = stories[number % len(stories)]
        who = VISITORS if story.lang != "he-IL" else people
        regular = chance.random() < _REGULARS
        person = who[number % 3] if regular else who[number % len(who)]
        if story is HUNG_UP:
            person = replace(person, phone=HIDDEN)
        yield _Scene(story, person, at, is_test=number % 19 == 11)


def _moments(zone: ZoneInfo, now: datetime, chance: Random) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for back in range(_DAYS, 0, -1):
        day = today - timedelta(days=back)
        closes = 13 if day.weekday() == 4 else 17
        for _ in range(_BUSY[day.weekday()]):
            late = chance.random() < 0.08
            hour = chance.randint(18, 21) if late else chance.randint(8, closes - 1)
            minute = chance.randint(0, 59)
            yield datetime.combine(day, time(hour, minute, chance.randint(0, 59)), zone)
    for minutes in _TODAY_MINUTES:
        at = now - timedelta(minutes=minutes)
        if at.astimezone(zone).date() == today:
            yield at


def _words(person: Person, chance: Random) -> Mapping[str, str]:
    return {
        "name": person.name,
        "car": person.car,
        "phone": person.phone,
        "day": chance.choice(_DAY_NAMES),
        "hour": chance.choice(_HOURS),
    }


def _add_call(
    session: Session,
    business: Business,
    scene: _Scene,
    sid: str,
    played: Played,
    chance: Random,
) -> Lead:
    story, person = scene.story, scene.person
    ended_at = scene.at + timedelta(seconds=played.seconds)
    lead = Lead(
        business_id=business.id,
        call_sid=sid,
        is_test=scene.is_test,
        phone=person.phone,
        name=person.name if story.named else "",
        status="processed",
        transcript=write_lines(Line(turn.speaker, turn.text) for turn in played.turns),
        transcript_source="live",
        created_at=scene.at,
        processed_at=ended_at + timedelta(seconds=chance.randint(4, 30)),
        fields={},
    )
    _fill_card(lead, story, _said(played, person))
    session.add(lead)
    session.flush()
    own = business.numbers[0].e164
    outbound = story.direction == "outbound"
    session.add(
        Call(
            call_sid=sid,
            business_id=business.id,
            lead_id=lead.id,
            direction=story.direction,
            from_number=own if outbound else person.phone,
            to_number=person.phone if outbound else own,
            status="completed",
            end_reason=story.end_reason,
            is_test=scene.is_test,
            agent="openai-realtime",
            prompt_hash=f"{len(business.ai_prompt):016x}",
            stages_ms={
                "webhook_to_start": round(chance.gauss(310, 60), 1),
                "start_to_first_audio": round(abs(chance.gauss(45, 15)) + 8, 1),
            },
            cost_usd=round(played.seconds * chance.uniform(0.0006, 0.0011), 4),
            started_at=scene.at,
            ended_at=ended_at,
            duration=round(played.seconds),
            turns=played.turns,
        )
    )
    return lead


def _said(played: Played, person: Person) -> Mapping[str, str]:
    """Return what the card's placeholders stand for, in the very words of the call."""
    text = " ".join(turn.text for turn in played.turns)
    day = next((day for day in _DAY_NAMES if day in text), "")
    hour = next((hour for hour in _HOURS if hour in text), "")
    return {"name": person.name, "car": person.car, "day": day, "hour": hour, "phone": ""}


def _fill_card(lead: Lead, story: Story, words: Mapping[str, str]) -> None:
    lead.headline = story.headline.format_map(words)
    points = [point.format_map(words) for point in story.points]
    lead.summary = "\n".join((lead.headline, *points))
    lead.summary_source = "openai" if len(points) == 2 else "extractive"
    lead.next_step = story.next_step.format_map(words)
    lead.tags = list(story.tags)
    fields = {name: text.format_map(words) for name, text in story.fields.items()}
    if story.named:
        fields["name"] = lead.name
    if lead.next_step:
        fields["next_step"] = lead.next_step
    if story.callback:
        fields["callback"] = story.callback
    lead.fields = fields


def _add_recording(
    session: Session,
    storage: RecordingStorage,
    business: Business,
    lead: Lead,
    played: Played,
    chance: Random,
) -> None:
    audio = record(played.sounds, chance)
    key = f"bridge/{lead.call_sid}.wav"
    try:
        size = storage.put(key, [audio])
    except StorageError:
        return  # a demo without sound is one all the same
    row = Recording(
        key=f"bridge:{lead.call_sid}",
        call_sid=lead.call_sid,
        business_id=business.id,
        lead_id=lead.id,
        duration=round(played.seconds),
        source="bridge",
        state="stored",
        storage_key=key,
        bytes=size,
        channels=2,
        received_at=lead.created_at,
        stored_at=lead.processed_at,
    )
    session.add(row)
    session.flush()
    segments = [
        {
            "start_ms": sound.start_ms,
            "end_ms": sound.start_ms + len(sound.audio) // 8,
            "speaker": sound.speaker,
            "text": sound.text,
        }
        for sound in played.sounds
    ]
    session.add(
        Transcript(
            call_sid=lead.call_sid,
            recording_id=row.id,
            source="whisper",
            segments=segments,
            language=business.lang,
            created_at=lead.processed_at,
        )
    )
    lead.transcript = write_lines(Line(sound.speaker, sound.text) for sound in played.sounds)
    lead.transcript_source = "whisper"
