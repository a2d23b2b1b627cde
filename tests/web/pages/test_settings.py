"""The settings, as a person changes them; all of it without JavaScript."""

from __future__ import annotations

import re

import pytest

from server.business_settings import BusinessSettings
from server.clock import utc_now
from server.models import Business, Call
from server.web.settings import SECTIONS
from server.wiring import Services
from tests.web.conftest import House, audit
from tests.web.pages.conftest import Browser, seen


def settings_of(parts: Services, house: House) -> BusinessSettings:
    profile = parts.directory.by_id(house.id)
    assert profile is not None
    return profile.settings


def page(house: House, section: str = "") -> str:
    return f"/b/{house.id}/settings" + (f"/{section}" if section else "")


def saved(browser: Browser, house: House, section: str, **typed: object) -> None:
    answer = browser.post(page(house, section), dict(typed))
    assert (answer.status_code, answer.location) == (303, page(house, section)), answer.text


@pytest.mark.parametrize("lang", ["he", "en"])
def test_every_section_opens_in_both_languages(as_admin: Browser, garage: House, lang: str) -> None:
    as_admin.speaks(lang)
    index = as_admin.get(page(garage))
    assert index.status_code == 200
    for section in SECTIONS:
        assert f'href="{page(garage, section.key)}"' in index.text
        shown = as_admin.get(page(garage, section.key))
        assert shown.status_code == 200, section.key
        assert shown.text.count("<h1>") == 1
    for elsewhere in ("ears", "members", "webhooks", "tokens", "audit", "connect"):
        assert f'href="{page(garage, elsewhere)}"' in index.text


def test_an_operator_has_no_settings(as_operator: Browser, garage: House) -> None:
    assert as_operator.get(page(garage)).status_code == 403
    assert as_operator.post(page(garage, "details"), {"name": "x"}).status_code == 403


def test_another_business_has_none_either(as_admin: Browser, bakery: House) -> None:
    assert as_admin.get(page(bakery, "details")).status_code == 404
    assert as_admin.post(page(bakery, "details"), {"name": "x"}).status_code == 404


def test_details_are_saved_and_written_down(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    typed = {"name": "מוסך אחר", "lang": "en-US", "timezone": "Europe/Berlin"}
    saved(as_admin, garage, "details", **typed)
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert (profile.name, profile.lang, profile.timezone) == tuple(typed.values())
    assert audit(parts)[-1][1:] == ("business.update", garage.id, f"business:{garage.id}")


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    as_admin.speaks("en")
    answer = as_admin.post(
        page(garage, "details"), {"name": " ", "lang": "he-IL", "timezone": "Asia/Jerusalem"}
    )
    assert answer.status_code == 422
    assert "This is needed." in answer.text
    assert 'aria-invalid="true"' in answer.text
    answer = as_admin.post(page(garage, "numbers"), {"numbers": f"{garage.number}\nabc<b>"})
    assert answer.status_code == 422
    assert "Line 2: This is not a phone number." in answer.text
    assert "abc&lt;b&gt;" in answer.text
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert profile.numbers == (garage.number,)


def test_a_number_of_another_business_is_refused(
    as_admin: Browser, garage: House, bakery: House
) -> None:
    as_admin.speaks("en")
    answer = as_admin.post(page(garage, "numbers"), {"numbers": bakery.number})
    assert answer.status_code == 422
    assert "rings at another business" in answer.text


def test_opening_hours_have_several_ranges_a_day(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    saved(
        as_admin,
        garage,
        "hours",
        **{
            "always": "0",
            "sun-0-opens": "16:00",
            "sun-0-closes": "19:00",
            "sun-2-opens": "08:30",
            "sun-2-closes": "13:00",
            "fri-0-opens": "08:00",
            "fri-0-closes": "12:00",
        },
    )
    hours = settings_of(parts, garage).opening_hours
    assert {day: [f"{one.opens:%H:%M}" for one in ranges] for day, ranges in hours.items()} == {
        "sun": ["08:30", "16:00"],
        "fri": ["08:00"],
    }
    shown = as_admin.get(page(garage, "hours")).text
    assert 'name="sun-0-opens" value="08:30"' in shown
    assert 'name="sun-1-closes" value="19:00"' in shown
    saved(as_admin, garage, "hours", always="1")
    assert settings_of(parts, garage).opening_hours == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Say when you are open"),
        ({"mon-0-opens": "09:00", "mon-0-closes": "08:00"}, "It has to open before it closes."),
        ({"mon-0-opens": "09:00"}, "A time of day"),
        ({"mon-0-opens": "soon", "mon-0-closes": "08:00"}, "A time of day"),
    ],
)
def test_hours_that_cannot_be(
    as_admin: Browser, parts: Services, garage: House, typed: dict[str, str], said: str
) -> None:
    as_admin.speaks("en")
    answer = as_admin.post(page(garage, "hours"), {"always": "0"} | typed)
    assert answer.status_code == 422
    assert said in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert settings_of(parts, garage).opening_hours == {}


