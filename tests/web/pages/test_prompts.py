"""The instructions: saving, being beaten to it, looking back, bringing back."""

from __future__ import annotations

import re
import threading
from html import unescape

from server.models import Business
from server.wiring import Services
from tests.web.conftest import House, RecordingSynthesiser, audit
from tests.web.pages.conftest import Browser

TEXTS = {
    "ai_prompt": "עני בקצרה.",
    "outbound_ai_prompt": "",
    "greeting_text": "שלום, מוסך.",
    "voice": "",
}


def at(house: House, rest: str = "") -> str:
    return f"/b/{house.id}/prompts{rest}"


def based_on(browser: Browser, house: House) -> str:
    found = re.search(r'name="based_on"[^>]* value="(\d+)"', browser.get(at(house)).text)
    assert found is not None
    return found.group(1)


def save(browser: Browser, house: House, **texts: str) -> None:
    form = TEXTS | {"based_on": based_on(browser, house)} | texts
    answer = browser.post(at(house), form)
    assert answer.status_code == 303, answer.text


def prompt_of(parts: Services, house: House) -> str:
    with parts.database.read() as session:
        return session.get_one(Business, house.id).ai_prompt


def test_what_is_saved_is_used_and_kept(as_admin: Browser, garage: House, parts: Services) -> None:
    save(as_admin, garage, ai_prompt="לומר סגול.", voice="cedar")
    page = as_admin.get(at(garage)).text
    assert "נשמר. השיחה הבאה כבר תשתמש בזה." in page
    assert "לומר סגול." in page
    assert re.search(r'<option selected value="cedar"', page)
    assert "גרסה 2" in page
    assert prompt_of(parts, garage) == "לומר סגול."
    assert audit(parts)[-1][1:] == ("prompts.update", garage.id, "prompts:2")


