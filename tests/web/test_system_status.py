"""What the owner sees of the server, and what callers would get."""

from __future__ import annotations

import logging

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select

from server.models import Call, Lead
from server.troubles import KEPT, TroubleRing
from server.wiring import Services
from tests.web.conftest import Api, House, audit


def rows(parts: Services) -> tuple[int, int]:
    assert parts.calls.recorder.flush()
    with parts.database.read() as session:
        counted = (session.scalar(select(func.count()).select_from(t)) or 0 for t in (Call, Lead))
        calls, leads = counted
    return calls, leads


def test_the_state_of_the_parts(owner: Api, parts: Services, garage: House) -> None:
    found = owner.get("/api/system/status").json
    assert found is not None
    assert found["database"] == {
        "ok": True,
        "kind": parts.database.engine.dialect.name,
        "problem": "",
    }
    assert {one["part"]: one["name"] for one in found["providers"]}["agent"] == "receptionist"
    assert found["calls"] == {"live": 0, "limit": 100, "draining": False, "refused": 0}
    lanes = {lane["lane"]: lane["dead"] for lane in found["lanes"]}
    assert lanes["webhook"] == 1
    assert 0 < found["media"]["free_bytes"] <= found["media"]["total_bytes"]
    assert (found["twilio_configured"], found["signatures_checked"]) == (False, False)


def test_a_failure_is_shown_with_its_part(owner: Api) -> None:
    log = logging.getLogger("server.agent.realtime_client")
    log.warning("[REALTIME] not opened code=%s: %s", "refused", "api.example answered 401")
    found = owner.get("/api/system/status").json
    assert found is not None
    newest = found["troubles"][0]
    assert (newest["part"], newest["level"]) == ("agent", "warning")
    assert newest["text"] == "not opened code=refused: api.example answered 401"
    agent = next(one for one in found["providers"] if one["part"] == "agent")
    assert agent["last_trouble"] == newest


class Log:
    """A ring of its own, fed by hand."""

    def __init__(self) -> None:
        self.ring = TroubleRing()
        self.log = logging.Logger("test")
        self.log.addHandler(self.ring)


def test_the_memory_is_bounded_and_counts_repetitions() -> None:
    here = Log()
    for _ in range(5):
        here.log.warning("[TTS] failed")
    assert [(one.part, one.count) for one in here.ring.newest()] == [("synthesiser", 5)]
    for number in range(200):
        here.log.error("[JOB] id=%d", number)
    assert len(here.ring.newest()) == KEPT
    assert here.ring.newest()[0].text == "id=199"
    assert here.ring.last_of("synthesiser") is None
    here.log.info("[TTS] fine")
    assert here.ring.newest()[0].text == "id=199"


def test_no_number_and_no_key_is_remembered() -> None:
    here = Log()
    here.log.warning("[STT] for +972541234567 with sk-abcdefgh1234 as AC0123456789abcdef")
    text = here.ring.newest()[0].text
    assert "4123" not in text
    assert "sk-" not in text
    assert "AC01" not in text
    try:
        raise ValueError("the caller said +972541234567")
    except ValueError:
        here.log.exception("[CALL] loop failed")
    assert here.ring.newest()[0].text == "loop failed: ValueError"
    here.log.warning("no tag: %s", "x" * 1000)
    assert here.ring.newest()[0].part == "other"
    assert len(here.ring.newest()[0].text) <= 200


def test_the_twiml_of_a_number_without_a_call(
    owner: Api, admin: Api, parts: Services, garage: House
) -> None:
    before = rows(parts)
    found = owner.get("/api/system/twiml", number="03-372-6000").json
    assert found is not None
    assert (found["answer"], found["business_id"], found["number"]) == (
        "connect",
        garage.id,
        garage.number,
    )
    assert "/ws/twilio-media" in found["twiml"]
    assert 'name="token" value="…"' in found["twiml"]
    assert rows(parts) == before
    assert parts.calls.registry.count() == 0
    block = {"settings": {"blocked_numbers": ["+972541112222"], "block_hidden": True}}
    assert admin.patch(f"/api/businesses/{garage.id}", block).status_code == 200
    for caller, answer in (("+972541112222", "blocked"), ("anonymous", "hidden"), ("", "connect")):
        found = owner.get("/api/system/twiml", number=garage.number, caller=caller).json
        assert found is not None
        assert found["answer"] == answer
    found = owner.get("/api/system/twiml", number="+15550000000").json
    assert found is not None
    assert (found["answer"], found["business_id"]) == ("unknown_number", None)
    assert parts.calls.refused.total() == 0


def test_the_owner_sees_and_retries_everybody_s_jobs(
    owner: Api, parts: Services, garage: House, bakery: House
) -> None:
    dead = owner.get("/api/system/jobs", state="dead").json
    assert dead is not None
    assert [(job["id"], job["business_id"]) for job in dead["items"]] == [
        (bakery.job_id, bakery.id),
        (garage.job_id, garage.id),
    ]
    path = f"/api/system/jobs/{garage.job_id}/retry"
    assert (owner.post(path, {}).json or {})["state"] == "queued"
    assert (owner.post(path, {}).json or {})["code"] == "not_dead"
    assert owner.post("/api/system/jobs/99999/retry", {}).status_code == 404
    assert audit(parts) == [
        ("token:a test's owner", "job.retry", garage.id, f"job:{garage.job_id}")
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/system/status"),
        ("GET", "/api/system/twiml?number=%2B1555"),
        ("POST", "/api/system/check-address"),
        ("GET", "/api/system/jobs"),
        ("POST", "/api/system/jobs/1/retry"),
    ],
)
def test_the_server_is_its_owner_s(
    app: OpenAPI, admin: Api, operator: Api, method: str, path: str
) -> None:
    for api in (admin, operator):
        assert api(method, path, json={} if method == "POST" else None).status_code == 403
