"""The receptionist: takes a message without any model. The agent where there is no other.

:class:`Receptionist` is the conversation alone, pure; :class:`ReceptionistAgent` gives it a voice
from rendered clips.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from server.agent.base import Post, Signal
from server.agent.sentences import sentences
from server.faq.normalize import fold_letters
from server.speech.clips import ClipStore
from server.speech.pronunciation import Pronunciations
from server.turns import events as on

_FAREWELL = r"ו?(?:להתראות|ביי|יום טוב|זה הכל|זהו,? תודה|good ?bye|bye|that's all)"
_THANKS = r"תודה(?: רבה)?|thanks|thank you"
# Found in folded text, so folded themselves; answers are kept as they were said.
_TAKES_LEAVE = re.compile(rf"(?<!\w){fold_letters(_FAREWELL)}(?!\w)")
_ENDS_TAKING_LEAVE = re.compile(rf"(?<!\w){fold_letters(_FAREWELL)}[\s.,!?]*$")
_COURTESIES = re.compile(rf"(?<!\w)(?:{_FAREWELL}|{_THANKS})(?!\w)", re.IGNORECASE)
_FOLDED_COURTESIES = re.compile(
    rf"(?<!\w)(?:{fold_letters(_FAREWELL)}|{fold_letters(_THANKS)})(?!\w)"
)
_MOST_FAREWELL_WORDS = 6
_ALL_NOTED = "all noted"
_DIGITS = re.compile(r"(?<!\d)\+?\d[\d\s-]{6,14}\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One reply of the receptionist."""

    text: str
    hang_up: bool = False


_State = tuple[str | None, dict[str, str]]


class Receptionist:
    """Asks for the matter, the name and, where it is unknown, the number; then takes leave.

    Args:
        language: of what it says.
        knows_number: whether the caller's number came with the call.
        sorry: begin by saying that something is not working.
    """

    def __init__(self, language: str, *, knows_number: bool, sorry: bool = False) -> None:
        self._say = sentences(language)
        self._knows_number = knows_number
        self._opening = "sorry" if sorry else "ask_matter"
        self._asked: str | None = None
        self.details: dict[str, str] = {}
        """What was learned: ``need``, ``name``, ``phone``."""

    def set_language(self, language: str) -> None:
        """Go on in another language."""
        self._say = sentences(language)

    def state(self) -> _State:
        """Return where the conversation stands."""
        return self._asked, dict(self.details)

    def restore(self, state: _State) -> None:
        """Go back to where the conversation stood."""
        self._asked, details = state
        self.details = dict(details)

    def reply(self, words: str | None) -> Spoken:
        """Return what to say after the caller's ``words`` (None: not understood)."""
        asked = self._asked
        if not words:
            return (
                self._ask("need", self._opening)
                if asked is None
                else Spoken(self._say["not_heard"])
            )
        if asked == _ALL_NOTED:
            return self._noted()
        if asked is not None and (answer := _answer(words, number=asked == "phone")):
            self.details[asked] = answer
        if _is_farewell(words, opening=asked is None):
            return Spoken(self._say["goodbye"], hang_up=True)
        if asked is None:
            return self._ask("need", self._opening)
        if "name" not in self.details:
            return self._ask("name", "ask_name")
        if "phone" not in self.details and not self._knows_number:
            return self._ask("phone", "ask_phone")
        return self._noted()

    def _noted(self) -> Spoken:
        self._asked = _ALL_NOTED
        return Spoken(self._say["noted"], hang_up=True)

    def _ask(self, detail: str, sentence: str) -> Spoken:
        self._asked = detail
        return Spoken(self._say[sentence])


def _is_farewell(words: str, *, opening: bool) -> bool:
    """Tell whether ``words`` take leave; who has only begun may wish a good day and go on."""
    folded = fold_letters(words)
    if len(folded.split()) > _MOST_FAREWELL_WORDS or not _TAKES_LEAVE.search(folded):
        return False
    nothing_else = not _FOLDED_COURTESIES.sub("", folded).strip(" .,!?")
    return not opening or nothing_else or bool(_ENDS_TAKING_LEAVE.search(folded))


def _answer(words: str, *, number: bool) -> str:
    """Return what ``words`` answer, without thanks and farewells; empty if nothing else is left."""
    if number and (found := _DIGITS.search(words)):
        return found.group().strip()
    if not _TAKES_LEAVE.search(fold_letters(words)):
        return words
    return _COURTESIES.sub("", words).strip(" .,!?")


class ReceptionistAgent:
    """The receptionist as a call's agent (see :class:`server.agent.base.Agent`).

    Args:
        on_details: told what was learned, whenever there is more of it.
        voice: the agent's, in which the sentences are rendered where that can be done.
        own: the pronunciations of the business.
    """

    name = "receptionist"

    def __init__(
        self,
        receptionist: Receptionist,
        clips: ClipStore,
        language: str,
        post: Post,
        on_details: Callable[[dict[str, str]], None],
        voice: str = "",
        own: Pronunciations = (),
    ) -> None:
        self._receptionist = receptionist
        self._clips = clips
        self._language = language
        self._post = post
        self._on_details = on_details
        self._voice = voice
        self._own = own
        self._before: tuple[str, _State] = ("", receptionist.state())

    def ask(self, reply_id: str, text: str | None) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._before = (reply_id, self._receptionist.state())
        known = dict(self._receptionist.details)
        spoken = self._receptionist.reply(text)
        if self._receptionist.details != known:
            self._on_details(dict(self._receptionist.details))

        def deliver(clip: bytes | None) -> None:
            if clip is not None:
                self._tell(on.AgentText(reply_id, spoken.text))
                self._tell(on.AgentAudio(reply_id, clip))
            self._tell(on.AgentFinished(reply_id, clip is not None, hang_up=spoken.hang_up))

        self._clips.fetch(spoken.text, self._language, deliver, self._voice, self._own)

    def _tell(self, event: on.Event) -> None:
        self._post(Signal(self, event))

    def receive(self, message: bytes) -> list[on.Event]:
        """No wire, no messages."""
        return []

    def carry_on(self, reply_id: str, said: str) -> None:
        """Replies are whole when they come: there is nothing to add."""
        self._tell(on.AgentFinished(reply_id, completed=True))

    def cancel(self, reply_id: str) -> None:
        """What the reply was to has not been said yet, or not to its end: it was never asked."""
        asked_for, state = self._before
        if asked_for == reply_id:
            self._receptionist.restore(state)

    def truncate(self, reply_id: str, heard_ms: int) -> None:
        """A conversation of fixed questions remembers none of its own words."""

    def remember_spoken(self, text: str) -> None:
        """See :meth:`truncate`."""

    def remember_typed(self, text: str) -> None:
        """See :meth:`truncate`; the words come again with ``ask``."""

    def set_language(self, language: str) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._language = language
        self._receptionist.set_language(language)

    def upgrade(self) -> None:
        """No instructions, no upgrade."""

    def keep_alive(self) -> None:
        """Nothing to keep alive."""

    def close(self) -> None:
        """Nothing to close."""
