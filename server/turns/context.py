"""What the parts of one core share: the present moment, the actions so far, the numbering."""

from __future__ import annotations

from server.turns import actions as do
from server.turns.actions import History, SaveTurn
from server.turns.model import TRANSITIONS, CallerTurn, State
from server.turns.policy import CallPolicy, Phrase

_KEPT_LINES = 80
_KEPT_CHARS = 8000
"""Of a long conversation a fresh session is told the last quarter of an hour or so."""


class Context:
    """Valid for one event at a time: ``begin`` opens it, the parts add their actions."""

    def __init__(self, policy: CallPolicy) -> None:
        self.policy = policy
        self.now = 0.0
        """Seconds, as the session's clock counts them."""
        self.started_at = 0.0
        """When the stream came up."""
        self.state = State.CONNECTING
        self.language = policy.language
        """What is spoken now; the business's until the agent switches."""
        self.transcript_wait_seconds = policy.transcript_wait_seconds
        self.reopening = False
        """Whether the agent's session is being opened anew."""
        self.out: list[do.Action] = []
        self._lines: dict[int, tuple[str, str]] = {}
        self._last_id = 0
        self._next_index = 0

    def begin(self, now: float) -> None:
        """Start on an event that happened at ``now``."""
        self.now = now
        self.out = []

    def do(self, action: do.Action) -> None:
        """Add ``action`` to what is to be done."""
        self.out.append(action)

    def note(self, tag: str, **fields: object) -> None:
        """Add a line for the log."""
        self.out.append(do.Note(tag, fields))

    def tell_language(self) -> None:
        """New ears expect the business's language: have them follow what is spoken now."""
        if self.language != self.policy.language:
            self.do(do.SwitchLanguage(self.language))

    def new_id(self, kind: str) -> str:
        """Return a name that is unique in the call: ``u1``, ``r2``…"""
        self._last_id += 1
        return f"{kind}{self._last_id}"

    def new_index(self) -> int:
        """Return the next row number of the transcript."""
        self._next_index += 1
        return self._next_index - 1

    def phrase(self, phrase: Phrase) -> str:
        """Return a fixed sentence in the language of the moment; empty if there is none."""
        return self.policy.phrase(phrase, self.language)

    def go(self, state: State) -> None:
        """Change the call's state.

        Raises:
            AssertionError: the table has no such way.
        """
        if state is self.state:
            return
        if state not in TRANSITIONS[self.state]:
            raise AssertionError(f"no way from {self.state} to {state}")
        self.state = state

    def offset_ms(self, moment: float | None) -> int | None:
        """Return how long after the start of the stream ``moment`` was."""
        return None if moment is None else max(0, round((moment - self.started_at) * 1000))

    def save_caller(self, turn: CallerTurn) -> None:
        """Store what is known of the caller's ``turn``, giving it a row if it has none."""
        if turn.index is None:
            turn.index = self.new_index()
        self.save(
            SaveTurn(
                turn.index,
                "caller",
                turn.words,
                start_ms=self.offset_ms(turn.began_at),
                length_ms=turn.length_ms,
            )
        )

    def save(self, row: SaveTurn, *, heard: str | None = None) -> None:
        """Store a row.

        Args:
            heard: of its words, what the caller heard; None: all of them.
        """
        self._lines[row.index] = (row.speaker, row.text if heard is None else heard)
        self.do(row)

    def history(self, since: int = 0) -> History:
        """Return what was said and heard from row ``since`` on, the oldest cut off."""
        said = [self._lines[index] for index in sorted(self._lines) if index >= since]
        kept: list[tuple[str, str]] = []
        room = _KEPT_CHARS
        for speaker, words in reversed(said[-_KEPT_LINES:]):
            room -= len(words)
            if room < 0:
                break
            if words:
                kept.append((speaker, words))
        return tuple(reversed(kept))

    @property
    def next_index(self) -> int:
        """The row number that would be given next."""
        return self._next_index
