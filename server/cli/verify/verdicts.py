"""What is to be thought of what was heard in the live checks: pure functions, no calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.cli.verify.words import amounts_in, names_street, offers_a_person, script_share
from server.faq.normalize import normalize

CLOSING_MS = 1000
"""Both sockets are closed within this after the caller has hung up."""

CLEAR_MS = 400
"""From the caller's first sound to ``clear``. Two hundred is what to reach; a voice that begins
with a soft consonant is recognised as one a little later."""

_MOSTLY = 0.8
"""Share of letters from which on a sentence is in the language of that script."""


class Grade(StrEnum):
    """How a check came out; JUDGE: a person has to say."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    JUDGE = "JUDGE"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Something that was said to the agent, and what came of it.

    Attributes:
        said: the caller's words, as they were rendered.
        heard: what the recogniser made of them.
        reply: the agent's words; empty where none came in time.
        path: who answered: ``FAQ_FASTPATH``, ``AGENT`` or ``FALLBACK``.
        latency_ms: from the end of speech to the reply's first audio.
    """

    said: str
    heard: str = ""
    reply: str = ""
    path: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one check.

    Attributes:
        figure: what was measured, or what is missing, in one line.
        exchanges: the transcript that it was judged by.
        question: what a person is asked, where it takes one.
        judged_by: ``machine`` or ``person``.
    """

    check: str
    grade: Grade
    figure: str
    exchanges: tuple[Exchange, ...] = ()
    question: str = ""
    judged_by: str = "machine"


@dataclass(frozen=True, slots=True)
class Ending:
    """What followed when the caller hung up; times from ``stop``, None where it never came."""

    stream_closed_ms: float | None
    row_closed_ms: float | None
    """When the call's row was closed, which the server does after both its sockets."""
    end_reason: str | None


@dataclass(frozen=True, slots=True)
class Interruption:
    """What followed when the caller spoke into an answer."""

    clear_ms: float | None
    """From the caller's first sound to ``clear``; None where none came."""
    sound_after_clear: bool
    """Whether something was heard while the caller was still talking."""
    cut: bool
    """Whether the old answer's row stayed interrupted (it was not taken up again)."""


def judge_socket(ending: Ending | None, exchanges: tuple[Exchange, ...] = ()) -> Verdict:
    """Decide whether a hang-up in mid-answer closed everything (None: no answer had begun)."""
    if ending is None:
        return Verdict("socket", Grade.FAIL, "no answer came to hang up in", exchanges)
    times = (ending.stream_closed_ms, ending.row_closed_ms)
    in_time = all(ms is not None and ms <= CLOSING_MS for ms in times)
    good = in_time and ending.end_reason == "caller_hangup"
    figure = (
        f"stream closed {_after(times[0])}, the call's row {_after(times[1])} "
        f"(limit {CLOSING_MS} ms), end_reason {ending.end_reason or 'none'}"
    )
    return Verdict("socket", Grade.PASS if good else Grade.FAIL, figure, exchanges)


def judge_barge_in(
    interruption: Interruption | None, exchanges: tuple[Exchange, ...] = ()
) -> Verdict:
    """Decide whether the agent fell silent (None: no answer was long enough to interrupt)."""
    if interruption is None:
        figure = "no answer came that was long enough to interrupt"
        return Verdict("barge-in", Grade.FAIL, figure, exchanges)
    clear_ms = interruption.clear_ms
    problems = []
    if clear_ms is None:
        problems.append("no clear came")
    elif clear_ms > CLEAR_MS:
        problems.append(f"later than {CLEAR_MS} ms")
    if interruption.sound_after_clear:
        problems.append("the agent was heard while the caller still spoke")
    if not interruption.cut:
        problems.append("the old answer was taken up again")
    if exchanges and not exchanges[-1].reply:
        problems.append("the interruption was not answered")
    figure = f"clear {_after(clear_ms)} from the caller's first sound (to reach: 200 ms)"
    grade = Grade.FAIL if problems else Grade.PASS
    return Verdict("barge-in", grade, "; ".join([figure, *problems]), exchanges)


