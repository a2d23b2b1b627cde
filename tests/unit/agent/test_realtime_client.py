"""The Realtime session of a call on a real socket: opened, refused, lost, closed, and gone."""

from __future__ import annotations

import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest
from websockets.frames import Opcode

from server.agent import realtime_client
from server.agent.base import Signal
from server.agent.realtime_client import RealtimeAgent, realtime_url
from server.agent.realtime_plan import SessionPlan
from server.audio import mulaw
from server.turns import events as on
from tests.fakes.openai_realtime import FakeRealtime, RealtimeOptions, Reply
from tests.unit.net.peer import PATIENCE_SECONDS, listening, upgraded

PLAN = SessionPlan(
    compact_prompt="compact",
    full_prompt="full",
    languages=("he", "en"),
    keywords=("הרצל",),
    transcribe_model="gpt-live-transcribe",
    voice="marin",
    speed=1.0,
    max_output_tokens=160,
)
MODEL = "gpt-realtime-2.1"


def our_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name in ("realtime-writer", "realtime-reader")]


class Line:
    """An agent with the loop of its call: receives what it posts, in order."""

    def __init__(self, base_url: str) -> None:
        self.posted: Queue[Signal] = Queue()
        self.events: list[on.Event] = []
        self.agent = RealtimeAgent(
            realtime_url(base_url, MODEL), "key", PLAN, self.posted.put, keepalive_seconds=18
        )

    def next(self) -> tuple[on.Event | bytes, list[on.Event]]:
        """Take one signal like a call's loop; return what it was and what it meant."""
        signal = self.posted.get(timeout=PATIENCE_SECONDS)
        assert signal.source is self.agent
        payload = signal.payload
        new = self.agent.receive(payload) if isinstance(payload, bytes) else [payload]
        self.events += new
        return payload, new

    def until(self, wanted: Callable[[on.Event], bool]) -> on.Event:
        """Go on until an event like this has come; return it."""
        while True:
            if found := [event for event in self.next()[1] if wanted(event)]:
                return found[0]

    def until_told(self, kind: str) -> None:
        """Go on until the service has sent an event of this type."""
        while True:
            payload, _ = self.next()
            if isinstance(payload, bytes) and json.loads(payload)["type"] == kind:
                return

    def lost(self) -> str:
        """Wait for the news that the agent is gone; return the reason."""
        event = self.until(lambda event: isinstance(event, on.AgentLost))
        assert isinstance(event, on.AgentLost)
        return event.reason

    def over(self) -> None:
        """Close the agent; its threads must end."""
        self.agent.close()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for thread in our_threads():
            thread.join(max(0.0, deadline - time.monotonic()))
        assert our_threads() == []


@pytest.fixture(autouse=True)
def no_memory_of_refusals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(realtime_client, "_refused_transcribers", set())
    yield
    assert our_threads() == []


def quick(**options: object) -> FakeRealtime:
    fixed = {"first_audio_delay_ms": 0, "audio_pace": 0, "transcript_delay_ms": 0}
    return FakeRealtime(RealtimeOptions(**(fixed | options)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.openai.com/v1", "wss://api.openai.com/v1/realtime?model=m"),
        ("http://127.0.0.1:9/v1", "ws://127.0.0.1:9/v1/realtime?model=m"),
    ],
)
def test_the_address_follows_from_openais(base_url: str, expected: str) -> None:
    assert realtime_url(base_url, "m") == expected
    assert realtime_url(base_url, "my model&x").endswith("?model=my%20model%26x")


