"""Texts of the agent over the API: nobody overwrites anybody, and nothing is lost."""

from __future__ import annotations

import wave
from io import BytesIO
from typing import Any

import pytest

from server.agent.realtime_plan import VOICES
from server.models import Business
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields

TEXTS = {
    "ai_prompt": "עני בקצרה.",
    "outbound_ai_prompt": "הציגי את עצמך.",
    "greeting_text": "שלום, מוסך.",
    "voice": "",
}


def path(house: House, rest: str = "") -> str:
    return f"/api/businesses/{house.id}/prompts{rest}"


def get(api: Api, url: str, **query: Any) -> dict[str, Any]:
    response = api.get(url, **query)
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def save(api: Api, house: House, based_on: int, **texts: str) -> dict[str, Any]:
    response = api.put(path(house), TEXTS | texts | {"based_on": based_on})
    assert response.status_code == 200, response.text
    return dict(response.json or {})


def test_what_was_there_before_versions_is_kept_as_the_first(admin: Api, garage: House) -> None:
    before = get(admin, path(garage))
    assert (before["number"], before["actor"]) == (0, "")
    assert before["voices"] == list(VOICES)
    saved = save(admin, garage, 0)
    assert saved["number"] == 2
    assert {name: saved[name] for name in TEXTS} == TEXTS
    versions = get(admin, path(garage, "/versions"))["items"]
    assert [(one["number"], one["actor"]) for one in versions] == [
        (2, "token:a test's admin"),
        (1, ""),
    ]
    assert get(admin, path(garage, "/versions/1"))["ai_prompt"] == ""
    assert get(admin, path(garage, "/versions/1"))["greeting_text"] == "שלום, מוסך."


def test_a_call_uses_what_was_saved(admin: Api, garage: House, parts: Services) -> None:
    save(admin, garage, 0, ai_prompt="לכל שואל לומר סגול.")
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert "סגול" in parts.calls.preview(profile, "inbound")[1].full


def test_the_second_of_two_overwrites_nothing(admin: Api, owner: Api, garage: House) -> None:
    save(admin, garage, 0)
    save(owner, garage, 2, ai_prompt="של הבעלים")
    late = admin.put(path(garage), TEXTS | {"based_on": 2, "ai_prompt": "של המנהלת"})
    assert late.status_code == 409
    assert late.json is not None
    assert late.json["code"] == "prompts_changed"
    assert (late.json["current"]["number"], late.json["current"]["ai_prompt"]) == (3, "של הבעלים")
    assert late.json["sent"]["ai_prompt"] == "של המנהלת"
    assert get(admin, path(garage))["ai_prompt"] == "של הבעלים"
    merged = save(admin, garage, 3, ai_prompt="של שניהם")
    assert merged["number"] == 4


def test_saving_what_is_there_already_makes_no_version(admin: Api, garage: House) -> None:
    save(admin, garage, 0)
    assert save(admin, garage, 2)["number"] == 2
    assert save(admin, garage, 1)["number"] == 2  # the same words twice are no quarrel


def test_every_way_of_saving_makes_a_version(
    admin: Api, garage: House, owner: Api, parts: Services
) -> None:
    changed = admin.patch(f"/api/businesses/{garage.id}", {"ai_prompt": "מן ה-API", "name": "חדש"})
    assert changed.status_code == 200
    assert get(admin, path(garage))["number"] == 2
    admin.patch(f"/api/businesses/{garage.id}", {"name": "שם אחר"})
    assert get(admin, path(garage))["number"] == 2
    made = owner.post("/api/businesses", {"name": "עסק חדש", "ai_prompt": "ההתחלה"})
    assert made.json is not None
    new = f"/api/businesses/{made.json['id']}/prompts"
    assert get(owner, new)["number"] == 1
    assert get(owner, f"{new}/versions/1")["ai_prompt"] == "ההתחלה"


def test_an_older_version_comes_back_as_a_new_one(
    admin: Api, garage: House, parts: Services
) -> None:
    save(admin, garage, 0)
    save(admin, garage, 2, ai_prompt="גרוע יותר")
    response = admin.post(path(garage, "/versions/2/restore"), {"based_on": 3})
    assert response.status_code == 200, response.text
    assert response.json is not None
    assert (response.json["number"], response.json["ai_prompt"]) == (4, TEXTS["ai_prompt"])
    newest = get(admin, path(garage, "/versions"))["items"][0]
    assert (newest["number"], newest["restored_from"]) == (4, 2)
    assert [row[1] for row in audit(parts)] == [
        "prompts.update",
        "prompts.update",
        "prompts.restore",
    ]
    late = admin.post(path(garage, "/versions/1/restore"), {"based_on": 3})
    assert late.status_code == 409
    assert admin.post(path(garage, "/versions/99/restore"), {"based_on": 4}).status_code == 404


