"""What the agent of a business is told, version by version: nothing that was saved is ever lost."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import ConflictError, NotFoundError
from server.models import Business, PromptVersion

PROMPT_FIELDS = ("ai_prompt", "outbound_ai_prompt", "greeting_text", "voice")
"""Columns of a business of which each change makes a version."""

UNKNOWN = ""
"""The actor of texts that were there before versions were kept."""

DiffKind = Literal["same", "added", "removed"]

_MOST_PAIRS = 60_000
"""So many pairs of words (or lines) are looked at in one go: some ten milliseconds. The time goes
with the pairs, and two prompts of full length have ten million."""

_Change = tuple[bool, int, int, int, int]
"""Whether it is the same on both sides, and from where to where on either."""


class PromptsChangedError(ConflictError):
    """Somebody else has saved since; nothing was overwritten. Carries what is stored by now.

    Args:
        current: the newest version.
    """

    code = "prompts_changed"

    def __init__(self, current: PromptState) -> None:
        super().__init__(
            f"Somebody has saved version {current.number} meanwhile; nothing was overwritten."
        )
        self.current = current


@dataclass(frozen=True, slots=True)
class PromptState:
    """The texts as they are now, and since when."""

    number: int
    """Of the version; 0 where nothing has been saved since versions are kept."""
    texts: Mapping[str, str]
    """By the names in ``PROMPT_FIELDS``."""
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a comparison. Of a changed line, ``words`` mark what differs within it."""

    kind: DiffKind
    words: tuple[tuple[bool, str], ...]
    """Pieces of the line in order; True: only this side has it."""

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(piece for _, piece in self.words)


def current_prompts(session: Session, business: Business) -> PromptState:
    """Return the texts of ``business`` as they are."""
    newest = _newest(session, business.id)
    texts = {field: getattr(business, field) for field in PROMPT_FIELDS}
    if newest is None:
        return PromptState(0, texts, UNKNOWN, business.created_at)
    return PromptState(newest.number, texts, newest.actor, newest.created_at)


def save_prompts(
    session: Session,
    business: Business,
    changes: Mapping[str, str],
    *,
    actor: str,
    based_on: int | None = None,
    restored_from: int | None = None,
) -> list[str]:
    """Change texts of ``business`` and keep the version that this makes. The only way to do so.

    Args:
        changes: new texts by the names in ``PROMPT_FIELDS``.
        actor: as in the audit log.
        based_on: the version that the author has seen; None: whatever there is, is replaced.
        restored_from: the older version that the texts come from.

    Returns:
        The names of the texts that differ now; none: there is no new version.

    Raises:
        PromptsChangedError: there is a newer version than ``based_on``.
    """
    session.refresh(business, with_for_update=True)  # two at once: one after the other
    current = current_prompts(session, business)
    changed = [name for name, text in current.texts.items() if changes.get(name, text) != text]
    if based_on is not None and based_on != current.number and changed:
        raise PromptsChangedError(current)
    if not changed:
        return []
    number = current.number
    if number == 0 and any(current.texts.values()):
        number = 1
        _add(session, business, number, UNKNOWN, None, business.updated_at)
    for name in changed:
        setattr(business, name, changes[name])
    _add(session, business, number + 1, actor, restored_from)
    session.flush()
    return changed


def first_version(session: Session, business: Business, *, actor: str) -> None:
    """Keep what a new business begins with, if it begins with anything."""
    if any(getattr(business, field) for field in PROMPT_FIELDS):
        _add(session, business, 1, actor, None)
        session.flush()


def prompt_version(session: Session, business_id: int, number: int) -> PromptVersion:
    """Return one version.

    Raises:
        NotFoundError: there is none with this number.
    """
    row = session.scalar(
        select(PromptVersion).where(
            PromptVersion.business_id == business_id, PromptVersion.number == number
        )
    )
    if row is None:
        raise NotFoundError("There is no such version.")
    return row


def number_before(session: Session, business_id: int, number: int) -> int:
    """Return the number of the version before this one; 0 where it is the first."""
    wanted = (
        select(PromptVersion.number)
        .where(PromptVersion.business_id == business_id, PromptVersion.number < number)
        .order_by(PromptVersion.number.desc())
        .limit(1)
    )
    return session.scalar(wanted) or 0


def texts_of(row: PromptVersion) -> dict[str, str]:
    """Return the texts of a version by the names in ``PROMPT_FIELDS``."""
    return {field: getattr(row, field) for field in PROMPT_FIELDS}


def compare(before: str, after: str) -> list[DiffLine]:
    """Return the lines of two texts; a changed line stands as a removed and an added one."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[DiffLine] = []
    for is_same, a, b, c, d in _changes(old, new):
        if is_same:
            lines += [DiffLine("same", ((False, line),)) for line in old[a:b]]
            continue
        pairs = min(b - a, d - c)
        for one, other in zip(old[a : a + pairs], new[c : c + pairs], strict=True):
            lines += _by_words(one, other)
            time.sleep(0)  # calls are being bridged in this process: let them have their frames
        lines += [DiffLine("removed", ((True, line),)) for line in old[a + pairs : b]]
        lines += [DiffLine("added", ((True, line),)) for line in new[c + pairs : d]]
    return lines


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    """Yield what is the same and what differs, in order.

    What both begin and end with is not looked at closer; what is left and too much for that
    differs as a whole.
    """
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    if head:
        yield True, 0, head, 0, head
    ours, theirs = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(ours) * len(theirs) > _MOST_PAIRS:
        yield False, head, head + len(ours), head, head + len(theirs)
    else:
        for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
            yield kind == "equal", head + a, head + b, head + c, head + d
    if tail:
        yield True, len(old) - tail, len(old), len(new) - tail, len(new)


def _by_words(before: str, after: str) -> tuple[DiffLine, DiffLine]:
    """Return the two lines with what the other one does not have marked, by words."""
    old, new = _words(before), _words(after)
    removed: list[tuple[bool, str]] = []
    added: list[tuple[bool, str]] = []
    for is_same, a, b, c, d in _changes(old, new):
        if a < b:
            removed.append((not is_same, "".join(old[a:b])))
        if c < d:
            added.append((not is_same, "".join(new[c:d])))
    return (
        DiffLine("removed", tuple(removed) or ((True, ""),)),
        DiffLine("added", tuple(added) or ((True, ""),)),
    )


def _words(line: str) -> list[str]:
    return [word + " " for word in line.split(" ")[:-1]] + line.split(" ")[-1:]


def _newest(session: Session, business_id: int) -> PromptVersion | None:
    return session.scalar(
        select(PromptVersion)
        .where(PromptVersion.business_id == business_id)
        .order_by(PromptVersion.number.desc())
        .limit(1)
    )


def _add(
    session: Session,
    business: Business,
    number: int,
    actor: str,
    restored_from: int | None,
    at: datetime | None = None,
) -> None:
    texts = {field: getattr(business, field) for field in PROMPT_FIELDS}
    row = PromptVersion(
        business_id=business.id,
        number=number,
        actor=actor,
        restored_from=restored_from,
        **texts,
    )
    if at is not None:
        row.created_at = at
    session.add(row)
