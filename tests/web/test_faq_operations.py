"""Prepared answers: search, switch, order, and two people at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from server.models import BusinessFaq
from server.wiring import Services
from tests.web.conftest import Api, House, audit, wrong_fields
from tests.web.test_faqs import NEW, matched


def make(api: Api, house: House, **change: object) -> int:
    made = api.post(f"/api/businesses/{house.id}/faqs", NEW | change)
    assert made.json is not None, made.text
    return int(made.json["id"])


def keys(api: Api, house: House, **query: Any) -> list[str]:
    listed = api.get(f"/api/businesses/{house.id}/faqs", **query)
    assert listed.json is not None, listed.text
    return [item["intent_key"] for item in listed.json["items"]]


def test_the_list_is_searched_and_filtered(admin: Api, garage: House) -> None:
    make(admin, garage)
    make(
        admin, garage, intent_key="wifi", label="100%_רשת", patterns=["Is there WiFi"], lang="en-US"
    )
    make(admin, garage, intent_key="off", patterns=["סגור"], answer_text="לא.", active=False)
    make(admin, garage, intent_key="action", patterns=["תקבעו לי תור"])
    assert keys(admin, garage, search="מתי  פתוחים") == ["hours"], "in patterns"
    assert keys(admin, garage, search="מאה") == ["price"], "in answers"
    assert keys(admin, garage, search="wifi") == ["wifi"], "in English, in whatever case"
    assert keys(admin, garage, search="%_ר") == ["wifi"], "signs are letters here"
    assert keys(admin, garage, search='"') == []
    assert keys(admin, garage, lang="en-us") == ["wifi"]
    assert keys(admin, garage, active=False) == ["off"]
    assert keys(admin, garage, warned=True) == ["action"]
    assert keys(admin, garage, search="תור", active=True, limit=1) == ["action"]
    assert wrong_fields(admin.get(f"/api/businesses/{garage.id}/faqs", lang="x")) == ["lang"]


def test_a_switch_counts_from_the_next_utterance(
    admin: Api, operator: Api, parts: Services, garage: House
) -> None:
    switch = f"/api/businesses/{garage.id}/faqs/{garage.faq_id}/switch"
    off = admin.post(switch, {"active": False}).json
    assert off is not None
    assert off["active"] is False
    assert matched(admin, garage.id, "מה המחיר")["path"] == "AGENT"
    assert admin.post(switch, {"active": False}).status_code == 200
    assert admin.post(switch, {"active": True}).status_code == 200
    assert matched(admin, garage.id, "מה המחיר")["faq_id"] == garage.faq_id
    assert [entry[1] for entry in audit(parts)] == ["faq.switch", "faq.switch"]
    assert wrong_fields(admin.post(switch, {"active": 1})) == ["active"]
    assert operator.post(switch, {"active": False}).status_code == 403


def test_of_two_who_change_one_answer_the_second_is_told(admin: Api, garage: House) -> None:
    faq = f"/api/businesses/{garage.id}/faqs/{garage.faq_id}"
    read = admin.get(faq).json
    assert read is not None
    mine = NEW | {"read_at": read["updated_at"]}
    first = admin.put(faq, mine | {"answer_text": "הראשון."})
    assert first.status_code == 200
    second = admin.put(faq, mine | {"answer_text": "השני."})
    assert (second.status_code, (second.json or {})["code"]) == (409, "changed_meanwhile")
    stored = admin.get(faq).json
    assert stored is not None
    assert stored["answer_text"] == "הראשון."
    again = mine | {"answer_text": "השני.", "read_at": stored["updated_at"]}
    assert admin.put(faq, again).status_code == 200
    assert admin.put(faq, NEW).status_code == 200, "who does not ask is not told"


def test_one_answer_moves(admin: Api, operator: Api, garage: House, bakery: House) -> None:
    price = garage.faq_id  # stands first
    a = make(admin, garage, intent_key="a")
    b = make(admin, garage, intent_key="b")

    def move(faq_id: int, to: str, other: int | None = None) -> list[str]:
        path = f"/api/businesses/{garage.id}/faqs/{faq_id}/move"
        done = admin.post(path, {"to": to, "other_id": other})
        assert done.status_code == 204, done.text
        return keys(admin, garage)

    assert move(b, "up") == ["price", "b", "a"]
    assert move(b, "up") == ["b", "price", "a"]
    assert move(b, "up") == ["b", "price", "a"]
    assert move(b, "down") == ["price", "b", "a"]
    assert move(price, "after", a) == ["b", "a", "price"]
    assert move(price, "before", a) == ["b", "price", "a"]
    path = f"/api/businesses/{garage.id}/faqs/{a}/move"
    assert wrong_fields(admin.post(path, {"to": "before"})) == ["other_id"]
    assert wrong_fields(admin.post(path, {"to": "away"})) == ["to"]
    assert admin.post(path, {"to": "after", "other_id": bakery.faq_id}).status_code == 404
    assert operator.post(path, {"to": "up"}).status_code == 403


def test_among_many_a_moved_answer_gets_the_priority_of_its_place(
    admin: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        for number in range(150):
            session.add(
                BusinessFaq(
                    business_id=garage.id,
                    intent_key=f"k{number}",
                    patterns_json=[f"מילה{number}"],
                    answer_text="כן.",
                    priority=max(0, 90 - number),
                )
            )
    faqs = f"/api/businesses/{garage.id}/faqs"
    listed = admin.get(faqs, limit=200).json
    assert listed is not None
    ids = [item["id"] for item in listed["items"]]
    assert admin.post(f"{faqs}/{ids[-1]}/move", {"to": "before", "other_id": ids[10]})
    with parts.database.read() as session:
        wanted = select(BusinessFaq.id).where(BusinessFaq.business_id == garage.id)
        order = session.scalars(wanted.order_by(BusinessFaq.priority.desc(), BusinessFaq.id)).all()
    assert order.index(ids[-1]) in (10, 11), "ids decide between equal priorities"
    assert admin.post(f"{faqs}/{ids[-1]}/move", {"to": "after", "other_id": ids[-2]})
    last = admin.get(f"{faqs}/{ids[-1]}").json
    assert last is not None
    assert last["priority"] == 0


@pytest.mark.parametrize(
    ("change", "code", "pattern", "detail"),
    [
        ({"patterns": ["תקבעו לי תור"]}, "guarded_pattern", "תקבעו לי תור", "action"),
        ({"answer_text": "אחת. שתיים. שלוש."}, "long_answer", "", ""),
        ({"patterns": ["יש לכם"]}, "empty_pattern", "", ""),
        ({"patterns": ["כמה עולה תספורת"]}, "no_price", "", ""),
    ],
)
def test_warnings_have_codes(
    admin: Api, garage: House, change: dict[str, Any], code: str, pattern: str, detail: str
) -> None:
    made = admin.post(f"/api/businesses/{garage.id}/faqs", NEW | change).json
    assert made is not None
    (fault,) = made["faults"]
    assert (fault["code"], fault["pattern"], fault["detail"]) == (code, pattern, detail)
    assert made["warnings"] == [fault["message"]]


def test_a_match_tells_of_each_row_in_parts(admin: Api, garage: House) -> None:
    found = matched(admin, garage.id, "מה המחיר?")
    (row,) = found["rows"]
    assert (row["faq_id"], row["intent_key"], row["label"]) == (garage.faq_id, "price", "")
    assert ", ".join(f"{part['name']} {part['points']:.2f}" for part in row["parts"]) == row["why"]
    assert matched(admin, garage.id, "תקבעו לי תור")["guardrail"] == "action"