def test_the_difference_is_told_by_words(admin: Api, garage: House) -> None:
    save(admin, garage, 0, ai_prompt="שורה אחת\nטיפול עולה מאה שקלים\nסוף")
    save(admin, garage, 2, ai_prompt="שורה אחת\nטיפול עולה מאתיים שקלים\nסוף\nועוד")
    diff = get(admin, path(garage, "/versions/3/diff"))
    assert diff["against"] == 2
    assert set(diff["fields"]) == {"ai_prompt"}
    lines = diff["fields"]["ai_prompt"]
    told = [(line["kind"], "".join(piece["text"] for piece in line["pieces"])) for line in lines]
    assert told == [
        ("same", "שורה אחת"),
        ("removed", "טיפול עולה מאה שקלים"),
        ("added", "טיפול עולה מאתיים שקלים"),
        ("same", "סוף"),
        ("added", "ועוד"),
    ]
    assert [piece["text"].strip() for piece in lines[2]["pieces"] if piece["differs"]] == ["מאתיים"]
    assert set(get(admin, path(garage, "/versions/2/diff"), against=3)["fields"]) == {"ai_prompt"}
    assert get(admin, path(garage, "/versions/1/diff"))["fields"].keys() == {"greeting_text"}


def test_the_preview_is_what_a_call_gets(admin: Api, garage: House, parts: Services) -> None:
    long = "מוסך הגפן פתוח כל יום. " * 60
    shown = admin.post(path(garage, "/preview"), TEXTS | {"ai_prompt": long}).json
    assert shown is not None
    assert shown["is_cut"]
    assert shown["compact_chars"] == len(shown["compact"]) <= shown["compact_limit"] == 800
    assert shown["full_chars"] > len(long)
    assert shown["greeting"].startswith("שלום, מוסך.")
    save(admin, garage, 0, ai_prompt=long)
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert parts.calls.preview(profile, "inbound")[1].full == shown["full"]
    outbound = admin.post(path(garage, "/preview"), TEXTS | {"direction": "outbound"}).json
    assert outbound is not None
    assert "הציגי" in outbound["full"]
    assert not outbound["is_cut"]


def test_the_greeting_can_be_heard(
    admin: Api, garage: House, parts: Services, synthesiser: RecordingSynthesiser
) -> None:
    save(admin, garage, 0, greeting_text="שלום, אני עוזרת אוטומטית.")
    assert synthesiser.has_said("שלום, אני עוזרת אוטומטית.", "he-IL")
    for _ in range(100):
        response = admin.get(path(garage, "/greeting.wav"))
        if response.status_code == 200:
            break
        assert response.json == response.json | {"code": "not_rendered"}
    with wave.open(BytesIO(response.data)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)


def test_each_greeting_is_heard_whatever_the_time_is(
    admin: Api, garage: House, parts: Services, synthesiser: RecordingSynthesiser
) -> None:
    def by_length(text: str, language: str, voice: str, written: str = "") -> bytes:
        return b"\xff" * len(text)

    synthesiser.synthesise = by_length  # type: ignore[method-assign]
    with parts.database.write() as session:
        business = session.get_one(Business, garage.id)
        business.greeting_text = "כאן עוזרת אוטומטית."
        business.settings = {
            "recording": False,
            "opening_hours": {"sun": []},  # never open
            "after_hours_greeting": "סגור. כאן עוזרת אוטומטית.",
            "outbound_greeting": "מדברת העוזרת האוטומטית של המוסך.",
        }

    def frames(which: str) -> int:
        for _ in range(1000):
            response = admin.get(path(garage, "/greeting.wav"), which=which)
            if response.status_code == 200:
                with wave.open(BytesIO(response.data)) as sound:
                    return sound.getnframes()
        raise AssertionError(which)

    own = parts.directory.by_id(garage.id)
    assert own is not None
    assert frames("open") == len(own.greeting_text)
    closed, outbound = own.settings.after_hours_greeting, own.settings.outbound_greeting
    assert (frames("closed"), frames("outbound")) == (len(closed), len(outbound))
    assert frames("now") == len(closed)
    assert wrong_fields(admin.get(path(garage, "/greeting.wav"), which="noon")) == ["which"]
    with parts.database.write() as session:
        session.get_one(Business, garage.id).settings = {}
    assert admin.get(path(garage, "/greeting.wav"), which="closed").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"based_on": 0, "ai_prompt": "א" * 20_001}, "ai_prompt"),
        ({"based_on": 0, "greeting_text": "א" * 501}, "greeting_text"),
        ({"based_on": -1}, "based_on"),
        ({}, "based_on"),
        ({"based_on": 0, "name": "x"}, "name"),
    ],
)
def test_wrong_fields_are_named(
    admin: Api, garage: House, body: dict[str, Any], field: str
) -> None:
    assert wrong_fields(admin.put(path(garage), body)) == [field]


def test_operators_read_and_change_nothing(operator: Api, garage: House) -> None:
    assert operator.get(path(garage)).status_code == 200
    assert operator.get(path(garage, "/versions")).status_code == 200
    assert operator.post(path(garage, "/preview"), TEXTS).status_code == 403
    assert operator.put(path(garage), TEXTS | {"based_on": 0}).status_code == 403


def test_another_house_s_greeting_is_not_heard(admin: Api, bakery: House) -> None:
    assert admin.get(path(bakery, "/greeting.wav")).status_code == 404
    assert admin.get(path(bakery, "/greeting.wav")).json["code"] == "not_found"  # type: ignore[index]
