"""Prepared answers, as an owner works on them: written, tried, heard, put in order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from server.audio.framing import frames_of, wav_to_mulaw
from server.models import Call, CallTurn
from server.recordings import wav
from tests.browser import judges
from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.e2e.calling import answered_call, hear_greeting
from tests.e2e.conftest import AUDIO_DIR

FIELDS = (
    *("intent_key", "label", "patterns", "answer_text"),
    *("channels", "lang", "priority", "active"),
)
PLAYING = re.compile(r"\bis-playing\b")
HEADER_BYTES = len(wav.header(0, channels=1))


@pytest.fixture
def answers(site: Site) -> Iterator[str]:
    """The address of the demo business's answers; afterwards they are as they were."""
    api = f"/api/businesses/{site.garage}/faqs"
    before = site.server.get(api)["items"]
    yield f"/b/{site.garage}/faqs"
    now = {row["id"] for row in site.server.get(api)["items"]}
    for added in now - {old["id"] for old in before}:
        site.server.send("DELETE", f"{api}/{added}", None)
    for old in before:
        body = {name: old[name] for name in FIELDS}
        if old["id"] in now:
            site.server.send("PUT", f"{api}/{old['id']}", body)
        else:
            site.server.send("POST", api, body)


def row(page: Page, name: str) -> Locator:
    """Return the row of the answer with this name."""
    return page.locator("article.faq", has=page.get_by_role("heading", name=name, exact=True))


def stored(site: Site, name: str) -> dict[str, Any]:
    """Return what is stored of the answer with this name."""
    items = site.server.get(f"/api/businesses/{site.garage}/faqs")["items"]
    return next(item for item in items if item["label"] == name)


def names(page: Page) -> list[str]:
    """Return the answers in the order in which they stand."""
    return page.locator("article.faq h2").all_inner_texts()


def test_an_answer_edited_during_a_call_is_heard_in_it(
    site: Site, person: Person, answers: str
) -> None:
    page = person()
    page.goto(answers)
    caller = answered_call(site.server)
    hear_greeting(caller)

    form = row(page, "חניה")
    form.get_by_role("link", name="עריכה").click()
    answer = page.get_by_label("התשובה", exact=True)
    answer.fill("מהיום החניה ברחוב הדקל שלוש.")
    page.get_by_role("button", name="שמירה").click()
    expect(row(page, "חניה")).to_contain_text("רחוב הדקל")

    said_until = caller.say(wav_to_mulaw((AUDIO_DIR / "word_1.wav").read_bytes()), "יש חניה?")
    starts = caller.wait_for("agent_starts", after=said_until)
    caller.wait_for("agent_stops", after=starts.at)
    heard = bytes(caller.ear.heard)
    caller.hang_up()
    assert caller.turns[2]["path"] == "FAQ_FASTPATH"
    assert caller.turns[2]["text"] == "מהיום החניה ברחוב הדקל שלוש."

    faq = stored(site, "חניה")
    played = page.request.get(f"/api/businesses/{site.garage}/faqs/{faq['id']}/audio")
    clip = played.body()[HEADER_BYTES:]
    middle = frames_of(clip)[5:-5]
    assert b"".join(middle) in heard, "the page plays what the line has carried"


def test_a_row_is_played_and_stopped(person: Person, answers: str) -> None:
    page = person(phone=True)
    page.goto(answers)
    play = row(page, "מחיר").get_by_role("link", name="השמעת התשובה")
    play.click()
    expect(play).to_have_class(PLAYING)
    expect(play).to_have_accessible_name(re.compile("^עצירה"))
    play.click()
    expect(play).not_to_have_class(PLAYING)
    expect(play).to_have_accessible_name(re.compile("^השמעת התשובה"))


def test_an_impatient_finger_starts_one_sound(person: Person, answers: str) -> None:
    page = person(phone=True)
    page.add_init_script(
        """
        window.sounds = [];
        const Real = Audio;
        window.Audio = class extends Real {
          constructor(src) { super(src); sounds.push(this); }
        };
        """
    )
    page.goto(answers)
    play = row(page, "מחיר").get_by_role("link", name="השמעת התשובה")
    play.evaluate("(button) => { button.click(); button.click(); button.click(); }")
    expect(play).to_have_class(PLAYING)
    row(page, "מחיר").get_by_role("switch").click()
    expect(row(page, "מחיר")).to_contain_text("כבויה")
    page.evaluate(
        """() => new Promise((done) => {
          if (sounds[0].paused) done();
          else sounds[0].addEventListener("pause", done);
        })"""
    )
    assert page.evaluate("sounds.length") == 1


