"""Thousands of rows, so that lists are as long as after a year; they take a second or two."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.leads.transcript import Line, write_lines
from server.models import BusinessFaq, Call, CallTurn, Lead
from tests.scenes import SCENES
from tests.seeds import new_call_sid, turn_rows


def fill(
    session: Session, business_id: int, *, leads: int = 0, turns_a_call: int = 10, every: int = 2
) -> None:
    """Add ``leads`` leads over the last weeks; each ``every``-th has a call with its turns."""
    now = utc_now()
    rows: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for number in range(leads):
        scene = SCENES[number % len(SCENES)]
        sid, at = new_call_sid(), now - timedelta(minutes=7 * number + 1)
        rows.append(
            {
                "business_id": business_id,
                "call_sid": sid,
                "phone": f"+9725{4 + number % 5}{1_000_000 + number * 37 % 9_000_000}",
                "name": scene.name,
                "status": scene.status,
                "work_status": ("new", "in_work", "done", "done", "lost")[number % 5],
                "transcript": write_lines(Line(turn.speaker, turn.text) for turn in scene.turns),
                "transcript_source": "live",
                "headline": scene.headline,
                "summary": "\n".join((scene.headline, *scene.points)),
                "next_step": scene.next_step,
                "fields": dict(scene.fields),
                "tags": list(scene.tags),
                "created_at": at,
                "updated_at": at,
            }
        )
    ids = session.scalars(insert(Lead).returning(Lead.id, sort_by_parameter_order=True), rows)
    for number, (lead_id, row) in enumerate(zip(ids, rows, strict=True)):
        if number % every:
            continue
        at = row["created_at"]
        calls.append(
            {
                "call_sid": row["call_sid"],
                "business_id": business_id,
                "lead_id": lead_id,
                "from_number": row["phone"],
                "to_number": "+97233726000",
                "status": "completed",
                "end_reason": "caller_hangup",
                "started_at": at,
                "ended_at": at + timedelta(seconds=60),
                "duration": 60,
            }
        )
        said = list(itertools.islice(itertools.cycle(SCENES[0].turns[1:5]), turns_a_call))
        for turn in turn_rows(said, at):
            turns.append(
                {
                    name: getattr(turn, name)
                    for name in (
                        "index",
                        "speaker",
                        "text",
                        "path",
                        "intent_key",
                        "heard_ms",
                        "interrupted",
                        "timings_ms",
                        "created_at",
                    )
                }
                | {"call_sid": row["call_sid"]}
            )
    if calls:
        session.execute(insert(Call), calls)
        session.execute(insert(CallTurn), turns)


def fill_faqs(session: Session, business_id: int, count: int) -> None:
    """Add ``count`` prepared answers."""
    session.add_all(
        BusinessFaq(
            business_id=business_id,
            intent_key=f"question_{number}",
            label=f"שאלה מספר {number}",
            patterns_json=[f"מה עם עניין מספר {number}", f"ספרו לי על נושא {number}"],
            answer_text=f"בעניין {number} התשובה היא {number * 3} שקלים.",
            priority=number % 60,
        )
        for number in range(count)
    )
