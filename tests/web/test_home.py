"""The home page's contents over the API."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from server.models import Business, BusinessFaq, Call, CallTurn, Lead
from server.wiring import Services
from tests.web.conftest import Api, House


def home(api: Api, house: House, **query: Any) -> dict[str, Any]:
    response = api.get(f"/api/businesses/{house.id}/home", **query)
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def test_every_day_is_there(operator: Api, garage: House) -> None:
    for days in (1, 7, 30, 90):
        shown = home(operator, garage, days=days)
        assert len(shown["days"]) == days
        assert len(shown["hours_of_day"]) == 24
        if days > 1:  # the one call was five minutes ago: at midnight that is yesterday's
            assert sum(day["calls"] for day in shown["days"]) == 1
            assert sum(hour["faq"] for hour in shown["hours_of_day"]) == 1
    assert operator.get(f"/api/businesses/{garage.id}/home", days=91).status_code == 422


def test_today_in_four_numbers(operator: Api, garage: House) -> None:
    numbers = home(operator, garage)["numbers"]
    for name in ("calls", "answered_at_once", "median_answer_ms", "new_leads"):
        assert len(numbers[name]["days"]) == 14
        assert numbers[name]["days"][-1] == numbers[name]["today"]
    # The one call was five minutes ago: at midnight that is yesterday's.
    assert sum(value or 0 for value in numbers["calls"]["days"][-2:]) == 1
    assert max(value or 0 for value in numbers["median_answer_ms"]["days"]) == 300
    assert max(value or 0 for value in numbers["answered_at_once"]["days"]) == 1


def test_hours_are_whole_and_follow_each_other(operator: Api, garage: House) -> None:
    hours = home(operator, garage)["hours"]
    starts = [datetime.fromisoformat(hour["starts"]) for hour in hours]
    assert 167 <= len(starts) <= 169
    assert {later - earlier for earlier, later in itertools.pairwise(starts)} == {
        timedelta(hours=1)
    }
    assert sum(hour["faq"] for hour in hours) == 1


def test_what_needs_somebody(operator: Api, admin: Api, parts: Services, garage: House) -> None:
    needs = home(operator, garage)["needs"]
    assert (needs["call_backs"], needs["to_work"], needs["failed_jobs"]) == (0, 1, 1)
    assert needs["failed"][0]["last_error"] == "the address answered 500"
    add_lead(parts, garage, "CA_next_step", next_step="לחזור עם מחיר")
    add_lead(parts, garage, "CA_lost_agent", fields={"callback": "too_slow"})
    add_lead(parts, garage, "CA_done", fields={"callback": "too_slow"}, work_status="done")
    add_lead(parts, garage, "CA_test", is_test=True, next_step="לבדוק")
    needs = home(operator, garage)["needs"]
    assert (needs["call_backs"], needs["to_work"]) == (1, 3)
    assert [(lead["wants_callback"], lead["next_step"]) for lead in needs["waiting"]] == [
        (True, ""),
        (False, "לחזור עם מחיר"),
    ]
    retried = admin.post(f"/api/businesses/{garage.id}/jobs/{garage.job_id}/retry", {})
    assert retried.status_code == 200
    assert home(operator, garage)["needs"]["failed_jobs"] == 0


def test_what_is_wrong_with_the_answers_is_counted(parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        session.add(
            BusinessFaq(
                business_id=garage.id,
                intent_key="broken",
                patterns_json=["(אחת"],
                answer_text="כן.",
            )
        )
        for key, pattern in (("lot", "חניה"), ("yard", "החנייה")):
            session.add(
                BusinessFaq(
                    business_id=garage.id,
                    intent_key=key,
                    patterns_json=[pattern],
                    answer_text="כן.",
                )
            )
        for number in range(3):
            add_question(session, garage, number)
    counted = parts.attention.count(garage.id)
    assert (counted.faq_warnings, counted.faq_conflicts, counted.learned) == (1, 1, 1)
    assert parts.attention.of(garage.id) == counted


def test_the_first_steps_are_told(owner: Api, parts: Services) -> None:
    made = owner.post("/api/businesses", {"name": "עסק חדש"})
    assert made.json is not None
    fresh = House(made.json["id"], "", 0, 0, "")
    assert home(owner, fresh)["first_steps"] == {
        "answers": False,
        "prompt": False,
        "tried": False,
        "number": False,
        "called": False,
    }
    with parts.database.write() as session:
        business = session.get_one(Business, fresh.id)
        business.ai_prompt = "עני בקצרה."
    add_lead(parts, fresh, "CA_tried", is_test=True)
    steps = home(owner, fresh)["first_steps"]
    assert (steps["prompt"], steps["tried"], steps["called"]) == (True, True, False)


def add_lead(
    parts: Services, house: House, sid: str, *, is_test: bool = False, **values: Any
) -> None:
    at = datetime.now(UTC)
    with parts.database.write() as session:
        lead = Lead(business_id=house.id, call_sid=sid, created_at=at, is_test=is_test, **values)
        session.add(lead)
        session.flush()
        session.add(
            Call(
                call_sid=sid,
                business_id=house.id,
                lead_id=lead.id,
                is_test=is_test,
                started_at=at,
            )
        )


def add_question(session: Any, house: House, number: int) -> None:
    sid = f"CA_asks_{number}"
    session.add(
        Call(
            call_sid=sid,
            business_id=house.id,
            turns=[
                CallTurn(index=0, speaker="caller", text="יש לכם רכב חלופי?"),
                CallTurn(
                    index=1, speaker="agent", text="אין לנו רכב חלופי.", path="AGENT", heard_ms=2000
                ),
            ],
        )
    )
