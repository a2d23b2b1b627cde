"""Watching over the call: nobody speaks any more, or it has lasted too long."""

from __future__ import annotations

from collections.abc import Callable

from server.turns.context import Context
from server.turns.listening import Listening
from server.turns.model import Reply, State
from server.turns.policy import Phrase
from server.turns.speaking import Speaking

_MOST_NOT_HEARD = 3
"""So often in a row may a sound without words pass for somebody on the line."""

_WORDLESS_SECONDS = 60.0
"""After so long of unbroken sound without a word there is no caller in it."""

Say = Callable[[Phrase, str | None], None]


class Vigil:
    """Asks into a silence and ends it; announces the call's cap and ends it there.

    Args:
        say: says a fixed sentence, and ends the call after it for the reason given, if one is.
        greet: speaks the greeting to a caller who was to speak first.
        hush: silences the reply that sounds.
        end: ends the call for the reason given.
    """

    def __init__(
        self,
        context: Context,
        listening: Listening,
        speaking: Speaking,
        *,
        say: Say,
        greet: Callable[[], None],
        hush: Callable[[], None],
        end: Callable[[str], None],
    ) -> None:
        self._context = context
        self._listening = listening
        self._speaking = speaking
        self._say, self._greet, self._hush, self._end = say, greet, hush, end
        self._quiet_since = 0.0
        self._awaits_first_word = False
        self._asked = False
        self._not_heard = 0
        self._ends_at = float("inf")
        self._end_reason = "max_duration"
        self._noticed = False
        self._took_leave = False

    def begin(self, *, awaits_first_word: bool) -> None:
        """The stream is up."""
        now, policy = self._context.now, self._context.policy
        self._quiet_since = now
        self._awaits_first_word = awaits_first_word
        self._ends_at = now + policy.max_call_seconds
        self._noticed = policy.max_call_seconds <= 2 * policy.call_notice_seconds
        self._took_leave = policy.max_call_seconds <= 2 * policy.call_goodbye_seconds

    def sign_of_life(self) -> None:
        """The caller has said or keyed something."""
        self._quiet_since = self._context.now
        self._asked = self._awaits_first_word = False
        self._not_heard = 0

    def sound_without_words(self, *, speech: bool) -> None:
        """Something was heard and not understood; a voice counts for a while, noise does not."""
        self._not_heard += 1
        if speech and self._not_heard <= _MOST_NOT_HEARD:
            self._quiet_since = self._context.now

    def reply_over(self, reply: Reply) -> None:
        """The caller has heard a reply to its end."""
        if reply.phrase is not Phrase.NOT_HEARD:
            self._quiet_since = self._context.now

    def take_leave(self, reason: str) -> bool:
        """Say goodbye now and end the call after it, soon in any case; False if it cannot be said.

        A goodbye that is under way is heard out. Asked a second time there is none.
        """
        context, reply = self._context, self._speaking.reply
        asked_before = self._end_reason == reason
        if asked_before or context.state is State.CONNECTING or not context.phrase(Phrase.GOODBYE):
            return False
        self._end_reason, self._took_leave, self._noticed = reason, True, True
        self._ends_at = min(self._ends_at, context.now + context.policy.call_goodbye_seconds)
        if reply is None or not reply.hang_up:
            self._hush()
            # What was interrupted may have been heard out, and have ended the call by itself.
            if context.state is not State.ENDED:
                self._say(Phrase.GOODBYE, reason)
        return True

    @property
    def at_pause(self) -> bool:
        """Whether nobody speaks, nobody is about to, and nothing is owed."""
        speaking, listening = self._speaking, self._listening
        idle = speaking.reply is None and speaking.held is None and listening.turn is None
        return idle and self._context.state is State.LISTENING and not listening.caller_may_speak

    @property
    def _may_take_leave(self) -> bool:
        """Whether the call's last words are still to be said, and can be now."""
        reply = self._speaking.reply
        is_ending = reply is not None and reply.hang_up
        return not self._took_leave and not self._listening.caller_speaks and not is_ending

    @property
    def _hears_nothing_but_noise(self) -> bool:
        """Whether sound goes on and on in which no word has been recognised."""
        speaking, turn = self._speaking, self._listening.turn
        if turn is None or speaking.reply is not None or speaking.held is not None:
            return False
        understood = set(turn.texts.values())
        return self._listening.caller_speaks and understood == {""}

    @property
    def next_at(self) -> float:
        """When this has something to do if nothing happens before."""
        times = [self._ends_at]
        if self._hears_nothing_but_noise:
            times.append(self._quiet_since + _WORDLESS_SECONDS)
        if self.at_pause:
            times.append(self._silence_at)
            if not self._noticed:
                times.append(self._ends_at - self._context.policy.call_notice_seconds)
        if self._may_take_leave:
            times.append(self._ends_at - self._context.policy.call_goodbye_seconds)
        return min(times)

    @property
    def _silence_at(self) -> float:
        policy = self._context.policy
        if self._awaits_first_word:
            return self._quiet_since + policy.first_word_wait_seconds
        asked = self._asked
        return self._quiet_since + (
            policy.silence_hangup_seconds if asked else policy.silence_prompt_seconds
        )

    def keep_time(self) -> None:
        """Act on what has come due."""
        now, policy = self._context.now, self._context.policy
        if now >= self._ends_at:
            self._end(self._end_reason)
        elif self._hears_nothing_but_noise and now >= self._quiet_since + _WORDLESS_SECONDS:
            self._end("silence")
        elif now >= self._ends_at - policy.call_goodbye_seconds and self._may_take_leave:
            self._took_leave = self._noticed = True
            self._hush()
            self._say(Phrase.TIME_IS_UP, "max_duration")
        elif not self.at_pause:
            return
        elif now >= self._ends_at - policy.call_notice_seconds and not self._noticed:
            self._noticed = True
            self._say(Phrase.NEARLY_OVER, None)
        elif now >= self._silence_at:
            self._break_silence()

    def _break_silence(self) -> None:
        if self._awaits_first_word:
            self._awaits_first_word = False
            self._greet()
        elif self._asked:
            self._say(Phrase.GOODBYE, "silence")
        else:
            # Now and not when it has been heard: it may fail, and is not to be asked for ever.
            self._asked, self._quiet_since = True, self._context.now
            self._context.note("[SILENCE]", asks=True)
            self._say(Phrase.STILL_THERE, None)
