"""What owners see of their prepared answers beside each other."""

from __future__ import annotations

import pytest

from server.api import faq_review
from server.models import BusinessFaq
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields
from tests.web.test_faqs import NEW


def make(api: Api, house: House, **change: object) -> int:
    made = api.post(f"/api/businesses/{house.id}/faqs", NEW | change)
    assert made.json is not None, made.text
    return int(made.json["id"])


def test_rows_that_compete_are_shown_with_the_sentence(
    admin: Api, operator: Api, garage: House
) -> None:
    conflicts = f"/api/businesses/{garage.id}/faqs/conflicts"
    assert operator.get(conflicts).json == {"items": [], "complete": True, "next_cursor": None}
    lot = make(admin, garage, intent_key="parking", patterns=["חניה"], answer_text="יש חניון.")
    yard = make(admin, garage, intent_key="yard", patterns=["החנייה"], answer_text="בחצר.")
    found = operator.get(conflicts).json
    assert found is not None
    (pair,) = found["items"]
    assert {pair["faq_id"], pair["other_faq_id"]} == {lot, yard}
    assert {pair["intent_key"], pair["other_intent_key"]} == {"parking", "yard"}
    assert pair["sentence"] in ("חניה", "החנייה")
    admin.put(
        f"/api/businesses/{garage.id}/faqs/{yard}",
        NEW | {"intent_key": "yard", "patterns": ["החנייה"], "active": False},
    )
    assert operator.get(conflicts).json == {"items": [], "complete": True, "next_cursor": None}


def test_looking_for_conflicts_is_bounded(
    admin: Api, garage: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faq_review, "MAX_PHRASES", 1)
    found = admin.get(f"/api/businesses/{garage.id}/faqs/conflicts").json
    assert found == {"items": [], "complete": False, "next_cursor": None}


def test_what_a_guardrail_stops_is_warned_of(admin: Api, garage: House) -> None:
    faqs = f"/api/businesses/{garage.id}/faqs"
    made = admin.post(faqs, NEW | {"patterns": ["תקבעו לי תור"]}).json
    assert made is not None
    assert ["action" in warning for warning in made["warnings"]] == [True]
    listed = admin.get(faqs).json
    assert listed is not None
    warned = {item["intent_key"]: bool(item["warnings"]) for item in listed["items"]}
    assert warned == {"price": False, "hours": True}


def test_the_spoken_length_is_shown_once_rendered(
    admin: Api, parts: Services, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    faq_id = make(admin, garage)
    assert synthesiser.has_said("פתוחים עד חמש.", "he-IL")
    for _ in range(500):
        shown = admin.get(f"/api/businesses/{garage.id}/faqs/{faq_id}").json
        assert shown is not None
        if shown["audio_status"] == "ready":
            break
    assert shown["audio_seconds"] == 0.02
    other = admin.get(f"/api/businesses/{garage.id}/faqs/{garage.faq_id}").json
    assert other is not None
    assert (other["audio_status"] == "ready") == (other["audio_seconds"] is not None)


def test_a_new_order_becomes_priorities(admin: Api, parts: Services, garage: House) -> None:
    faqs = f"/api/businesses/{garage.id}/faqs"
    one, two = make(admin, garage, priority=50), make(admin, garage, priority=90)
    wanted = [garage.faq_id, one, two]
    response = admin.post(f"{faqs}/reorder", {"ids": wanted})
    assert (response.status_code, response.data) == (204, b"")
    listed = admin.get(faqs).json
    assert listed is not None
    assert [item["id"] for item in listed["items"]] == wanted
    assert [item["priority"] for item in listed["items"]] == [2, 1, 0]
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert [row.row.id for row in profile.faq.rows] == wanted, "calls use it at once"
    assert audit(parts)[-1][1] == "faq.reorder"


def test_an_order_names_each_row_exactly_once(
    admin: Api, operator: Api, garage: House, bakery: House
) -> None:
    reorder = f"/api/businesses/{garage.id}/faqs/reorder"
    one = make(admin, garage)
    assert wrong_fields(admin.post(reorder, {"ids": [one, garage.faq_id, one]})) == ["ids.0"]
    assert wrong_fields(admin.post(reorder, {"ids": [True]})) == ["ids.0"]
    assert wrong_fields(admin.post(reorder, {"ids": []})) == ["ids"]
    for ids in ([one], [one, garage.faq_id, bakery.faq_id], [one, 10**30]):
        refused = admin.post(reorder, {"ids": ids})
        assert refused.status_code == 409
        assert refused.json is not None
        assert refused.json["code"] == "list_changed"
    assert operator.post(reorder, {"ids": [one, garage.faq_id]}).status_code == 403


def test_more_rows_than_priorities_share_them_in_order(
    admin: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        for number in range(149):
            session.add(
                BusinessFaq(
                    business_id=garage.id,
                    intent_key=f"k{number}",
                    patterns_json=[f"מילה{number}"],
                    answer_text="כן.",
                )
            )
    page = admin.get(f"/api/businesses/{garage.id}/faqs", limit=200).json
    assert page is not None
    ids = [item["id"] for item in page["items"]]
    assert admin.post(f"/api/businesses/{garage.id}/faqs/reorder", {"ids": ids}).status_code == 204
    with parts.database.read() as session:
        priorities = [row.priority for faq_id in ids if (row := session.get(BusinessFaq, faq_id))]
    assert priorities == sorted(priorities, reverse=True)
    assert (priorities[0], priorities[-1]) == (100, 0)
