"""The meter's socket on the real server: flask-sock under Gunicorn's eventlet worker."""

from __future__ import annotations

import http.cookiejar
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import create_engine
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from server.accounts import create_user
from server.audio import mulaw
from server.db import Database, engine_options
from server.models import ADMIN, OPERATOR, Membership
from tests.e2e.server_process import ServerProcess

PASSWORD = "correct horse battery"
TENTH = 800


def sign_in(server: ServerProcess, email: str) -> str:
    """Sign in by the form; return the session's cookie."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(server.base_url + "/sign-in", timeout=10).read().decode()
    found = re.search(r'data-csrf="([^"]+)"', page)
    assert found is not None
    fields = {"csrf_token": found[1], "email": email, "password": PASSWORD}
    with opener.open(
        urllib.request.Request(
            server.base_url + "/sign-in?next=/b/1/phone", urllib.parse.urlencode(fields).encode()
        ),
        timeout=10,
    ):
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@pytest.fixture(scope="module")
def cookies(local_server: ServerProcess) -> Iterator[dict[str, str]]:
    """The sessions of an admin and of an operator."""
    url = local_server.environment["DATABASE_URL"]
    database = Database(create_engine(url, **engine_options(url)))
    found = {}
    for role in (ADMIN, OPERATOR):
        email = f"{role}@ears.test"
        user = create_user(database, email, PASSWORD, is_owner=False, actor="test")
        with database.write() as session:
            session.add(Membership(user_id=user.id, business_id=1, role=role))
        found[role] = sign_in(local_server, email)
    yield found
    database.engine.dispose()


@pytest.fixture
def dial(local_server: ServerProcess, cookies: dict[str, str]) -> Callable[..., ClientConnection]:
    def opened(role: str = ADMIN, *, business: int = 1, **how: Any) -> ClientConnection:
        address = local_server.base_url.replace("http", "ws", 1) + f"/ws/ears/{business}"
        headers = {"Cookie": how.pop("cookie", cookies.get(role, ""))}
        origin = Origin(how.pop("origin", local_server.base_url))
        return connect(address, origin=origin, additional_headers=headers, proxy=None, legacy=True)

    return opened


def refused(dial: Callable[[], ClientConnection]) -> int:
    """Return how the server refuses to shake hands."""
    with pytest.raises(InvalidStatus) as answer:
        dial()
    return answer.value.response.status_code


def close_code(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=10)
    return socket.close_code


def hear(socket: ClientConnection, audio: bytes) -> list[dict[str, Any]]:
    """Send audio in tenths of a second, at the pace of sound; return what came back."""
    found = []
    for at in range(0, len(audio), TENTH):
        socket.send(audio[at : at + TENTH])
        found.append(orjson.loads(socket.recv(timeout=5)))
    return found


def test_one_s_voice_moves_the_meter(
    dial: Callable[..., ClientConnection], speech: Callable[[str], bytes]
) -> None:
    with dial() as socket:
        readings = hear(socket, (mulaw.silence(500) + speech("speech_en_11s.wav"))[: TENTH * 25])
    assert len(readings) == 25
    assert readings[0]["level_dbfs"] == -96
    assert max(reading["level_dbfs"] for reading in readings) > -30
    assert max(reading["probability"] or 0 for reading in readings) > 0.9
    moments = [moment for reading in readings for moment in reading["moments"]]
    assert moments[0]["what"] == "interrupt"
    assert 500 < moments[0]["at_ms"] < 1500


def test_other_settings_are_tried_at_once_and_nothing_is_saved(
    dial: Callable[..., ClientConnection],
    local_server: ServerProcess,
    speech: Callable[[str], bytes],
) -> None:
    with dial() as socket:
        socket.send(orjson.dumps({"barge_in": False}).decode())
        socket.send("{nonsense")
        readings = hear(socket, speech("speech_en_11s.wav")[: TENTH * 20])
    kinds = {moment["what"] for reading in readings for moment in reading["moments"]}
    assert "heard" in kinds
    assert "interrupt" not in kinds
    settings = local_server.get("/api/businesses/1")["settings"]
    assert settings["ears"]["barge_in"] is None


def test_only_admins_of_the_business_come_in(dial: Callable[..., ClientConnection]) -> None:
    assert refused(lambda: dial(OPERATOR)) == 403
    assert refused(lambda: dial(business=2)) == 404
    assert refused(lambda: dial(cookie="")) >= 400  # sent to sign in, where no socket is


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_no_other_site_s_page_comes_in(dial: Callable[..., ClientConnection], origin: str) -> None:
    assert refused(lambda: dial(origin=origin)) == 403


def test_each_person_listens_once_and_again_afterwards(
    dial: Callable[..., ClientConnection],
) -> None:
    with dial() as first:
        hear(first, mulaw.silence(100))
        with dial() as second:
            assert close_code(second) == 1013
        hear(first, mulaw.silence(100))
    deadline = time.monotonic() + 5
    while True:
        with dial() as again:
            try:
                hear(again, mulaw.silence(100))
                break
            except ConnectionClosed:
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_audio_that_comes_faster_than_sound_is_not_listened_to(
    dial: Callable[..., ClientConnection],
) -> None:
    with dial() as socket:
        for _ in range(60):
            socket.send(mulaw.silence(1000))
        assert close_code(socket) == 1008


def test_a_message_that_is_too_long_ends_it(dial: Callable[..., ClientConnection]) -> None:
    with dial() as socket:
        socket.send(bytes(100_000))
        assert close_code(socket) == 1009


def test_a_page_that_falls_silent_is_let_go(dial: Callable[..., ClientConnection]) -> None:
    with dial() as socket:
        hear(socket, mulaw.silence(100))
        began = time.monotonic()
        assert close_code(socket) == 1000
        assert 4 < time.monotonic() - began < 8


def test_the_server_is_none_the_worse_for_it(
    dial: Callable[..., ClientConnection], local_server: ServerProcess
) -> None:
    before = local_server.probe()
    for _ in range(10):
        with dial() as socket:
            hear(socket, mulaw.silence(200))
    deadline = time.monotonic() + 8
    while any(local_server.probe()[name] > before[name] + 1 for name in before):
        assert time.monotonic() < deadline, (before, local_server.probe())
        time.sleep(0.1)
    log = local_server.log()
    assert "Traceback" not in log
    assert "[EARS] failed" not in log