def test_the_sound_of_a_greeting_comes_by_itself(
    as_admin: Browser, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    made = threading.Event()

    def slowly(text: str, language: str, voice: str, written: str = "") -> bytes:
        assert made.wait(timeout=10)
        return b"\xff" * 160

    synthesiser.synthesise = slowly  # type: ignore[method-assign]
    save(as_admin, garage, greeting_text="נוסח חדש לגמרי.")
    look = re.search(r'hx-get="([^"]+/prompts/greeting[^"]+)"', as_admin.get(at(garage)).text)
    assert look, "the page asks again"
    again = as_admin.part(unescape(look[1])).text
    assert "which=open&amp;look=2" in again, "and goes on asking"
    assert "<audio" not in again
    made.set()
    for _ in range(1000):
        again = as_admin.part(unescape(look[1])).text
        if "<audio" in again:
            break
    assert f"/api/businesses/{garage.id}/prompts/greeting.wav?which=open" in again
    assert "hx-get" not in again
    assert as_admin.get(at(garage, "/greeting?which=open")).location == at(garage)
    assert as_admin.part(at(garage, "/greeting?which=noon")).status_code == 404


def test_every_greeting_has_its_sound_beside_its_field(
    as_admin: Browser, garage: House, parts: Services
) -> None:
    def heard() -> list[str]:
        page = as_admin.get(f"/b/{garage.id}/settings/greeting").text
        return re.findall(r"greeting(?:\.wav)?\?which=(\w+)", page)

    assert heard() == ["open", "outbound"], "it is always open"
    with parts.database.write() as session:
        session.get_one(Business, garage.id).settings = {
            "opening_hours": {"sun": []},
            "outbound_greeting": "מדברים מהמוסך.",
        }
    assert heard() == ["open", "closed", "outbound"]


def test_nothing_new_is_no_version(as_admin: Browser, garage: House, parts: Services) -> None:
    save(as_admin, garage)
    save(as_admin, garage)
    page = as_admin.get(at(garage)).text
    assert "לא היה שינוי" in page
    assert "גרסה 3" not in page


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    as_admin: Browser, garage: House, parts: Services
) -> None:
    form = TEXTS | {"based_on": "0", "greeting_text": "א" * 501, "ai_prompt": "לא נאבד"}
    answer = as_admin.post(at(garage), form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "לא נאבד" in answer.text
    assert prompt_of(parts, garage) == ""


def test_the_second_of_two_is_told_and_can_merge(
    as_admin: Browser, as_owner: Browser, garage: House, parts: Services
) -> None:
    seen = based_on(as_admin, garage)
    save(as_owner, garage, ai_prompt="שורה משותפת\nשל הבעלים")
    mine = TEXTS | {"based_on": seen, "ai_prompt": "שורה משותפת\nשל המנהלת"}
    late = as_admin.post(at(garage), mine)
    assert late.status_code == 409
    assert "מישהו שמר לפניכם" in late.text
    assert "owner@maane.test" in late.text
    assert re.search(r"<del[^>]*>.*?הבעלים", late.text, re.DOTALL)
    assert re.search(r"<ins[^>]*>.*?המנהלת", late.text, re.DOTALL)
    assert prompt_of(parts, garage) == "שורה משותפת\nשל הבעלים"
    newer = re.search(r'name="based_on"[^>]* value="(\d+)"', late.text)
    assert newer is not None
    assert re.search(r'id="ai_prompt"[^>]*>\s*שורה משותפת\s*של המנהלת', late.text)
    merged = mine | {"based_on": newer.group(1), "ai_prompt": "שורה משותפת\nשל שניהם"}
    assert as_admin.post(at(garage), merged).status_code == 303
    assert prompt_of(parts, garage) == "שורה משותפת\nשל שניהם"


def test_the_same_words_from_two_are_no_quarrel(
    as_admin: Browser, as_owner: Browser, garage: House
) -> None:
    seen = based_on(as_admin, garage)
    save(as_owner, garage, ai_prompt="אותו טקסט")
    answer = as_admin.post(at(garage), TEXTS | {"based_on": seen, "ai_prompt": "אותו טקסט"})
    assert answer.status_code == 303


def test_a_version_shows_what_it_changed_and_comes_back(
    as_admin: Browser, garage: House, parts: Services
) -> None:
    save(as_admin, garage, ai_prompt="טוב")
    save(as_admin, garage, ai_prompt="גרוע")
    page = as_admin.get(at(garage, "/versions/3")).text
    assert re.search(r"<del[^>]*>.*?טוב", page, re.DOTALL)
    assert re.search(r"<ins[^>]*>.*?גרוע", page, re.DOTALL)
    older = as_admin.get(at(garage, "/versions/2")).text
    assert "data-confirm=" in older
    assert "data-confirm=" not in page  # it is in use
    assert "<del" in as_admin.get(at(garage, "/versions/2?against=now")).text
    answer = as_admin.post(at(garage, "/versions/2/restore"), {"based_on": "3"})
    assert answer.status_code == 303
    assert prompt_of(parts, garage) == "טוב"
    assert "שוחזרה מגרסה 2" in as_admin.get(at(garage)).text


def test_bringing_back_does_not_overwrite_either(
    as_admin: Browser, garage: House, parts: Services
) -> None:
    save(as_admin, garage, ai_prompt="ראשון")
    save(as_admin, garage, ai_prompt="שני")
    save(as_admin, garage, ai_prompt="שלישי")
    answer = as_admin.post(at(garage, "/versions/2/restore"), {"based_on": "3"})
    assert answer.status_code == 303
    assert prompt_of(parts, garage) == "שלישי"
    assert "מישהו שמר בינתיים" in as_admin.get(at(garage)).text
    assert as_admin.get(at(garage, "/versions/77")).status_code == 404


def test_older_versions_are_a_page_away(as_admin: Browser, garage: House) -> None:
    for number in range(10):
        save(as_admin, garage, ai_prompt=f"נוסח {number}")
    page = as_admin.get(at(garage)).text
    following = re.search(r'href="([^"]+versions\?cursor=[^"]+)"', page)
    assert following is not None
    assert "גרסה 11" in page
    assert ">גרסה 3<" not in page.replace(" ", "")
    part = as_admin.part(following.group(1))
    assert "<html" not in part.text
    assert "גרסה 1" in part.text
    assert "<h1>" in as_admin.get(following.group(1)).text


def test_the_preview_shows_what_the_model_gets(as_admin: Browser, garage: House) -> None:
    part = as_admin.post(at(garage, "/preview"), TEXTS | {"ai_prompt": "לומר סגול." * 200})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "סגול" in part.text
    assert "מתוך 800 תווים" in part.text
    assert "תחילת הטקסט שלכם" in part.text
    outbound = as_admin.post(at(garage, "/preview"), TEXTS | {"direction": "outbound"})
    assert "מי מתקשר, כבר במשפט הראשון" in outbound.text
    broken = as_admin.post(at(garage, "/preview"), TEXTS | {"greeting_text": "א" * 501})
    assert "עדיין אי אפשר להציג" in broken.text


def test_hostile_words_stay_words(as_admin: Browser, garage: House) -> None:
    save(as_admin, garage, ai_prompt="</textarea><script>alert(1)</script>")
    for path in ("", "/versions/2"):
        assert "<script>alert" not in as_admin.get(at(garage, path)).text


def test_operators_read(as_operator: Browser, as_admin: Browser, garage: House) -> None:
    save(as_admin, garage, ai_prompt="טוב")
    page = as_operator.get(at(garage)).text
    assert "רק מנהלי העסק יכולים לשנות את זה." in page
    assert "readonly" in page
    assert as_operator.get(at(garage, "/versions/1")).status_code == 200
    assert as_operator.post(at(garage), TEXTS | {"based_on": "2"}).status_code == 403
    answer = as_operator.post(at(garage, "/versions/1/restore"), {"based_on": "2"})
    assert answer.status_code == 403


def test_another_house_is_as_if_absent(
    as_admin: Browser, as_owner: Browser, garage: House, bakery: House
) -> None:
    save(as_owner, bakery, ai_prompt="סודי")
    for path in ("", "/versions", "/versions/1", "/versions/2"):
        assert as_admin.get(at(bakery, path)).status_code == 404
    assert as_admin.post(at(bakery), TEXTS | {"based_on": "2"}).status_code == 404
    assert as_admin.get(at(garage, "/versions/2")).status_code == 404
