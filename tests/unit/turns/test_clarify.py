"""Two answers would fit: the call asks which, once, and the agent comes next."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from tests.call_script import ScriptedCall, greeted

BOTH, AGAIN = "מה המחיר ומתי פתוחים?", "גם המחיר וגם השעות"
ASKS = "למחיר או לשעות?"
PRICE = "מאה שקלים."
AGENT = "בשמחה, מתי נוח לכם?"


class Unsure(ScriptedCall):
    """A call whose look-ups are unsure of some sentences and may take their time."""

    unsure = (BOTH, AGAIN)
    match_ms = 0

    def _act(self, action: do.Action) -> list[on.Event]:
        if not isinstance(action, do.MatchFaq):
            return super()._act(action)
        if action.text in self.unsure:
            answer: on.Event = on.FaqMissed(
                action.utterance_id, "ambiguous", 0.3, clarify=ASKS, lang="he-IL"
            )
        elif action.text == "למחיר":
            answer = on.FaqHit(action.utterance_id, "price", PRICE, 0.9, 0.3, "he-IL")
        else:
            answer = on.FaqMissed(action.utterance_id, "no_match", 0.3)
        if not self.match_ms:
            return [answer]
        self.happens(answer, in_seconds=self.match_ms / 1000)
        return []


def unsure(**options: object) -> Unsure:
    call = Unsure(**options)  # type: ignore[arg-type]
    call.until_listening()
    call.advance(1.0)
    return call


def test_the_call_asks_which_is_meant_and_answers_that() -> None:
    call = unsure()
    call.caller_says(BOTH)
    call.advance(5)
    assert call.did(do.AskAgent) == []
    call.caller_says("למחיר")
    call.advance(5)
    assert call.words_heard()[1:] == [ASKS, PRICE]
    rows = [(row.path, row.intent_key, row.text) for row in call.replies()[1:]]
    assert rows == [("FALLBACK", None, ASKS), ("FAQ_FASTPATH", "price", PRICE)]
    assert call.did(do.AskAgent) == []
    assert [kept.text for kept in call.did(do.RememberSpoken)][1:] == [ASKS, PRICE]


def test_it_asks_at_most_once_in_a_row() -> None:
    call = unsure()
    for words in (BOTH, AGAIN, BOTH):
        call.caller_says(words)
        call.advance(7)
    assert call.words_heard()[1:] == [ASKS, AGENT, ASKS]
    assert [asked.text for asked in call.did(do.AskAgent)] == [AGAIN]


@pytest.mark.parametrize("between", ["למחיר", "יש לי שאלה אחרת"])
def test_after_another_answer_it_may_ask_again(between: str) -> None:
    call = unsure()
    for words in (BOTH, between, BOTH):
        call.caller_says(words)
        call.advance(7)
    heard = call.words_heard()
    assert (heard[1], heard[3]) == (ASKS, ASKS)


def test_a_question_that_was_not_heard_does_not_count() -> None:
    call = unsure(stt_ms=50)
    call.caller_says(BOTH)
    call.advance_until(lambda: call.core._speaking.reply is not None)
    call.unsure = (BOTH, f"{BOTH} ועוד משהו")
    call.caller_says("ועוד משהו")  # before a sound of it
    call.advance(6)
    assert call.words_heard()[1:] == [ASKS]
    assert call.did(do.AskAgent) == []


def test_without_its_sound_the_agent_answers() -> None:
    call = unsure(clip_ms={ASKS: None})
    call.caller_says(BOTH)
    call.advance(7)
    assert call.words_heard()[-1] == AGENT
    assert [asked.text for asked in call.did(do.AskAgent)] == [BOTH]


def test_the_sentence_is_fetched_in_the_language_of_its_rows() -> None:
    call = greeted()
    call.caller_says("hello")
    call.advance_until(lambda: bool(call.did(do.MatchFaq)))
    utterance = call.did(do.MatchFaq)[0].utterance_id
    call.core._speaking.withdraw()  # the script's own answer
    call.perform(on.FaqHit(utterance, "price", "450 ₪", 1.0, 0.1, "en-GB"))
    assert call.did(do.FetchClip)[-1].language == "en-GB"


# A look-up that takes a while


def test_the_caller_who_goes_on_meanwhile_is_looked_up_anew() -> None:
    call = unsure(stt_ms=50)
    call.match_ms = 280
    call.unsure = (f"{BOTH} רגע",)
    call.caller_says(BOTH)
    call.advance_until(lambda: bool(call.did(do.MatchFaq)))
    call.caller_says("רגע")
    call.advance(6)
    assert [asked.text for asked in call.did(do.MatchFaq)] == [BOTH, f"{BOTH} רגע"]
    assert call.did(do.AskAgent) == []
    assert call.words_heard()[1:] == [ASKS]


def test_an_answer_that_comes_late_is_played() -> None:
    call = unsure()
    call.match_ms = 300
    call.caller_says("למחיר")
    call.advance(4)
    assert call.words_heard()[1:] == [PRICE]


def test_the_agent_that_is_lost_meanwhile_is_replaced() -> None:
    call = unsure(reconnects=False)
    call.match_ms = 300
    call.caller_says("יש לי שאלה אחרת")
    call.advance_until(lambda: bool(call.did(do.MatchFaq)))
    call.happens(on.AgentLost("closed"))
    call.advance(5)
    assert call.replies()[-1].path == "FALLBACK"
    assert call.words_heard()[-1] == AGENT
