"""What an answer tells: an amount, hours, a place; so that it is given to fitting questions only.

Works on the words of an answer as keys (``normalize``); knows numbers and units, no businesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.faq.morphology import spelling, without_prefixes
from server.faq.normalize import normalize
from server.faq.places import is_place


class Fact(StrEnum):
    """A kind of thing that an answer can tell."""

    AMOUNT = "amount"
    """What something costs."""
    FREE = "free"
    PAID = "paid"
    """That something costs, without how much."""
    TIME = "time"
    """An hour of the day, a day, a month."""
    DURATION = "duration"
    WARRANTED = "warranted"
    """How long something is guaranteed."""
    ADVANCE = "advance"
    """How long before."""
    FREQUENCY = "frequency"
    PLACE = "place"
    AGE = "age"
    INCLUDED = "included"
    NUMBER = "number"
    LEAST = "least"
    """From which amount on something holds."""
    WHO = "who"
    """Who does it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(map(spelling, normalize(text).split()))


_VALUES = {
    **{spelling(normalize(w)): v for v, ws in {
        1: "אחד אחת one", 2: "שתיים שני שתי two", 3: "שלוש שלושה three", 4: "ארבע ארבעה four",
        5: "חמש חמישה חמשה five", 6: "שש שישה ששה six", 7: "שבע שבעה seven", 8: "שמונה eight",
        9: "תשע תשעה nine", 10: "עשר עשרה ten", 20: "עשרים twenty", 30: "שלושים thirty",
        40: "ארבעים forty", 50: "חמישים fifty", 60: "שישים sixty", 70: "שבעים seventy",
        80: "שמונים eighty", 90: "תשעים ninety", 100: "מאה hundred", 200: "מאתיים", 1000: "אלף",
        2000: "אלפיים", 11: "eleven", 12: "twelve",
    }.items() for w in ws.split()},
}  # fmt: skip
_TEENS = frozenset(_words("עשר עשרה"))

