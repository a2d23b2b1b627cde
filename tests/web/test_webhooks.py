"""Addresses that are told: their settings, and what they are sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from server.jobs import GiveUp, Job, RetryLater
from server.leads.webhooks import DeliverWebhook, signature
from server.models import BusinessWebhook
from server.net.outside import OutsidePolicy, parse_networks
from server.wiring import Services
from tests.web.conftest import Api, House, audit, wrong_fields

LOOPBACK = OutsidePolicy(allow_http=True, own_networks=parse_networks("127.0.0.0/8"))


class Receiver:
    """Somebody's server."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((dict(self.headers.items()), body))
                self.send_response(outer.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


def job(house: House) -> Job:
    payload = {"webhook_id": house.webhook_id, "event": "lead.processed", "at": "2026-03-01"}
    key = f"webhook:{house.webhook_id}"
    return Job(1, "deliver_webhook", key, payload, house.id, house.lead_id, 1)


def point(parts: Services, house: House, url: str) -> None:
    with parts.database.write() as session:
        hook = session.get_one(BusinessWebhook, house.webhook_id)
        hook.url, hook.active = url, True


def test_a_signature_by_hand() -> None:
    digest = hmac.new(b"whsec_x", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("whsec_x", 1700000000, b'{"a":1}') == f"t=1700000000,v1={digest}"


def test_what_is_sent(parts: Services, garage: House, receiver: Receiver) -> None:
    point(parts, garage, receiver.url)
    deliver = DeliverWebhook(parts.database, LOOPBACK)
    deliver(job(garage))
    deliver(job(garage))  # a second try is the same delivery
    (headers, body), (again, _) = receiver.heard
    assert headers["X-Maane-Event"] == "lead.processed"
    assert headers["X-Maane-Delivery"] == again["X-Maane-Delivery"]
    stamp = int(headers["X-Maane-Signature"].split(",")[0].removeprefix("t="))
    assert headers["X-Maane-Signature"] == signature("whsec_of_the_tests", stamp, body)
    sent = json.loads(body)
    assert (sent["event"], sent["lead"]["id"]) == ("lead.processed", garage.lead_id)
    assert sent["call"]["duration_seconds"] == 60
    assert sent["id"] == headers["X-Maane-Delivery"]


@pytest.mark.parametrize(
    ("status", "answer"), [(500, RetryLater), (429, RetryLater), (302, GiveUp), (410, GiveUp)]
)
def test_what_a_refusal_means(
    parts: Services, garage: House, receiver: Receiver, status: int, answer: type[Exception]
) -> None:
    point(parts, garage, receiver.url)
    receiver.status = status
    with pytest.raises(answer):
        DeliverWebhook(parts.database, LOOPBACK)(job(garage))
    assert len(receiver.heard) == 1  # no redirect was followed


def test_the_inside_is_never_reached(parts: Services, garage: House, receiver: Receiver) -> None:
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
        point(parts, garage, url)
        with pytest.raises(GiveUp):
            DeliverWebhook(parts.database, OutsidePolicy(allow_http=True))(job(garage))
    assert receiver.heard == []


def test_an_address_that_is_off_or_gone_is_not_told(
    parts: Services, admin: Api, garage: House, receiver: Receiver
) -> None:
    point(parts, garage, receiver.url)
    path = f"/api/businesses/{garage.id}/webhooks/{garage.webhook_id}"
    assert admin.patch(path, {"active": False}).status_code == 200
    DeliverWebhook(parts.database, LOOPBACK)(job(garage))
    assert admin.delete(path).status_code == 204
    DeliverWebhook(parts.database, LOOPBACK)(job(garage))
    assert receiver.heard == []


def test_an_address_and_its_secret(admin: Api, parts: Services, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/webhooks"
    made = admin.post(path, {"url": "https://hook.example/a", "events": ["lead.created"]})
    assert made.status_code == 201
    shown = dict(made.json or {})
    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    own = made.headers["Location"]
    assert admin.get(own).json == shown
    assert "secret" not in admin.get(path).text
    changed = admin.patch(own, {"events": ["lead.processed", "lead.processed"]}).json
    assert changed is not None
    assert changed["events"] == ["lead.processed"]
    renewed = admin.post(f"{own}/secret", {}).json
    assert renewed is not None
    assert renewed["secret"] != secret
    assert admin.delete(own).status_code == 204
    assert admin.get(own).status_code == 404
    assert [action for _, action, *_ in audit(parts)] == [
        "webhook.create",
        "webhook.update",
        "webhook.secret",
        "webhook.delete",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://hook.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "https://user:x@hook.example/"}, "url"),
        ({"url": "https://hook.example:22/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["lead.stolen"]}, "events.0"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_is_no_address(admin: Api, garage: House, body: dict[str, Any], field: str) -> None:
    valid = {"url": "https://hook.example/", "events": ["lead.created"]}
    path = f"/api/businesses/{garage.id}/webhooks"
    assert wrong_fields(admin.post(path, valid | body)) == [field]
    assert wrong_fields(admin.patch(f"{path}/{garage.webhook_id}", body)) == [field]


def test_ten_addresses_are_enough(admin: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/webhooks"
    body = {"url": "https://hook.example/", "events": ["lead.created"]}
    answers = [admin.post(path, body).status_code for _ in range(10)]
    assert answers == [201] * 9 + [409]


def test_a_test_is_sent_also_to_an_address_that_is_off(
    admin: Api, parts: Services, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/webhooks/{garage.webhook_id}"
    sent = admin.post(f"{path}/test", {})
    assert sent.status_code == 202
    assert sent.json is not None
    assert (sent.json["event"], sent.json["state"], sent.json["lead_id"]) == (
        "test",
        "queued",
        None,
    )
    again = admin.post(f"{path}/test", {})
    assert (again.status_code, (again.json or {})["code"]) == (409, "too_soon")
    listed = admin.get(f"{path}/deliveries").json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == [sent.json["id"]]


def test_what_a_test_sends(parts: Services, garage: House, receiver: Receiver) -> None:
    point(parts, garage, receiver.url)
    payload = {"webhook_id": garage.webhook_id, "event": "test", "at": "2026-03-01"}
    DeliverWebhook(parts.database, LOOPBACK)(Job(1, "x", "k", payload, garage.id, None, 1))
    ((headers, body),) = receiver.heard
    assert headers["X-Maane-Event"] == "test"
    sent = json.loads(body)
    assert (sent["event"], sent["business_id"], sent["lead"]) == ("test", garage.id, None)
