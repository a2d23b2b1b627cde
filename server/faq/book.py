"""The rows of one business in one language, made ready: what each is about and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import regex

from server.faq.facts import AnswerFacts, facts_of, value_of
from server.faq.kinds import PLACED, Kind, kinds_of, named_kinds
from server.faq.lexicon import UNEXPLAINED
from server.faq.morphology import spelling
from server.faq.patterns import Expression, read_expression
from server.faq.questions import Ask, question_of
from server.faq.tokens import Word, split_words
from server.faq.utterance import counts
from server.faq.vocabulary import Vocabulary, topics

OPPOSITES = frozenset(("c:OPEN", "c:CLOSE"))
"""Who tells when it is closed tells when it is open."""
PREPARING = ("c:READY", "c:DURATION")
"""What how long it takes may be asked of."""
BOOKING = frozenset(("c:APPOINTMENT", "c:COORDINATE", "c:RESERVE", "c:REGISTER"))
"""A row that speaks of these tells whether one must book."""
_TIMES = frozenset(("c:NIGHT", "c:DAYPART", "c:SHABBAT", "c:WEEKEND", "c:HOLIDAY", "t:day"))
_MANY_INTENTS = 3


@dataclass(frozen=True, slots=True)
class PatternModel:
    """One pattern: the words of it that count, and what it asks."""

    key: str
    elements: tuple[frozenset[str], ...]
    """The meanings of each word that counts."""
    asks: frozenset[Ask]


@dataclass(frozen=True, slots=True)
class RowModel:
    """What a row is about."""

    place: int
    """Its place among the rows of the book."""
    row_id: int
    intent_key: str
    kinds: tuple[Kind, ...]
    kind_names: frozenset[str]
    patterns: tuple[PatternModel, ...]
    expressions: tuple[Expression, ...]
    asked: frozenset[str]
    """The meanings in its patterns."""
    told: frozenset[str]
    """The meanings in its answer."""
    companions: frozenset[str]
    open_to: frozenset[Ask]
    facts: AnswerFacts
    numbers: frozenset[int]
    """The numbers in its patterns and its answer."""
    counted: frozenset[str]
    excluded: frozenset[str]


@dataclass(slots=True)
class Book:
    """All rows of one language, and where to find which by meaning. Sets of rows are bit masks."""

    vocabulary: Vocabulary
    rows: tuple[RowModel, ...] = ()
    covering: dict[str, int] = field(default_factory=dict)
    """By meaning, the rows that can explain it."""
    asking: dict[str, int] = field(default_factory=dict)
    """By meaning, the rows whose patterns hold it."""
    answering: dict[str, int] = field(default_factory=dict)
    """By meaning, the rows whose answers hold it."""
    placed: int = 0
    """The rows whose answers list places."""
    areas: int = 0
    """The rows about where one serves."""
    bare: int = 0
    """The rows that a question without any subject may mean."""
    phrases: dict[str, int] = field(default_factory=dict)
    """By key, the rows that have it as a pattern."""
    intents_asking: dict[str, int] = field(default_factory=dict)
    """By meaning, how many intents have it in a pattern."""
    itself: frozenset[str] = frozenset()
    """The meanings by which the rows call the business: "where is the hall"."""
    theme: frozenset[str] = frozenset()
    """The meanings that several answers share and no pattern has: what the business deals in."""
    times: frozenset[str] = frozenset()
    """The times that a pattern is about by itself: "at night"."""
    common: frozenset[str] = frozenset()
    """The meanings that at least ``_MANY_INTENTS`` intents speak of."""
    things: frozenset[str] = frozenset()
    """What rows of no usual kind are about: what the business sells and does."""
    searching: int = 0
    """The rows with expressions."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a row is made of: texts as they were typed, expressions compiled."""

    row_id: int
    intent_key: str
    phrases: tuple[str, ...]
    """The keys of its phrases."""
    typed: tuple[str, ...]
    """The same phrases as their owner typed them."""
    expressions: tuple[regex.Pattern[str], ...]
    answer_text: str


def build_book(sources: Sequence[Source], breathe: Callable[[], None] = lambda: None) -> Book:
    """Return the rows of one language, ready to be matched.

    Args:
        breathe: called after each row, so that others may run meanwhile.
    """
    vocabulary = Vocabulary()
    expressions = [tuple(map(read_expression, source.expressions)) for source in sources]
    for source, found in zip(sources, expressions, strict=True):
        for phrase in source.typed:
            vocabulary.add(word.text for word in split_words(phrase))
        for expression in found:
            vocabulary.add(expression.words)
        vocabulary.add(word.text for word in split_words(source.answer_text))
        breathe()
    for source in sources:
        for phrase in source.typed:
            if len(words := split_words(phrase)) == 1:
                vocabulary.add_subject(words[0].text)
    for source in sources:
        for phrase in source.typed:
            vocabulary.add_joined([word.text for word in split_words(phrase)])
        breathe()
    taken = frozenset(kind.name for one in sources for kind in named_kinds(one.intent_key))
    rows = []
    for place, (source, found) in enumerate(zip(sources, expressions, strict=True)):
        rows.append(_row(vocabulary, place, source, found, taken))
        breathe()
    book = Book(vocabulary, tuple(rows))
    _index(book)
    return book