MONEY = _words(
    "שקל שקלים שקלימ שח ₪ שקלין shekel shekels nis ils dollar dollars דולר דולרים יורו אגורות"
)
PERCENT = _words("אחוז אחוזים percent אחוזי")
_TIME_UNITS = _words(
    "שעה שעות שעתיים דקה דקות יום ימים יומיים שבוע שבועות שבועיים חודש חודשים חודשיים שנה שנים "
    "שנתיים שעת ימי חודשי שנות דקת hour hours minute minutes day days week weeks "
    "month months year years"
)
_WHOLE_DAY = 24
_HOUR_UNITS = _words("שעות hours")
_WITHIN = _words("תוך בתוך עד אחרי לפני כעבור מראש within before")
_WORKERS = _words(
    "רופא רופאה רופאת רופאי מטפל מטפלת מטפלים מומחה מומחית מדריך מדריכה מדריכים מורה מורים צוות "
    "קוסמטיקאית שיננית יועץ יועצת טכנאי טכנאים מאמן מאמנת מאמנים וטרינר וטרינרית נוטריון "
    "סטודנט סטודנטים פיזיותרפיסט פיזיותרפיסטית דיאטנית רוקח רוקחת אחות שף גננת אופטומטריסט"
)
_WHOLE_TIMES = _words("שעתיים יומיים שבועיים חודשיים שנתיים")
_DAY_PARTS = _words("בערב בבוקר בצהריים בלילה חצות am pm noon midnight morning evening")
_MONTHS = _words("ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר קיץ חורף")
_FREE = _words("חינם free חינמי חינמית חינמיים")
_PAID = _words("תשלום תוספת extra paid")
_INCLUDED = _words(
    "כלול כלולה כלולים כלולות כולל כוללת כוללים כוללות included includes include including"
)
_PLACES = _words(
    "רחוב ברחוב קומה קומת בקומה בקומת שדרות דרך כיכר קניון בקניון בניין ליד מול צמוד מאחורי פינת "
    "פארק חוף יער מושב קיבוץ צומת כביש תחנה תחנת מתחם אולם סטודיו "
    "בחצר חצר בכניסה אזור מרחק street floor avenue mall building behind near next opposite road"
)
_THRESHOLDS = _words("מינימום מעל לפחות מתחת מינימלית minimum over above least")
_NEGATIONS = _words("לא ללא בלי אינו אינה אינם אינן אין except without not חוץ מלבד למעט")
_WARRANTY = _words("אחריות warranty guarantee")
_HALF = _words("חצי half an")
_ONE_UNIT = _words("יום שבוע חודש שנה day week month year")
_FOR_ONE_UNIT = _words("לשנה לחודש לשבוע")
_ONE_UNIT_ABOUT = _words("כיום כשבוע כחודש כשנה")
_LASTING = _words("בתוקף תקף של תוך בתוך למשך נמשך נמשכת לוקח לוקחת אורך אורכת")
_ONE_HOUR = _words("שעה כשעה hour")
_AGE = _words("גיל age aged")
_FREQUENCY = _words("פעם פעמיים פעמים every twice once")
_ARRANGED = _words("בתיאום בהזמנה בתאום")
_WAYS = _words("הליכה נסיעה walk drive")
_ADVANCE = _words("מראש לפני advance before")
_WEEKDAYS = {
    spelling(normalize(word)): day
    for day, names in enumerate(
        ("ראשון sunday", "שני monday", "שלישי tuesday", "רביעי wednesday", "חמישי thursday",
         "שישי friday", "שבת saturday")
    )
    for word in names.split()
}  # fmt: skip
_DAY_WORDS = _words("יום ימים ימי day days")
_RANGE = _words("עד to through")


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What one answer tells."""

    kinds: frozenset[Fact]
    numbers: frozenset[int]
    days: frozenset[int]
    """Days of the week that it speaks of, Sunday is 0; a range holds its days."""
    counted: frozenset[str]
    """The words that stand beside a number: what it tells the number of."""
    excluded: frozenset[str]
    """The words behind "not including"; they cost something else."""


def bare(word: str, known: frozenset[str] | dict[str, int]) -> str | None:
    """Return ``word``, without its prefixes if need be, when it is among ``known``."""
    if word in known:
        return word
    return next((rest for _, rest in without_prefixes(word) if rest in known), None) or (
        word[1:] if word[:1] in "ובלמהכש" and word[1:] in known else None
    )


def value_of(word: str) -> int | None:
    """Return the number that ``word`` is, in digits or as a number word with its prefixes."""
    if word.isdecimal() and len(word) <= 9:
        return int(word)
    found = bare(word, _VALUES)
    return None if found is None else _VALUES[found]


def weekday_of(word: str, before: str) -> int | None:
    """Return the day of the week that ``word`` names after the word ``before``, Sunday is 0.

    "ראשון" and "שני" are days only behind "day", behind a preposition or at the end of a range.
    """
    found = bare(word, _WEEKDAYS)
    if found is None:
        return None
    behind = bare(before, _DAY_WORDS) is not None or before in _RANGE
    attached = word != found and word[0] in "בלמו" and (word[0] != "ה")
    named = found not in _ORDINALS
    return _WEEKDAYS[found] if behind or attached or named else None


_ORDINALS = _words("ראשון שני")


def facts_of(text: str) -> AnswerFacts:
    """Return what the answer ``text`` tells."""
    plain = re.sub(r"(?<=\d)[,.](?=\d{3})", "", text.replace("₪", " שקל "))
    words = [spelling(word) for word in normalize(plain).split()]
    kinds: set[Fact] = set()
    numbers = _numbers(words)
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        kinds |= _kinds_of_word(word, before)
        if place in numbers:
            kinds |= _kinds_of_number(words, place, numbers)
        if bare(word, _WHOLE_TIMES):
            kinds.add(_span(words, place))
        if bare(word, _TIME_UNITS) and bare(before, _HALF):
            kinds.add(_span(words, place))
        if bare(word, _TIME_UNITS) and place + 1 < len(words) and words[place + 1] in _ADVANCE:
            kinds.add(Fact.ADVANCE)
        if before in _LASTING and bare(word, _ONE_UNIT):
            kinds.add(_span(words, place))
        if word in _FOR_ONE_UNIT and any(bare(w, _WARRANTY) for w in words[:place]):
            kinds.add(Fact.WARRANTED)
        if word in _ONE_UNIT_ABOUT:
            kinds.add(_span(words, place))
        if word == "שקל" and place - 1 not in numbers:
            kinds |= {Fact.AMOUNT, Fact.PAID}
        if word in _ONE_HOUR and place not in numbers and value_of(before) is None:
            kinds.add(_span(words, place))
    if any(bare(word, _AGE) for word in words):
        kinds.add(Fact.AGE)
    if not _FREQUENCY.isdisjoint(words):
        kinds.add(Fact.FREQUENCY)
    return AnswerFacts(
        frozenset(kinds),
        frozenset(numbers.values()),
        _days(words),
        _counted(words, numbers),
        _excluded(words),
    )


def _kinds_of_word(word: str, before: str) -> set[Fact]:
    kinds: set[Fact] = set()
    if bare(word, _FREE) or (word in ("עלות", "חיוב", "charge") and before in _NEGATIONS):
        kinds.add(Fact.FREE)
    if bare(word, _PAID):
        kinds.add(Fact.PAID)
    if bare(word, _INCLUDED):
        kinds.add(Fact.INCLUDED)
    if (
        word.removeprefix("ו") in _DAY_PARTS
        or bare(word, _MONTHS)
        or weekday_of(word, before) is not None
    ):
        kinds.add(Fact.TIME)
    if bare(word, _WORKERS):
        kinds.add(Fact.WHO)
    if bare(word, _PLACES) or is_place(word):
        kinds.add(Fact.PLACE)
    return kinds


def _kinds_of_number(words: Sequence[str], place: int, numbers: dict[int, int]) -> set[Fact]:
    following = [word for word in words[place + 1 : place + 3] if value_of(word) is None][:2]
    unit = following[0] if following else ""
    before = words[place - 1] if place else ""
    if before == "בינ" and not any(bare(w, MONEY) for w in words[place : place + 5]):
        return {Fact.TIME, Fact.NUMBER}
    if place + 1 in numbers:
        return {Fact.NUMBER}
    if any(bare(word, MONEY) or bare(word, PERCENT) for word in following):
        earlier = words[max(0, place - 2) : place]
        limited = any(bare(word, _THRESHOLDS) for word in earlier) or (before in ("עד", "up"))
        least = any(bare(word, _THRESHOLDS) for word in earlier)
        if limited:
            return {Fact.NUMBER, Fact.LEAST} if least else {Fact.NUMBER}
        return {Fact.AMOUNT, Fact.PAID}
    if (
        numbers[place] == _WHOLE_DAY
        and bare(unit, _HOUR_UNITS)
        and not _WITHIN.intersection(
            (*words[max(0, place - 2) : place], *words[place + 2 : place + 4])
        )
    ):
        return {Fact.TIME, Fact.NUMBER}  # around the clock
    if bare(unit, _TIME_UNITS):
        return {_span(words, place)}
    if bare(before, _AGE):
        return {Fact.AGE, Fact.NUMBER}
    attached = words[place][:1] in "מב" and not words[place].isdecimal()
    if attached or before in ("עד", "from", "until", "at", "ב", "מ", "to"):
        return {Fact.TIME, Fact.NUMBER}
    return {Fact.NUMBER}


def _span(words: Sequence[str], place: int) -> Fact:
    """Return what a stretch of time at ``place`` means: how long, or how long before."""
    around = words[max(0, place - 3) : place + 4]
    if any(bare(word, _WARRANTY) for word in around):
        return Fact.WARRANTED
    near = words[place : place + 4]
    arranged = next((at for at, word in enumerate(near) if word in _ARRANGED), len(near))
    near = near[:arranged]  # "three hours, by arrangement in advance"
    if any(bare(word, _WAYS) for word in near):
        return Fact.NUMBER
    return Fact.ADVANCE if any(bare(word, _ADVANCE) for word in near) else Fact.DURATION


def _numbers(words: Sequence[str]) -> dict[int, int]:
    """Return the numbers of ``words`` by their place."""
    found: dict[int, int] = {}
    for place, word in enumerate(words):
        value = value_of(word)
        if value is not None:
            found[place] = value
            if word in _TEENS and found.get(place - 1, 99) < 10:
                found[place] = 10 + found[place - 1]
    return found


def _days(words: Sequence[str]) -> frozenset[int]:
    days: set[int] = set()
    last: int | None = None
    ranged = False
    for place, word in enumerate(words):
        day = weekday_of(word, words[place - 1] if place else "")
        if day is not None:
            days |= set(range(last, day + 1)) if ranged and last is not None else {day}
            last, ranged = day, False
        elif word in _RANGE:
            ranged = True
        else:
            last, ranged = None, False
    return frozenset(days)


def _counted(words: Sequence[str], numbers: dict[int, int]) -> frozenset[str]:
    """Return the words beside numbers: two behind, one before a lone "one"."""
    found: set[str] = set()
    for place in numbers:
        found |= {word for word in words[place + 1 : place + 2] if value_of(word) is None}
    return frozenset(found)


def _excluded(words: Sequence[str]) -> frozenset[str]:
    """Return the words that the answer says are not in what it speaks of."""
    found: set[str] = set()
    for place, word in enumerate(words):
        if bare(word, _INCLUDED) and place and words[place - 1] in _NEGATIONS:
            found |= set(words[place + 1 : place + 3])
    return frozenset(found)
