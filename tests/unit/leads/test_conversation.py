"""What was said in a call, as a chat in step with its recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from server.leads.conversation import live_lines, spoken_lines, with_paths
from server.models import CallTurn

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def turn(speaker: str, text: str, at_ms: int = 0, **more: Any) -> CallTurn:
    at = BEGAN + timedelta(milliseconds=at_ms)
    return CallTurn(speaker=speaker, text=text, created_at=at, **{"interrupted": False} | more)


def segment(speaker: str, text: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    return {"speaker": speaker, "text": text, "start_ms": start_ms, "end_ms": end_ms}


def test_who_goes_on_speaking_goes_on_in_the_same_line() -> None:
    lines = spoken_lines(
        [
            segment("agent", "שלום, מוסך הגפן.", 0, 1500),
            segment("caller", "שלום,", 2000, 2400),
            segment("caller", "כמה עולה טיפול?", 2600, 4000),
            segment("caller", " ", 4000, 4100),
        ]
    )
    assert [(line.speaker, line.text) for line in lines] == [
        ("agent", "שלום, מוסך הגפן."),
        ("caller", "שלום, כמה עולה טיפול?"),
    ]
    assert [(part.start_ms, part.end_ms) for part in lines[1].parts] == [(2000, 2400), (2600, 4000)]
    assert lines[1].start_ms == 2000


def test_replies_that_were_understood_are_paired_with_those_that_were_made() -> None:
    turns = [
        turn("agent", "שלום, הגעתם למוסך הגפן.", path="GREETING"),
        turn("caller", "כמה עולה טיפול?"),
        turn("agent", "טיפול שוטף עולה ארבע מאות וחמישים שקלים.", path="FAQ_FASTPATH"),
        turn("agent", "להתראות.", path="AGENT", interrupted=True),
    ]
    heard = spoken_lines(
        [
            segment("caller", "כמה עולה טיפול?", 0, 1000),
            # The recogniser missed the greeting and misheard a word of the answer.
            segment("agent", "טיפול שוטף עולה ארבע מאות שישים שקלים", 1200, 4000),
            segment("caller", "תודה", 4200, 4500),
            segment("agent", "להתראות", 4600, 5000),
            segment("agent", "", 5000, 5100),
        ]
    )
    assert [(line.path, line.interrupted) for line in with_paths(heard, turns)] == [
        (None, False),
        ("FAQ_FASTPATH", False),
        (None, False),
        ("AGENT", True),
    ]


def test_words_that_nobody_said_are_no_reply() -> None:
    turns = [turn("agent", "טיפול שוטף עולה ארבע מאות וחמישים שקלים.", path="FAQ_FASTPATH")]
    other = spoken_lines([segment("agent", "משהו אחר לגמרי נאמר כאן", 0, 1000)])
    assert with_paths(other, turns)[0].path is None


def test_turns_that_know_their_time_stand_there() -> None:
    lines = live_lines(
        [
            turn("agent", "שלום.", 900, start_ms=300, length_ms=2000, heard_ms=1200),
            turn("caller", "כמה עולה?", 5000, start_ms=2100, length_ms=800),
        ],
        BEGAN,
    )
    times = [(line.parts[0].start_ms, line.parts[0].end_ms) for line in lines]
    assert times == [(300, 1500), (2100, 2900)]


def test_live_turns_stand_where_they_are_in_the_recording() -> None:
    lines = live_lines(
        [
            turn("agent", "שלום.", 300, heard_ms=900, path="GREETING"),
            turn("caller", "כמה עולה טיפול שוטף?", 3500),
            turn("agent", "ארבע מאות.", 4000, heard_ms=None, path="AGENT"),
            turn("caller", "  "),
        ],
        BEGAN,
    )
    times = [(line.parts[0].start_ms, line.parts[0].end_ms) for line in lines]
    assert times[0] == (300, 1200)
    start, end = times[1]
    assert start is not None
    assert 1200 <= start < 3500 == end
    assert times[2][0] == 4000
    assert len(lines) == 3


def test_without_a_recording_turns_stand_when_they_were_said() -> None:
    lines = live_lines(
        [
            turn("agent", "שלום.", 300, start_ms=300, length_ms=2000),
            turn("caller", "שלום", 3500),  # nobody measured when
        ],
        None,
    )
    times = [(line.start_ms, line.parts[0].end_ms) for line in lines]
    assert times == [(300, None), (None, None)]