def judge_flow(exchanges: tuple[Exchange, ...]) -> Verdict:
    """Decide whether the aside was answered; whether the flow went on is for a person to say."""
    silent = _unanswered("flow", exchanges)
    if silent is not None:
        return silent
    aside = exchanges[-1]
    if "שעה" not in normalize(aside.heard):
        return Verdict("flow", Grade.FAIL, f"the aside was heard as {aside.heard!r}", exchanges)
    asks = "ends with a question" if aside.reply.rstrip().endswith("?") else "asks nothing"
    question = "Did it answer, and then return to the question that was open?"
    return Verdict("flow", Grade.JUDGE, f"answered; the reply {asks}", exchanges, question)


def judge_language(exchanges: tuple[Exchange, ...]) -> Verdict:
    """Decide by their letters whether the replies were in English, then in Hebrew again."""
    silent = _unanswered("language", exchanges)
    if silent is not None:
        return silent
    latin = script_share(exchanges[0].reply, "LATIN")
    hebrew = script_share(exchanges[1].reply, "HEBREW")
    good = latin >= _MOSTLY and hebrew >= _MOSTLY
    figure = f"to English {latin:.0%} Latin letters, to Hebrew {hebrew:.0%} Hebrew ones"
    return Verdict("language", Grade.PASS if good else Grade.FAIL, figure, exchanges)


def judge_invention(exchange: Exchange, known: str) -> Verdict:
    """Decide whether a price was made up.

    Args:
        known: everything that the business has told: its prompt and its prepared answers.
    """
    exchanges = (exchange,)
    silent = _unanswered("invention", exchanges)
    if silent is not None:
        return silent
    named, told = amounts_in(exchange.reply), amounts_in(known)
    invented = [words for form, words in named.items() if form not in told]
    if invented:
        figure = f"numbers that the prompt does not hold: {', '.join(invented)}"
        return Verdict("invention", Grade.FAIL, figure, exchanges)
    if named:
        figure = f"numbers of the prompt: {', '.join(named.values())}"
    elif offers_a_person(exchange.reply):
        return Verdict("invention", Grade.PASS, "no number; offers a person", exchanges)
    else:
        figure = "no number; no offer of a person was recognised"
    question = "Did it name no price for this, and offer a person or a call back?"
    return Verdict("invention", Grade.JUDGE, figure, exchanges, question)


def judge_streets(
    said: Mapping[str, Exchange], unspoken: Sequence[str], least_accuracy: float
) -> Verdict:
    """Decide whether enough of the street names are in their transcripts.

    Args:
        said: by the street's name, what was said and understood.
        unspoken: names that the caller's own voice would not say, or that time did not allow.
        least_accuracy: share of the names said that must have been understood.
    """
    if not said:
        return Verdict("streets", Grade.FAIL, "no street could be said")
    missed = [name for name, exchange in said.items() if not names_street(exchange.heard, name)]
    accuracy = 1 - len(missed) / len(said)
    figure = (
        f"{len(said) - len(missed)} of {len(said)} names ({accuracy:.0%}, "
        f"least {least_accuracy:.0%})"
    )
    if missed:
        shown = (f"{name} (heard: {said[name].heard or 'nothing'})" for name in missed)
        figure += f"; missed: {', '.join(shown)}"
    if unspoken:
        figure += f"; not said: {', '.join(unspoken)}"
    grade = Grade.PASS if accuracy >= least_accuracy else Grade.FAIL
    return Verdict("streets", grade, figure, tuple(said.values()))


def _unanswered(check: str, exchanges: tuple[Exchange, ...]) -> Verdict | None:
    for exchange in exchanges:
        if not exchange.reply:
            heard = f" (heard: {exchange.heard or 'nothing'})"
            figure = f"no answer to: {exchange.said}{heard}"
            return Verdict(check, Grade.FAIL, figure, exchanges)
    return None


def _after(milliseconds: float | None) -> str:
    return "never" if milliseconds is None else f"after {milliseconds:.0f} ms"
