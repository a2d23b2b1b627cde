"""A summary without any model: the caller's own most telling words, cut to length.

It never says what was not said; in a card it is marked as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.faq.normalize import normalize
from server.leads.card import MAX_WORDS, MIN_WORDS, Card, clip_words, count_words, fit_words
from server.leads.spoken import told_phone
from server.leads.transcript import CALLER, Line

_HEADLINE_WORDS = 10
_POINTS = 2

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_TELLING = frozenset(
    normalize(
        "רוצה צריך צריכה מחפש מחפשת מעוניין מעוניינת אפשר כמה מחיר עולה תור פגישה לקבוע לבטל "
        "להזמין תקלה בעיה דחוף מתי איפה כתובת לחזור תחזרו מחר היום "
        "want need looking price cost appointment book cancel order problem broken urgent when "
        "where address call back tomorrow today"
    ).split()
)
_SMALL_TALK = frozenset(
    normalize(
        "שלום היי הלו כן לא תודה רבה בסדר טוב אוקיי להתראות ביי אה אהה "
        "hello hi yes no thanks thank you ok okay bye goodbye um uh"
    ).split()
)
_NAME_WORD = r"[^\W\d_][\w'׳\"״-]+"
_NAME = re.compile(
    r"(?:שמי|השם שלי(?: הוא)?|קוראים לי|my name is|my name's)"
    rf"\s+({_NAME_WORD}(?:\s+{_NAME_WORD})?)",
    re.IGNORECASE,
)
_NOT_A_SURNAME = frozenset(
    normalize(
        "ואני אני רוצה צריך צריכה מחפש מחפשת מתקשר מתקשרת והטלפון המספר ואשמח אשמח ורציתי רציתי "
        "and i im i'm from calling the my it its with speaking"
    ).split()
)
_SHORT = {
    "he": "זו הייתה שיחה קצרה, ואלה כל המילים שהמתקשר אמר בה.",
    "en": "It was a short call, and these are all the caller's words.",
}
_NOTHING = {
    "he": ("לא נאמר דבר", "השיחה הסתיימה לפני שהמתקשר אמר משהו שאפשר לסכם."),
    "en": ("Nothing was said", "The call ended before the caller said anything to sum up."),
}


def extractive_card(lines: Sequence[Line], language: str) -> Card:
    """Return a card made of the caller's own sentences.

    Args:
        lines: the transcript.
        language: the business's (BCP 47): of the few words that are not the caller's.
    """
    own = "he" if language[:2] in ("he", "iw") else "en"
    said = [line.text for line in lines if line.speaker == CALLER]
    sentences = [s.strip() for text in said for s in _SENTENCE_END.split(text) if s.strip()]
    if not any(normalize(sentence) for sentence in sentences):
        headline, point = _NOTHING[own]
        return Card(headline=headline, points=(point,), fields={})
    ranked = sorted(range(len(sentences)), key=lambda at: (-_weight(sentences[at]), at))
    best, *others = ranked
    chosen = sorted(others[:_POINTS])
    if count_words(*sentences) < MIN_WORDS:
        headline = clip_words(" ".join(sentences), _HEADLINE_WORDS)
        points: tuple[str, ...] = (_SHORT[own],)
    else:
        headline = clip_words(sentences[best], _HEADLINE_WORDS)
        room = MAX_WORDS - count_words(headline)
        points = tuple(fit_words([sentences[at] for at in chosen], room))
        if count_words(headline, *points) < MIN_WORDS:  # one long sentence, or several tiny ones
            rest = " ".join(sentences[at] for at in sorted(ranked))
            points = (clip_words(rest, MAX_WORDS - count_words(headline)),)
    return Card(headline=headline, points=points, fields=_fields(lines))


def _weight(sentence: str) -> float:
    words = normalize(sentence).split()
    telling = sum(word in _TELLING or word[1:] in _TELLING for word in words)
    content = sum(word not in _SMALL_TALK for word in words)
    has_figures = any(c.isdigit() for c in sentence)
    return 3 * telling + min(content, 12) * 0.5 + (1 if "?" in sentence else 0) + has_figures


def _fields(lines: Sequence[Line]) -> dict[str, str]:
    fields = {}
    for line in lines:
        if line.speaker == CALLER and (found := _NAME.search(line.text)):
            first, *surname = found.group(1).strip("\"'״׳-").split()
            kept = [word for word in surname if normalize(word) not in _NOT_A_SURNAME]
            fields["name"] = " ".join([first, *kept])
            break
    if phone := told_phone(lines):
        fields["phone"] = phone
    return fields
