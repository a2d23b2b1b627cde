"""Somebody works through the leads: finds them, reads a card, listens, writes, hears of news."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from server.models import Lead
from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.crowds import fill
from tests.e2e.calling import answered_call, hear_greeting
from tests.scenes import SCENES, Said, Scene

Looks = Callable[..., None]
Accessible = Callable[[Page], None]

WORDS = {
    "he": {
        "on phone": "בשיחה עכשיו", "made": "בלי בינה מלאכותית", "saved": "נשמר", "done": "טופלה",
        "new": "פנייה חדשה אחת", "none": "לא נמצא דבר", "play": "השמעה", "pause": "השהיה",
    },
    "en": {
        "on phone": "On the phone now", "made": "without artificial intelligence",
        "saved": "Saved", "done": "Settled", "new": "1 new lead", "none": "Nothing fits",
        "play": "Play", "pause": "Pause",
    },
}  # fmt: skip
ATTACK = (
    "\"><img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
)
HOSTILE = Scene(
    "+972501239999",
    (Said("agent", "שלום.", 1.0, "GREETING"), Said("caller", ATTACK, 2.0)),
    name=ATTACK,
    headline=ATTACK,
    points=(ATTACK,),
    next_step=ATTACK,
    fields={"need": ATTACK},
    notes=ATTACK,
    tags=("<b>vip</b>",),
)


def card_of(site: Site, page: Page, scene: Scene) -> int:
    """Open the card of a new call that went like ``scene``; return the lead's id."""
    lead_id = site.add(scene)
    page.goto(f"/b/{site.garage}/leads/{lead_id}")
    return lead_id


def lead_of(site: Site, lead_id: int) -> Lead:
    with site.read() as session:
        return session.get_one(Lead, lead_id)


@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_a_card_makes_itself_while_the_call_ends(
    site: Site, person: Person, accessible: Accessible, look: Looks, lang: str, phone: bool
) -> None:
    said = WORDS[lang]
    caller = answered_call(site.server)
    lead_id = site.server.eventually(
        f"/api/calls/{caller.line.call_sid}", lambda call: call.get("lead_id")
    )["lead_id"]
    page = person("operator", lang=lang, phone=phone)
    page.goto(f"/b/{site.garage}/leads/{lead_id}")
    expect(page.locator("#lead-chips")).to_contain_text(said["on phone"])
    accessible(page)
    look(page, f"lead-on-the-phone-{lang}")
    hear_greeting(caller)
    caller.type_words("כמה עולה טיפול? קוראים לי דנה כהן.")
    expect(page.locator("#lead-chat .bubble").nth(1)).to_contain_text("דנה כהן")
    caller.hang_up()
    expect(page.locator(".lead-headline")).to_be_visible(timeout=20_000)
    expect(page.locator("#lead-summary")).to_contain_text(said["made"])
    expect(page.locator("#lead-chips")).not_to_contain_text(said["on phone"])
    expect(page.locator("#lead-summary .btn")).to_have_count(0)
    accessible(page)


def test_the_recording_comes_by_itself(site: Site, person: Person) -> None:
    business = f"/api/businesses/{site.garage}"
    site.server.send("PATCH", business, {"settings": {"recording": True}})
    try:
        caller = answered_call(site.server, test=False)
        page = person("operator")
        lead_id = site.server.eventually(
            f"/api/calls/{caller.line.call_sid}", lambda call: call.get("lead_id")
        )["lead_id"]
        page.goto(f"/b/{site.garage}/leads/{lead_id}")
        hear_greeting(caller)
        caller.hang_up()
        expect(page.locator("[data-time]")).to_have_text(re.compile(r"/ 0:0[1-9]"), timeout=20_000)
        expect(page.locator(".chat-part[data-start-ms]").first).to_be_visible()
    finally:
        site.server.send("PATCH", business, {"settings": {"recording": False}})


def test_what_is_typed_and_played_stays_while_the_card_changes(site: Site, person: Person) -> None:
    page = person("operator")
    lead_id = card_of(site, page, SCENES[0])
    play = page.locator("[data-play]")
    expect(page.locator("[data-time]")).to_have_text(re.compile(r"^0:00 / 0:[1-9]"))
    play.click()
    expect(page.locator(".player")).to_have_class(re.compile("is-playing"))
    page.locator("#tag").fill("חצי מילה")
    site.server.send("PATCH", f"/api/leads/{lead_id}", {"name": "שם מאדם אחר"})
    expect(page.locator("h1")).to_contain_text("שם מאדם אחר")
    expect(page.locator(".player")).to_have_class(re.compile("is-playing"))
    expect(page.locator("#tag")).to_have_value("חצי מילה")


