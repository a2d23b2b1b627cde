"""``/metrics``: the last hour's figures, for this machine and for owners."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from server.metrics import HourlyFigures
from server.models import Call, Lead
from server.wiring import Services
from tests.web.conftest import Api, House

LINE = re.compile(r'([a-z_0-9]+(?:\{[a-z]+="[^"\\\n]*"\})?) (NaN|-?[0-9.e+]+)')


def read(response: TestResponse) -> dict[str, float]:
    """Return the samples; the text has to be Prometheus' own format."""
    assert response.status_code == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert response.text.endswith("\n")
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in response.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split()
            assert kind == "gauge"
            assert name not in typed
            typed.add(name)
        elif not line.startswith("# HELP "):
            sample = LINE.fullmatch(line)
            assert sample is not None, line
            assert sample[1].partition("{")[0] in typed
            found[sample[1]] = float(sample[2])
    return found


def test_the_figures_of_the_last_hour_over_all_businesses(
    app: OpenAPI, parts: Services, garage: House, bakery: House
) -> None:
    with parts.database.write() as session:
        lead = session.get(Lead, garage.lead_id)
        assert lead is not None
        lead.fields = {"need": "טיפול"}
        old = datetime.now(UTC) - timedelta(hours=2)
        session.add(Call(call_sid="CA_old", business_id=garage.id, started_at=old))
    found = read(app.test_client().get("/metrics"))
    assert found["database_up"] == 1
    assert found["calls_last_hour"] == 2
    assert found["calls_slots_completed_rate"] == 0.5
    assert found['answers_last_hour{path="FAQ_FASTPATH"}'] == 2
    assert found["faq_hit_rate"] == 1
    assert (found["faq_p50_ms"], found["faq_p95_ms"]) == (1.5, 1.5)
    assert found['voice_total_latency_ms{quantile="0.95"}'] == 300
    assert found["calls_live"] == 0
    names = {name.partition("{")[0] for name in found}
    assert {"voice_first_partial_ms", "voice_final_ms", "voice_tts_ready_ms"} <= names
    assert found['voice_final_ms{quantile="0.5"}'] != found['voice_final_ms{quantile="0.5"}'], "NaN"


def test_strangers_get_nothing_and_owners_get_it_from_anywhere(
    app: OpenAPI, owner: Api, admin: Api
) -> None:
    afar: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}}
    refused = app.test_client().get("/metrics", **afar)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert admin("GET", "/metrics", **afar).status_code == 401
    assert Api(app.test_client(), "maane_wrong")("GET", "/metrics", **afar).status_code == 401
    read(owner("GET", "/metrics", **afar))
    for headers in (
        {"X-Forwarded-For": "203.0.113.7"},
        {"Host": "phone.example.com"},
        {"Origin": "https://evil.example"},
    ):
        assert app.test_client().get("/metrics", headers=headers).status_code == 401


def test_a_database_that_is_gone_is_said_and_not_asked_again_at_once(
    parts: Services, garage: House
) -> None:
    class Gone:
        asked = 0

        def read(self) -> Any:
            self.asked += 1
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    now = [0.0]
    hourly, gone = HourlyFigures(lambda: now[0]), Gone()
    broken = replace(parts, database=gone)  # type: ignore[arg-type]
    assert hourly.get(broken) is None
    now[0] = 9.9
    assert hourly.get(broken) is None
    assert gone.asked == 1
    assert hourly.get(parts) is None, "kept for ten seconds"
    now[0] = 10.0
    figures = hourly.get(parts)
    assert figures is not None
    assert figures.calls == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_database_this_machine_still_sees_the_process(
    app: OpenAPI, parts: Services, owner: Api
) -> None:
    class Gone:
        def read(self) -> Any:
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    app.extensions["maane"] = replace(parts, database=Gone())  # type: ignore[arg-type]
    found = read(app.test_client().get("/metrics"))
    assert found["database_up"] == 0
    afar: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}}
    assert owner("GET", "/metrics", **afar).status_code == 503
