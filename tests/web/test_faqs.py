"""Prepared answers: create, read, replace, delete, and what a sentence gets."""

from __future__ import annotations

from typing import Any

import pytest

from server.models import BusinessFaq
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields

NEW = {
    "intent_key": "hours",
    "label": "שעות",
    "patterns": ["מתי פתוחים?", "^עד איזו שעה"],
    "answer_text": "פתוחים עד חמש.",
    "priority": 5,
}


def matched(api: Api, business_id: int, text: str, **more: str) -> dict[str, Any]:
    response = api.post(f"/api/businesses/{business_id}/faqs/match", {"text": text, **more})
    assert response.status_code == 200, response.text
    assert response.json is not None
    assert set(response.json) == {
        "path", "intent_key", "answer_text", "score", "ms", "reason", "clarify", "rows",
        "uncovered", "faq_id", "guardrail", "lang", "min_score", "gap",
    }  # fmt: skip
    return dict(response.json)


def test_the_life_of_a_prepared_answer(
    admin: Api, parts: Services, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    faqs = f"/api/businesses/{garage.id}/faqs"
    response = admin.post(faqs, NEW)
    assert response.status_code == 201
    made = response.json
    assert made is not None
    faq = f"{faqs}/{made['id']}"
    assert response.headers["Location"] == faq
    expected = NEW | {"channels": "voice", "lang": "he-IL", "active": True, "warnings": []}
    assert {key: made[key] for key in expected} == expected
    assert made["audio_status"] in ("rendering", "ready")
    assert synthesiser.has_said("פתוחים עד חמש.", "he-IL")
    assert matched(admin, garage.id, "מתי פתוחים?")["answer_text"] == "פתוחים עד חמש."

    replaced = admin.put(faq, NEW | {"answer_text": "פתוחים עד שש.", "label": ""})
    assert replaced.status_code == 200
    assert synthesiser.has_said("פתוחים עד שש.", "he-IL")
    assert matched(admin, garage.id, "עד איזו שעה")["answer_text"] == "פתוחים עד שש."
    got = admin.get(faq).json
    assert got is not None
    assert (got["answer_text"], got["label"]) == ("פתוחים עד שש.", "")

    assert admin.put(faq, NEW | {"active": False}).status_code == 200
    assert matched(admin, garage.id, "מתי פתוחים?")["path"] == "AGENT"
    assert admin.put(faq, NEW).status_code == 200

    deleted = admin.delete(faq)
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert matched(admin, garage.id, "מתי פתוחים?") | {"ms": 0} == {
        "path": "AGENT",
        "intent_key": None,
        "answer_text": None,
        "score": 0.0,
        "ms": 0,
        "reason": "no_match",
        "clarify": None,
        "rows": [],
        "uncovered": [],
        "faq_id": None,
        "guardrail": "",
        "lang": "he-IL",
        "min_score": 0.78,
        "gap": 0.05,
    }
    assert admin.get(faq).status_code == 404
    assert admin.delete(faq).status_code == 404
    actor, target = "token:a test's admin", f"faq:{made['id']}"
    assert audit(parts) == [
        (actor, action, garage.id, target)
        for action in ("faq.create", "faq.update", "faq.update", "faq.update", "faq.delete")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer_text": ""}, "answer_text"),
        ({"answer_text": "  "}, "answer_text"),
        ({"answer_text": "א" * 241}, "answer_text"),
        ({"patterns": []}, "patterns"),
        ({"patterns": ["a"] * 51}, "patterns"),
        ({"patterns": "מתי"}, "patterns"),
        ({"patterns": ["מתי", ""]}, "patterns.1"),
        ({"patterns": ["מתי", "???"]}, "patterns.1"),
        ({"patterns": ["a" * 201]}, "patterns.0"),
        ({"patterns": ["מתי", "(פתוחים"]}, "patterns.1"),
        ({"patterns": ["[a-"]}, "patterns.0"),
        ({"patterns": [".*"]}, "patterns.0"),
        ({"patterns": ["a{1000000000}"]}, "patterns.0"),
        ({"patterns": ["((a{99}){99}){99}"]}, "patterns.0"),
        ({"patterns": ["(?x)a{1 000 000 000}"]}, "patterns.0"),
        ({"patterns": ["a｛９９９９９９｝+"]}, "patterns.0"),
        ({"patterns": [7]}, "patterns.0"),
        ({"patterns": ["a\x00"]}, "patterns.0"),
        ({"intent_key": "Opening hours"}, "intent_key"),
        ({"intent_key": ""}, "intent_key"),
        ({"priority": 101}, "priority"),
        ({"priority": -1}, "priority"),
        ({"priority": "5"}, "priority"),
        ({"channels": "sms"}, "channels"),
        ({"lang": "he"}, "lang"),
        ({"active": "yes"}, "active"),
        ({"answer": "x"}, "answer"),
    ],
)
def test_a_wrong_field_is_named(
    admin: Api, garage: House, change: dict[str, Any], field: str
) -> None:
    response = admin.post(f"/api/businesses/{garage.id}/faqs", NEW | change)
    assert wrong_fields(response) == [field]
    replaced = admin.put(f"/api/businesses/{garage.id}/faqs/{garage.faq_id}", NEW | change)
    assert wrong_fields(replaced) == [field]