def test_the_week_begins_where_the_business_has_it(as_admin: Browser, garage: House) -> None:
    def days() -> list[str]:
        shown = as_admin.get(page(garage, "hours")).text
        return re.findall(r'name="(\w{3})-0-opens"', shown)

    assert days() == ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    saved(as_admin, garage, "details", name="x", lang="en-GB", timezone="Europe/London")
    assert days()[0] == "mon"


def test_greetings_and_who_speaks_first(as_admin: Browser, parts: Services, garage: House) -> None:
    saved(
        as_admin,
        garage,
        "greeting",
        greeting_text="  בוקר טוב.\r\nמוסך.  ",
        after_hours_greeting="סגור עכשיו.",
        outbound_greeting="",
        first="caller",
    )
    own = settings_of(parts, garage)
    assert own.caller_speaks_first
    assert not own.generated_greeting
    assert own.after_hours_greeting == "סגור עכשיו."
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert profile.greeting_text == "בוקר טוב.\nמוסך."
    empty = {"greeting_text": "", "after_hours_greeting": "", "outbound_greeting": ""}
    saved(as_admin, garage, "greeting", **empty, first="agent", generated_greeting="y")
    own = settings_of(parts, garage)
    assert (own.caller_speaks_first, own.generated_greeting) == (False, True)


@pytest.mark.parametrize(
    ("section", "theirs", "mine"),
    [
        ("blocked", {"blocked_numbers": "+972500000001"}, {"blocked_numbers": "+972500000002"}),
        (
            "hours",
            {"always": "0", "sun-0-opens": "08:00", "sun-0-closes": "16:00"},
            {"always": "1"},
        ),
    ],
)
def test_who_was_overtaken_is_told_and_overwrites_nothing_unseen(
    as_admin: Browser,
    as_owner: Browser,
    parts: Services,
    garage: House,
    section: str,
    theirs: dict[str, str],
    mine: dict[str, str],
) -> None:
    began = seen(as_admin.get(page(garage, section)).text)
    saved(as_owner, garage, section, seen=began, **theirs)
    after = settings_of(parts, garage)
    told = as_admin.post(page(garage, section), {"seen": began, **mine})
    assert told.status_code == 409
    assert settings_of(parts, garage) == after
    saved(as_admin, garage, "cost", daily_cost_cap_usd="5")  # another section is another matter
    saved(as_admin, garage, section, seen=seen(told.text), **mine)


def test_the_small_sections(as_admin: Browser, parts: Services, garage: House) -> None:
    saved(as_admin, garage, "transfer", transfer_number="+972541112222")
    saved(as_admin, garage, "words", phrase_hints="דיזנגוף\n\n  רמת גן \n")
    saved(as_admin, garage, "recording", recording="y", retention_days="30", lead_retention_days="")
    saved(as_admin, garage, "blocked", blocked_numbers="054-111 2222\n058*", block_hidden="y")
    saved(as_admin, garage, "cost", daily_cost_cap_usd="$2.5")
    own = settings_of(parts, garage)
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert profile.phrase_hints == ("דיזנגוף", "רמת גן")
    assert own == BusinessSettings(
        transfer_number="+972541112222",
        recording=True,
        retention_days=30,
        blocked_numbers=["+972541112222", "+97258*"],
        block_hidden=True,
        daily_cost_cap_usd=2.5,
    )
    saved(as_admin, garage, "recording", retention_days="30", lead_retention_days="400")
    own = settings_of(parts, garage)
    assert (own.recording, own.lead_retention_days) == (False, 400)