def test_looking_at_a_card_marks_it_as_read(site: Site, person: Person) -> None:
    page = person("operator")
    lead_id = card_of(site, page, SCENES[1])
    expect(page.get_by_role("button", name="סימון כלא נקראה")).to_be_visible()
    assert lead_of(site, lead_id).read_at is not None
    page.get_by_role("button", name="סימון כלא נקראה").click()
    page.wait_for_url(re.compile(r"/leads$"))
    assert lead_of(site, lead_id).read_at is None
    expect(page.locator(f"#lead-{lead_id}")).to_have_class(re.compile("is-unread"))


@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_typing_finds(
    site: Site, person: Person, accessible: Accessible, lang: str, phone: bool
) -> None:
    lead_id, who = site.add(SCENES[0]), {"he": "אבינועם", "en": "Abinoam"}[lang]
    with site.write() as session:
        session.get_one(Lead, lead_id).name = f"אברהם {who}"
    page = person("operator", lang=lang, phone=phone)
    page.goto(f"/b/{site.garage}/leads")
    rows = page.locator(".lead-row")
    expect(rows).not_to_have_count(1)
    accessible(page)
    page.locator("#q").press_sequentially(who, delay=20)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("אברהם")
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator("#q")).to_be_focused()
    page.locator("#q").fill("אין דבר כזה")
    expect(page.locator("#leads")).to_contain_text(WORDS[lang]["none"])
    accessible(page)
    page.go_back()
    expect(page.locator(f"#lead-{lead_id}")).to_be_visible()


def test_a_new_call_is_announced_and_nothing_jumps(site: Site, person: Person, look: Looks) -> None:
    page = person("operator")
    page.goto(f"/b/{site.garage}/leads")
    first = page.locator(".lead-row").first.get_attribute("id")
    line = answered_call(site.server, test=False)
    expect(page.locator("#newer")).to_contain_text(WORDS["he"]["new"])
    assert page.locator(".lead-row").first.get_attribute("id") == first
    look(page, "leads-newer", full=False)
    page.locator(".newer-bar").click()
    row = page.locator(".lead-row").first
    expect(row).not_to_have_id(first or "")
    expect(row).to_contain_text("בשיחה עכשיו")
    line.hang_up()
    expect(row).not_to_contain_text("בשיחה עכשיו", timeout=20_000)


def test_a_row_that_changes_keeps_its_tick_and_the_focus(site: Site, person: Person) -> None:
    lead_id = site.add(SCENES[0])
    page = person("operator")
    page.goto(f"/b/{site.garage}/leads")
    row = page.locator(f"#lead-{lead_id}")
    page.locator("#selecting").check()
    row.locator("input[name=ids]").check()
    row.locator(".lead-link").focus()
    site.server.send("PATCH", f"/api/leads/{lead_id}", {"name": "שם מאדם אחר"})
    expect(row).to_contain_text("שם מאדם אחר")
    expect(row.locator("input[name=ids]")).to_be_checked()
    expect(row.locator(".lead-link")).to_be_focused()


def test_the_keyboard_goes_on_where_a_part_was_exchanged(site: Site, person: Person) -> None:
    with site.write() as session:
        fill(session, site.ids.bakery, leads=60)
    page = person("stranger")
    page.goto(f"/b/{site.ids.bakery}/leads")
    filters = page.locator("#leads .filters a")
    filters.nth(1).focus()
    page.keyboard.press("Enter")
    expect(filters.nth(1)).to_have_attribute("aria-current", "true")
    expect(filters.nth(1)).to_be_focused()
    page.goto(f"/b/{site.ids.bakery}/leads")
    rows = page.locator(".lead-row")
    before = rows.count()
    page.locator(".lead-more a").focus()
    page.keyboard.press("Enter")
    expect(rows).not_to_have_count(before)
    expect(rows.nth(before).locator(".lead-link")).to_be_focused()


def test_a_tag_is_taken_away_with_the_keyboard(site: Site, person: Person) -> None:
    page = person("operator")
    card_of(site, page, HOSTILE)
    page.locator(".lead-tags button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lead-tags button")).to_have_count(0)
    expect(page.locator("#tag-add")).to_be_focused()


def test_several_are_settled_at_once(site: Site, person: Person) -> None:
    ids = [site.add(scene) for scene in SCENES[:2]]
    page = person("operator", phone=True)
    page.goto(f"/b/{site.garage}/leads")
    tick = page.locator(f"#lead-{ids[0]} input[name=ids]")
    expect(tick).to_be_hidden()
    page.locator("#selecting").check()
    for lead_id in ids:
        page.locator(f"#lead-{lead_id} input[name=ids]").check()
    page.get_by_role("button", name=WORDS["he"]["done"], exact=True).click()
    expect(page.locator(".toasts")).to_contain_text("2 פניות עודכנו.")
    for lead_id in ids:
        expect(page.locator(f"#lead-{lead_id}")).to_contain_text(WORDS["he"]["done"])


