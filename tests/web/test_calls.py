"""Calls, their turns, and the figures computed from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from server.models import Call, CallTurn
from server.wiring import Services
from tests.web.conftest import Api, House, wrong_fields


def test_a_call_with_its_turns(operator: Api, garage: House) -> None:
    call = operator.get(f"/api/calls/{garage.call_sid}").json
    assert call is not None
    turns = call.pop("turns")
    started = datetime.fromisoformat(call.pop("started_at"))
    ended = datetime.fromisoformat(call.pop("ended_at"))
    assert started.tzinfo is not None
    assert started < ended
    assert call == {
        "call_sid": garage.call_sid,
        "business_id": garage.id,
        "lead_id": garage.lead_id,
        "direction": "inbound",
        "from": "+972541234567",
        "to": garage.number,
        "status": "completed",
        "end_reason": "caller_hangup",
        "is_test": False,
        "agent": "",
        "duration_seconds": 60,
        "cost_usd": 0,
    }
    assert [turn["index"] for turn in turns] == [0, 1, 2]
    assert turns[2] == {
        "index": 2,
        "speaker": "agent",
        "text": "מאה שקלים.",
        "path": "FAQ_FASTPATH",
        "intent_key": "price",
        "heard_ms": 700,
        "interrupted": True,
        "start_ms": None,
        "length_ms": None,
        "timings_ms": {"faq_ms": 1.5, "total_latency_ms": 300},
    }


def test_an_absent_call(operator: Api) -> None:
    for call_sid in ("CA_none", "a%00b", "x" * 65):
        assert operator.get(f"/api/calls/{call_sid}").status_code == 404


def test_calls_come_in_pages_newest_first(operator: Api, parts: Services, garage: House) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with parts.database.write() as session:
        session.add_all(
            Call(
                call_sid=f"CA_{index}",
                business_id=garage.id,
                started_at=noon + timedelta(minutes=index // 2),
            )
            for index in range(5)
        )
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = operator.get(f"/api/businesses/{garage.id}/calls", limit=2, **cursor).json
        assert page is not None
        assert all("turns" not in item for item in page["items"])
        seen += [item["call_sid"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [garage.call_sid, "CA_4", "CA_3", "CA_2", "CA_1", "CA_0"]


def test_calls_are_filtered(operator: Api, parts: Services, garage: House) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"call_sid": "CA_in", "from_number": "+972521112222", "end_reason": "caller_hangup"},
        {"call_sid": "CA_out", "direction": "outbound", "to_number": "+972521112222",
         "from_number": garage.number, "end_reason": "call_status_busy"},
        {"call_sid": "CA_test", "is_test": True, "end_reason": "stream_lost"},
        {"call_sid": "CA_now"},
    ]  # fmt: skip
    with parts.database.write() as session:
        for hour, row in enumerate(rows):
            session.add(Call(business_id=garage.id, started_at=noon + timedelta(hours=hour), **row))

    def found(**query: str) -> set[str]:
        page = operator.get(f"/api/businesses/{garage.id}/calls", until="2026-03-02", **query).json
        assert page is not None
        return {item["call_sid"] for item in page["items"]}

    assert found() == {"CA_in", "CA_out", "CA_test", "CA_now"}
    assert found(direction="outbound") == {"CA_out"}
    assert found(is_test="true") == {"CA_test"}
    assert found(is_test="false") == {"CA_in", "CA_out", "CA_now"}
    assert found(outcome="served") == {"CA_in"}
    assert found(outcome="lost") == {"CA_out", "CA_test"}
    assert found(outcome="running") == {"CA_now"}
    assert found(end_reason="stream_lost") == {"CA_test"}
    for number in ("052-111-2222", "+972521112222", "2222"):
        assert found(number=number) == {"CA_in", "CA_out"}
    assert found(number=garage.number) == set()  # it is our own
    assert found(since="2026-03-01T13:30:00Z") == {"CA_test", "CA_now"}
    # 15:30 in Jerusalem is 13:30 in UTC
    assert found(since="2026-03-01T15:30:00") == {"CA_test", "CA_now"}
    bad = operator.get(f"/api/businesses/{garage.id}/calls", direction="sideways")
    assert wrong_fields(bad) == ["direction"]


def test_figures_without_calls_are_null(owner: Api) -> None:
    made = owner.post("/api/businesses", {"name": "חדש"}).json
    assert made is not None
    kpis = owner.get(f"/api/businesses/{made['id']}/kpis").json
    assert kpis == {
        "days": 7,
        "calls": 0,
        "calls.slots_completed.rate": None,
        "turns": 0,
        "answers": {"FAQ_FASTPATH": 0, "AGENT": 0, "FALLBACK": 0},
        "faq.hit.rate": None,
        "faq.p50.ms": None,
        "faq.p95.ms": None,
        "voice.first_partial_ms": None,
        "voice.final_ms": None,
        "voice.tts_ready_ms": None,
        "voice.total_latency_ms": None,
        "voice.total_latency_ms.by_path": {},
    }


def test_figures_are_of_the_last_days(operator: Api, parts: Services, garage: House) -> None:
    now = datetime.now(UTC)
    with parts.database.write() as session:
        for sid, days, path in (("CA_new", 1, "AGENT"), ("CA_old", 20, "FAQ_FASTPATH")):
            session.add(
                Call(
                    call_sid=sid,
                    business_id=garage.id,
                    started_at=now - timedelta(days=days),
                    turns=[
                        CallTurn(
                            index=index,
                            speaker="agent",
                            path=path,
                            timings_ms={
                                "faq_ms": index,
                                "first_partial_ms": 10 * index,
                                "total_latency_ms": 1000,
                                "final_ms": "broken",
                                "tts_ready_ms": None,
                            },
                        )
                        for index in range(1, 20)
                    ],
                )
            )
    kpis = operator.get(f"/api/businesses/{garage.id}/kpis").json
    assert kpis is not None
    assert (kpis["calls"], kpis["turns"]) == (2, 22)
    assert kpis["answers"] == {"FAQ_FASTPATH": 1, "AGENT": 19, "FALLBACK": 0}
    assert kpis["faq.hit.rate"] == 0.05
    # 1.5 and 1…19: the tenth and the nineteenth of twenty
    assert (kpis["faq.p50.ms"], kpis["faq.p95.ms"]) == (9, 18)
    assert kpis["voice.first_partial_ms"] == {"p50": 100, "p95": 190, "count": 19}
    assert kpis["voice.final_ms"] is None
    assert kpis["voice.tts_ready_ms"] is None
    assert kpis["voice.total_latency_ms"] == {"p50": 1000, "p95": 1000, "count": 20}
    assert kpis["voice.total_latency_ms.by_path"] == {
        "AGENT": {"p50": 1000, "p95": 1000, "count": 19},
        "FAQ_FASTPATH": {"p50": 300, "p95": 300, "count": 1},
    }
    longer = operator.get(f"/api/businesses/{garage.id}/kpis", days=30).json
    assert longer is not None
    assert (longer["calls"], longer["faq.hit.rate"]) == (3, round(20 / 39, 4))
    assert wrong_fields(operator.get(f"/api/businesses/{garage.id}/kpis", days=91)) == ["days"]
