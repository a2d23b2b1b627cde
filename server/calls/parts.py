"""Who answers and who listens in one call, while sessions are lost, replaced, and stood in for."""

from __future__ import annotations

from typing import Protocol

from server.agent.base import Agent, AgentSession, Signal, Transcriber
from server.calls.heard import HeardAudio
from server.calls.registry import BoundCall
from server.turns import actions as do
from server.turns import events as on


class StandIns(Protocol):
    """Makes what takes the place of a lost or ageing agent."""

    def session(self, call: BoundCall, history: do.History, *, full: bool) -> AgentSession:
        """Return a session like the call's first one, to be opened, that knows ``history``."""
        ...

    def receptionist(self, call: BoundCall, language: str) -> Agent:
        """Return the agent that needs no session."""
        ...

    def ears(self, call: BoundCall) -> Transcriber:
        """Return the recogniser that needs no session."""
        ...


class CallParts:
    """The agent and the recogniser of one call; often the same session. Used by its loop only."""

    def __init__(self, call: BoundCall, stand_ins: StandIns) -> None:
        self._call = call
        self._stand_ins = stand_ins
        self._heard = HeardAudio()
        self._successor: AgentSession | None = None
        """A session that is to follow the ageing one."""

    def events_of(self, signal: Signal) -> list[on.Event]:
        """Return what a signal means for the call; nothing if it comes from a replaced part."""
        parts = (self._call.agent, self._call.transcriber, self._successor)
        source = next((part for part in parts if part is signal.source), None)
        if source is None:
            return []
        payload = signal.payload
        events = source.receive(payload) if isinstance(payload, bytes) else [payload]
        for event in events:
            if isinstance(event, on.Transcript):
                self._heard.recognised(event.utterance_id)
        if source is self._successor and any(isinstance(e, on.AgentLost) for e in events):
            self._drop_successor()
            return [on.SuccessorLost()]
        return events

    def keep_alive(self) -> None:
        """Show the connections that they are wanted, and notice when one is dead."""
        self._call.transcriber.keep_alive()
        if not self._is_one_session():
            self._call.agent.keep_alive()

    def close(self) -> None:
        """End every session; the call is over."""
        self._call.agent.close()
        self._call.transcriber.close()
        self._drop_successor()

    # Hearing

    def hear(self, action: do.HearAudio) -> None:
        """Pass on audio of the caller."""
        self._heard.hear(action.audio)
        self._call.transcriber.hear(action.audio)

    def commit(self, action: do.CommitUtterance) -> None:
        """Have the utterance recognised."""
        self._heard.commit(action.utterance_id)
        self._call.transcriber.commit(action.utterance_id)

    def drop_heard(self, _: do.DropHeard) -> None:
        """Forget what was no speech."""
        self._heard.drop()
        self._call.transcriber.drop_heard()

    def switch_language(self, action: do.SwitchLanguage) -> None:
        """Expect and speak another language."""
        self._call.transcriber.set_language(action.language)
        if not self._is_one_session():
            self._call.agent.set_language(action.language)

    # Sessions that come and go

    def reopen_agent(self, action: do.ReopenAgent) -> None:
        """Open the lost session anew; it hears what has not been understood yet."""
        session = self._stand_ins.session(self._call, action.history, full=action.upgraded)
        self._drop_successor()
        self._install(session)
        self._heard.replay(session)
        session.open()

    def open_successor(self, action: do.OpenSuccessor) -> None:
        """Open a second session beside the ageing one."""
        self._drop_successor()
        self._successor = self._stand_ins.session(self._call, action.history, full=True)
        self._successor.open()

    def take_successor(self, action: do.TakeSuccessor) -> None:
        """Let the second session take the first one's place."""
        session, self._successor = self._successor, None
        if session is None:
            return
        for speaker, words in action.missed:
            if speaker == "caller":
                session.remember_typed(words)
            else:
                session.remember_spoken(words)
        self._install(session)

    def use_receptionist(self, action: do.UseReceptionist, language: str) -> None:
        """Let the receptionist answer, and other ears hear where the session's are gone."""
        call = self._call
        if self._is_one_session():
            call.agent = self._stand_ins.receptionist(call, language)
        if not action.keeps_ears:
            call.transcriber.close()
            call.transcriber = self._stand_ins.ears(call)
            self._heard.replay(call.transcriber)

    def _is_one_session(self) -> bool:
        """Tell whether who answers is who listens."""
        agent: object = self._call.agent
        return agent is self._call.transcriber

    def _install(self, session: AgentSession) -> None:
        call = self._call
        old = call.transcriber
        if self._is_one_session():
            call.agent = session
        call.transcriber = session
        old.close()

    def _drop_successor(self) -> None:
        if self._successor is not None:
            self._successor.close()
            self._successor = None