def test_what_did_not_work_is_told_until_it_is_closed(site: Site, person: Person) -> None:
    site.add(SCENES[0])
    page = person("operator", phone=True)
    page.goto(f"/b/{site.garage}/leads")
    page.locator("#selecting").check()
    page.get_by_role("button", name=WORDS["he"]["done"], exact=True).click()
    toast = page.locator(".toast-line")
    expect(toast).to_contain_text("לא סומנה")
    toast.get_by_role("button", name="סגירה").click()
    expect(toast).to_have_count(0)


@pytest.mark.parametrize("lang", ["he", "en"])
def test_notes_save_themselves_and_say_so(site: Site, person: Person, lang: str) -> None:
    page = person("operator", lang=lang)
    lead_id = card_of(site, page, SCENES[2])
    notes, state = page.locator("#notes"), page.locator("#notes-state")
    saved = re.compile(rf"^\s*{WORDS[lang]['saved']}\s*$")
    notes.fill("חזרתי אליו, ")
    expect(state).to_have_text(saved)
    notes.press("End")
    notes.press_sequentially("לא ענה")
    expect(state).not_to_have_text(saved)
    expect(state).to_have_text(saved)
    assert lead_of(site, lead_id).notes == "חזרתי אליו, לא ענה"
    expect(notes).to_be_focused()


def test_notes_that_were_typed_meanwhile_are_not_called_saved(site: Site, person: Person) -> None:
    page = person("operator")
    lead_id = card_of(site, page, SCENES[2])
    notes, state = page.locator("#notes"), page.locator("#notes-state")
    state.evaluate(
        "(state) => { window.told = [];"
        " new MutationObserver(() => told.push(state.textContent.trim()))"
        ".observe(state, { childList: true }); }"
    )
    on_their_way: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if on_their_way:
            route.continue_()
        else:
            on_their_way.append(route)

    page.route("**/notes", hold_the_first)
    with page.expect_request("**/notes"):
        notes.fill("ראשון")
    notes.fill("ראשון ושני")
    on_their_way[0].continue_()
    expect(state).to_have_text(re.compile(r"^\s*נשמר\s*$"))
    assert lead_of(site, lead_id).notes == "ראשון ושני"
    assert page.evaluate("told.filter((text) => text === 'נשמר').length") == 1


def test_notes_are_sent_again_when_the_network_is_back(
    site: Site, person: Person, watch: Watch
) -> None:
    watch.expect("htmx:(sendError|afterRequest)")
    page = person("operator")
    page.clock.install()
    lead_id = card_of(site, page, SCENES[2])
    page.context.set_offline(True)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/notes")):
        page.locator("#notes").fill("בלי רשת")
    expect(page.locator(".toast-line")).to_have_count(1)
    page.context.set_offline(False)
    page.clock.fast_forward(16_000)
    expect(page.locator("#notes-state")).to_have_text(re.compile(r"^\s*נשמר\s*$"))
    assert lead_of(site, lead_id).notes == "בלי רשת"


def test_of_two_who_write_notes_the_second_is_told_and_decides(
    site: Site, person: Person, accessible: Accessible, look: Looks
) -> None:
    page = person("operator")
    lead_id = card_of(site, page, SCENES[2])
    site.server.send("PATCH", f"/api/leads/{lead_id}", {"notes": "של רות"})
    page.locator("#notes").fill("שלי")
    state = page.locator("#notes-state")
    expect(state).to_contain_text("של רות")
    expect(page.locator("#notes")).to_have_value("שלי")
    assert lead_of(site, lead_id).notes == "של רות"
    accessible(page)
    look(page, "lead-notes-of-two")
    state.get_by_role("button", name="לשמור את שלי במקומן").click()
    expect(state).to_have_text(re.compile(r"^\s*נשמר\s*$"))
    assert lead_of(site, lead_id).notes == "שלי"


def test_the_work_is_marked_with_the_keyboard(site: Site, person: Person) -> None:
    page = person("operator")
    lead_id = card_of(site, page, SCENES[0])
    done = page.get_by_role("button", name=WORDS["he"]["done"], exact=True)
    done.focus()
    page.keyboard.press("Enter")
    expect(done).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#lead-chips")).to_contain_text(WORDS["he"]["done"])
    expect(done).to_be_focused()
    assert lead_of(site, lead_id).work_status == "done"


PRESSED_AT_ONCE = """(element, keys) => {
  for (const key of keys) element.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
}"""
"""Keys that come before the first of them has moved anything."""