def test_a_broken_expression_gets_its_reason(admin: Api, garage: House) -> None:
    response = admin.post(f"/api/businesses/{garage.id}/faqs", NEW | {"patterns": ["(פתוח"]})
    assert response.json is not None
    assert "not a valid expression" in response.json["errors"][0]["message"]


def test_limits_are_inclusive(admin: Api, garage: House) -> None:
    most = {"answer_text": "א" * 240, "patterns": ["א" * 200] * 50, "priority": 100}
    assert admin.post(f"/api/businesses/{garage.id}/faqs", NEW | most).status_code == 201


@pytest.mark.parametrize(
    ("answer_text", "warned"),
    [
        ("עולה 3.5 שקלים. תודה!", False),
        ("כן", False),
        ("אחת. שתיים. שלוש.", True),
        ("אחת? שתיים! שלוש", True),
    ],
)
def test_a_long_answer_is_warned_of(
    admin: Api, garage: House, answer_text: str, warned: bool
) -> None:
    made = admin.post(f"/api/businesses/{garage.id}/faqs", NEW | {"answer_text": answer_text})
    assert made.json is not None
    assert bool(made.json["warnings"]) == warned


def test_what_stands_broken_in_the_table_is_shown_with_a_warning(
    admin: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        row = session.get(BusinessFaq, garage.faq_id)
        assert row is not None
        row.patterns_json = ["(מחיר", 7, "מחיר"]  # type: ignore[list-item]
    shown = admin.get(f"/api/businesses/{garage.id}/faqs/{garage.faq_id}").json
    assert shown is not None
    assert shown["patterns"] == ["(מחיר", "מחיר"]
    assert len(shown["warnings"]) == 1
    assert shown["warnings"][0].startswith("(מחיר: ")


def test_the_language_is_the_business_s_unless_said(owner: Api, garage: House) -> None:
    owner.patch(f"/api/businesses/{garage.id}", {"lang": "en-us"})
    faqs = f"/api/businesses/{garage.id}/faqs"
    made = owner.post(faqs, NEW | {"patterns": ["when are you open"]}).json
    assert made is not None
    assert made["lang"] == "en-US"
    assert matched(owner, garage.id, "When are you open?")["intent_key"] == "hours"
    assert matched(owner, garage.id, "מה המחיר", lang="en-US")["reason"] == "no_match"
    assert matched(owner, garage.id, "מה המחיר")["intent_key"] == "price"  # by its letters


def test_match_tells_why_not(owner: Api, garage: House) -> None:
    assert matched(owner, garage.id, "מה המחיר?")["path"] == "FAQ_FASTPATH"
    assert matched(owner, garage.id, "יש פנוי מחר ב-10?")["reason"] == "action"
    assert matched(owner, garage.id, "")["reason"] == "empty"
    assert matched(owner, garage.id, "א" * 201)["reason"] == "too_long"
    url = f"/api/businesses/{garage.id}/faqs/match"
    assert wrong_fields(owner.post(url, {})) == ["text"]
    assert wrong_fields(owner.post(url, {"text": "א" * 10_001})) == ["text"]
    assert wrong_fields(owner.post(url, {"text": 5})) == ["text"]


def test_a_business_made_by_another_process_is_matched_at_once(
    owner: Api, parts: Services, garage: House
) -> None:
    parts.directory._install({})
    assert matched(owner, garage.id, "מה המחיר?")["intent_key"] == "price"


def test_the_list_is_by_priority_and_in_pages(admin: Api, garage: House) -> None:
    faqs = f"/api/businesses/{garage.id}/faqs"
    for priority in (7, 50, 7, 0, 7):
        assert admin.post(faqs, NEW | {"priority": priority}).status_code == 201
    seen: list[tuple[int, int]] = []
    cursor: dict[str, str] = {}
    while True:
        page = admin.get(faqs, limit=2, **cursor).json
        assert page is not None
        assert len(page["items"]) <= 2
        seen += [(-item["priority"], item["id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == 6
    assert seen == sorted(set(seen))
