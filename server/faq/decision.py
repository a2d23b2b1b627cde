"""From scored rows to one answer, or to none: the bar, rivals, double questions, embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from server.faq.lexicon import GENERIC
from server.faq.questions import question_of
from server.faq.results import Hit, Miss, Scored
from server.faq.retrieval import Patience, score_rows
from server.faq.snapshot import FaqRow, Shelf
from server.faq.utterance import Utterance, read_utterance
from server.faq.vocabulary import Token

GAP = 0.05
"""Two intents within this are rivals: neither answers."""
RESCUE_SIMILARITY = 0.8
"""The cosine from which embeddings explain the one word that the rules could not."""

_OPENERS = frozenset(("יש", "ויש", "אפשר", "ואפשר", "אתמ", "ואתמ", "האמ", "והאמ", "אתנ", "ואתנ"))


_THIS = frozenset(("זה", "זאת", "זו"))


def decide(
    shelf: Shelf,
    utterance: Utterance,
    scored: Sequence[Scored],
    patience: Patience,
    lang: str,
    min_score: float,
    similar: Mapping[int, float] | None,
) -> Hit | Miss:
    """Return the answer among ``scored`` (the best first), or why there is none.

    ``similar`` holds cosines by row id, or is None when nobody computed them.
    """
    best = scored[0] if scored else None
    whole = best is not None and best.score >= min_score
    asked = _doubled(shelf, utterance, patience, min_score, whole=whole)
    if asked:
        score, row = (best.score, best.row) if best else (0.0, None)
        return Miss("ambiguous", score, clarifying(asked, lang), best=row)
    if best is None:
        return Miss("no_match")
    if best.score < min_score:
        return _rescued(scored, similar) or _miss(best)
    rivals = [
        one
        for one in scored
        if best.score - one.score < GAP and one.row.intent_key != best.row.intent_key
    ]
    if best.found.anchor == "exact":
        rivals = [one for one in rivals if one.found.anchor == "exact"]
    if rivals:
        rows = [best.row, *(one.row for one in rivals)]
        return Miss("ambiguous", best.score, clarifying(rows, lang), best=best.row)
    return Hit(best.row, best.score, best.found.anchor)


def _miss(best: Scored) -> Miss:
    reason = "uncovered" if best.found.uncovered else "other_question"
    return Miss(reason, best.score, grey=_is_grey(best), best=best.row)


def _is_grey(one: Scored) -> bool:
    """Tell whether a row has an anchor, a fitting answer, and one word that is not explained."""
    unfit = any(name.startswith("asks:") for name, _ in one.found.parts)
    return len(one.found.uncovered) == 1 and not unfit and one.found.anchor != "answer"


def _rescued(scored: Sequence[Scored], similar: Mapping[int, float] | None) -> Hit | None:
    if not similar:
        return None
    near = [
        one for one in scored if _is_grey(one) and similar.get(one.row.id, 0.0) >= RESCUE_SIMILARITY
    ]
    if not near:
        return None
    best = max(near, key=lambda one: similar[one.row.id])
    others = (cosine for row_id, cosine in similar.items() if row_id != best.row.id)
    if similar[best.row.id] - max(others, default=0.0) < GAP:
        return None
    return Hit(best.row, round(min(similar[best.row.id], 0.99), 4), "similar")


def _doubled(
    shelf: Shelf, utterance: Utterance, patience: Patience, min_score: float, *, whole: bool
) -> list[FaqRow] | None:
    """Return the rows that parts of the sentence ask for, when they are of different intents.

    ``whole`` tells that one row explains it all: then the parts have to be questions each.
    """
    answers: list[FaqRow] = []
    for tokens in _parts(utterance.tokens):
        if whole and not _is_question(tokens) and not _is_added(utterance, tokens):
            continue
        part = read_utterance(" ".join(token.text for token in tokens), tokens)
        if not part.content and any(token.text in _THIS for token in tokens):
            continue  # "how much is it" asks about what was said before
        scored = score_rows(shelf, part, patience)
        if scored and scored[0].score >= min_score:
            answers.append(scored[0].row)
    return answers if len({row.intent_key for row in answers}) > 1 else None


def _is_added(utterance: Utterance, tokens: Sequence[Token]) -> bool:
    """Tell whether ``tokens`` are a clause of its own that begins with "and"."""
    return tokens[0].clause != utterance.tokens[0].clause and tokens[0].text[0] == "ו"


def _is_question(tokens: Sequence[Token]) -> bool:
    return (
        bool(question_of(tokens).asks)
        or any(map(_is_word, tokens))
        or tokens[0].text in _OPENERS
        or (tokens[0].text[0] == "ו" and tokens[0].has(GENERIC))  # "and do you need", "and accept"
    )


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the questions that ``tokens`` may be made of.

    Clauses, what "and" joins, and what begins with a question word of its own.
    """
    parts: list[list[Token]] = []
    for token in tokens:
        joins = token.text == "and" or (
            token.text[0] == "ו"
            and (token.prefix[:1] == "ו" or token.text in _OPENERS or _is_word(token))
        )
        again = (
            bool(parts) and len(parts[-1]) > 1 and _is_word(token) and any(map(_is_word, parts[-1]))
        )
        if not parts or parts[-1][-1].clause != token.clause or joins or again:
            parts.append([])
        parts[-1].append(replace(token, place=len(parts[-1])))
    return parts if len(parts) > 1 else []


def _is_word(token: Token) -> bool:
    return any(meaning.startswith("q:") for meaning in token.meanings)


def clarifying(rows: Sequence[FaqRow], lang: str) -> str:
    """Return the sentence that asks which of the first two intents of ``rows`` is meant.

    Empty when one of them has no label or the language is neither Hebrew nor English.
    """
    labels: dict[str, str] = {}
    for row in rows:
        labels.setdefault(row.intent_key, row.label.strip())
    first_two = list(labels.values())[:2]
    if len(first_two) < 2 or not all(first_two):
        return ""
    one, other = first_two
    if lang.startswith("he"):
        return f"ל{one} או ל{other}?"
    if lang.startswith("en"):
        return f"{one[:1].upper()}{one[1:]} or {other[:1].lower()}{other[1:]}?"
    return ""