def _row(
    vocabulary: Vocabulary,
    place: int,
    source: Source,
    expressions: tuple[Expression, ...],
    taken: frozenset[str],
) -> RowModel:
    patterns = [
        _phrase(vocabulary, key, typed)
        for key, typed in zip(source.phrases, source.typed, strict=True)
    ]
    patterns += [_parts(vocabulary, expression) for expression in expressions if expression.parts]
    asked = frozenset(m for pattern in patterns for element in pattern.elements for m in element)
    for expression in expressions:
        asked |= _meanings(vocabulary, expression.words)
    kinds = kinds_of(
        source.intent_key, [(pattern.elements, pattern.asks) for pattern in patterns], taken
    )
    facts = facts_of(source.answer_text)
    answer = [word.text for word in split_words(source.answer_text)]
    return RowModel(
        place,
        source.row_id,
        source.intent_key,
        kinds,
        frozenset(kind.name for kind in kinds),
        tuple(patterns),
        expressions,
        asked,
        _meanings(vocabulary, answer),
        frozenset(meaning for kind in kinds for meaning in kind.companions),
        frozenset(ask for kind in kinds for ask in kind.open_to),
        facts,
        facts.numbers | _numbers(source),
        _meanings(vocabulary, facts.counted, free=True),
        _meanings(vocabulary, facts.excluded),
    )


def _numbers(source: Source) -> frozenset[int]:
    values = (value_of(word.text) for phrase in source.typed for word in split_words(phrase))
    return frozenset(value for value in values if value is not None)


def _phrase(vocabulary: Vocabulary, key: str, typed: str) -> PatternModel:
    tokens = vocabulary.read(split_words(typed))
    question = question_of(tokens)
    elements = tuple(
        meanings
        for token in tokens
        if counts(token, question) and (meanings := topics(token.meanings))
    )
    return PatternModel(key, elements, question.asks)


def _parts(vocabulary: Vocabulary, expression: Expression) -> PatternModel:
    tokens = vocabulary.read([Word(part[0], 0) for part in expression.parts])
    question = question_of(tokens)
    elements: list[frozenset[str]] = []
    for part in expression.parts:
        meanings = [vocabulary.find(word).meanings for word in part]
        if all(found & UNEXPLAINED for found in meanings):
            continue
        union = frozenset(m for found in meanings for m in found)
        if not union & {"c:PRICE", "c:DURATION"} and not any(m.startswith("q:") for m in union):
            elements.append(topics(union))
    return PatternModel("", tuple(elements), question.asks)


def _meanings(
    vocabulary: Vocabulary, words: Iterable[str], *, free: bool = False
) -> frozenset[str]:
    found: set[str] = set()
    for word in words:
        meanings = vocabulary.find(spelling(word)).meanings
        if free or not meanings & UNEXPLAINED:
            found |= meanings
    return topics(found)


def _index(book: Book) -> None:
    intents: dict[str, set[str]] = {}
    for row in book.rows:
        _index_row(book, row)
        for meaning in row.asked:
            intents.setdefault(meaning, set()).add(row.intent_key)
    book.intents_asking.update((meaning, len(keys)) for meaning, keys in intents.items())
    book.times = frozenset(
        meaning
        for row in book.rows
        if "hours" not in row.kind_names
        for pattern in row.patterns
        if len(pattern.elements) == 1
        for meaning in pattern.elements[0] & _TIMES
    )
    book.things = frozenset(m for row in book.rows if not row.kinds for m in row.asked) - _TIMES
    delivering = sum(1 << row.place for row in book.rows if "delivery" in row.kind_names)
    _mark(book.covering, book.things, delivering)
    book.itself = _itself(book.rows)
    book.common = _common(book.rows)
    book.theme = frozenset(
        meaning
        for meaning, mask in book.answering.items()
        if mask.bit_count() > 1 and meaning not in intents and meaning.startswith("c:")
    )


def _index_row(book: Book, row: RowModel) -> None:
    bit = 1 << row.place
    wordings = [wording for kind in row.kinds for wording in kind.wordings]
    needs = row.asked.union(*(need for wording in wordings for need in wording.needs))
    explained = row.asked | row.told | row.companions
    if not explained.isdisjoint(OPPOSITES):
        explained |= OPPOSITES
    explained |= {"c:CHARGE", "c:TAKE", *PREPARING}
    if "c:RENT" not in explained:
        explained |= {"c:BUY"}
    if not explained.isdisjoint(BOOKING):
        explained |= {"a:infinitive"}
    _mark(book.covering, explained, bit)
    _mark(book.asking, needs, bit)
    _mark(book.answering, row.told, bit)
    _mark(book.phrases, (pattern.key for pattern in row.patterns if pattern.key), bit)
    if not all(wording.needs for wording in wordings) or not all(
        pattern.elements for pattern in row.patterns
    ):
        book.bare |= bit
    if row.kind_names & PLACED:
        book.placed |= bit
    if "areas" in row.kind_names:
        book.areas |= bit
    if row.expressions:
        book.searching |= bit


def _mark(table: dict[str, int], keys: Iterable[str], bit: int) -> None:
    for key in keys:
        table[key] = table.get(key, 0) | bit


def _itself(rows: Iterable[RowModel]) -> frozenset[str]:
    """Return the meanings behind "where is" in the rows about the address."""
    return frozenset(
        meaning
        for row in rows
        if "address" in row.kind_names
        for pattern in row.patterns
        if Ask.WHERE in pattern.asks and len(pattern.elements) == 1
        for meaning in pattern.elements[0]
        if meaning not in row.companions
    )


def _common(rows: Iterable[RowModel]) -> frozenset[str]:
    spoken: dict[str, set[str]] = {}
    for row in rows:
        for meaning in row.asked | row.told:
            if meaning[:2] in ("c:", "w:"):
                spoken.setdefault(meaning, set()).add(row.intent_key)
    return frozenset(meaning for meaning, keys in spoken.items() if len(keys) >= _MANY_INTENTS)
