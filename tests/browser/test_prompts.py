"""Two people write the agent's instructions, and somebody wants the old ones back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from server.models import Business, PromptVersion
from tests.browser.conftest import Person
from tests.browser.site import Site

Looks = Callable[..., None]
Accessible = Callable[[Page], None]

WORDS = {
    "he": {"save": "שמירה", "saved": "נשמר. השיחה הבאה", "faster": "מישהו שמר לפניכם",
           "back": "שחזור", "yes": "כן", "is_back": "חזרה. השיחה הבאה", "unsaved": "עוד לא נשמר",
           "take": "לקחת את הטקסט שלהם"},
    "en": {"save": "Save", "saved": "Saved. The next call", "faster": "Somebody was faster",
           "back": "Bring it back", "yes": "Yes", "is_back": "is back. The next call",
           "unsaved": "Not saved yet", "take": "Take theirs"},
}  # fmt: skip


@pytest.fixture
def house(site: Site) -> Iterator[int]:
    """A business of its own for each test: its versions are counted."""
    with site.write() as session:
        long = session.get_one(Business, site.ids.long)
        long.ai_prompt = ""
        for row in session.query(PromptVersion).filter_by(business_id=long.id):
            session.delete(row)
    yield site.ids.long


def write(page: Page, text: str, lang: str = "he") -> None:
    page.locator("#ai_prompt").fill(text)
    page.get_by_role("button", name=WORDS[lang]["save"], exact=True).click()


def prompt_of(site: Site, business_id: int) -> str:
    with site.read() as session:
        return session.get_one(Business, business_id).ai_prompt


@pytest.mark.parametrize(("lang", "phone"), [("he", True), ("en", False)])
def test_an_older_version_is_looked_at_and_brought_back(
    site: Site,
    person: Person,
    accessible: Accessible,
    look: Looks,
    house: int,
    lang: str,
    phone: bool,
) -> None:
    said = WORDS[lang]
    page = person("admin", lang=lang, phone=phone)
    page.goto(f"/b/{house}/prompts")
    write(page, "טיפול עולה מאה שקלים", lang)
    expect(page.locator(".toasts")).to_contain_text(said["saved"])
    write(page, "טיפול עולה מיליון שקלים", lang)
    expect(page.locator(".version").first).to_contain_text("3")
    accessible(page)
    look(page, f"prompts-{lang}")
    page.locator(".version a[href$='/versions/2']").click()
    page.get_by_role("button", name=said["back"]).click()
    question = page.locator("dialog.ask")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    assert prompt_of(site, house) == "טיפול עולה מיליון שקלים"
    accessible(page)
    look(page, f"version-{lang}")
    page.get_by_role("button", name=said["back"]).click()
    question.get_by_role("button", name=re.compile(said["yes"])).click()
    expect(page.locator(".toasts")).to_contain_text(said["is_back"])
    expect(page.locator("#ai_prompt")).to_have_value("טיפול עולה מאה שקלים")
    assert prompt_of(site, house) == "טיפול עולה מאה שקלים"


@pytest.mark.parametrize(("lang", "javascript"), [("he", True), ("en", True), ("en", False)])
def test_of_two_the_second_is_told_and_nothing_is_lost(
    site: Site,
    person: Person,
    accessible: Accessible,
    look: Looks,
    house: int,
    lang: str,
    javascript: bool,
) -> None:
    said = WORDS[lang]
    first, second = person("owner", lang=lang), person("admin", lang=lang, javascript=javascript)
    first.goto(f"/b/{house}/prompts")
    second.goto(f"/b/{house}/prompts")
    write(first, "משותף\nשל הראשונה", lang)
    expect(first.locator(".toasts")).to_contain_text(said["saved"])
    write(second, "משותף\nשל השני", lang)
    expect(second.get_by_role("heading", name=said["faster"])).to_be_visible()
    expect(second.locator("del")).to_contain_text("הראשונה")
    expect(second.locator("ins")).to_contain_text("השני")
    expect(second.locator("#ai_prompt")).to_have_value("משותף\nשל השני")
    assert prompt_of(site, house) == "משותף\nשל הראשונה"
    if javascript:
        accessible(second)
        look(second, f"prompts-quarrel-{lang}")
        second.get_by_role("button", name=said["take"]).click()
        expect(second.locator("#ai_prompt")).to_have_value("משותף\nשל הראשונה")
    write(second, "משותף\nשל שניהם", lang)
    expect(second.locator(".toasts")).to_contain_text(said["saved"])
    assert prompt_of(site, house) == "משותף\nשל שניהם"


def test_what_the_model_receives_follows_the_typing(site: Site, person: Person, house: int) -> None:
    page = person("admin", lang="en")
    page.goto(f"/b/{house}/prompts")
    received = page.locator("#preview-part .received").last
    expect(received).not_to_contain_text("purple")
    page.locator("#ai_prompt").press_sequentially("Always say purple.")
    expect(received).to_contain_text("Always say purple.")
    page.locator("#outbound_ai_prompt").fill("Say who is calling.")
    page.locator("#preview-direction label").last.click()
    expect(received).to_contain_text("Say who is calling.")
    expect(received).not_to_contain_text("purple")
    assert prompt_of(site, house) == ""


def test_leaving_with_unsaved_words_asks_first(site: Site, person: Person, house: int) -> None:
    page = person("admin", lang="en")
    page.goto(f"/b/{house}/prompts")
    mark = page.get_by_text(WORDS["en"]["unsaved"])
    expect(mark).to_be_hidden()
    page.locator("#ai_prompt").press_sequentially("half a thought")
    expect(mark).to_be_visible()
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.once("dialog", stay)
    page.locator(".brand").click()
    expect(page.locator("#ai_prompt")).to_have_value("half a thought")
    assert asked == ["beforeunload"]


def test_operators_read_and_have_nothing_to_save(
    site: Site, person: Person, accessible: Accessible
) -> None:
    page = person("operator", lang="en", phone=True)
    page.goto(f"/b/{site.garage}/prompts")
    expect(page.locator("#ai_prompt")).to_have_attribute("readonly", "")
    expect(page.get_by_role("button", name=WORDS["en"]["save"], exact=True)).to_have_count(0)
    accessible(page)
