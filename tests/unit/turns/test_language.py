"""Which language is spoken: the agent decides, ears and fixed sentences follow."""

from __future__ import annotations

import pytest

from server.turns import actions as do
from server.turns import events as on
from server.turns.language import language_of
from tests.call_script import AgentScript, ScriptedCall, greeted

ENGLISH, HEBREW = "Sure, we are open until six.", "כן, אנחנו פתוחים עד שש."


def agent_that_says(*texts: str, delay_ms: int = 400) -> dict[str, object]:
    waiting = list(texts)

    def agent(_: str | None) -> AgentScript:
        return AgentScript(text=waiting.pop(0), delay_ms=delay_ms)

    return {"agent": agent}


def talked(*texts: str, **options: object) -> ScriptedCall:
    """Return a call in which the agent has said these sentences."""
    call = greeted(**agent_that_says(*texts), **options)
    for _ in texts:
        call.caller_says("are you open?")
        call.advance(6)
    return call


@pytest.mark.parametrize(
    ("text", "current", "language"),
    [
        ("שלום, איך אפשר לעזור?", "he-IL", "he-IL"),
        ("How can I help you?", "he-IL", "en-US"),
        ("Как вам помочь?", "he-IL", "ru-RU"),
        ("كيف يمكنني مساعدتك؟", "he-IL", "ar-IL"),
        ("שלום, איך אפשר לעזור?", "en-US", "he-IL"),
        ("How can I help you?", "en-GB", "en-GB"),
        ("Comment puis-je vous aider ?", "fr-FR", "fr-FR"),
        ("OK", "he-IL", "he-IL"),
        ("054-1234567", "he-IL", "he-IL"),
        ("", "he-IL", "he-IL"),
        ("יש לנו Tesla", "he-IL", "he-IL"),
        ("יש לנו Volkswagen Golf", "he-IL", "he-IL"),
        ("כן, יש Volkswagen Golf GTI", "he-IL", "he-IL"),
        ("We are at רחוב הרצל in Haifa, near the port.", "he-IL", "en-US"),
        ("We are at רחוב הרצל in Haifa", "en-US", "en-US"),
    ],
)
def test_a_sentence_is_in_the_language_of_its_words(text: str, current: str, language: str) -> None:
    assert language_of(text, current) == language


def test_the_recogniser_follows_the_agent_into_another_language() -> None:
    call = talked(ENGLISH)
    assert call.did(do.SwitchLanguage) == [do.SwitchLanguage("en-US")]
    assert call.core.language == "en-US"


def test_it_is_switched_once_and_back() -> None:
    call = talked(ENGLISH, "Anything else I can do?", HEBREW)
    assert call.did(do.SwitchLanguage) == [
        do.SwitchLanguage("en-US"),
        do.SwitchLanguage("he-IL"),
    ]


@pytest.mark.parametrize("text", ["יש לנו Volkswagen Golf", "כן, יש Volkswagen Golf GTI"])
def test_a_brand_name_switches_nothing(text: str) -> None:
    call = talked(text)
    assert call.did(do.SwitchLanguage) == []


def test_a_caller_in_another_language_switches_nothing_alone() -> None:
    call = talked(HEBREW)
    assert call.did(do.SwitchLanguage) == []
    assert call.did(do.MatchFaq)[-1].language == "en-US"


def test_the_faq_is_asked_in_the_language_of_the_callers_words() -> None:
    call = greeted()
    for words in ("מה שעות הפתיחה?", "what are your opening hours?", "ok"):
        call.caller_says(words)
        call.advance(6)
    assert [match.language for match in call.did(do.MatchFaq)] == ["he-IL", "en-US", "he-IL"]


def test_fixed_sentences_are_in_the_language_spoken_now() -> None:
    call = talked(ENGLISH)
    call.advance(10)
    wanted = call.did(do.FetchClip)[-1]
    assert (wanted.text, wanted.language) == ("are you still there?", "en-US")


def test_the_words_that_bridge_a_wait_are_in_the_language_spoken_now() -> None:
    call = greeted(**agent_that_says(ENGLISH, ENGLISH, delay_ms=2000))
    call.caller_says("are you open?")
    call.advance(7)
    call.caller_says("and tomorrow?")
    call.advance(7)
    first, second = (clip for clip in call.did(do.FetchClip) if clip.reply_id.startswith("f"))
    assert (first.text, first.language) == ("רגע, אני בודקת.", "he-IL")
    assert (second.text, second.language) == ("still looking", "en-US")


def test_a_sentence_that_there_is_only_in_the_first_language_is_rendered_in_it() -> None:
    call = talked(ENGLISH)
    call.caller_says("", ms=1500)
    call.advance(4)
    wanted = call.did(do.FetchClip)[-1]
    assert (wanted.text, wanted.language) == ("לא שמעתי טוב, אפשר לחזור?", "he-IL")


def test_a_prepared_answer_is_rendered_in_its_own_language() -> None:
    call = greeted(faq={"are you open?": ENGLISH})
    call.caller_says("are you open?")
    call.advance(5)
    wanted = call.did(do.FetchClip)[-1]
    assert (wanted.text, wanted.language) == (ENGLISH, "en-US")
    assert call.core.language == "he-IL"  # what was prepared decides nothing


def test_the_receptionist_does_not_decide_on_the_language() -> None:
    asked: list[str | None] = []

    def agent(text: str | None) -> AgentScript | None:
        asked.append(text)
        return None if len(asked) == 1 else AgentScript(text=ENGLISH, delay_ms=10)

    call = greeted(agent=agent, answer_wait_seconds=1.0)
    call.caller_says("are you open?")
    call.advance(6)
    assert call.words_heard()[-1] == ENGLISH
    assert call.did(do.SwitchLanguage) == []


def test_a_session_that_is_opened_anew_learns_the_language_spoken_now() -> None:
    call = talked(ENGLISH, reconnects=True)
    call.happens(on.AgentLost("closed"))
    call.advance(1)
    reopened = call.when(do.ReopenAgent)
    assert call.when(do.SwitchLanguage, after=reopened - 0.001) == reopened
    assert call.did(do.SwitchLanguage) == [do.SwitchLanguage("en-US")] * 2


def test_a_successor_learns_the_language_spoken_now() -> None:
    call = talked(ENGLISH, reconnects=True, rotate_after_seconds=11.0)
    call.advance(8)
    taken = call.when(do.TakeSuccessor)
    assert call.when(do.SwitchLanguage, after=taken - 0.001) == taken


def test_the_ears_that_stand_in_learn_the_language_spoken_now() -> None:
    call = talked(ENGLISH)
    call.happens(on.AgentLost("closed"))
    call.advance(1)
    lost = call.when(do.UseReceptionist)
    assert call.when(do.SwitchLanguage, after=lost - 0.001) == lost


def test_a_session_in_the_first_language_is_told_nothing() -> None:
    call = talked(HEBREW, reconnects=True)
    call.happens(on.AgentLost("closed"))
    call.advance(1)
    assert call.did(do.SwitchLanguage) == []
