"""Whether something was really said in a call: what no line holds is not put into a card.

Comparison is by words as :mod:`server.faq.normalize` spells them, with Hebrew's one-letter
prefixes taken off, and with numbers told in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from server.faq.normalize import normalize
from server.leads.transcript import CALLER, Line

MIN_PHONE_DIGITS = 7

_PREFIXES = frozenset("ושהבכלמ")
_MAX_PREFIXES = 2
_MIN_WORD_CHARS = 2
_MIN_CONTENT_CHARS = 3
_DICTATED = 3
"""So many numbers in a row are being dictated."""
_STEM_CHARS, _ENDING_CHARS = 3, 2
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+", re.IGNORECASE)

_DIGITS = {
    "0": "אפס zero oh",
    "1": "אחת אחד one",
    "2": "שתיים שניים שתים שני שתי two",
    "3": "שלוש שלושה three",
    "4": "ארבע ארבעה four",
    "5": "חמש חמישה five",
    "6": "שש שישה six",
    "7": "שבע שבעה seven",
    "8": "שמונה eight",
    "9": "תשע תשעה nine",
}
_LARGER = {
    "10": "עשר עשרה ten",
    "11": "אחת עשרה אחד עשר eleven",
    "12": "שתים עשרה שנים עשר twelve",
    "20": "עשרים twenty",
    "30": "שלושים thirty",
    "40": "ארבעים forty",
    "50": "חמישים fifty",
    "100": "מאה hundred",
    "1000": "אלף thousand",
}
_DIGIT_OF = {word: digit for digit, words in _DIGITS.items() for word in normalize(words).split()}
_NUMBER_OF = {
    word: number
    for number, words in _LARGER.items()
    for word in normalize(words).split()
    if word not in _DIGIT_OF
} | _DIGIT_OF


class Spoken:
    """The words and numbers of a transcript.

    Args:
        lines: the transcript, in the order in which it was said.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._words = _all_words(line.text for line in lines)
        self._numbers = frozenset(n for line in lines for n in _numbers_in_words(line.text))
        callers = [line.text for line in lines if line.speaker == CALLER]
        self._callers_words = _all_words(callers)
        self._callers_digits = _digits(callers)
        self._text = normalize(" ".join(line.text for line in lines))
        self._hebrew = any(_is_hebrew(word) for word in self._words)
        self._latin = any(word.isascii() and word.isalpha() for word in self._words)

    def has_phone(self, number: str) -> bool:
        """Tell whether the caller told this phone number, in figures or digit by digit."""
        digits = "".join(c for c in number if c.isdigit())
        national = digits.removeprefix("972").lstrip("0") if "972" in digits[:5] else digits
        spellings = {digits, national, national.removeprefix("0")}
        return any(
            len(spelling) >= MIN_PHONE_DIGITS and spelling in self._callers_digits
            for spelling in spellings
        )

    def has_name(self, name: str) -> bool:
        """Tell whether the caller said every word of ``name``."""
        return _all_within(_words(name), self._callers_words, frozenset())

    def has_all(self, value: str) -> bool:
        """Tell whether every word and number of ``value`` was said by somebody."""
        return _all_within(_words(value), self._words, self._numbers)

    def has_most(self, value: str, share: float = 0.6) -> bool:
        """Tell whether all numbers and ``share`` of the longer words of ``value`` were said.

        Endings may differ: a summary says *דירת* where the caller said *דירה*.
        """
        words = _words(value)
        if not words or not self.has_numbers_of(value):
            return False
        telling = [word for word in words if len(word) >= _MIN_CONTENT_CHARS] or words
        return self._said_of(telling) >= share * len(telling)

    def has_numbers_of(self, text: str) -> bool:
        """Tell whether every number, web and e-mail address in ``text`` was said."""
        numbers = [word for word in _words(text) if word.isdigit()]
        if any(normalize(address) not in self._text for address in _ADDRESS.findall(text)):
            return False
        return all(
            number in self._words
            or number in self._numbers
            or (len(number) >= MIN_PHONE_DIGITS and number in self._callers_digits)
            for number in numbers
        )

    def allows(self, sentence: str) -> bool:
        """Tell whether ``sentence`` may stand in a summary of this call.

        Its numbers and addresses must have been said, and something of it must be about the call;
        the latter cannot be told where the summary is in another script than the call.
        """
        if not self.has_numbers_of(sentence):
            return False
        words = [word for word in _words(sentence) if len(word) >= _MIN_CONTENT_CHARS]
        comparable = [word for word in words if (self._hebrew if _is_hebrew(word) else self._latin)]
        return not comparable or self._said_of(comparable) > 0

    def _said_of(self, words: Sequence[str]) -> int:
        return sum(
            any(_same_stem(word, said) for said in self._words) or word in self._numbers
            for word in words
        )


def told_phone(lines: Iterable[Line]) -> str:
    """Return the first phone number that the caller told (9 to 12 digits), or an empty string."""
    digits = _digits([line.text for line in lines if line.speaker == CALLER])
    found = re.search(r"(?<!\d)(?:972|0)\d{8,9}(?!\d)", digits)
    return found.group() if found else ""


def _words(text: str) -> list[str]:
    return normalize(_THOUSANDS.sub("", text)).split()


def _all_words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _words(text))


def _is_hebrew(word: str) -> bool:
    return any("א" <= c <= "ת" for c in word)


def _bare_forms(word: str) -> set[str]:
    """Return ``word`` and what is left of it without one or two Hebrew prefix letters."""
    forms = {word}
    for count in range(1, _MAX_PREFIXES + 1):
        rest = word[count:]
        if len(rest) < _MIN_WORD_CHARS or not set(word[:count]) <= _PREFIXES:
            break
        forms.add(rest)
    return forms


def _numbers_in_words(text: str) -> Iterator[str]:
    """Yield the numbers told in words; a phone number's digits are no numbers of their own."""
    run: list[str] = []
    for word in (*_words(text), ""):
        number = next((_NUMBER_OF[f] for f in _bare_forms(word) if f in _NUMBER_OF), None)
        if number is not None:
            run.append(number)
            continue
        if len(run) < _DICTATED:
            yield from run
        run = []


def _all_within(words: Sequence[str], said: frozenset[str], numbers: frozenset[str]) -> bool:
    if not words:
        return False
    bare = frozenset(form for word in said for form in _bare_forms(word))
    return all(word in bare or _bare_forms(word) & said or word in numbers for word in words)


def _same_stem(first: str, second: str) -> bool:
    if first.isdigit() or second.isdigit():
        return first == second
    for one in _bare_forms(first):
        for other in _bare_forms(second):
            if one == other:
                return True
            stem = max(_STEM_CHARS, max(len(one), len(other)) - _ENDING_CHARS)
            if min(len(one), len(other)) >= stem and one[:stem] == other[:stem]:
                return True
    return False


def _digits(texts: Iterable[str]) -> str:
    """Return the digits told, runs of them apart; a number may go on in the next line."""
    told = []
    for text in texts:
        for word in _words(text):
            digit = _DIGIT_OF.get(word) or _DIGIT_OF.get(word.removeprefix("ו"))
            told.append(word if word.isdigit() else digit or " ")
    return "".join(told)
