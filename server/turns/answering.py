"""Where answers come from: the FAQ, rendered speech, the agent, and who stands in for them."""

from __future__ import annotations

from collections.abc import Callable

from server.turns import actions as do
from server.turns import events as on
from server.turns.context import Context
from server.turns.language import language_of
from server.turns.listening import Listening
from server.turns.model import (
    AGENT_PATH,
    FALLBACK_PATH,
    FAQ_PATH,
    GREETING_PATH,
    CallerTurn,
    Reply,
    State,
)
from server.turns.policy import Phrase
from server.turns.speaking import Speaking

MAX_FAQ_CHARS = 200
"""Longer utterances go to the agent (spec: call, 4)."""


class Answering:
    """Gets the caller an answer, whoever fails.

    Args:
        end: ends the call for the reason given.
    """

    def __init__(
        self,
        context: Context,
        listening: Listening,
        speaking: Speaking,
        end: Callable[[str], None],
    ) -> None:
        self._context = context
        self._listening = listening
        self._speaking = speaking
        self._end = end
        self.recognises = context.policy.recognises
        """Whether somebody understands the caller's words."""
        self.agent_lost = False
        """Whether the receptionist has taken the agent's place."""
        self.owes_explanation = False
        """A reply broke off for good: the receptionist speaks next."""
        self.upgraded = False
        """Whether the agent has been given its full instructions."""
        self._asked_back: Reply | None = None
        """The reply that asked what was meant, while nothing else has answered since."""
        self._failed_replies = 0
        self._upgrade_asked_at: float | None = None

    def answer(self, turn: CallerTurn) -> None:
        """Get a reply to ``turn``: from the FAQ where it may know, else from the agent."""
        policy, words = self._context.policy, turn.words
        for_faq = words and not turn.failed and not turn.cut and len(words) <= MAX_FAQ_CHARS
        if for_faq and policy.faq_enabled:
            language = language_of(words, self._context.language)
            self._context.do(do.MatchFaq(turn.utterances[-1], words, language))
        else:
            self.ask_agent(words or None)

    def on_faq_hit(self, event: on.FaqHit) -> None:
        """Play the prepared answer."""
        turn = self._awaiting_answer(event.utterance_id)
        if turn is not None:
            turn.match_ms = event.match_ms
            self._asked_back = None
            self._speaking.say(
                event.answer_text, FAQ_PATH, intent_key=event.intent_key, language=event.lang
            )

    def on_faq_missed(self, event: on.FaqMissed) -> None:
        """Ask which of two answers is wanted, once; else ask the agent."""
        turn = self._awaiting_answer(event.utterance_id)
        if turn is None:
            return
        turn.match_ms = event.match_ms
        heard_already = self._asked_back is not None and self._asked_back.first_sent_at is not None
        if event.clarify and not heard_already:
            self._asked_back = self._speaking.say(event.clarify, FALLBACK_PATH, language=event.lang)
        else:
            self.ask_agent(turn.words)

    def _awaiting_answer(self, utterance_id: str) -> CallerTurn | None:
        turn = self._listening.turn
        if turn is None or not turn.settled or self._speaking.reply is not None:
            return None
        return turn if turn.utterances[-1:] == [utterance_id] else None

    def ask_agent(self, words: str | None) -> None:
        """Have the agent reply, with its full instructions."""
        self.upgrade_prompt()
        self.owes_explanation = False
        self._asked_back = None
        turn = self._listening.turn
        path = FALLBACK_PATH if self.agent_lost else AGENT_PATH
        self._speaking.ask_agent(words, path, self._speaking.waited_since(turn))

    def on_clip(self, event: on.ClipReady) -> None:
        """Play rendered speech that has come."""
        if not event.audio:
            self.on_clip_failed(on.ClipFailed(event.reply_id))
        elif self._speaking.expects(event.reply_id):
            self._speaking.add_audio(event.reply_id, event.audio)
            self._speaking.finish_audio()

    def on_clip_failed(self, event: on.ClipFailed) -> None:
        """Do without rendered speech that will not come."""
        if self._speaking.expects(event.reply_id):
            self._clip_failed()

    def _clip_failed(self) -> None:
        reply = self._speaking.reply
        if reply is None:
            return
        self._context.note("[TTS_FAILED]", reply=reply.id, path=reply.path)
        self._speaking.withdraw()
        turn = self._listening.turn
        if reply.hang_up:
            self._end(reply.end_reason)
        elif reply.path == GREETING_PATH:
            self._speaking.ask_agent(None, GREETING_PATH)
        elif (reply.path == FAQ_PATH or reply is self._asked_back) and turn is not None:
            self.ask_agent(turn.words)
        else:
            self._leave_unanswered()

    def _leave_unanswered(self) -> None:
        """There will be no reply to what was settled: listen on."""
        turn = self._listening.turn
        if turn is not None and turn.settled:
            self._listening.close_turn()
        self._context.go(State.THINKING if self._listening.undecided else State.LISTENING)

    def on_agent_audio(self, event: on.AgentAudio) -> None:
        """Queue the agent's speech."""
        if self._agents_reply(event.reply_id):
            self._speaking.add_audio(event.reply_id, event.audio)

    def _agents_reply(self, reply_id: str) -> Reply | None:
        """Return the reply at hand if the agent makes it under ``reply_id``."""
        reply = self._speaking.expects(reply_id)
        return reply if reply is not None and reply.from_agent else None

    def on_agent_text(self, event: on.AgentText) -> None:
        """Note the agent's words."""
        if reply := self._agents_reply(event.reply_id):
            reply.text += event.delta

    def on_agent_finished(self, event: on.AgentFinished) -> None:
        """The agent's reply is whole, or has failed."""
        reply = self._agents_reply(event.reply_id)
        if reply is None or reply.finished:
            return
        reply.hang_up = reply.hang_up or event.hang_up
        if reply.path == GREETING_PATH:
            self.upgrade_prompt()
        if reply.ready_at is not None and not event.completed and not reply.hang_up:
            self._broke_off(reply)
        elif reply.ready_at is not None:
            self._failed_replies = 0
            self._speaking.finish_audio()
            self._follow_language(reply.text)
        elif event.hang_up:
            goodbye = self._context.phrase(Phrase.GOODBYE)
            self._speaking.say(goodbye, reply.path, end_reason="agent_goodbye")
        elif self._failed_replies == 0:  # one refusal does not make a lost agent: ask once more
            self._failed_replies += 1
            self._speaking.ask_again()
        else:
            self.agent_failed("failed", keeps_ears=True)

    def _broke_off(self, reply: Reply) -> None:
        """The reply ended in the middle of a sentence: have the rest of it made, once."""
        if reply.continued:
            self._speaking.finish_audio()
        else:
            self._speaking.go_on()

    def _follow_language(self, text: str) -> None:
        """The agent decides which language is spoken: ears and fixed sentences follow it."""
        spoken = language_of(text, self._context.language)
        if spoken != self._context.language and not self.agent_lost:
            self._context.language = spoken
            self._context.note("[LANGUAGE]", now=spoken)
            self._context.do(do.SwitchLanguage(spoken))

    def on_upgraded(self, _: on.PromptUpgraded) -> None:
        """The agent has its full instructions."""
        if self._upgrade_asked_at is not None:
            took_ms = round((self._context.now - self._upgrade_asked_at) * 1000)
            self._upgrade_asked_at = None
            self._context.note("[PROMPT_UPGRADE]", ms=took_ms)

    def reply_stalled(self) -> None:
        """Audio that is owed has not come: do without it."""
        reply = self._speaking.reply
        if reply is None:
            return
        if reply.ready_at is not None and not reply.continued:
            self._context.do(do.CancelAgent(reply.request_id))
            self._speaking.go_on()
        elif reply.ready_at is not None:
            self.agent_failed("stalled", keeps_ears=True)
        elif reply.from_agent:
            self.agent_failed("too_slow", keeps_ears=True)
        else:
            self._clip_failed()

    def session_lost(self, reason: str) -> None:
        """The session is gone for good, and the ears with it."""
        policy, context = self._context.policy, self._context
        self.recognises = policy.hears_without_session
        context.transcript_wait_seconds = policy.late_transcript_wait_seconds
        self.agent_failed(reason, keeps_ears=False)

    def agent_failed(self, reason: str, *, keeps_ears: bool) -> None:
        """Go on without the agent: the receptionist takes its place for the rest of the call."""
        first_time = not self.agent_lost
        if first_time or not keeps_ears:
            self.agent_lost = True
            self._context.do(do.UseReceptionist(reason, keeps_ears))
            if not keeps_ears:
                self._context.tell_language()
        reply = self._speaking.reply
        if reply is None or not reply.from_agent or reply.finished:
            return
        if reply.ready_at is not None:
            self._speaking.finish_audio()
            self.owes_explanation = first_time and not reply.hang_up
            return
        self._speaking.withdraw()
        if first_time:
            path = reply.path if reply.path == GREETING_PATH else FALLBACK_PATH
            turn = self._listening.turn
            self._speaking.ask_agent(turn.words or None if turn else None, path)
        else:
            self._leave_unanswered()

    def explain(self) -> None:
        """Have the receptionist say what happened and ask for a message."""
        self.owes_explanation = False
        self._speaking.ask_agent(None, FALLBACK_PATH)

    def upgrade_prompt(self) -> None:
        """Have the agent given its full instructions, once."""
        if not self.upgraded:
            self.upgraded = True
            self._upgrade_asked_at = self._context.now
            self._context.do(do.UpgradePrompt())