def test_a_turn_from_sound_to_answer() -> None:
    words = "טיפול עולה 450 שקלים."
    with quick(transcripts=["מה המחיר?"], reply=lambda _: Reply(words)) as fake:
        line = Line(fake.base_url)
        line.agent.hear(mulaw.silence(100) + b"\x00\x80" * 800)
        line.agent.open()  # what was said before waits for it
        line.agent.commit("u1")
        assert line.until(lambda e: isinstance(e, on.Transcript)) == on.Transcript(
            "u1", "מה המחיר?"
        )
        line.agent.upgrade()
        line.agent.ask("r1", "מה המחיר?")
        line.until(lambda e: isinstance(e, on.AgentFinished))
        line.agent.remember_spoken("שלום")
        line.agent.remember_typed("מה?")
        line.agent.keep_alive()
        line.agent.truncate("r1", 100)
        fake.wait_until(lambda fake: fake.sessions[0].truncations)
        line.over()
        fake.wait_all_closed()
    session = fake.sessions[0]
    assert session.violations == []
    assert session.model == MODEL
    assert session.close_code == 1000
    said = [event for event in line.events if isinstance(event, on.AgentText)]
    assert "".join(event.delta for event in said) == words
    audio = b"".join(e.audio for e in line.events if isinstance(e, on.AgentAudio))
    assert mulaw.rms(audio) > 100
    assert line.events[-1] == on.AgentFinished("r1", completed=True)


def test_a_cancelled_reply_is_not_heard_any_more() -> None:
    with quick(
        reply=lambda _: Reply("מילה " * 60), audio_pace=8, late_deltas_after_cancel=3
    ) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        line.agent.ask("r1", "ספרו")
        line.until(lambda e: isinstance(e, on.AgentAudio))
        line.agent.cancel("r1")
        before = len(line.events)
        line.agent.ask("r2", "די")
        line.until(lambda e: isinstance(e, on.AgentAudio))
        assert {getattr(event, "reply_id", "r2") for event in line.events[before:]} == {"r2"}
        line.over()
    assert [v for v in fake.sessions[0].violations if not v.race] == []


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_refused_session_is_a_lost_agent(status: int) -> None:
    with FakeRealtime(RealtimeOptions(refuse=status)) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        assert line.lost() == "refused"
        line.over()


def test_nobody_there_is_a_lost_agent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    line = Line(f"http://127.0.0.1:{port}/v1")
    line.agent.open()
    assert line.lost() == "unreachable"
    line.over()


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4000])
def test_a_session_that_closes_is_a_lost_agent(code: int) -> None:
    with quick(close_code_on_connect=code) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        assert line.lost() == "closed"
        line.over()


def test_a_connection_cut_in_mid_answer_is_a_lost_agent_and_is_told_once() -> None:
    with quick(reply=lambda _: Reply("מילה " * 40), drop_mid_answer_after_ms=400) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        line.agent.ask("r1", "ספרו")
        assert line.lost() == "closed"
        line.agent.hear(b"\xff" * 160)
        line.agent.keep_alive()
        line.over()
    assert line.posted.empty()


def test_an_expired_session_is_a_lost_agent() -> None:
    with quick(expire_session_after_s=0) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        assert line.lost() in ("session_expired", "closed")
        line.over()


def test_a_refused_recogniser_is_replaced_and_remembered() -> None:
    with quick(reject_transcription_model=PLAN.transcribe_model) as fake:
        for _ in range(2):
            line = Line(fake.base_url)
            line.agent.open()
            line.until_told("session.updated")
            line.agent.ask("r1", None)
            line.until(lambda e: isinstance(e, on.AgentFinished))
            line.over()
    models = [
        [
            event.data["session"]["audio"]["input"]["transcription"]["model"]
            for event in session.events
            if event.type == "session.update"
        ]
        for session in fake.sessions
    ]
    assert models == [["gpt-live-transcribe", "gpt-transcribe"], ["gpt-transcribe"]]


def test_closing_before_opening_and_twice_is_harmless() -> None:
    line = Line("http://127.0.0.1:1/v1")
    line.agent.close()
    line.agent.close()
    line.agent.hear(b"\xff" * 160)
    line.agent.ask("r1", None)
    line.agent.keep_alive()
    assert line.posted.empty()


def test_closing_while_it_connects_leaves_nothing_behind() -> None:
    with quick(handshake_delay_ms=200) as fake:
        line = Line(fake.base_url)
        line.agent.open()
        line.over()
        fake.wait_all_closed()
    assert line.posted.empty()  # who closes it needs not be told
    assert all(session.events == [] for session in fake.sessions)


