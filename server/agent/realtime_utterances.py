"""The caller's utterances between their commit and their transcript, by the service's names."""

from __future__ import annotations

from collections import deque

_MAX_PARTIAL_CHARS = 2000


class Utterances:
    """Knows our utterances by the items that the service makes of them."""

    def __init__(self) -> None:
        self._commits: deque[tuple[str, str]] = deque()
        """(event id, utterance id) of commits that the service has not confirmed."""
        self._of_item: dict[str, str] = {}
        self._understood: dict[str, str] = {}
        """By utterance id: its words so far."""

    def commit(self, event_id: str, utterance_id: str) -> None:
        """Note that the utterance has been committed by this event."""
        self._commits.append((event_id, utterance_id))

    def confirm(self, item_id: str) -> None:
        """The oldest commit has become this item; they are confirmed in order."""
        if self._commits:
            _, utterance_id = self._commits.popleft()
            self._of_item[item_id] = utterance_id

    def refuse(self, event_id: str | None, *, or_oldest: bool) -> str | None:
        """Return the utterance of a refused commit, if this event was one.

        Args:
            event_id: the event that was refused, where the service names it.
            or_oldest: a commit was refused, whether it is named or not.
        """
        commits = self._commits
        refused = next((commit for commit in commits if commit[0] == event_id), None)
        if refused is None and or_oldest and commits:
            refused = commits[0]
        if refused is None:
            return None
        commits.remove(refused)
        return refused[1]

    def add_words(self, item_id: str, words: str) -> tuple[str, str] | None:
        """Return the item's utterance and all its words so far, these included."""
        utterance_id = self._of_item.get(item_id)
        if not utterance_id:
            return None
        known = (self._understood.get(utterance_id, "") + words)[:_MAX_PARTIAL_CHARS]
        self._understood[utterance_id] = known
        return utterance_id, known

    def close(self, item_id: str) -> str | None:
        """Return the item's utterance, of which nothing more will come."""
        utterance_id = self._of_item.pop(item_id, None)
        self._understood.pop(utterance_id or "", None)
        return utterance_id
