"""The agent's side of a call: one reply at a time, from being asked for to having been heard."""

from __future__ import annotations

from server.turns import actions as do
from server.turns.context import Context
from server.turns.language import language_of
from server.turns.line import Line
from server.turns.model import FALLBACK_PATH, CallerTurn, Reply, words_heard
from server.turns.policy import Phrase


class Speaking:
    """Owns the reply at hand and what the caller has heard of it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.line = Line(context.policy.lead_ms, context.policy.tail_ms)
        self._playout = self.line.playout
        self.reply: Reply | None = None
        """The reply being prepared or spoken."""
        self.held: Reply | None = None
        """A reply that was interrupted, until it is known whether by words."""

    @property
    def sounding(self) -> Reply | None:
        """The reply at hand if the caller hears it already."""
        reply = self.reply
        return reply if reply is not None and reply.first_sent_at is not None else None

    def say(
        self,
        text: str,
        path: str,
        *,
        intent_key: str | None = None,
        end_reason: str | None = None,
        language: str = "",
    ) -> Reply:
        """Begin a reply from rendered speech.

        Args:
            end_reason: why the call is to end after it; None where it goes on.
            language: that it is in (BCP 47); empty: told by its letters.
        """
        reply = self._begin(path, from_agent=False, since=self._context.now)
        reply.text, reply.intent_key = text, intent_key
        if end_reason is not None:
            reply.hang_up, reply.end_reason = True, end_reason
        language = language or language_of(text, self._context.language)
        self._context.do(do.FetchClip(reply.id, text, language))
        return reply

    def say_phrase(self, phrase: Phrase, end_reason: str | None = None) -> None:
        """Begin a reply that is one of the fixed sentences (see :meth:`say`)."""
        reply = self.say(self._context.phrase(phrase), FALLBACK_PATH, end_reason=end_reason)
        reply.phrase = phrase

    def ask_agent(self, text: str | None, path: str, since: float | None = None) -> None:
        """Begin a reply that the agent makes.

        Args:
            since: when the caller began to wait for it; None: now.
        """
        now = self._context.now
        reply = self._begin(path, from_agent=True, since=now if since is None else since)
        reply.asked_words = text
        self._context.do(do.AskAgent(reply.id, text))

    def ask_again(self) -> None:
        """Ask the agent anew for the reply at hand, of which nothing has come."""
        if (reply := self.reply) is not None:
            reply.request_id = self._context.new_id("r")
            self._context.do(do.AskAgent(reply.request_id, reply.asked_words))

    def go_on(self) -> None:
        """Ask the agent for the rest of the reply at hand, which broke off."""
        if (reply := self.reply) is not None:
            reply.continued, reply.continued_at = True, self._context.now
            reply.request_id = self._context.new_id("r")
            self._context.do(do.ContinueAgent(reply.request_id, reply.text))

    def _begin(self, path: str, *, from_agent: bool, since: float) -> Reply:
        name = self._context.new_id("r")
        self.reply = Reply(name, path, from_agent, request_id=name, waited_since=since)
        self.line.begin()
        return self.reply

    def waited_since(self, turn: CallerTurn | None) -> float:
        """Return since when the caller waits for a reply to ``turn``, or for the one at hand."""
        if turn is not None:
            # Of a turn that was cut and goes on, only the commit is known.
            return max(turn.ended_at, turn.committed_at - self._context.policy.hangover_ms / 1000)
        return self.reply.waited_since if self.reply is not None else self._context.now

    def expects(self, reply_id: str) -> Reply | None:
        """Return the reply at hand if ``reply_id`` is its; late events of others find none."""
        reply = self.reply
        return reply if reply is not None and reply.request_id == reply_id else None

    def add_audio(self, reply_id: str, audio: bytes) -> None:
        """Queue speech of the reply with this id; what belongs to another is dropped."""
        reply = self.expects(reply_id)
        if reply is not None and not reply.finished and audio:
            if reply.ready_at is None:
                reply.ready_at = self._context.now
            self.line.add(audio)

    def finish_audio(self) -> None:
        """Nothing more comes for the reply at hand."""
        if self.reply is not None:
            self.reply.finished = True
            self.line.complete()

    def echo_rms(self) -> float:
        """Return how loud the echo of what was played may be now (see ``Playout``)."""
        return self._playout.echo_rms(self._context.now)

    # Time

    @property
    def stalled_at(self) -> float | None:
        """When to stop waiting for audio that is owed: the first of it, or the rest of it."""
        reply, policy = self.reply, self._context.policy
        if reply is None or reply.finished:
            return None
        if reply.ready_at is None:
            wait = policy.answer_wait_seconds if reply.from_agent else policy.clip_wait_seconds
            return reply.waited_since + wait
        if self._context.reopening or self.line.filler is not None:
            return None
        if self._playout.next_due() is None:
            asked_at = max(self._playout.played_out_at, reply.ready_at, reply.continued_at)
            return asked_at + policy.stall_seconds
        return None

    @property
    def mark_overdue_at(self) -> float | None:
        """When a timer stands in for the mark that Twilio owes."""
        if self.reply is None or not self.reply.mark_sent:
            return None
        return self._playout.played_out_at + self._context.policy.mark_grace_seconds

    def next_due(self) -> float | None:
        """Return when more may be sent, of a filler or the reply, or None when nothing waits."""
        if self.line.filler is None and (self.reply is None or self.reply.ready_at is None):
            return None
        return self._playout.next_due()

    # The caller's ear

    def pump(self) -> tuple[bytes, bool]:
        """Return the audio of the reply to send now, and whether it is the first of it."""
        reply, now = self.reply, self._context.now
        if reply is None or reply.ready_at is None:
            return b"", False
        audio = self._playout.due(now)
        first = bool(audio) and reply.first_sent_at is None
        if first:
            reply.first_sent_at = now
        return audio, first

    def mark_if_sent(self) -> None:
        """Send the mark once the last of the reply has gone out."""
        reply = self.reply
        sent = self.line.filler is None and self._playout.finished
        if reply is not None and sent and not reply.mark_sent:
            reply.mark_sent = True
            self._context.do(do.SendMark(reply.mark))

    def note_latency(self, turn: CallerTurn | None) -> None:
        """Log and keep how long the caller of ``turn`` waited for the reply at hand."""
        reply = self.reply
        if reply is None or turn is None:
            return

        def since_speech(moment: float | None) -> float | None:
            return None if moment is None else max(0.0, round((moment - turn.ended_at) * 1000, 1))

        stages: dict[str, float | None] = {
            "first_partial_ms": since_speech(turn.first_partial_at),
            "final_ms": since_speech(turn.final_at),
            "tts_ready_ms": since_speech(reply.ready_at),
            "total_latency_ms": since_speech(reply.first_sent_at),
        }
        self._context.note(f"[VOICE] TURN {reply.id} PATH={reply.path}", **stages)
        stages["hangover_ms"] = since_speech(turn.committed_at)
        stages["faq_ms"] = None if turn.match_ms is None else round(turn.match_ms, 3)
        self._context.note("[TURN_LATENCY]", turn=reply.id, **stages)
        reply.timings_ms = stages

    def heard_out(self, mark_echoed: bool) -> Reply:
        """Close the reply at hand: the caller has heard all of it."""
        reply, now = self._close(), self._context.now
        delay = now - self._playout.played_out_at
        if mark_echoed:
            self._playout.note_lag(delay)
        self._context.note(
            "[MARK_ACK]", mark=reply.mark, delay_ms=round(delay * 1000) if mark_echoed else None
        )
        self.save(reply, heard_ms=self._playout.length_ms())
        if not reply.from_agent:
            self._context.do(do.RememberSpoken(reply.text))
        return reply

    # Interruption

    def interrupt(self, onset_ms: int) -> None:
        """Fall silent at once: clear, hold what was not heard, cancel upstream.

        Args:
            onset_ms: how long ago the caller began to speak, for the log.
        """
        context, reply = self._context, self._close()
        context.do(do.SendClear())
        self._playout.rewind(context.now)
        heard_ms, length_ms = self._playout.heard_ms(context.now), self._playout.length_ms()
        if reply.from_agent and not reply.finished:
            context.do(do.CancelAgent(reply.request_id))
            reply.unfinished = True
        reply.mark_sent = False
        self.held = reply
        context.note(
            "[BARGE_IN]",
            reply=reply.id,
            onset_to_clear_ms=onset_ms,
            heard_ms=heard_ms,
            held_ms=length_ms - heard_ms,
        )
        self.save(reply, heard_ms=heard_ms, interrupted=True)

    def resume(self) -> Reply:
        """It was no interruption: play on from where the reply stopped."""
        reply = self._take_held()
        context, self.reply = self._context, reply
        heard_ms = self._playout.heard_ms(context.now)
        context.note("[BARGE_IN]", reply=reply.id, resumed_at_ms=heard_ms)
        if reply.unfinished:
            reply.unfinished = False
            self.go_on()
            reply.continued = False
        self.save(reply)
        return reply

    def drop_held(self) -> None:
        """It was an interruption: the agent remembers what was heard, the rest is gone."""
        reply, context = self._take_held(), self._context
        heard_ms, length_ms = self._playout.heard_ms(context.now), self._playout.length_ms()
        if reply.from_agent:
            context.do(do.TruncateAgent(reply.request_id, heard_ms))
        elif heard := words_heard(reply.text, heard_ms, length_ms):
            context.do(do.RememberSpoken(heard))
        self.line.begin()

    @property
    def held_ms(self) -> int:
        """How much of the held reply was heard before it was interrupted."""
        return self._playout.heard_ms(self._context.now)

    @property
    def heard_whole(self) -> bool:
        """Whether nothing but the silent tail of the reply at hand is still to be heard."""
        reply = self.reply
        if reply is None or not reply.finished:
            return False
        return self._playout.heard_ms(self._context.now) >= self._playout.length_ms()

    @property
    def asks_something(self) -> bool:
        """Whether what was heard of the interrupted reply asks for an answer, however short.

        What is said into a silence does so from its first word.
        """
        reply = self.held or self.sounding
        if reply is None:
            return False
        if reply.phrase is Phrase.STILL_THERE or reply.end_reason == "silence":
            return True
        heard_ms = self._playout.heard_ms(self._context.now)
        return "?" in words_heard(reply.text, heard_ms, self._playout.length_ms())

    def withdraw(self) -> None:
        """Take back the reply at hand, of which nothing has sounded."""
        reply = self._close()
        self.line.begin()
        if reply.from_agent:
            self._context.do(do.CancelAgent(reply.request_id))

    def cut_off(self) -> None:
        """Close the reply at hand because the call is over."""
        self.held = None
        if (reply := self.sounding) is not None:
            heard_ms = self._playout.heard_ms(self._context.now)
            cut = not reply.finished or heard_ms < self._playout.length_ms()
            self.save(reply, heard_ms=heard_ms, interrupted=cut)
        self.reply = None

    def _close(self) -> Reply:
        reply, self.reply = self.reply, None
        if reply is None:
            raise ValueError("no reply is at hand")
        return reply

    def _take_held(self) -> Reply:
        reply, self.held = self.held, None
        if reply is None:
            raise ValueError("no reply is held")
        return reply

    def save(self, reply: Reply, *, heard_ms: int | None = None, interrupted: bool = False) -> None:
        """Store what is known of ``reply``, giving it a row if it has none."""
        if reply.index is None:
            reply.index = self._context.new_index()
        row = do.SaveTurn(
            reply.index,
            "agent",
            reply.text,
            path=reply.path,
            intent_key=reply.intent_key,
            heard_ms=heard_ms,
            interrupted=interrupted,
            start_ms=self._context.offset_ms(reply.first_sent_at),
            length_ms=self._playout.length_ms() if reply.finished or interrupted else None,
            timings_ms=dict(reply.timings_ms),
        )
        heard = None
        if interrupted and heard_ms is not None:
            heard = words_heard(reply.text, heard_ms, self._playout.length_ms())
        self._context.save(row, heard=heard)