def test_what_a_caller_would_get_is_shown_as_it_is_typed(person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    line = page.get_by_role("textbox", name="ניסיון: מה ישמע מתקשר?")
    line.press_sequentially("מה המחיר?")
    result = page.locator("#try-result")
    expect(result).to_contain_text("תשובה מהירה: מחיר")
    expect(result.locator("meter").first).to_have_js_property("value", 1)
    expect(result.get_by_role("link", name="השמעת התשובה")).to_be_visible()
    line.fill("תקבעו לי תור למחר")
    expect(result).to_contain_text("עונה הסוכן הקולי")
    expect(result).to_contain_text("רק הסוכן הקולי יכול לטפל בזה")


def test_an_unsaved_answer_is_tried_and_enter_saves_nothing(
    site: Site, person: Person, answers: str
) -> None:
    page = person()
    page.goto(answers)
    page.get_by_role("link", name="תשובה חדשה").click()
    page.get_by_label("שם קצר").fill("אופניים")
    page.get_by_label("איך שואלים").fill("יש חניה לאופניים")
    page.get_by_label("התשובה", exact=True).fill("כן, יש מתקן בכניסה.")
    trial = page.get_by_label("מה המתקשר אומר")
    trial.fill("יש חניה לאופניים?")
    trial.press("Enter")
    expect(page.locator(".try-draft")).to_contain_text("תשובה מהירה: אופניים")
    assert all(item["label"] != "אופניים" for item in items(site))
    page.get_by_role("button", name="שמירה").click()
    expect(row(page, "אופניים")).to_contain_text("כן, יש מתקן בכניסה.")
    assert stored(site, "אופניים")["intent_key"]


def test_an_answer_is_heard_before_it_is_saved(site: Site, person: Person, answers: str) -> None:
    page = person(phone=True)
    page.goto(answers)
    page.get_by_role("link", name="תשובה חדשה").click()
    hear = page.get_by_role("button", name="השמעה", exact=True)
    answer = page.get_by_label("התשובה", exact=True)
    expect(hear).to_be_disabled()
    answer.fill("  ")
    expect(hear).to_be_disabled()
    answer.fill("יש מתקן לאופניים בכניסה.")
    page.get_by_label("שפת המתקשרים").select_option("he-IL")
    state = page.locator("[data-play-state]")
    meanwhile: list[str] = []

    def look(route: Route) -> None:
        meanwhile.append(state.inner_text())
        route.continue_()

    page.route("**/faqs/spoken?*", look)
    with page.expect_request("**/faqs/spoken?*") as asked:
        hear.click()
    query = parse_qs(urlsplit(asked.value.url).query)
    assert query == {"text": ["יש מתקן לאופניים בכניסה."], "lang": ["he-IL"]}
    expect(hear).to_have_class(PLAYING)
    assert meanwhile == ["הקול בהכנה…"]
    expect(state).to_contain_text("מתנגן")
    answer.press_sequentially(" ")
    expect(hear).not_to_have_class(PLAYING)
    assert all("אופניים" not in item["answer_text"] for item in items(site))
    answer.fill("א" * 241)
    expect(hear).to_be_disabled()


def test_a_switch_turns_at_once_and_back_when_it_is_not_taken(
    site: Site, person: Person, answers: str, watch: Watch
) -> None:
    watch.expect("503|Service Unavailable")
    page = person()
    page.goto(answers)
    switch = row(page, "חניה").get_by_role("switch")
    meanwhile: list[str | None] = []

    def refuse(route: Route) -> None:
        meanwhile.append(switch.get_attribute("aria-checked"))
        route.fulfill(
            status=503,
            body='<p class="notice">עומס רגעי.</p>',
            content_type="text/html; charset=utf-8",
        )

    page.route("**/switch", refuse)
    switch.click()
    expect(page.locator(".toasts")).to_contain_text("עומס רגעי.")
    assert meanwhile == ["false"]
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(row(page, "חניה")).not_to_have_class(re.compile("faq-off"))
    assert stored(site, "חניה")["active"]
    page.unroute("**/switch")
    switch.click()
    expect(row(page, "חניה")).to_contain_text("כבויה")
    assert not stored(site, "חניה")["active"]


@pytest.mark.parametrize("lang", ["he", "en"])
def test_what_competes_pushes_no_row_and_goes_when_it_is_solved(
    site: Site, person: Person, answers: str, lang: str
) -> None:
    api = f"/api/businesses/{site.garage}/faqs"
    common = {"patterns": ["יש קפה"], "answer_text": "כן."}
    beans, kitchen = f"beans-{lang}", f"kitchen-{lang}"  # what is known stays known
    for name in (beans, kitchen):
        site.server.send("POST", api, common | {"intent_key": name, "label": name})
    page = person(lang=lang, phone=True)
    first, line = page.locator("article.faq").first, page.locator("#faq-conflicts")
    before: list[Any] = []

    def look(route: Route) -> None:
        before.append(first.bounding_box())
        route.continue_()

    page.route("**/faqs/conflicts", look)
    page.goto(answers)
    expect(line.locator("summary")).to_contain_text({"he": "שתי תשובות", "en": "1 pair"}[lang])
    assert before == [first.bounding_box()]
    page.reload()
    expect(page.locator(".faq-conflict", has_text=kitchen)).to_have_count(1)
    expect(page.locator(".faq-conflict", has_text=beans)).to_have_count(1)
    row(page, beans).get_by_role("switch").click()
    expect(line.locator("summary")).to_have_count(0)
    expect(page.locator(".faq-conflict p")).to_have_count(0)


def items(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.server.get(f"/api/businesses/{site.garage}/faqs")["items"]
    return found


def test_the_length_is_told_while_writing(person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    row(page, "מחיר").get_by_role("link", name="עריכה").click()
    answer, counter = page.get_by_label("התשובה", exact=True), page.locator("[data-counter]")
    answer.fill("כן.")
    expect(counter.locator("[data-count]")).to_have_text("3")
    expect(counter.locator("[data-warning]")).to_be_hidden()
    answer.fill("אחת. שתיים. שלוש.")
    expect(counter).to_contain_text("יותר משני משפטים")
    answer.fill("א" * 241)
    expect(counter).to_contain_text("ארוכה מדי לשמירה")
    page.get_by_role("button", name="שמירה").click()
    expect(answer).to_have_attribute("aria-invalid", "true")
    expect(answer).to_have_value("א" * 241)


def test_of_two_people_the_second_is_told_and_sees_both(
    site: Site, person: Person, answers: str
) -> None:
    one, two = person("admin"), person("owner")
    for page, words in ((one, "של האחת."), (two, "של השני.")):
        page.goto(answers)
        row(page, "משך הטיפול").get_by_role("link", name="עריכה").click()
        page.get_by_label("התשובה", exact=True).fill(words)
    one.get_by_role("button", name="שמירה").click()
    expect(row(one, "משך הטיפול")).to_contain_text("של האחת.")
    two.get_by_role("button", name="שמירה").click()
    told = two.get_by_role("alert")
    expect(told).to_contain_text("מישהו אחר שינה את התשובה")
    expect(told).to_contain_text("של האחת.")
    expect(two.get_by_label("התשובה", exact=True)).to_have_value("של השני.")
    assert stored(site, "משך הטיפול")["answer_text"] == "של האחת."
    two.get_by_role("button", name="לשמור את שלי במקום").click()
    expect(row(two, "משך הטיפול")).to_contain_text("של השני.")
    assert stored(site, "משך הטיפול")["answer_text"] == "של השני."


def test_the_order_is_changed_by_keyboard(person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    before = names(page)
    down = row(page, before[0]).get_by_role("button", name="הזזה למטה")
    down.focus()
    with page.expect_response("**/move"):
        page.keyboard.press("Enter")
    after = [before[1], before[0], *before[2:]]
    assert names(page) == after
    expect(page.locator("#faq-said")).to_have_text("הוזזה. מקום 2.")
    expect(down).to_be_focused()
    page.reload()
    assert names(page) == after


def test_a_move_that_the_server_refuses_is_taken_back_with_the_reason(
    person: Person, answers: str, watch: Watch
) -> None:
    watch.expect("503|Service Unavailable")
    page = person()
    page.goto(answers)
    before = names(page)
    page.route("**/move", lambda route: route.fulfill(status=503, body="{}"))
    row(page, before[0]).get_by_role("button", name="הזזה למטה").click()
    expect(page.locator(".toasts")).to_contain_text("הסדר לא השתנה")
    assert names(page) == before


def test_with_a_refused_move_go_those_that_followed_it(
    person: Person, answers: str, watch: Watch
) -> None:
    watch.expect("503|Service Unavailable")
    page = person()
    page.goto(answers)
    before = names(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/move", hold)
    down = row(page, before[0]).get_by_role("button", name="הזזה למטה")
    with page.expect_request("**/move"):
        down.click()
    down.click()
    assert names(page)[2] == before[0]
    assert len(held) == 1
    held[0].fulfill(status=503, body="{}")
    expect(page.locator(".toasts")).to_contain_text("הסדר לא השתנה")
    assert names(page) == before
    with page.expect_request("**/move"):
        down.click()
    assert len(held) == 2
    held[1].fulfill(status=200, body="{}")


def test_a_row_is_dragged_to_another_place(person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    before = names(page)
    target = row(page, before[2])
    with page.expect_response("**/move"):
        row(page, before[0]).locator(".faq-handle").drag_to(
            target, target_position={"x": 300, "y": 8}
        )
    page.reload()
    assert names(page) == [before[1], before[0], *before[2:]]


def test_a_deleted_answer_is_brought_back(site: Site, person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    row(page, "אמצעי תשלום").get_by_role("button", name="מחיקה").click()
    page.get_by_role("dialog").get_by_role("button", name="כן").click()
    gone = page.locator(".faq-gone")
    expect(gone).to_contain_text("אמצעי תשלום")
    assert all(item["label"] != "אמצעי תשלום" for item in items(site))
    gone.get_by_role("button", name="ביטול הפעולה").click()
    expect(row(page, "אמצעי תשלום")).to_be_visible()
    assert stored(site, "אמצעי תשלום")["patterns"]


def test_the_list_is_searched_as_it_is_typed(person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    page.get_by_role("searchbox").press_sequentially("חניה")
    expect(page.locator("article.faq")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q="))
    page.reload()
    expect(page.locator("article.faq")).to_have_count(1)


def test_what_is_told_of_a_change_goes_by_itself(person: Person, answers: str) -> None:
    page = person()
    page.clock.install()
    page.goto(answers)
    row(page, "חניה").get_by_role("switch").click()
    toast = page.locator(".toast-line")
    expect(toast).to_have_count(1)
    page.clock.fast_forward(7000)
    expect(toast).to_have_count(0)


def test_a_sheet_goes_out_and_comes_back_changed(site: Site, person: Person, answers: str) -> None:
    page = person()
    page.goto(answers)
    page.locator("summary[aria-label=עוד]").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="ייצוא לגיליון").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    at = rows[0].index("answer_text")
    price = next(line for line in rows if "טיפול שוטף עולה" in line[at])
    price[at] = "טיפול שוטף עולה חמש מאות שקלים."
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    sheet = {"name": "faqs.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}

    page.goto(f"{answers}/import")
    page.get_by_label("קובץ", exact=True).set_input_files(sheet)  # type: ignore[arg-type]
    page.get_by_role("button", name="לראות מה ישתנה").click()
    expect(page.get_by_role("region", name="שורות הקובץ")).to_contain_text("משתנה")
    expect(page.locator("#content")).to_contain_text("אחת משתנה")
    page.get_by_role("button", name="לקלוט תשובה אחת").click()
    expect(row(page, "מחיר")).to_contain_text("חמש מאות שקלים")
    assert stored(site, "מחיר")["answer_text"] == "טיפול שוטף עולה חמש מאות שקלים."


def test_a_learned_question_is_taken_over_in_one_click(
    site: Site, person: Person, answers: str
) -> None:
    add_calls(site, "יש אצלכם קפה?", "כן, יש פינת קפה. לקבוע לך תור?")
    page = person()
    page.goto(f"{answers}/learned")
    group = page.locator("article.learned", has_text="קפה")
    expect(group).to_contain_text("נשאלה 2 פעמים")
    group.get_by_role("button", name="לאמץ את התשובה").click()
    expect(page.locator(".faq-gone")).to_contain_text("מהשיחה הבאה")
    found = site.server.send(
        "POST", f"/api/businesses/{site.garage}/faqs/match", {"text": "יש אצלכם קפה?"}
    )
    assert found["answer_text"] == "כן, יש פינת קפה."
    page.get_by_role("button", name="ביטול הפעולה").click()
    expect(page.locator("article.learned", has_text="קפה")).to_be_visible()


def add_calls(site: Site, question: str, answer: str) -> None:
    """Add two calls in which the agent was asked this."""
    at = datetime.now(UTC)
    with site.write() as session:
        for number in range(2):
            turns = [
                CallTurn(index=0, speaker="caller", text=question, created_at=at),
                CallTurn(index=1, speaker="agent", path="AGENT", text=answer, created_at=at),
            ]
            sid = f"CA_coffee_{number}"
            session.add(Call(call_sid=sid, business_id=site.garage, started_at=at, turns=turns))


def test_a_word_is_heard_before_its_pronunciation_is_kept(
    site: Site, person: Person, answers: str
) -> None:
    page = person()
    page.goto(f"{answers}/pronunciation")
    page.get_by_label("מילה").fill("BMW")
    page.get_by_label("איך אומרים").fill("בי אם דאבליו")
    hear = page.get_by_role("button", name="השמעה", exact=True)
    with page.expect_response(re.compile("/spoken")) as heard:
        hear.click()
    assert heard.value.status == 200
    expect(hear).to_have_class(PLAYING)
    page.get_by_role("button", name="שמירה").click()
    expect(page.locator(".words")).to_contain_text("בי אם דאבליו")
    page.get_by_role("link", name="הסרה: BMW").click()
    page.get_by_role("button", name="הסרה").click()
    expect(page.locator(".words")).to_have_count(0)


def test_without_javascript_everything_is_there(site: Site, person: Person, answers: str) -> None:
    page = person(javascript=False, phone=True)
    page.goto(answers)
    page.get_by_role("textbox", name="ניסיון: מה ישמע מתקשר?").fill("מה המחיר?")
    page.get_by_role("button", name="לנסות").click()
    expect(page.locator("#try-result")).to_contain_text("תשובה מהירה")
    page.goto(answers)
    page.get_by_role("link", name="עריכה: חניה").click()
    page.get_by_label("התשובה", exact=True).fill("אין חניה.")
    page.get_by_role("button", name="שמירה").click()
    expect(row(page, "חניה")).to_contain_text("אין חניה.")
    row(page, "חניה").get_by_role("switch").click()
    expect(row(page, "חניה")).to_contain_text("כבויה")
    before = names(page)
    row(page, before[1]).get_by_role("button", name="הזזה למעלה").click()
    assert names(page)[:2] == [before[1], before[0]]
    row(page, "אמצעי תשלום").get_by_role("button", name="מחיקה").click()
    page.get_by_role("button", name="ביטול הפעולה").click()
    expect(row(page, "אמצעי תשלום")).to_be_visible()
    page.goto(f"{answers}/learned")
    page.get_by_role("link", name="הצגת השאלות").click()
    expect(page.locator("#learned")).to_contain_text("הסוכן הקולי")


@pytest.mark.parametrize("lang", ["he", "en"])
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_everybody_can_use_the_open_form(
    person: Person, answers: str, accessible: Callable[[Page], None], lang: str, phone: bool
) -> None:
    page = person(lang=lang, phone=phone)
    page.goto(answers)
    page.locator("#try-text").fill("מה המחיר?")
    expect(page.locator("#try-result meter").first).to_be_visible()
    page.locator("article.faq").first.locator("a[id$=-edit]").click()
    form = page.locator(".faq-form")
    expect(form.locator("input.form-control").first).to_be_focused()
    for summary in form.locator("summary").all():
        summary.click()
    assert judges.mixed_words(page, lang) == []
    assert judges.sideways(page) == []
    assert judges.outline(page, lang) == []
    accessible(page)
