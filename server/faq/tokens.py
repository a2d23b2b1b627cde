"""A sentence as words: numbers whole, clauses told apart, set phrases as one word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.faq.morphology import spelling, without_prefixes
from server.faq.normalize import fold_letters, normalize
from server.faq.places import TWO_WORD_PLACES

MAX_TOKENS = 60
"""A sentence of more words is cut."""

_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}\b)")
_CLOCK = re.compile(r"\b(\d{1,2})[:.]\d\d\b")
_ATTACHED_NUMBER = re.compile(r"(?<!\w)([והבלמשכ]{1,3})[- ](?=\d)")
_CHEQUE = re.compile("צ['׳’]ק")
_BREAK = re.compile(r"[,;.!?/\n]+")

_PHRASES = """
סוף שבוע=סופש; סופי שבוע=סופש; סוף השבוע=סופש; אמצע שבוע=אמצעשבוע; אמצע השבוע=אמצעשבוע
יום הולדת=יומהולדת; ימי הולדת=יומהולדת; יומולדת=יומהולדת; יום ההולדת=יומהולדת; צק אין=צקאין
צק אאוט=צקאאוט; שיק אין=צקאין; שיק אאוט=צקאאוט; check in=checkin; check out=checkout
וויי פיי=wifi; וואי פאי=wifi; וואי פיי=wifi; ויי פיי=wifi; וויפי=wifi; wi fi=wifi
טייק אווי=טייקאווי; טייק אוואי=טייקאווי; take away=takeaway; take out=takeaway; בן אדם=בנאדם
אפל פיי=אפלפיי; apple pay=applepay; דואר אלקטרוני=מייל; ארוחת בוקר=ארוחתבוקר
ארוחות בוקר=ארוחתבוקר; משקפי שמש=משקפישמש; משקפי השמש=משקפישמש; בא לי=באלי; בתי חולים=ביתחולים
בית חולים=ביתחולים; ראש השנה=ראשהשנה; חול המועד=חולהמועד; בוקר טוב=שלום; ערב טוב=שלום
צהריים טובים=שלום; יום טוב=שלום; עורך דין=עורכדין; עורכת דין=עורכדין; עורכי דין=עורכדין
קבלת קהל=קבלה; מוצאי שבת=מוצש; צאת שבת=מוצש; שמעתי טוב=שמעתי; הבנתי טוב=הבנתי; מה נשמע=שלום
מה קורה=שלום; מה שלומך=שלום; מה שלומכם=שלום; מה העניינים=שלום; מה המצב=שלום; לילה טוב=שלום
חדר כושר=חדרכושר; חדר הכושר=חדרכושר; מכון כושר=חדרכושר; מכון הכושר=חדרכושר; בית קפה=ביתקפה
בית הקפה=ביתקפה; בית מרקחת=ביתמרקחת; בית המרקחת=ביתמרקחת; בית מלון=מלון; בית המלון=מלון
אולם אירועים=אולמאירועים; אולם האירועים=אולמאירועים; גן אירועים=אולמאירועים; מכון יופי=מכון
מכון היופי=מכון; בית אוכל=מסעדה; אין בעיה=איןבעיה; dry cleaning=drycleaning; on call=oncall
how many=howmany; air conditioning=airconditioning; hot tub=hottub; gift card=giftcard
גיפט קארד=גיפטקארד; המחאה בנקאית=העברהבנקאית; העברה בנקאית=העברהבנקאית; בעלי חיים=בעלחיים
מה קורה אם=מהאם; ומה קורה אם=מהאם; מה יקרה אם=מהאם; ומה אם=מהאם; מה אם=מהאם; ברגע האחרון=ברגעהאחרון
מה קורה במקרה=מהאם; מה קורה כש=מהאם; באותו יום=באותויום; באותו היום=באותויום; אותו יום=באותויום
אותו היום=באותויום; ליד מה=איפה; באיזה מקום=איפה; באיזה מקומות=איפה; באילו מקומות=איפה
אתר אינטרנט=אתר; אתר האינטרנט=אתר; חוץ לארץ=חול; ניו בורן=ניובורן; יד שנייה=משומש; יד שניה=משומש
דיסק און קי=דיסקאונקי; רשת אלחוטית=wifi; גוגל פיי=גוגלפיי; google pay=googlepay; גן ילדים=גן
הלוך חזור=הלוךחזור; הלוך ושוב=הלוךחזור; בית כנסת=ביתכנסת; בית ספר=ביתספר; בתי ספר=ביתספר
על האש=מנגל; שירות לקוחות=לקוחות; יש מצב=אפשר; יש סיכוי=אפשר; מה המצב עם=לגבי; מה עם=לגבי
ומה עם=לגבי; מה בנוגע=לגבי; מה לגבי=לגבי
"""


def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for part in _PHRASES.replace("\n", ";").split(";"):
        if "=" not in part:
            continue
        said, one = part.split("=")
        words = normalize(said).split()
        table.setdefault(words[0], []).append((tuple(words[1:]), fold_letters(one.strip())))
    for name in TWO_WORD_PLACES:
        first, second = normalize(name).split()
        table.setdefault(first, []).append(((second,), first + second))
    for found in table.values():
        found.sort(key=lambda phrase: -len(phrase[0]))
    return table


_TABLE = _phrases()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence."""

    text: str
    """Its key, in single spelling."""
    clause: int
    """The number of the clause that it stands in."""


def split_words(text: str) -> list[Word]:
    """Return the words of ``text`` in order, at most ``MAX_TOKENS``."""
    text = _CHEQUE.sub("שיק", text)
    text = _CLOCK.sub(r"\1", _THOUSANDS.sub("", text))
    text = _ATTACHED_NUMBER.sub(r" \1 ", text)
    words: list[Word] = []
    clause = 0
    for part in _BREAK.split(text):
        keys = normalize(part).split()
        if not keys:
            continue
        words += [Word(spelling(key), clause) for key in _joined(keys)]
        clause += 1
        if len(words) >= MAX_TOKENS:
            break
    return words[:MAX_TOKENS]


def _joined(keys: list[str]) -> list[str]:
    """Return ``keys`` with the words of set phrases made one, prefixes kept."""
    joined: list[str] = []
    place = 0
    while place < len(keys):
        found = _phrase_at(keys, place)
        if found is None:
            joined.append(keys[place])
            place += 1
        else:
            one, length = found
            joined.append(one)
            place += length
    return joined


def _phrase_at(keys: list[str], place: int) -> tuple[str, int] | None:
    word = keys[place]
    starts = [("", word)]
    if word not in _TABLE:
        starts += without_prefixes(word)
        if len(word) > 1 and word[1:] in _TABLE:
            starts.append((word[0], word[1:]))
    for prefix, start in starts:
        for rest, one in _TABLE.get(start, ()):
            if _follows(keys[place + 1 : place + 1 + len(rest)], rest):
                return prefix + one if one.isalpha() else one, 1 + len(rest)
    return None


def _follows(keys: list[str], rest: tuple[str, ...]) -> bool:
    """Tell whether ``keys`` are ``rest``, the last with "the" or without."""
    if tuple(keys) == rest:
        return True
    return len(keys) == len(rest) > 0 and (*keys[:-1], keys[-1].removeprefix("ה")) == rest
