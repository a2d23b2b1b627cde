"""What learned questions are made of: the calls' turns, and what the owner has decided on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from server.faq.learned import Exchange
from server.models import Call, CallTurn, FaqDismissal
from server.turns.language import language_of

MAX_TURNS = 5000
"""The newest turns are looked at, and no more."""
MAX_DECISIONS = 2000
"""The newest decisions count, and no more."""

_BARELY_HEARD_MS = 1500
"""Of an answer that was interrupted before this, nobody knows whether it was one."""
_FILLER = "FILLER"

_Turn = Row[*tuple[Any, ...]]


def load_exchanges(
    session: Session, business_id: int, lang: str, since: datetime, *, include_tests: bool
) -> list[Exchange]:
    """Return what callers of ``business_id`` got from the agent, the newest calls first.

    Args:
        session: the unit of work.
        business_id: whose calls.
        lang: the business's; sentences in other letters are of another language.
        since: calls that began before are left out.
        include_tests: whether test calls count.
    """
    wanted = (
        select(
            CallTurn.call_sid,
            CallTurn.speaker,
            CallTurn.text,
            CallTurn.path,
            CallTurn.heard_ms,
            CallTurn.interrupted,
            CallTurn.created_at,
        )
        .join(Call, Call.call_sid == CallTurn.call_sid)
        .where(Call.business_id == business_id, Call.started_at >= since)
        .order_by(Call.started_at.desc(), Call.call_sid, CallTurn.index)
        .limit(MAX_TURNS)
    )
    if not include_tests:
        wanted = wanted.where(Call.is_test.is_(False))
    return list(_exchanges(session.execute(wanted).all(), lang))


def _exchanges(turns: Sequence[_Turn], lang: str) -> Iterator[Exchange]:
    """Yield each sentence of a caller with the agent's answer right behind it."""
    asked: _Turn | None = None
    for turn in turns:
        if turn.speaker == "caller":
            asked = turn
            continue
        if turn.path == _FILLER:
            continue
        if (
            asked is not None
            and asked.call_sid == turn.call_sid
            and turn.path == "AGENT"
            and not (turn.interrupted and (turn.heard_ms or 0) < _BARELY_HEARD_MS)
        ):
            yield Exchange(
                sentence=asked.text,
                answer=turn.text,
                whole=not turn.interrupted,
                lang=language_of(asked.text, lang),
                call_sid=turn.call_sid,
                at=asked.created_at,
            )
        asked = None


def load_decisions(session: Session, business_id: int) -> list[tuple[str, str]]:
    """Return language and wording of the questions that are not to be offered again."""
    rows = session.execute(
        select(FaqDismissal.lang, FaqDismissal.question)
        .where(FaqDismissal.business_id == business_id)
        .order_by(FaqDismissal.id.desc())
        .limit(MAX_DECISIONS)
    )
    return [(lang, question) for lang, question in rows]


def decide(
    session: Session, business_id: int, lang: str, question: str, faq_id: int | None = None
) -> FaqDismissal:
    """Remember that ``question`` is not to be offered again, and return that decision.

    Made twice it is one; the latest says whether a prepared answer came of it.
    """
    row = session.scalar(
        select(FaqDismissal).where(
            FaqDismissal.business_id == business_id,
            FaqDismissal.lang == lang,
            FaqDismissal.question == question,
        )
    )
    if row is None:
        row = FaqDismissal(business_id=business_id, lang=lang, question=question)
        session.add(row)
    row.faq_id = faq_id
    session.flush()
    return row