def test_the_player_seeks_and_the_words_keep_step(
    site: Site, person: Person, accessible: Accessible
) -> None:
    page = person("operator", phone=True)
    card_of(site, page, SCENES[0])
    time, spoken = page.locator("[data-time]"), page.locator(".chat-part.is-spoken")
    expect(time).to_have_text(re.compile(r"^0:00 / 0:[1-9]"))
    accessible(page)
    line = page.locator(".chat-part").nth(3)
    line.click()
    expect(spoken).to_have_text(line.inner_text())
    page.get_by_role("button", name=WORDS["he"]["pause"]).click()
    expect(page.get_by_role("button", name=WORDS["he"]["play"], exact=True)).to_be_visible()
    page.locator("[data-wave]").focus()
    page.keyboard.press("Home")
    expect(time).to_have_text(re.compile(r"^0:00 /"))
    expect(spoken).to_have_text(page.locator(".chat-part").first.inner_text())
    page.keyboard.press("ArrowRight")
    expect(time).to_have_text(re.compile(r"^0:05 /"))
    page.locator("[data-wave]").evaluate(PRESSED_AT_ONCE, ["Home", "ArrowRight", "ArrowRight"])
    expect(time).to_have_text(re.compile(r"^0:10 /"))
    double = page.locator("[data-speed='2']")
    double.click()
    expect(double).to_have_attribute("aria-pressed", "true")


def test_a_recording_that_is_gone_is_told_and_can_be_tried_again(
    site: Site, person: Person, watch: Watch
) -> None:
    watch.expect("recording")
    page = person("operator")
    broken = {"times": 1}

    def answer(route: object) -> None:
        if broken["times"]:
            broken["times"] -= 1
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/recording", answer)
    card_of(site, page, SCENES[0])
    error = page.locator(".player-error")
    expect(error).to_contain_text("אי אפשר להשמיע את ההקלטה כרגע")
    error.get_by_role("button").click()
    expect(page.locator("[data-time]")).to_have_text(re.compile(r"/ 0:[1-9]"))
    expect(error).to_be_hidden()


def test_all_of_it_works_without_scripts(site: Site, person: Person) -> None:
    page = person("admin", javascript=False)
    lead_id = card_of(site, page, SCENES[0])
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.locator("#lead-chat .bubble").first).to_be_visible()
    assert lead_of(site, lead_id).read_at is None
    page.get_by_role("button", name="סימון כנקראה").click()
    assert lead_of(site, lead_id).read_at is not None
    page.get_by_role("button", name=WORDS["he"]["done"], exact=True).click()
    expect(page.locator("#lead-chips")).to_contain_text(WORDS["he"]["done"])
    page.locator("#notes").fill("בלי סקריפטים")
    page.locator("#notes-form button").click()
    expect(page.locator("#notes")).to_have_value("בלי סקריפטים")
    page.get_by_text("שינוי השם").click()
    page.locator("#name").fill("דנה בלי סקריפטים")
    page.locator(".lead-name button").click()
    expect(page.locator("h1")).to_contain_text("דנה בלי סקריפטים")
    page.goto(f"/b/{site.garage}/leads")
    page.locator("#q").fill("דנה בלי")
    page.keyboard.press("Enter")
    expect(page.locator(".lead-row")).to_have_count(1)
    page.locator(f"#lead-{lead_id} .lead-link").click()
    page.get_by_role("link", name="מחיקת כל המידע על המספר").click()
    page.get_by_role("link", name="להשאיר הכול").click()
    expect(page.locator("h1")).to_contain_text("דנה בלי סקריפטים")


def test_hostile_names_and_words_are_text(
    site: Site, person: Person, accessible: Accessible, look: Looks
) -> None:
    page = person("admin")
    card_of(site, page, HOSTILE)
    expect(page.locator("#lead-chat")).to_contain_text("onerror=")
    expect(page.locator("h1")).to_contain_text("<script>")
    expect(page.locator("img[src=x]")).to_have_count(0)
    page.goto(f"/b/{site.garage}/leads")
    expect(page.locator(".lead-rows")).to_contain_text("<script>")
    expect(page.locator("img[src=x]")).to_have_count(0)
    assert "hacked" not in page.title()
    accessible(page)
    look(page, "leads-hostile")


def test_a_failed_card_can_be_made_again(
    site: Site, person: Person, accessible: Accessible, look: Looks
) -> None:
    scene = next(scene for scene in SCENES if scene.status == "failed")
    page = person("operator", phone=True)
    card_of(site, page, scene)
    expect(page.locator("#lead-summary")).to_contain_text("הסיכום לא הצליח")
    accessible(page)
    look(page, "lead-failed-phone")
    page.get_by_role("button", name="סיכום מחדש").click()
    expect(page.locator(".lead-headline")).to_be_visible()
    expect(page.locator("#lead-summary")).not_to_contain_text("הסיכום לא הצליח")
