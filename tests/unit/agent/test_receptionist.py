"""Taking a message: as a conversation, and as the agent of a call."""

from __future__ import annotations

from pathlib import Path
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.agent.base import Signal
from server.agent.receptionist import Receptionist, ReceptionistAgent, Spoken
from server.agent.sentences import SENTENCES, sentences
from server.audio import mulaw
from server.speech.base import SynthesiserError
from server.speech.clips import ClipStore
from server.turns import events as on

HE, EN = SENTENCES["he"], SENTENCES["en"]


def talk(receptionist: Receptionist, *words: str | None) -> list[Spoken]:
    return [receptionist.reply(said) for said in words]


def asked_for(detail: str, language: str = "he-IL") -> Receptionist:
    """Return a receptionist who has just asked for ``detail`` and knows no number."""
    receptionist = Receptionist(language, knows_number=False)
    for said in ["שלום", "תקלה במזגן", "דנה כהן"][: ["need", "name", "phone"].index(detail) + 1]:
        receptionist.reply(said)
    return receptionist


# The conversation


def test_a_message_is_taken_in_hebrew() -> None:
    receptionist = Receptionist("he-IL", knows_number=True)
    assert talk(receptionist, "שלום, אפשר לדבר עם דני?", "יש לי נזילה", "אני דנה כהן") == [
        Spoken(HE["ask_matter"]),
        Spoken(HE["ask_name"]),
        Spoken(HE["noted"], hang_up=True),
    ]
    assert receptionist.details == {"need": "יש לי נזילה", "name": "אני דנה כהן"}


def test_a_hidden_number_is_asked_for_and_its_digits_are_noted() -> None:
    receptionist = Receptionist("en-US", knows_number=False)
    said = talk(receptionist, "Hello?", "My sink leaks", "Dana", "it is 054-123 4567, thanks")
    assert said[-2:] == [Spoken(EN["ask_phone"]), Spoken(EN["noted"], hang_up=True)]
    assert receptionist.details == {
        "need": "My sink leaks",
        "name": "Dana",
        "phone": "054-123 4567",
    }


@pytest.mark.parametrize(
    ("words", "phone"),
    [
        ("0541234567", "0541234567"),
        ("המספר הוא 054-1234567", "054-1234567"),
        ("+972 54 123 4567 בבקשה", "+972 54 123 4567"),
        ("ל0541234567", "0541234567"),
        ("03-1234567", "03-1234567"),
        ("אפס חמש ארבע אחת שתיים שלוש", "אפס חמש ארבע אחת שתיים שלוש"),
        ("123", "123"),
    ],
)
def test_the_number_is_found_in_the_words_or_the_words_are_kept(words: str, phone: str) -> None:
    receptionist = asked_for("phone")
    receptionist.reply(words)
    assert receptionist.details["phone"] == phone


@pytest.mark.parametrize("language", ["he", "he-IL", "he-Hebr-IL"])
def test_hebrew_is_hebrew_however_it_is_tagged(language: str) -> None:
    assert sentences(language) is HE


@pytest.mark.parametrize("language", ["en-US", "en", "ru-RU", "", "x"])
def test_other_languages_are_served_in_english(language: str) -> None:
    assert sentences(language) is EN


def test_both_languages_say_the_same_things() -> None:
    assert set(HE) == set(EN)


@pytest.mark.parametrize("nothing", [None, ""])
def test_who_is_not_understood_is_asked_for_the_matter_then_again(nothing: str | None) -> None:
    receptionist = Receptionist("he-IL", knows_number=True)
    assert talk(receptionist, nothing, nothing, nothing) == [
        Spoken(HE["ask_matter"]),
        Spoken(HE["not_heard"]),
        Spoken(HE["not_heard"]),
    ]
    assert receptionist.details == {}


def test_what_was_not_understood_does_not_skip_a_question() -> None:
    receptionist = asked_for("name")
    assert talk(receptionist, None, "דנה")[-1] == Spoken(HE["ask_phone"])
    assert receptionist.details["name"] == "דנה"


@pytest.mark.parametrize(
    "words",
    [
        "להתראות",
        "תודה, להתראות!",
        "ביי",
        "ביי ביי",
        "טוב, יום טוב",
        "ויום טוב",
        "זה הכל, תודה",
        "זהו, תודה",
        "תודה רבה ולהתראות",
        "Goodbye!",
        "ok bye",
        "That’s all, thanks",
        "לְהִתְרָאוֹת",
    ],
)
def test_a_farewell_is_answered_with_one(words: str) -> None:
    receptionist = Receptionist("he-IL", knows_number=True)
    assert receptionist.reply(words) == Spoken(HE["goodbye"], hang_up=True)


