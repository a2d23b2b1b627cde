"""Answers that compete, as the list of answers shows them: counted above, and beside each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.api.faq_review import ConflictPage

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Rival:
    """Another answer that claims a sentence as well."""

    name: str
    sentence: str


def rivals_of(found: ConflictPage | None) -> Mapping[int, Sequence[Rival]]:
    """Return, by the id of each answer that competes, the first few that it competes with."""
    rivals: dict[int, list[Rival]] = defaultdict(list)
    for one in found.items if found is not None else ():
        mine, other = one.label or one.intent_key, one.other_label or one.other_intent_key
        rivals[one.faq_id].append(Rival(other, one.sentence))
        rivals[one.other_faq_id].append(Rival(mine, one.sentence))
    return {faq_id: those[:_MOST_NAMED] for faq_id, those in rivals.items()}
