"""Creating and changing businesses."""

from __future__ import annotations

from typing import Any

import pytest

from server.models import BusinessPhoneNumber
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields

NEW = {
    "name": "מרפאת השן",
    "numbers": ["+97235551234", "054-123-4567"],
    "greeting_text": "שלום, מרפאת השן.",
    "ai_prompt": "דברי בקצרה.\nבעברית.",
    "outbound_ai_prompt": "התקשרי בנימוס.",
    "lang": "he-IL",
    "timezone": "Asia/Jerusalem",
}


def test_a_business_comes_back_as_it_was_made(
    owner: Api, parts: Services, synthesiser: RecordingSynthesiser
) -> None:
    response = owner.post("/api/businesses", NEW)
    assert response.status_code == 201
    made = response.json
    assert made is not None
    assert response.headers["Location"] == f"/api/businesses/{made['id']}"
    assert made["numbers"] == ["+97235551234", "+972541234567"]
    assert {k: made[k] for k in NEW if k != "numbers"} == {
        k: v for k, v in NEW.items() if k != "numbers"
    }
    assert made["created_at"].endswith("Z")
    assert owner.get(f"/api/businesses/{made['id']}").json == made

    profile = parts.directory.by_number("+972541234567")
    assert profile is not None
    assert profile.id == made["id"]
    assert synthesiser.has_said("שלום, מרפאת השן. אני עוזרת אוטומטית.", "he-IL")
    assert audit(parts) == [
        ("token:a test's owner", "business.create", made["id"], f"business:{made['id']}")
    ]


def test_only_a_name_is_needed(owner: Api) -> None:
    made = owner.post("/api/businesses", {"name": "  קטן  "}).json
    assert made is not None
    assert (made["name"], made["numbers"], made["lang"], made["timezone"]) == (
        "קטן",
        [],
        "he-IL",
        "Asia/Jerusalem",
    )


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "   "}, ["name"]),
        ({"name": "א" * 201}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"name": None}, ["name"]),
        ({"timezone": "Asia/Nowhere"}, ["timezone"]),
        ({"timezone": "../../etc/passwd"}, ["timezone"]),
        ({"lang": "hebrew"}, ["lang"]),
        ({"lang": "he"}, ["lang"]),
        ({"greeting_text": "א" * 501}, ["greeting_text"]),
        ({"ai_prompt": "א" * 20_001}, ["ai_prompt"]),
        ({"outbound_ai_prompt": "א" * 20_001}, ["outbound_ai_prompt"]),
        ({"numbers": ["12"]}, ["numbers.0"]),
        ({"numbers": ["+97235551234", "anonymous"]}, ["numbers.1"]),
        ({"numbers": ["+1555"]}, ["numbers.0"]),
        ({"numbers": "+97235551234"}, ["numbers"]),
        ({"phrase_hints": [""]}, ["phrase_hints.0"]),
        ({"owner": "me", "id": 7}, ["owner", "id"]),
    ],
)
def test_wrong_fields_are_named(
    owner: Api, parts: Services, change: dict[str, Any], fields: list[str]
) -> None:
    response = owner.post("/api/businesses", NEW | change)
    assert sorted(wrong_fields(response)) == sorted(fields)
    assert all(error["message"] for error in (response.json or {})["errors"])
    assert audit(parts) == []


def test_a_taken_number_is_named_and_nothing_is_made(
    owner: Api, parts: Services, garage: House
) -> None:
    response = owner.post("/api/businesses", NEW | {"numbers": ["+97235551234", "03-372-6000"]})
    assert response.status_code == 409
    assert response.json is not None
    assert response.json["code"] == "number_taken"
    assert [error["field"] for error in response.json["errors"]] == ["numbers.1"]
    assert "+97233726000" in response.json["detail"]
    listed = owner.get("/api/businesses").json
    assert listed is not None
    assert len(listed["items"]) == 1


def test_a_change_leaves_the_rest_and_reaches_the_next_call(
    admin: Api, parts: Services, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    path = f"/api/businesses/{garage.id}"
    before = admin.get(path).json
    after = admin.patch(path, {"greeting_text": "ערב טוב."}).json
    assert before is not None
    assert after is not None
    differs = {key for key in before if before[key] != after[key]}
    assert differs == {"greeting_text", "updated_at"}
    assert synthesiser.has_said("ערב טוב. אני עוזרת אוטומטית.", "he-IL")
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert profile.greeting_text == "ערב טוב."
    assert audit(parts) == [
        ("token:a test's admin", "business.update", garage.id, f"business:{garage.id}")
    ]


def test_numbers_are_replaced_as_a_whole(admin: Api, parts: Services, garage: House) -> None:
    path = f"/api/businesses/{garage.id}"
    added = admin.patch(path, {"numbers": [garage.number, "050-222-3333", "+972 50 222 3333"]})
    assert added.json is not None
    assert added.json["numbers"] == [garage.number, "+972502223333"]
    moved = admin.patch(path, {"numbers": ["+972502223333"]})
    assert moved.json is not None
    assert moved.json["numbers"] == ["+972502223333"]
    assert parts.directory.by_number(garage.number) is None
    assert parts.directory.by_number("+972502223333") is not None


def test_a_number_that_is_there_already_is_not_judged_again(
    owner: Api, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.add(BusinessPhoneNumber(business_id=garage.id, e164="+1555"))
    path = f"/api/businesses/{garage.id}"
    kept = owner.patch(path, {"numbers": ["+1555", garage.number]})
    assert kept.status_code == 200
    assert kept.json is not None
    assert sorted(kept.json["numbers"]) == ["+1555", garage.number]


@pytest.mark.parametrize("body", [{"name": None}, {"numbers": None}, {"ai_prompt": None}])
def test_null_changes_nothing(admin: Api, garage: House, body: dict[str, Any]) -> None:
    assert wrong_fields(admin.patch(f"/api/businesses/{garage.id}", body)) == list(body)


def test_the_list_comes_in_pages(owner: Api) -> None:
    for index in range(5):
        assert owner.post("/api/businesses", {"name": f"עסק {index}"}).status_code == 201
    names, cursor = [], None
    while True:
        page = owner.get("/api/businesses", limit=2, **({"cursor": cursor} if cursor else {})).json
        assert page is not None
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == [f"עסק {index}" for index in range(5)]
