"""The OpenAI Realtime session of one call: the protocol on a socket with a reader and a writer.

Opened at the webhook, in the background, so that it is warm before the media stream arrives.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import threading
from dataclasses import replace
from urllib.parse import quote

from server.agent.base import Post, Signal
from server.agent.realtime_codec import OnUsage, RealtimeProtocol
from server.agent.realtime_plan import FALLBACK_TRANSCRIBER, SessionPlan
from server.clock import monotonic
from server.errors import ProviderError
from server.net.client import connect
from server.net.websocket import WebSocket
from server.turns import events as on
from server.turns.actions import History

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
_OUTBOX_MESSAGES = 1500
"""Half a minute of the caller's audio; a service that far behind is lost."""

_CLOSE_SECONDS = 0.3
_DEAF_KEEPALIVES = 2.5
"""So many keepalives without a sign of life: the connection is dead."""

_PING = b""
"""In the outbox: no message, but a ping."""

# Recognisers that this process has seen refused; later sessions do not ask again.
_refused_transcribers: set[str] = set()


def realtime_url(base_url: str, model: str) -> str:
    """Return the session's address for OpenAI's ``base_url`` (``https://…/v1``)."""
    scheme, _, rest = base_url.partition("://")
    return f"{'ws' if scheme == 'http' else 'wss'}://{rest}/realtime?model={quote(model)}"


class RealtimeAgent:
    """Agent and recogniser of one call (see :mod:`server.agent.base`).

    Args:
        full: start with the full instructions.
        history: what was said before in the call, for a session that follows another.
        on_usage: told what the session has used, by the call's loop.
    """

    name = "openai-realtime"

    def __init__(
        self,
        url: str,
        api_key: str,
        plan: SessionPlan,
        post: Post,
        keepalive_seconds: float,
        *,
        full: bool = False,
        history: History = (),
        on_usage: OnUsage = lambda kind, usage: None,
    ) -> None:
        if plan.transcribe_model in _refused_transcribers:
            plan = replace(plan, transcribe_model=FALLBACK_TRANSCRIBER)
        self._url = url
        self._api_key = api_key
        self._post = post
        self._keepalive_seconds = keepalive_seconds
        self._outbox: queue.Queue[bytes | None] = queue.Queue(maxsize=_OUTBOX_MESSAGES)
        self._protocol = RealtimeProtocol(plan, self._enqueue, full=full, on_usage=on_usage)
        self._connecting: socket.socket | None = None
        self._socket: WebSocket | None = None
        self._closed = threading.Event()
        self._reported = False
        self._protocol.set_up()
        for speaker, words in history:
            self._protocol.remember("user" if speaker == "caller" else "assistant", words)

    def open(self) -> None:
        """Start connecting in the background; what is sent meanwhile waits for it."""
        threading.Thread(target=self._write_for_ever, name="realtime-writer", daemon=True).start()

    # Agent and Transcriber

    def receive(self, message: bytes) -> list[on.Event]:
        """See :class:`server.agent.base.Agent`."""
        events = self._protocol.receive(message)
        if self._protocol.transcriber_refused:
            _refused_transcribers.add(self._protocol.transcriber_refused)
        return events

    def hear(self, audio: bytes) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        self._protocol.append(audio)

    def commit(self, utterance_id: str) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        self._protocol.commit(utterance_id)

    def drop_heard(self) -> None:
        """See :class:`server.agent.base.Transcriber`."""
        self._protocol.clear()

    def ask(self, reply_id: str, text: str | None) -> None:
        """See :class:`server.agent.base.Agent`; the session has heard the words itself."""
        self._protocol.ask(reply_id)

    def carry_on(self, reply_id: str, said: str) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.carry_on(reply_id, said)

    def cancel(self, reply_id: str) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.cancel(reply_id)

    def truncate(self, reply_id: str, heard_ms: int) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.truncate(reply_id, heard_ms)

    def remember_spoken(self, text: str) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.remember("assistant", text)

    def remember_typed(self, text: str) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.remember("user", text)

    def set_language(self, language: str) -> None:
        """See :class:`server.agent.base.Transcriber`; the model follows the caller by itself."""
        self._protocol.set_language(language)

    def upgrade(self) -> None:
        """See :class:`server.agent.base.Agent`."""
        self._protocol.upgrade()

    def keep_alive(self) -> None:
        """Send a ping; a session that has not answered the last ones is lost."""
        sock = self._socket
        if sock is None:
            return
        if monotonic() - sock.last_heard_at > _DEAF_KEEPALIVES * self._keepalive_seconds:
            self._lost("deaf")
        else:
            self._enqueue(_PING)

    def close(self) -> None:
        """End the session: close frame, then the connection, within a second."""
        self._closed.set()
        self._release_writer()
        if self._connecting is not None and self._socket is None:
            with contextlib.suppress(OSError):  # a handshake that hangs ends now
                self._connecting.shutdown(socket.SHUT_RDWR)
        if self._socket is not None:
            self._socket.close()  # cuts it where the writer is stuck on a frozen peer

    # The connection

    def _enqueue(self, message: bytes) -> None:
        if self._closed.is_set():
            return
        try:
            self._outbox.put_nowait(message)
        except queue.Full:
            self._lost("too_slow")

    def _lost(self, reason: str) -> None:
        if not self._closed.is_set() and not self._reported:
            self._reported = True
            self._post(Signal(self, on.AgentLost(reason)))

    def _write_for_ever(self) -> None:
        started = monotonic()
        try:
            headers = {"Authorization": f"Bearer {self._api_key}"}
            sock = connect(self._url, headers, CONNECT_SECONDS, self._note_connecting)
        except ProviderError as error:
            log.warning("[REALTIME] not opened code=%s: %s", error.code, error.message)
            self._lost(error.code)
            return
        except Exception:
            log.exception("[REALTIME] opening failed")
            self._lost("error")
            return
        self._socket = sock
        log.info("[REALTIME] open ms=%d", (monotonic() - started) * 1000)
        reader = threading.Thread(
            target=self._read_for_ever, args=(sock,), name="realtime-reader", daemon=True
        )
        reader.start()
        try:
            while (message := self._outbox.get()) is not None and not self._closed.is_set():
                if message == _PING:
                    sock.ping()
                else:
                    sock.send(message)
        except ConnectionError:
            self._lost("closed")
        finally:
            sock.close()
            reader.join(_CLOSE_SECONDS)
            sock.dispose()

    def _note_connecting(self, sock: socket.socket) -> None:
        self._connecting = sock

    def _read_for_ever(self, sock: WebSocket) -> None:
        for message in sock.messages():
            if self._closed.is_set():
                continue  # drained until the peer has closed too
            self._post(Signal(self, message))
        self._lost("closed")
        self._release_writer()

    def _release_writer(self) -> None:
        """End the writer, who waits for a message or is stuck with one."""
        try:
            self._outbox.put_nowait(None)
        except queue.Full:
            if self._socket is not None:
                self._socket.abort()
