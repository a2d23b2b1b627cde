"""Which rows are worth scoring for a sentence, and their scores.

Rows are looked up by meaning, as bit masks: a row that leaves two words unexplained is never
scored, so that the time does not grow with what a business has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from server.faq.book import Book
from server.faq.patterns import Expression
from server.faq.places import is_place
from server.faq.results import Scored
from server.faq.scoring import MAX_LIFT, RowScore, score_row
from server.faq.snapshot import Shelf
from server.faq.utterance import Utterance

_EXPRESSION_SECONDS = 0.003
_MOST_TIMEOUTS = 2
_SEARCH_SECONDS = 0.01
"""After so many slow expressions, or so long, no more are tried: the call's loop waits for the
match."""
_MAX_PRIORITY = 100


Clock = Callable[[], float]


class Patience:
    """How long expressions may be looked for in one sentence and its parts.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = clock() + _SEARCH_SECONDS
        self._timeouts = 0
        self._over = False

    @property
    def is_over(self) -> bool:
        """Whether the next expression is not tried any more."""
        self._over = self._over or self._timeouts >= _MOST_TIMEOUTS or self._clock() > self._ends_at
        return self._over

    def note_timeout(self) -> None:
        """One expression took too long by itself."""
        self._timeouts += 1


def score_rows(
    shelf: Shelf, utterance: Utterance, patience: Patience, *, every: bool = False
) -> tuple[Scored, ...]:
    """Return the rows that may answer, the best first; with ``every`` all that share a word."""
    book = shelf.book
    candidates = _candidates(book, utterance, every=every)
    search = _Search(utterance.key, patience)
    found: list[Scored] = []
    for place in _places(candidates | book.searching):
        model = book.rows[place]
        expressed = bool(model.expressions) and any(map(search.finds, model.expressions))
        if not expressed and not candidates >> place & 1:
            continue
        score = score_row(book, model, utterance, expressed=expressed)
        if score is not None:
            row = shelf.rows[place].row
            found.append(Scored(row, _lifted(score, row.priority), score))
    found.sort(key=lambda one: (-one.score, one.found.place))
    return tuple(found)


def _lifted(score: RowScore, priority: int) -> float:
    """Return the score with the lift of its row's ``priority``, 0 to 100."""
    if score.score >= 1.0:
        return 1.0
    share = min(max(priority, 0), _MAX_PRIORITY) / _MAX_PRIORITY
    return round(min(score.score + MAX_LIFT * share, 1.0), 4)


def _candidates(book: Book, utterance: Utterance, *, every: bool) -> int:
    """Return the rows worth scoring: all words explained but one, or all with ``every``."""
    whole = one_short = (1 << len(book.rows)) - 1
    named = book.bare | book.areas | book.placed
    content = {token.place for token in utterance.content}
    for token in utterance.tokens:
        if token.place not in content:
            if not token.free or token.has("c:PEOPLE"):
                named |= _masks(book.asking, token.meanings - {"c:PRICE"})
            continue
        named |= _masks(book.asking, token.meanings) | _masks(book.answering, token.meanings)
        if token.value is not None or token.day is not None:
            continue
        explaining = _masks(book.covering, token.meanings)
        if is_place(token.text):
            explaining |= book.placed
        one_short = whole | (one_short & explaining)
        whole &= explaining
    written = book.phrases.get(utterance.key, 0)
    return named | written if every else (one_short & named) | written


def _masks(table: dict[str, int], meanings: frozenset[str]) -> int:
    mask = 0
    for meaning in meanings:
        mask |= table.get(meaning, 0)
    return mask


def _places(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class _Search:
    """Looks for expressions in one sentence, within a bounded time."""

    def __init__(self, key: str, patience: Patience) -> None:
        self._key = key
        self._patience = patience

    def finds(self, expression: Expression) -> bool:
        """Tell whether ``expression`` is found; one that takes too long is not."""
        if expression.needle not in self._key or self._patience.is_over:
            return False
        try:
            return expression.pattern.search(self._key, timeout=_EXPRESSION_SECONDS) is not None
        except TimeoutError:
            self._patience.note_timeout()
            return False
