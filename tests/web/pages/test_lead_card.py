"""A lead's card: how far it is, and what is done about the lead, with and without scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.api.lead_view import notes_version
from server.models import Call, JobRow, Lead, Recording
from server.wiring import Services
from tests.web.conftest import House, audit
from tests.web.pages.conftest import Browser

HTMX = {"HX-Request": "true"}


def card(house: House, action: str = "") -> str:
    return f"/b/{house.id}/leads/{house.lead_id}" + (f"/{action}" if action else "")


def set_lead(parts: Services, house: House, **fields: Any) -> None:
    with parts.database.write() as session:
        lead = session.get_one(Lead, house.lead_id)
        for name, value in fields.items():
            setattr(lead, name, value)


def stored(parts: Services, house: House) -> Lead:
    with parts.database.read() as session:
        return session.get_one(Lead, house.lead_id)


def as_htmx(browser: Browser, path: str, data: dict[str, Any]) -> TestResponse:
    return browser.post(path, data, headers=HTMX)


def test_before_the_summary_the_card_says_how_far_it_is(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, status="processing")
    assert "מסכמים…" in as_operator.get(card(garage)).text
    with parts.database.write() as session:
        session.add(Recording(key="RE1", call_sid=garage.call_sid, business_id=garage.id))
    text = as_operator.get(card(garage)).text
    assert "מתמללים…" in text
    for step in ("הקלטה: בתהליך", "תמלול: ממתין", "סיכום: ממתין"):
        assert step in text
    assert re.search(r"data-pending", text)
    assert f'href="{card(garage)}">' in text  # looking again needs no script
    assert "מה המחיר?" in text  # what was heard live stands in for the transcript


def test_a_made_card_shows_all_of_it(as_operator: Browser, parts: Services, garage: House) -> None:
    set_lead(
        parts, garage, status="processed", name="דנה כהן", headline="הרכב לא מניע",
        summary="הרכב לא מניע\nמבקשת תור מחר\nמחיפה", next_step="לחזור מחר",
        summary_source="openai", transcript="caller: שלום",
        fields={"area": "חיפה", "sentiment": "negative", "callback": "transfer_unanswered"},
    )  # fmt: skip
    text = as_operator.get(card(garage)).text
    for said in ("הרכב לא מניע", "מבקשת תור מחר", "לחזור מחר", "חיפה", "לא מרוצה", "תשובה מהירה"):
        assert said in text
    assert "השיחה הועברה, ואף אחד לא ענה." in text
    assert "בלי בינה מלאכותית" not in text
    assert "data-pending" not in text
    assert 'href="tel:+972541234567"' in text


def test_the_card_says_when_in_words_and_in_full(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, created_at=datetime(2026, 3, 1, 12, 5, tzinfo=UTC))
    text = as_operator.get(card(garage)).text
    facts = text[text.index('id="lead-chips"') : text.index('id="lead-summary-box"')]
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", facts))
    assert re.search(r"לפני [^·]+ · 1 במרץ 2026, 14:05", said)


def test_without_a_recording_the_lines_have_their_times(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.get_one(Call, garage.call_sid).turns[1].start_ms = 63_400
    text = as_operator.get(card(garage)).text
    assert '<span class="chat-time" dir="ltr">1:03</span>' in text


def test_the_card_leads_to_its_call(as_operator: Browser, parts: Services, garage: House) -> None:
    address = f'href="/b/{garage.id}/calls/{garage.call_sid}"'
    assert address in as_operator.get(card(garage)).text
    with parts.database.write() as session:
        session.delete(session.get_one(Call, garage.call_sid))
    assert address not in as_operator.get(card(garage)).text


def test_amber_is_for_what_needs_somebody(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, work_status="in_work")
    assert "chip-warn" not in as_operator.get(card(garage)).text
    set_lead(parts, garage, fields={"callback": "transfer_unanswered"})
    assert "chip-warn" in as_operator.get(card(garage)).text


def test_a_summary_without_a_model_says_so(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, status="processed", headline="x", summary_source="extractive")
    assert "בלי בינה מלאכותית" in as_operator.get(card(garage)).text


def test_a_failure_is_told_in_plain_words_and_can_be_tried_again(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, status="failed", error="ZeroDivisionError: division by zero")
    text = as_operator.get(card(garage)).text
    assert "הסיכום לא הצליח. השיחה שמורה במלואה" in text
    answer = as_operator.post(card(garage, "retry"))
    assert (answer.status_code, answer.location) == (303, card(garage))
    assert stored(parts, garage).status == "processing"
    with parts.database.read() as session:
        kinds = session.scalars(select(JobRow.kind).where(JobRow.state == "queued")).all()
    assert "summarise" in kinds
    part = as_htmx(as_operator, card(garage, "retry"), {})
    assert "innerHTML:#lead-summary-box" in part.text


def test_the_parts_change_their_version_only_with_what_they_show(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    def versions() -> dict[str, str]:
        text = as_operator.part(card(garage, "parts")).text
        found = re.findall(r'hx-swap-oob="innerHTML:([^"]+)" data-version="(\w+)"', text)
        return dict(found)

    before = versions()
    assert versions() == before
    set_lead(parts, garage, fields={"area": "חיפה"})
    after = versions()
    assert {place for place in before if before[place] != after[place]} == {"#lead-details-box"}
    set_lead(parts, garage, name="דנה")
    renamed = versions()
    changed = {place for place in after if after[place] != renamed[place]}
    assert changed == {".heading h1", "#lead-chips-box"}
    set_lead(parts, garage, tags=["דחוף"])
    tagged = versions()
    assert {place for place in tagged if renamed[place] != tagged[place]} == {"#lead-chips-box"}


def test_looking_at_a_card_does_not_mark_it(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    as_operator.get(card(garage))
    assert stored(parts, garage).read_at is None
    assert as_htmx(as_operator, card(garage, "read"), {"read": "yes"}).status_code == 200
    first = stored(parts, garage).read_at
    assert first is not None
    as_operator.post(card(garage, "read"), {"read": "yes"})
    assert stored(parts, garage).read_at == first
    back = as_operator.post(card(garage, "read"), {"read": "no"})
    assert back.location == f"/b/{garage.id}/leads"
    assert stored(parts, garage).read_at is None


def test_work_status_with_and_without_scripts(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    answer = as_operator.post(card(garage, "work"), {"work_status": "in_work"})
    assert (answer.status_code, answer.location) == (303, card(garage))
    part = as_htmx(as_operator, card(garage, "work"), {"work_status": "done"})
    assert re.search(r'value="done" aria-pressed="true"', part.text)
    assert "innerHTML:#lead-chips-box" in part.text
    as_operator.post(card(garage, "work"), {"work_status": "hacked"})
    assert stored(parts, garage).work_status == "done"


def test_the_name_is_changed_and_a_wrong_one_is_kept_in_the_form(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    assert as_operator.post(card(garage, "name"), {"name": " דנה כהן "}).status_code == 303
    assert stored(parts, garage).name == "דנה כהן"
    answer = as_operator.post(card(garage, "name"), {"name": "x" * 201})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "x" * 201 in answer.text
    assert stored(parts, garage).name == "דנה כהן"


def test_tags_come_and_go_one_by_one(as_operator: Browser, parts: Services, garage: House) -> None:
    for tag in ("דחוף", "גרירה", "דחוף"):
        as_operator.post(card(garage, "tags"), {"tag": tag})
    assert stored(parts, garage).tags == ["דחוף", "גרירה"]
    text = as_operator.get(card(garage)).text
    head = text[text.index('id="lead-chips"') : text.index('id="lead-summary-box"')]
    assert "דחוף" in head
    assert "גרירה" in head
    part = as_htmx(as_operator, card(garage, "tags"), {"remove": "דחוף"})
    assert "innerHTML:#lead-chips-box" in part.text  # at the top as well
    assert "דחוף" not in part.text
    assert stored(parts, garage).tags == ["גרירה"]
    for headers in ({}, HTMX):
        wrong = as_operator.post(card(garage, "tags"), {"tag": "x" * 41}, headers=headers)
        assert wrong.status_code == 422
        assert "בתגית יש 1 עד 40 תווים" in wrong.text


def test_notes_are_saved_with_and_without_scripts(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    first = {"notes": "חזרתי\r\nאליה", "notes_version": notes_version("")}
    assert as_operator.post(card(garage, "notes"), first).status_code == 303
    assert stored(parts, garage).notes == "חזרתי\nאליה"
    second = {"notes": "לא ענתה", "notes_version": notes_version("חזרתי\nאליה")}
    part = as_htmx(as_operator, card(garage, "notes"), second)
    assert "נשמר" in part.text
    assert f'value="{notes_version("לא ענתה")}"' in part.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_of_two_who_write_notes_the_second_is_told(
    as_operator: Browser, as_admin: Browser, parts: Services, garage: House, headers: Any
) -> None:
    start = notes_version("")
    as_admin.post(card(garage, "notes"), {"notes": "של רות", "notes_version": start})
    mine = {"notes": "שלי", "notes_version": start}
    told = as_operator.post(card(garage, "notes"), mine, headers=headers)
    assert told.status_code == 409
    assert "של רות" in told.text
    assert "מישהו אחר שינה את ההערות" in told.text
    assert stored(parts, garage).notes == "של רות"
    if not headers:
        assert re.search(r"<textarea[^>]*>\s*שלי</textarea>", told.text)
    on_purpose = mine | {"in_place_of": notes_version("של רות")}
    as_operator.post(card(garage, "notes"), on_purpose)
    assert stored(parts, garage).notes == "שלי"


def test_deleting_asks_first_and_takes_everything_of_the_number(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.add(Lead(business_id=garage.id, call_sid="CA_2", phone="+972541234567"))
        session.add(Lead(business_id=garage.id, call_sid="CA_3", phone="+972500000000"))
    asked = as_admin.get(card(garage, "delete"))
    assert "2 פניות של המספר הזה" in asked.text
    answer = as_admin.post(card(garage, "delete"))
    assert (answer.status_code, answer.location) == (303, f"/b/{garage.id}/leads")
    assert "כל המידע על המספר נמחק: 2 פניות." in as_admin.get(answer.location).text
    with parts.database.read() as session:
        left = session.scalars(select(Lead.call_sid).where(Lead.business_id == garage.id)).all()
    assert left == ["CA_3"]
    assert as_admin.get(card(garage)).status_code == 404
    assert [entry[1] for entry in audit(parts)][-1] == "personal_data.delete"


def test_nothing_is_deleted_while_the_number_is_on_the_phone(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.get_one(Call, garage.call_sid).ended_at = None
    answer = as_admin.post(card(garage, "delete"))
    assert "המספר הזה נמצא בשיחה עכשיו" in as_admin.get(answer.location).text
    assert stored(parts, garage).phone == "+972541234567"


def test_operators_do_not_delete(as_operator: Browser, garage: House) -> None:
    assert card(garage, "delete") not in as_operator.get(card(garage)).text
    assert as_operator.get(card(garage, "delete")).status_code == 403
    assert as_operator.post(card(garage, "delete")).status_code == 403


def test_a_lead_of_a_hidden_number_goes_alone(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, phone="anonymous")
    with parts.database.write() as session:
        session.add(Lead(business_id=garage.id, call_sid="CA_2", phone="anonymous"))
    assert "הפנייה תימחק" in as_admin.get(card(garage, "delete")).text
    answer = as_admin.post(card(garage, "delete"))
    assert "הפנייה נמחקה." in as_admin.get(answer.location).text
    with parts.database.read() as session:
        left = session.scalars(select(Lead.call_sid).where(Lead.business_id == garage.id)).all()
    assert left == ["CA_2"]


def test_everything_about_a_number_is_handed_over_and_that_is_on_record(
    as_admin: Browser, as_operator: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.add(Lead(business_id=garage.id, call_sid="CA_2", phone="+972541234567"))
        session.add(Lead(business_id=garage.id, call_sid="CA_3", phone="+972500000000"))
    file = as_admin.post(card(garage, "export"))
    assert file.headers["Content-Disposition"].startswith('attachment; filename="lead-')
    assert file.json is not None
    assert [lead["call_sid"] for lead in file.json["leads"]] == [garage.call_sid, "CA_2"]
    assert [call["call_sid"] for call in file.json["calls"]] == [garage.call_sid]
    assert [entry[1] for entry in audit(parts)] == ["personal_data.export"]
    assert card(garage, "export") not in as_operator.get(card(garage)).text
    assert as_operator.post(card(garage, "export")).status_code == 403


def test_a_hidden_number_is_neither_called_nor_has_a_history(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    set_lead(parts, garage, phone="anonymous")
    text = as_admin.get(card(garage)).text
    assert "מספר חסוי" in text
    assert "tel:" not in text


def test_the_other_calls_of_the_number_are_linked(
    as_operator: Browser, parts: Services, garage: House, bakery: House
) -> None:
    with parts.database.write() as session:
        earlier = Lead(
            business_id=garage.id, call_sid="CA_2", phone="+972541234567", headline="שעות פתיחה"
        )
        session.add(earlier)
    text = as_operator.get(card(garage)).text
    assert "שעות פתיחה" in text
    assert f"/b/{garage.id}/leads/{earlier.id}" in text
    assert f"/leads/{bakery.lead_id}" not in text


def test_the_recording_has_a_plain_player_too(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    assert "<audio" not in as_operator.get(card(garage)).text
    with parts.database.write() as session:
        session.add(
            Recording(
                key="RE1", call_sid=garage.call_sid, lead_id=garage.lead_id, state="stored",
                storage_key="x.wav", business_id=garage.id, duration=12, source="bridge",
            )
        )  # fmt: skip
    text = as_operator.get(card(garage)).text
    url = f"/api/leads/{garage.lead_id}/recording"
    assert f'<audio controls preload="none" src="{url}">' in text
    assert f'href="{url}#t=' in text  # a line's time plays from there, without scripts too


def test_hostile_words_are_words(as_admin: Browser, parts: Services, garage: House) -> None:
    attack = "\"'><script>alert(1)</script>"
    set_lead(
        parts, garage, status="processed", name=attack, headline=attack, notes=attack,
        summary=f"{attack}\n{attack}", next_step=attack, error=attack, tags=[attack],
        fields={"need": attack, attack: attack, "callback": attack},
    )  # fmt: skip
    with parts.database.write() as session:
        session.get_one(Call, garage.call_sid).turns[1].text = attack
    for path in (card(garage), card(garage, "parts"), card(garage, "delete")):
        text = as_admin.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("GET", ""), ("GET", "parts"), ("GET", "delete"), ("POST", "read"), ("POST", "work"),
        ("POST", "name"), ("POST", "tags"), ("POST", "notes"), ("POST", "retry"),
        ("POST", "delete"),
    ],
)  # fmt: skip
def test_another_business_s_lead_is_not_there(
    as_admin: Browser, parts: Services, garage: House, bakery: House, method: str, action: str
) -> None:
    data = {"name": "x", "notes": "x", "tag": "x", "work_status": "lost"}
    through_mine = House(garage.id, "", 0, bakery.lead_id, "")
    for house in (bakery, through_mine):
        path = card(house, action)
        answer = as_admin.get(path) if method == "GET" else as_admin.post(path, data)
        assert answer.status_code == 404
    assert audit(parts) == []


def test_english_is_english(as_operator: Browser, parts: Services, garage: House) -> None:
    set_lead(parts, garage, status="failed", headline="x", fields={"area": "Haifa"})
    with parts.database.write() as session:
        for turn in session.get_one(Call, garage.call_sid).turns:
            turn.text = "hello"
    text = as_operator.speaks("en").get(card(garage)).text
    main = text[text.index("<main") : text.index("</main>")]
    assert not re.search(r"[א-ת]", main)