@pytest.mark.parametrize(
    "words",
    [
        "תודה רבה",
        "לא תודה",
        "שלום",
        "I want to buy a car",
        "האם להתראות זה השם של החנות שלכם ברחוב הרצל",
        "היום טוב לי",
        "ביידן",
    ],
)
def test_what_only_sounds_like_a_farewell_is_none(words: str) -> None:
    assert not Receptionist("he-IL", knows_number=True).reply(words).hang_up


def test_a_greeting_is_no_farewell() -> None:
    receptionist = Receptionist("he-IL", knows_number=True)
    assert not receptionist.reply("יום טוב, אפשר לדבר עם דני?").hang_up


@pytest.mark.parametrize(
    ("detail", "words", "kept"),
    [
        ("phone", "054-1234567, תודה ביי", "054-1234567"),
        ("name", "דנה כהן, להתראות", "דנה כהן"),
        ("need", "תחזרו אליי לגבי הדירה, ביי", "הדירה"),
    ],
)
def test_an_answer_with_a_farewell_is_noted(detail: str, words: str, kept: str) -> None:
    receptionist = asked_for(detail)
    assert receptionist.reply(words).hang_up
    assert kept in receptionist.details[detail]


@pytest.mark.parametrize("words", ["תודה רבה", "רגע, עוד משהו", "כן"])
def test_thanks_after_the_end_replace_nothing(words: str) -> None:
    receptionist = asked_for("phone")
    receptionist.reply("0541234567")
    assert receptionist.reply(words).hang_up
    assert receptionist.details["phone"] == "0541234567"


@given(st.lists(st.none() | st.text(max_size=30), max_size=12))
def test_whatever_is_said_there_is_a_sentence_to_answer_it(words: list[str | None]) -> None:
    receptionist = Receptionist("he-IL", knows_number=False)
    for spoken in talk(receptionist, *words):
        assert spoken.text in HE.values()
    assert set(receptionist.details) <= {"need", "name", "phone"}


# The agent of a call


class Voice:
    """A synthesiser that says everything in 20 ms, or refuses."""

    name = "voice"
    quick = True

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken

    def voice_for(self, language: str, voice: str) -> str:
        return ""

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        if self._broken:
            raise SynthesiserError("no voice")
        return mulaw.silence(20)


class Desk:
    """The receptionist in a call: what it tells the call and the lead."""

    def __init__(self, directory: Path, *, broken: bool = False) -> None:
        self.inbox: Queue[Signal] = Queue()
        self.learned: list[dict[str, str]] = []
        self.agent = ReceptionistAgent(
            Receptionist("he-IL", knows_number=False),
            ClipStore([Voice(broken=broken)], directory, 1.0),
            "he-IL",
            self.inbox.put,
            self.learned.append,
        )

    def next(self) -> on.Event | bytes:
        item = self.inbox.get(timeout=5)
        assert item.source is self.agent
        return item.payload

    def ask(self, reply_id: str, text: str | None) -> str:
        """Ask and hear the reply out; return its words."""
        self.agent.ask(reply_id, text)
        said = self.next()
        assert isinstance(said, on.AgentText)
        assert self.next() == on.AgentAudio(reply_id, mulaw.silence(20))
        assert isinstance(self.next(), on.AgentFinished)
        return said.delta


def test_a_reply_is_words_then_sound_then_its_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.agent.ask("r1", "שלום")
    assert [desk.next() for _ in range(3)] == [
        on.AgentText("r1", HE["ask_matter"]),
        on.AgentAudio("r1", mulaw.silence(20)),
        on.AgentFinished("r1", completed=True, hang_up=False),
    ]


def test_a_reply_that_cannot_be_spoken_is_a_failed_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, broken=True)
    desk.agent.ask("r1", "שלום")
    assert desk.next() == on.AgentFinished("r1", completed=False, hang_up=False)


def test_the_lead_learns_each_answer_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number, words in enumerate(["שלום", "נזילה", None, "דנה", "0541234567"]):
        desk.ask(f"r{number}", words)
    assert desk.learned == [
        {"need": "נזילה"},
        {"need": "נזילה", "name": "דנה"},
        {"need": "נזילה", "name": "דנה", "phone": "0541234567"},
    ]


def test_a_reply_that_was_withdrawn_was_not_given(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ask("r1", "שלום")
    desk.ask("r2", "נזילה")
    desk.agent.ask("r3", "קוראים לי")
    desk.agent.cancel("r3")  # the caller goes on: one turn, asked again with all its words
    desk.agent.ask("r4", "קוראים לי דנה כהן")
    assert desk.learned[-1] == {"need": "נזילה", "name": "קוראים לי דנה כהן"}


def test_the_rest_of_an_agents_duties_cost_nothing(tmp_path: Path) -> None:
    agent = Desk(tmp_path).agent
    assert agent.receive(b"anything") == []
    agent.cancel("r1")
    agent.truncate("r1", 10)
    agent.remember_spoken("x")
    agent.remember_typed("x")
    agent.upgrade()
    agent.keep_alive()
    agent.close()