def test_nothing_is_sent_or_told_after_the_close() -> None:
    with quick() as fake:
        line = Line(fake.base_url)
        line.agent.open()
        line.agent.ask("r1", None)
        line.until(lambda e: isinstance(e, on.AgentFinished))
        line.agent.close()
        line.agent.hear(b"\xff" * 160)
        line.agent.commit("u9")
        line.over()
        fake.wait_all_closed()
    kinds = [event.type for event in fake.sessions[0].events]
    assert kinds == ["session.update", "response.create"]


def test_a_service_that_takes_nothing_is_a_lost_agent() -> None:
    line = Line("http://127.0.0.1:1/v1")  # never opened: the outbox only fills
    for _ in range(1501):
        line.agent.hear(b"\xff" * 160)
    assert line.lost() == "too_slow"
    line.over()


def frozen() -> tuple[Callable[[socket.socket], None], threading.Event, threading.Event]:
    """Return a server that shakes hands and reads no more, and its two moments."""
    opened, over = threading.Event(), threading.Event()

    def serve(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        upgraded(sock)
        opened.set()
        over.wait(PATIENCE_SECONDS)

    return serve, opened, over


def stuck(line: Line) -> None:
    """Give the agent more to send than a frozen service takes, and wait until its writer hangs."""
    for _ in range(4):
        line.agent.hear(b"\xff" * (4 << 20))
    lock = line.agent._socket._lock  # type: ignore[union-attr]
    since = time.monotonic()
    while time.monotonic() - since < 0.1:  # held all the time: it is stuck
        if not lock.locked():
            since = time.monotonic()
        threading.Event().wait(0.005)


def test_a_frozen_service_does_not_hold_up_the_call() -> None:
    serve, opened, over = frozen()
    with listening(serve) as port:
        line = Line(f"http://127.0.0.1:{port}/v1")
        line.agent.open()
        assert opened.wait(PATIENCE_SECONDS)
        stuck(line)
        loop = threading.Thread(target=line.agent.keep_alive, daemon=True)
        loop.start()
        loop.join(0.5)
        held_up = loop.is_alive()
        started = time.monotonic()
        line.over()
        assert time.monotonic() - started < 1.5
        over.set()
    assert not held_up


def test_a_session_that_does_not_answer_pings_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    serve, opened, over = frozen()
    with listening(serve) as port:
        line = Line(f"http://127.0.0.1:{port}/v1")
        line.agent.open()
        assert opened.wait(PATIENCE_SECONDS)
        line.posted.put(Signal(line.agent, on.AgentText("r1", "")))
        now = time.monotonic()
        while line.agent._socket is None:
            threading.Event().wait(0.005)
        line.agent.keep_alive()
        assert line.posted.qsize() == 1
        monkeypatch.setattr(realtime_client, "monotonic", lambda: now + 60)
        line.agent.keep_alive()
        assert line.lost() == "deaf"
        over.set()
        line.over()


def test_a_ping_is_sent_when_the_session_is_idle() -> None:
    pinged = threading.Event()

    def serve(sock: socket.socket) -> None:
        peer = upgraded(sock)
        peer.next(Opcode.PING)
        pinged.set()
        for _ in peer.frames():
            pass

    with listening(serve) as port:
        line = Line(f"http://127.0.0.1:{port}/v1")
        line.agent.open()
        while line.agent._socket is None:
            threading.Event().wait(0.005)
        line.agent.keep_alive()
        assert pinged.wait(PATIENCE_SECONDS)
        line.over()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_finished_session_gives_its_descriptor_back() -> None:
    with quick() as fake:
        before = descriptors()
        lines = [Line(fake.base_url) for _ in range(5)]
        gc.disable()
        try:
            for line in lines:
                line.agent.open()
                line.agent.ask("r1", None)
                line.until(lambda e: isinstance(e, on.AgentFinished))
                line.over()
            fake.wait_all_closed()
            assert descriptors() <= before + 1
        finally:
            gc.enable()
