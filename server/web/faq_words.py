"""Prepared answers in people's words: warnings, reasons, patterns, languages, lengths."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.api.faq_models import FaultView
from server.faq.morphology import spelling
from server.faq.normalize import normalize
from server.faq.snapshot import is_expression

MAX_ANSWER_CHARS = 240

_HEBREW_CHARS_A_SECOND, _OTHER_CHARS_A_SECOND = 11.5, 16.5
"""As the local voice speaks; the others are close to it."""
_CHARS_OF_A_DIGIT = 5

_HITS = {
    "exact": _l("The caller's sentence is one of the example phrases."),
    "phrase": _l("The caller's sentence holds one of the example phrases."),
    "expression": _l("The caller's sentence fits one of the patterns."),
    "kind": _l("This is a usual way to ask this question."),
    "topic": _l("The sentence is about what this answer is about."),
    "bare": _l("A short question without a subject, which can only mean this answer."),
    "part": _l("The sentence is a part of one of the example phrases."),
    "answer": _l("The sentence asks for what this answer tells."),
    "similar": _l("The sentence means nearly the same as one of the example phrases."),
}
_MISSES = {
    "empty": _l("There are no words in it."),
    "too_long": _l("The sentence is long. Long stories are for the agent."),
    "action": _l("The caller wants something done, and only the agent can do that."),
    "job": _l("The caller speaks of a job to be done; the agent finds out what is needed."),
    "negation": _l("The caller says no or corrects something; the agent has to listen."),
    "statement": _l("The caller tells something and asks nothing."),
    "backchannel": _l("This is a word like “yes” or “okay”, and no question."),
    "ambiguous": _l("Two answers would fit, so none is given on its own."),
    "uncovered": _l("There are words that no answer explains."),
    "other_question": _l("The closest answer does not tell what is asked."),
    "no_match": _l("No answer is about this."),
    "other_language": _l("The sentence is in another language than the answers."),
    "disabled": _l("Instant answers are switched off for the whole system."),
    "failed": _l("The search for an answer failed; the agent takes over."),
    "slow": _l("The search for an answer took too long; the agent takes over."),
    "tripped": _l("The search for answers has failed several times and rests for a minute."),
}
_GUARDED = {
    "action": _l("it asks for something to be done"),
    "job": _l("it speaks of a job to be done"),
    "negation": _l("it says no"),
    "statement": _l("it asks nothing"),
    "backchannel": _l("it is only a word like “yes”"),
    "other_language": _l("it is in another language than this answer"),
    "too_long": _l("it is too long"),
}
_BROKEN = {
    "too_many_repeats": _l("it repeats a part too often"),
    "too_many_brackets": _l("it has too many brackets"),
}
_LANGUAGES = {"he": _l("Hebrew"), "en": _l("English"), "ar": _l("Arabic"), "ru": _l("Russian"),
              "fr": _l("French")}  # fmt: skip

_AROUND_WORDS = ".,;:!?…()\"'"
_FINAL = str.maketrans("כמנפצ", "ךםןףץ")
_OPTIONAL_GROUP = re.compile(r"\((?:\?:)?[^()]*\)[?*]")
_OPTIONAL_LETTER = re.compile(r"(\w)\?")
_GAP = re.compile(r"\.(?:[*+]\??|\{[^{}]*\})?|\\s[*+]?")
_GROUP = re.compile(r"\((?:\?:)?([^()]*)\)")
_SIGNS = re.compile(r"\\[a-zA-Z]|[\\^$()\[\]{}*+?]")


def why(reason: str) -> str:
    """Return why a sentence gets an answer, or none, by the match's ``reason``."""
    return str(_HITS.get(reason) or _MISSES.get(reason) or _("No answer is about this."))


def warning(fault: FaultView) -> str:
    """Return what is wrong with a prepared answer, and what to do."""
    pattern = fault.pattern
    if fault.code == "broken_pattern":
        because = _BROKEN.get(fault.detail, _l("it cannot be read"))
        return str(_("“%(pattern)s” is not used: %(because)s.", pattern=pattern, because=because))
    if fault.code == "guarded_pattern":
        because = _GUARDED.get(fault.detail, _l("it is no question"))
        return str(
            _("“%(pattern)s” always goes to the agent: %(because)s.",
              pattern=pattern, because=because)
        )  # fmt: skip
    if fault.code == "long_pattern":
        start = pattern[:20]
        return str(_("“%(start)s…” is longer than anything answered at once.", start=start))
    if fault.code == "empty_pattern":
        return str(_("One of the phrases holds no word that tells what it is about."))
    if fault.code == "no_price":
        return str(_("A phrase asks for a price, and the answer names none."))
    return str(_("The answer is longer than two sentences; callers stop listening."))


def is_pattern(phrase: str) -> bool:
    """Tell whether ``phrase`` is a technical pattern rather than words."""
    return is_expression(phrase)


def in_plain_words(pattern: str) -> str:
    """Return what a technical pattern looks for, as words: what may be there is left out."""
    text = pattern
    for _depth in range(6):
        shorter = _OPTIONAL_GROUP.sub(" ", text)
        shorter = _GROUP.sub(lambda found: found[1].replace("|", "/"), shorter)
        if shorter == text:
            break
        text = shorter
    text = _OPTIONAL_LETTER.sub(r"\1", text)
    text = _SIGNS.sub(" ", _GAP.sub(" … ", text))
    return " ".join(text.replace("|", " / ").split()).strip("… ") or pattern


def as_typed(key: str, text: str) -> str:
    """Return the word of ``text`` that the matcher knows as ``key``; else with its final letter."""
    words = (word.strip(_AROUND_WORDS) for word in text.split())
    found = next((word for word in words if spelling(normalize(word)) == key), None)
    return found or key[:-1] + key[-1:].translate(_FINAL)


def language_name(tag: str) -> str:
    """Return the name of a language, for people; the tag itself of one that is not known."""
    return str(_LANGUAGES.get(tag.partition("-")[0].lower()) or tag)


def spoken_seconds(text: str, lang: str) -> float:
    """Return about how long ``text`` takes to say; what is rendered is measured."""
    rate = _HEBREW_CHARS_A_SECOND if lang.startswith("he") else _OTHER_CHARS_A_SECOND
    digits = sum(char.isdigit() for char in text)
    return round((len(text.strip()) + digits * (_CHARS_OF_A_DIGIT - 1)) / rate, 1)
