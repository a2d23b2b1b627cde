"""One WebSocket on a plain socket, against websockets' own protocol at the other end."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Close, Opcode

from server.net.websocket import MAX_MESSAGE_BYTES, WebSocket
from tests.unit.net.peer import PATIENCE_SECONDS, connected


@contextlib.contextmanager
def running(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Run ``work`` beside the test; it must have come to its end by the block's end."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield thread
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def everything(sock: WebSocket) -> list[bytes]:
    return list(sock.messages())


# Messages


@pytest.mark.parametrize("client", [False, True])
def test_messages_go_both_ways_as_bytes(client: bool) -> None:
    with connected(client=client) as (ours, peer):
        peer.send("שלום".encode())
        peer.send(b"")
        peer.protocol.send_binary(b"\xff\x00")
        peer.flush()
        ours.send("מה?".encode())
        frame = peer.next(Opcode.TEXT)
        assert bytes(frame.data).decode() == "מה?"
        peer.close()
        assert everything(ours) == ["שלום".encode(), b"", b"\xff\x00"]


def test_fragments_are_put_together_and_pings_between_them_are_answered() -> None:
    with connected() as (ours, peer):
        peer.send(b"one ", fin=False)
        peer.ping(b"p")
        peer.send(b"two ", fin=False, first=False)
        peer.send(b"three", first=False)
        peer.send(b"four")
        messages = ours.messages()
        assert next(messages) == b"one two three"
        assert next(messages) == b"four"
        assert bytes(peer.next(Opcode.PONG).data) == b"p"


def test_messages_may_come_byte_by_byte_or_many_at_once() -> None:
    with connected() as (ours, peer):
        for number in range(50):
            peer.protocol.send_text(b"message %d" % number)
        stream = b"".join(peer.protocol.data_to_send())
        split = len(stream) // 2

        def send() -> None:
            for byte in stream[:split]:
                peer.socket.sendall(bytes([byte]))
            peer.socket.sendall(stream[split:])
            peer.socket.shutdown(socket.SHUT_WR)

        with running(send):
            assert everything(ours) == [b"message %d" % number for number in range(50)]


def test_a_large_message_passes_whole() -> None:
    large = bytes(range(256)) * 4096 * 3  # 3 MiB
    with connected() as (ours, peer), running(lambda: peer.send(large)):
        assert next(ours.messages()) == large


def test_a_line_that_is_silent_for_longer_than_it_may_be_has_ended() -> None:
    with connected() as (ours, peer):
        ours._socket.settimeout(0.01)
        peer.send(b"last")
        assert everything(ours) == [b"last"]


def test_it_knows_when_the_peer_was_last_heard() -> None:
    with connected() as (ours, peer):
        before = ours.last_heard_at
        ours.ping()
        assert bytes(peer.next(Opcode.PING).data)
        peer.send(b"x")
        assert next(ours.messages()) == b"x"
        assert ours.last_heard_at > before


def test_concurrent_sends_stay_whole() -> None:
    sizes = [1, 125, 126, 5000, 66_000]
    with connected() as (ours, peer):

        def send(sender: int) -> None:
            for size in sizes * 6:
                ours.send(b"%d" % sender * size)
                ours.ping()

        with contextlib.ExitStack() as senders:
            senders.callback(ours.abort)
            threading.Thread(target=everything, args=(ours,), daemon=True).start()
            for sender in range(4):
                senders.enter_context(running(lambda sender=sender: send(sender)))
            texts: list[bytes] = []
            for frame in peer.frames():
                if frame.opcode is Opcode.TEXT:
                    texts.append(bytes(frame.data))
                if len(texts) == 4 * 6 * len(sizes):
                    break
    assert all(len(set(text)) == 1 for text in texts)
    for sender in range(4):
        sent = [len(text) for text in texts if text[:1] == b"%d" % sender]
        assert sent == sizes * 6  # each sender's in order


# Ends


def test_a_close_of_the_peer_ends_the_messages_and_is_answered() -> None:
    with connected() as (ours, peer):
        peer.send(b"last")
        peer.close(1001, "going away")
        peer.socket.shutdown(socket.SHUT_WR)
        assert everything(ours) == [b"last"]
        assert Close.parse(bytes(peer.next(Opcode.CLOSE).data)).code == 1001
        with pytest.raises(ConnectionError):
            ours.send(b"too late")


def test_our_close_is_said_and_the_peers_answer_ends_the_messages() -> None:
    with connected() as (ours, peer):
        ours.close(1008, "not admitted")
        closing = Close.parse(bytes(peer.next(Opcode.CLOSE).data))
        assert (closing.code, closing.reason) == (1008, "not admitted")
        peer.socket.shutdown(socket.SHUT_WR)
        assert everything(ours) == []


@pytest.mark.parametrize("by_us", [True, False])
def test_it_knows_how_it_was_closed(by_us: bool) -> None:
    with connected() as (ours, peer):
        assert ours.close_code is None
        if by_us:
            ours.close(1008)
            peer.next(Opcode.CLOSE)
        else:
            peer.close(1008)
        peer.socket.shutdown(socket.SHUT_WR)
        assert everything(ours) == []
        assert ours.close_code == 1008


def test_nothing_follows_our_close_frame() -> None:
    with connected() as (ours, peer):
        ours.close()
        for attempt in (lambda: ours.send(b"x"), ours.ping):
            with pytest.raises(ConnectionError):
                attempt()
        ours.close()
        assert [frame.opcode for frame in peer.frames()] == [Opcode.CLOSE]


def test_what_was_on_its_way_when_we_closed_is_still_read() -> None:
    with connected() as (ours, peer):
        peer.send(b"on its way")
        ours.close()
        peer.socket.shutdown(socket.SHUT_WR)
        assert everything(ours) == [b"on its way"]


def test_closing_and_aborting_are_harmless_whenever_they_come() -> None:
    with connected() as (ours, peer):
        peer.socket.close()
        assert everything(ours) == []
        for end in (ours.close, ours.abort, ours.close, ours.abort):
            end()
        with pytest.raises(ConnectionError):
            ours.ping()


def test_a_peer_that_vanishes_ends_the_messages_and_breaks_the_sends() -> None:
    with connected() as (ours, peer):
        peer.send(b"half", fin=False)
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.socket.close()
        assert everything(ours) == []
        assert ours.close_code == 1006
        with pytest.raises(ConnectionError):
            ours.send(b"x")


def test_aborting_wakes_who_reads() -> None:
    with connected() as (ours, _), running(lambda: everything(ours)):
        ours.abort()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x81\x05hello",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x80\x80\0\0\0\0",  # a continuation of nothing
        b"\x89\xfe\x01\0" + b"\0" * 260,  # a ping of 256 bytes
        b"\x83\x80\0\0\0\0",  # an opcode that does not exist
    ],
)
def test_a_peer_that_does_not_speak_websocket_is_told_so(garbage: bytes) -> None:
    with connected() as (ours, peer):
        peer.socket.sendall(garbage)
        reader = threading.Thread(target=everything, args=(ours,), daemon=True)
        reader.start()
        assert Close.parse(bytes(peer.next(Opcode.CLOSE).data)).code == 1002
        peer.socket.shutdown(socket.SHUT_WR)
        reader.join(PATIENCE_SECONDS)
        assert not reader.is_alive()
        with pytest.raises(ConnectionError):
            ours.send(b"x")


def test_a_message_beyond_the_limit_fails_the_connection() -> None:
    header = b"\x81\xff" + struct.pack(">Q", MAX_MESSAGE_BYTES + 1) + b"\0" * 4
    with connected() as (ours, peer):
        peer.socket.sendall(header)
        with running(lambda: everything(ours)):
            assert Close.parse(bytes(peer.next(Opcode.CLOSE).data)).code == 1009
            peer.socket.shutdown(socket.SHUT_WR)


def test_fragments_count_together_towards_the_limit() -> None:
    part = b"x" * (MAX_MESSAGE_BYTES // 2)
    with connected() as (ours, peer), running(lambda: everything(ours)):

        def send_too_much() -> None:
            with contextlib.suppress(OSError):
                for number in range(4):
                    peer.send(part, fin=False, first=not number)

        with running(send_too_much):
            closing = peer.next(Opcode.CLOSE, answer=False)
            assert Close.parse(bytes(closing.data)).code == 1009
            peer.socket.shutdown(socket.SHUT_RDWR)


@given(st.binary(max_size=60))
@example(b"\x88\x82\0\0\0\0\x03\xe8")
@example(b"\x88\x81\0\0\0\0\x03")
@example(b"\x88\x82\0\0\0\0\0\0")
def test_no_bytes_whatever_make_the_reader_raise(stream: bytes) -> None:
    with connected() as (ours, peer):
        peer.socket.sendall(stream)
        peer.socket.shutdown(socket.SHUT_WR)
        assert all(isinstance(message, bytes) for message in ours.messages())
        ours.close()
        ours.abort()


# Frozen peers


def stuff(sock: socket.socket) -> None:
    """Fill the way to a peer that does not read."""
    patience = sock.gettimeout()
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(b"\0" * 65536)
    sock.settimeout(patience)


def test_a_send_to_a_frozen_peer_gives_up() -> None:
    with connected() as (ours, peer):
        stuff(ours._socket)
        ours._socket.settimeout(0.05)
        with pytest.raises(ConnectionError, match="TimeoutError"):
            ours.send(b"x")
        assert peer.socket.fileno() >= 0


def test_closing_is_quick_while_a_writer_is_stuck() -> None:
    with connected() as (ours, _):
        stuff(ours._socket)
        entered = threading.Event()

        def write() -> None:
            entered.set()
            with pytest.raises(ConnectionError):
                ours.send(b"x" * 100_000)

        with running(write):
            assert entered.wait(PATIENCE_SECONDS)
            while not ours._lock.locked():
                threading.Event().wait(0.001)
            started = time.monotonic()
            ours.close()
            assert time.monotonic() - started < 1


def test_closing_is_quick_with_a_frozen_peer() -> None:
    with connected() as (ours, _):
        stuff(ours._socket)
        closer = threading.Thread(target=ours.close, daemon=True)
        closer.start()
        closer.join(1)
        late = closer.is_alive()
        ours.abort()
        closer.join(PATIENCE_SECONDS)
        assert not late
