"""Learned questions: what callers put to the agent becomes a draft, a prepared answer, or goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask_openapi3 import OpenAPI

from server.faq import learned_store
from server.models import ADMIN, Call, CallTurn
from server.wiring import Services
from tests.web.conftest import Api, House, audit, make_api, wrong_fields
from tests.web.test_faqs import matched

Turn = tuple[str, str | None, str]
"""Who speaks, by which path, what."""

PARKING = ("יש חניה?", "יש חניה חינם מאחורי הבניין. לקבוע לך תור?")


def talk(
    parts: Services,
    business_id: int,
    sid: str,
    *turns: Turn,
    days: int = 1,
    is_test: bool = False,
    **last: Any,
) -> None:
    """Store a call; ``last`` changes its last turn."""
    at = datetime.now(UTC) - timedelta(days=days)
    rows = [
        CallTurn(index=index, speaker=who, path=path, text=text, created_at=at)
        for index, (who, path, text) in enumerate(turns)
    ]
    for name, value in last.items():
        setattr(rows[-1], name, value)
    with parts.database.write() as session:
        session.add(
            Call(call_sid=sid, business_id=business_id, started_at=at, is_test=is_test, turns=rows)
        )


def ask(parts: Services, business_id: int, *sids: str, **more: Any) -> None:
    question, reply = PARKING
    for sid in sids:
        turns = (("caller", None, question), ("agent", "AGENT", reply))
        talk(parts, business_id, sid, *turns, **more)


def learned(api: Api, house: House, **query: Any) -> list[dict[str, Any]]:
    response = api.get(f"/api/businesses/{house.id}/faqs/learned", **query)
    assert response.status_code == 200, response.text
    assert response.json is not None
    return list(response.json["items"])


def test_what_is_often_asked_becomes_a_draft_that_one_click_accepts(
    admin: Api, operator: Api, parts: Services, garage: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    talk(
        parts,
        garage.id,
        "CA3",
        ("agent", "GREETING", "שלום"),
        ("caller", None, "יש לכם חנייה במקום"),
        ("agent", "FILLER", "רגע, אני בודקת."),
        ("agent", "AGENT", PARKING[1]),
        ("caller", None, "מה המחיר?"),
        ("agent", "FAQ_FASTPATH", "מאה שקלים."),
        ("caller", None, "אני רוצה לקבוע תור"),
        ("agent", "AGENT", "למתי?"),
    )
    (group,) = learned(operator, garage)
    assert datetime.fromisoformat(group.pop("last_asked")).tzinfo is not None
    draft = group.pop("draft")
    assert group == {
        "question": "יש חניה?",
        "lang": "he-IL",
        "count": 3,
        "calls": 3,
        "examples": ["יש חניה?", "יש לכם חנייה במקום"],
    }
    assert draft == {
        "intent_key": "parking",
        "label": "חניה",
        "patterns": ["יש חניה", "יש לכם חנייה במקום"],
        "answer_text": "יש חניה חינם מאחורי הבניין.",
        "lang": "he-IL",
    }

    accept = f"/api/businesses/{garage.id}/faqs/learned/accept"
    made = admin.post(accept, draft | {"question": group["question"]})
    assert made.status_code == 201, made.text
    assert made.json is not None
    assert made.json["warnings"] == []
    faq = f"/api/businesses/{garage.id}/faqs/{made.json['id']}"
    assert made.headers["Location"] == faq
    assert matched(admin, garage.id, "יש חניה?")["intent_key"] == "parking"
    assert learned(admin, garage) == []
    assert [entry[1] for entry in audit(parts)] == ["faq.create"]

    assert admin.delete(faq).status_code == 204
    assert len(learned(admin, garage)) == 1, "without its prepared answer it is open again"


def test_an_accepted_question_stays_away_even_if_the_owner_changed_its_patterns(
    admin: Api, parts: Services, garage: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    body = {
        "question": "יש חניה?",
        "intent_key": "garden",
        "patterns": ["גינה"],
        "answer_text": "יש.",
    }
    path = f"/api/businesses/{garage.id}/faqs/learned/accept"
    assert admin.post(path, body).status_code == 201
    assert learned(admin, garage) == []


def test_a_dismissed_question_stays_away_until_it_is_restored(
    admin: Api, owner: Api, parts: Services, garage: House, bakery: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    ask(parts, bakery.id, "CA3", "CA4")
    path = f"/api/businesses/{garage.id}/faqs/learned"
    first = admin.post(f"{path}/dismiss", {"question": "האם יש אצלכם חניה"})
    assert first.status_code == 201
    assert first.json is not None
    assert (first.json["question"], first.json["lang"]) == ("האם יש אצלכם חניה", "he-IL")
    again = admin.post(f"{path}/dismiss", {"question": "האם יש אצלכם חניה"})
    assert again.json == first.json, "made twice it is one"
    assert learned(admin, garage) == []
    assert len(learned(owner, bakery)) == 1
    other = f"/api/businesses/{bakery.id}/faqs/learned/dismissed/{first.json['id']}"
    assert owner.delete(other).status_code == 404
    assert admin.delete(f"{path}/dismissed/{first.json['id']}").status_code == 204
    assert admin.delete(f"{path}/dismissed/{first.json['id']}").status_code == 404
    assert len(learned(admin, garage)) == 1
    assert [entry[1] for entry in audit(parts)] == ["faq.dismiss", "faq.dismiss", "faq.restore"]


def test_only_the_agents_answers_of_these_days_count(
    admin: Api, parts: Services, garage: House
) -> None:
    question, reply = PARKING
    ask(parts, garage.id, "CA_old", days=40)
    ask(parts, garage.id, "CA_test", is_test=True)
    asked = ("caller", None, question)
    talk(parts, garage.id, "CA_fallback", asked, ("agent", "FALLBACK", reply))
    talk(parts, garage.id, "CA_silent", asked)
    talk(parts, garage.id, "CA_next", ("agent", "AGENT", reply))
    broken = {"interrupted": True, "heard_ms": 400}
    talk(parts, garage.id, "CA_broken", asked, ("agent", "AGENT", "יש"), **broken)
    assert learned(admin, garage, min_count=1) == []
    assert learned(admin, garage, min_count=1, days=60)[0]["count"] == 1
    assert learned(admin, garage, min_count=1, include_tests="true")[0]["count"] == 1
    late = {"interrupted": True, "heard_ms": 4000}
    talk(parts, garage.id, "CA_late", asked, ("agent", "AGENT", reply), **late)
    assert learned(admin, garage, min_count=1)[0]["count"] == 1
    assert learned(admin, garage) == []


def test_another_language_is_learned_by_itself(admin: Api, parts: Services, garage: House) -> None:
    for sid in ("CA1", "CA2"):
        turns = (("caller", None, "Do you have parking?"), ("agent", "AGENT", "Yes, we do."))
        talk(parts, garage.id, sid, *turns)
    (group,) = learned(admin, garage)
    assert (group["lang"], group["draft"]["lang"]) == ("en-US", "en-US")


def test_the_turns_looked_at_are_bounded(
    admin: Api, parts: Services, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learned_store, "MAX_TURNS", 7)  # three are the house's own
    ask(parts, garage.id, "CA1", "CA2", "CA3")
    response = admin.get(f"/api/businesses/{garage.id}/faqs/learned")
    assert response.json is not None
    assert response.json["exchanges"] == 2


def test_wrong_fields_are_named(admin: Api, operator: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/faqs/learned"
    assert wrong_fields(admin.get(path, days=0)) == ["days"]
    assert wrong_fields(admin.get(path, min_count="x")) == ["min_count"]
    assert wrong_fields(admin.post(f"{path}/dismiss", {"question": " "})) == ["question"]
    assert wrong_fields(admin.post(f"{path}/dismiss", {"question": "א" * 201})) == ["question"]
    assert wrong_fields(admin.post(f"{path}/dismiss", {"question": "א\x00"})) == ["question"]
    body = {"question": "יש חניה?", "intent_key": "x", "patterns": ["(("], "answer_text": "כן"}
    assert wrong_fields(admin.post(f"{path}/accept", body)) == ["patterns.0"]
    assert operator.post(f"{path}/dismiss", {"question": "יש חניה?"}).status_code == 403
    assert operator.post(f"{path}/accept", body | {"patterns": ["x"]}).status_code == 403


def test_another_business_hears_nothing(
    app: OpenAPI, parts: Services, garage: House, bakery: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    baker = make_api(app, parts, ADMIN, bakery.id)
    assert learned(baker, bakery) == []