@pytest.mark.parametrize(
    ("section", "typed", "said"),
    [
        ("transfer", {"transfer_number": "0541112222"}, "with its country"),
        ("recording", {"retention_days": "0"}, "At least 1"),
        ("recording", {"retention_days": "a month"}, "A whole number"),
        ("blocked", {"blocked_numbers": "+972541112222\nanonymous"}, "Line 2: A phone number"),
        ("cost", {"daily_cost_cap_usd": "-1"}, "At least 0"),
        ("cost", {"daily_cost_cap_usd": "much"}, "A number"),
        ("cost", {"daily_cost_cap_usd": "nan"}, "A number"),
        ("words", {"phrase_hints": "א" * 101}, "Line 1: At most 100"),
        ("greeting", {"greeting_text": "א" * 501, "first": "agent"}, "At most 500"),
    ],
)
def test_what_cannot_be_saved(
    as_admin: Browser,
    parts: Services,
    garage: House,
    section: str,
    typed: dict[str, str],
    said: str,
) -> None:
    as_admin.speaks("en")
    before = settings_of(parts, garage)
    answer = as_admin.post(page(garage, section), typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert settings_of(parts, garage) == before


def costs_today(parts: Services, house: House, usd: float, *, is_test: bool = False) -> None:
    with parts.database.write() as session:
        call = session.get_one(Call, house.call_sid)
        call.cost_usd, call.is_test = usd, is_test
        call.started_at = utc_now()
    profile = parts.directory.by_id(house.id)
    assert profile is not None
    parts.calls.costs.read([profile])


def test_the_cost_of_today_is_shown_with_its_cap(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    as_admin.speaks("en")
    saved(as_admin, garage, "cost", daily_cost_cap_usd="1")
    costs_today(parts, garage, 1.25)
    shown = as_admin.get(page(garage, "cost")).text
    assert "$1.25" in shown
    assert "The cap is reached" in shown
    assert "reached its cap" in as_admin.get(page(garage)).text


def test_test_calls_cost_apart_and_put_nobody_onto_messages(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    as_admin.speaks("en")
    saved(as_admin, garage, "cost", daily_cost_cap_usd="1")
    costs_today(parts, garage, 1.25, is_test=True)
    shown = as_admin.get(page(garage, "cost")).text
    assert "$0.00" in shown
    assert "Apart from that, test calls:" in shown
    assert "$1.25" in shown
    assert "Test calls have cost as much as the cap" in shown
    assert "The cap is reached" not in shown
    assert "reached its cap" not in as_admin.get(page(garage)).text
    assert "prepared answers only" in as_admin.get(f"/b/{garage.id}/phone").text


def test_hostile_text_is_text(as_admin: Browser, parts: Services, garage: House) -> None:
    bad = "<script>alert(1)</script>"
    saved(as_admin, garage, "details", name=bad, lang="he-IL", timezone="Asia/Jerusalem")
    for section in ("", "details", "greeting"):
        assert bad not in as_admin.get(page(garage, section)).text


def test_an_owner_adds_a_business(as_owner: Browser, parts: Services, garage: House) -> None:
    typed = {
        "name": "מאפייה",
        "numbers": "03-555-1234\n",
        "greeting_text": "",
        "ai_prompt": "אתם קולטים הזמנות של עוגות.",
        "lang": "he-IL",
        "timezone": "Asia/Jerusalem",
    }
    answer = as_owner.post("/businesses/new", typed)
    assert answer.status_code == 303
    made = parts.directory.by_number("+97235551234")
    assert made is not None
    assert made.ai_prompt == "אתם קולטים הזמנות של עוגות."
    assert answer.location == f"/b/{made.id}/settings"
    again = as_owner.speaks("en").post("/businesses/new", typed)
    assert again.status_code == 422
    assert "rings at another business" in again.text


def test_only_owners_add_businesses(as_admin: Browser) -> None:
    assert as_admin.get("/businesses/new").status_code == 403
    assert as_admin.post("/businesses/new", {"name": "x"}).status_code == 403


def test_the_list_of_businesses(
    as_owner: Browser, as_admin: Browser, garage: House, bakery: House
) -> None:
    assert f'href="/b/{bakery.id}/"' in as_owner.get("/businesses").text
    mine = as_admin.get("/businesses").text
    assert f'href="/b/{garage.id}/"' in mine
    assert f'href="/b/{bakery.id}/"' not in mine
    for q in ("מאפ", "03-765", bakery.number):
        found = as_owner.get("/businesses", query_string={"q": q}).text
        assert f'href="/b/{bakery.id}/"' in found, q
        assert found.count('class="list-arrow') == 0 or f'/b/{garage.id}/">' not in found
    assert as_owner.get("/businesses?q=nothing-like-it").status_code == 200
    assert as_owner.get("/businesses?cursor=%00").status_code == 422


def test_an_owner_of_many_businesses_finds_them_all(as_owner: Browser, parts: Services) -> None:
    with parts.database.write() as session:
        session.add_all([Business(name=f"עסק {number:02}") for number in range(60)])
    first = as_owner.get("/businesses").text
    more = re.search(r'href="(/businesses\?cursor=[^"]+)"', first)
    assert more is not None
    pages = first + as_owner.get(more[1]).text
    assert all(f">עסק {number:02}<" in pages for number in range(60))
    assert ">עסק 59<" in as_owner.get("/businesses", query_string={"q": "59"}).text


def test_who_is_alerted_is_set_and_tried(
    as_admin: Browser, as_operator: Browser, parts: Services, garage: House
) -> None:
    text = as_admin.speaks("en").get(page(garage, "alerts")).text
    assert "cannot send SMS yet" in text
    assert "cannot send e-mails yet" in text
    tried = as_admin.post(page(garage, "alerts/test"))
    assert "Nobody is told yet" in as_admin.get(tried.location).text
    told = {"alert_numbers": "054-111 2222\n\n", "alert_emails": "boss@x.test\nDana@x.test"}
    saved(as_admin, garage, "alerts", **told)
    own = settings_of(parts, garage)
    assert own.alert_numbers == ["+972541112222"]
    assert own.alert_emails == ["boss@x.test", "dana@x.test"]
    tried = as_admin.post(page(garage, "alerts/test"))
    assert "3 recipients" in as_admin.get(tried.location).text
    wrong = as_admin.post(page(garage, "alerts"), {"alert_emails": "boss@x.test\nnobody"})
    assert wrong.status_code == 422
    assert "Line 2:" in wrong.text
    assert as_operator.post(page(garage, "alerts/test")).status_code == 403
