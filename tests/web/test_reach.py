"""The check of the public address, against this very application and against others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from flask_openapi3 import OpenAPI
from werkzeug.serving import make_server

from server.errors import ConflictError
from server.telephony.reach import AddressCheck
from server.wiring import Services
from tests.web.conftest import Api

TOKEN = "twilio-secret"


@contextmanager
def serving(app: OpenAPI, parts: Services, token: str = TOKEN) -> Iterator[AddressCheck]:
    """Serve the application; give a check of its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    origin = f"http://127.0.0.1:{server.server_port}"
    settings = parts.settings.model_copy(
        update={"public_base_url": origin, "twilio_auth_token": token}
    )
    check = AddressCheck(origin, token)
    app.extensions["maane"] = replace(parts, settings=settings, reach=check)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield check
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def codes(check: AddressCheck, *, serving: bool = True) -> dict[str, str]:
    return {step.name: step.code for step in check.run(serving=serving)}


class _Stranger(BaseHTTPRequestHandler):
    """Another server, with an answer for everybody."""

    status, location = 200, ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(b"x" * 5000)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def stranger(status: int, location: str = "") -> Iterator[str]:
    handler = type("Handler", (_Stranger,), {"status": status, "location": location})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_that_leads_here(app: OpenAPI, parts: Services) -> None:
    with serving(app, parts) as check:
        found = codes(check)
    # Without TLS and without the real server's sockets, as these tests have it.
    assert found == {
        "configured": "not_https",
        "reached": "",
        "signed": "",
        "guarded": "",
        "socket": "refused",
    }


def test_a_command_line_is_content_with_any_maane(app: OpenAPI, parts: Services) -> None:
    with serving(app, parts) as check:
        here = AddressCheck(check._origin, TOKEN)
        assert codes(here)["reached"] == "another_process"
        found = codes(here, serving=False)
        assert (found["reached"], found["signed"], found["guarded"]) == ("", "", "")


def test_another_token_is_noticed(app: OpenAPI, parts: Services) -> None:
    with serving(app, parts) as check:
        wrong = AddressCheck(check._origin, "another")
        app.extensions["maane"] = replace(app.extensions["maane"], reach=wrong)
        assert codes(wrong)["signed"] == "signature_refused"


def test_without_a_token_nothing_can_be_signed(app: OpenAPI, parts: Services) -> None:
    with serving(app, parts, token="") as check:
        assert codes(check)["signed"] == "no_token"


@pytest.mark.parametrize(
    ("status", "code"), [(200, "status_200"), (404, "another_process"), (502, "status_502")]
)
def test_another_server_is_not_taken_for_this_one(status: int, code: str) -> None:
    with stranger(status) as origin:
        assert codes(AddressCheck(origin, TOKEN)) == {"configured": "not_https", "reached": code}


def test_no_redirect_is_followed(app: OpenAPI, parts: Services) -> None:
    with serving(app, parts) as check, stranger(302, f"{check._origin}/reach/x") as origin:
        check._origin = origin
        assert codes(check)["reached"] == "status_302"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert codes(AddressCheck(f"http://127.0.0.1:{port}", TOKEN))["reached"] == "unreachable"
    assert codes(AddressCheck("", TOKEN)) == {"configured": "missing"}


def test_one_look_at_a_time(app: OpenAPI, parts: Services) -> None:
    check = AddressCheck("http://127.0.0.1:9", TOKEN)
    with check._busy, pytest.raises(ConflictError):
        check.run()


def test_a_nonce_is_worth_nothing_before_and_after(app: OpenAPI, parts: Services) -> None:
    client = app.test_client()
    assert client.get("/reach/anything").status_code == 404
    now = 0.0
    check = AddressCheck("", "", lambda: now)
    check._nonces = {"n": 30.0}
    assert check.proof("n")
    assert check.proof("m") is None
    now = 31.0
    assert check.proof("n") is None


def test_the_owner_asks_through_the_api(app: OpenAPI, parts: Services, owner: Api) -> None:
    with serving(app, parts):
        found = owner.post("/api/system/check-address", {}).json
    assert found is not None
    assert not found["ok"]
    assert [step["name"] for step in found["steps"]] == [
        "configured",
        "reached",
        "signed",
        "guarded",
        "socket",
    ]
