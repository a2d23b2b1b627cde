"""The phone in the page: people ring their own business from the browser and talk with it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.site import Site
from tests.browser.watch import Watch

WORDS = {
    "he": {"call": "חיוג", "hang_up": "ניתוק", "instant": "תשובה מהירה", "send": "שליחה"},
    "en": {"call": "Call", "hang_up": "Hang up", "instant": "instant answer", "send": "Send"},
}

_LISTEN = """() => {
  window.sounds = [];
  document.querySelector("[data-phone]").addEventListener("phone:sound",
    ({detail}) => window.sounds.push(detail));
}"""
AUDIBLE = 0.005
"""A frame is heard as sound from this level on."""


class Phone:
    """What a person does with the phone in the page, and hears from it."""

    def __init__(self, page: Page, lang: str) -> None:
        self.page = page
        self.words = WORDS[lang]
        self.chat = page.get_by_role("log")

    def open(self, site: Site) -> None:
        self.page.goto(f"/b/{site.garage}/phone")
        self.page.evaluate(_LISTEN)

    def call(self) -> None:
        self.page.get_by_role("button", name=self.words["call"], exact=True).click()
        expect(self.page.get_by_role("button", name=self.words["hang_up"])).to_be_visible()
        expect(self.page.locator("[data-mute]")).to_be_enabled()

    def hang_up(self) -> None:
        self.page.get_by_role("button", name=self.words["hang_up"]).click()
        expect(self.page.get_by_role("button", name=self.words["call"], exact=True)).to_be_visible()

    def say(self, text: str) -> None:
        self.line.fill(text)
        self.line.press("Enter")

    @property
    def line(self) -> Any:
        """The line to type in."""
        return self.page.locator("#words")

    @property
    def agent_says(self) -> Any:
        return self.chat.locator(".bubble-agent")

    def until(self, holds: str, argument: Any = None) -> None:
        """Wait until the expression ``holds``; of ``argument`` it is asked as ``given``.

        The page's policy lets nothing be evaluated later, which Playwright's own waiting does.
        """
        self.page.evaluate(
            f"""(given) => new Promise((done, fail) => {{
              const late = setTimeout(() => fail(new Error("not in time")), 20000);
              const look = setInterval(() => {{
                if (!({holds})) return;
                clearInterval(look);
                clearTimeout(late);
                done();
              }}, 20);
            }})""",
            argument,
        )

    def hears(self) -> None:
        """Wait until the agent's voice comes out of the loudspeaker."""
        self.until("window.sounds.some(({played}) => played > given)", AUDIBLE)

    def speaks(self) -> None:
        """Wait until the microphone has heard something."""
        self.until("window.sounds.some(({level}) => level > given)", AUDIBLE)

    def hears_silence(self, frames: int = 25) -> None:
        """Wait until nothing has come out of it for a while."""
        self.until(
            "window.sounds.length > given[0] &&"
            " window.sounds.slice(-given[0]).every(({played}) => played < given[1])",
            [frames, AUDIBLE],
        )

    def gaps(self) -> int:
        return int(self.page.evaluate("window.sounds.at(-1).gaps"))


@pytest.fixture
def ring(person: Person, site: Site) -> Callable[..., Phone]:
    def open_phone(lang: str = "he", *, microphone: bool = False, phone: bool = True) -> Phone:
        page = person("operator", lang=lang, phone=phone, microphone=microphone)
        found = Phone(page, lang)
        found.open(site)
        return found

    return open_phone


@pytest.mark.parametrize("lang", ["he", "en"])
def test_somebody_rings_types_and_gets_an_instant_answer(
    ring: Callable[..., Phone], site: Site, accessible: Callable[[Page], None], lang: str
) -> None:
    phone = ring(lang)
    phone.call()
    expect(phone.page.locator("[data-notice]")).to_be_visible()  # no microphone was allowed
    phone.hears()
    phone.hears_silence()
    phone.say("איפה אתם נמצאים?")
    expect(phone.chat).to_contain_text("רחוב הגפן")
    expect(phone.chat).to_contain_text(phone.words["instant"])
    accessible(phone.page)
    stages = phone.page.locator("[data-total]")
    expect(stages).to_have_text(re.compile(r"\d"))
    assert int(re.sub(r"\D", "", stages.inner_text())) < 1200
    phone.hears_silence()
    if os.getloadavg()[0] < (os.cpu_count() or 1):  # a busy machine cannot keep anybody's time
        assert phone.gaps() == 0
    phone.hang_up()
    look = phone.page.locator("[data-look]")
    call_sid = (look.get_attribute("href") or "").rsplit("/", 1)[1]
    stored = site.server.eventually(f"/api/calls/{call_sid}", lambda call: call.get("end_reason"))
    assert (stored["is_test"], stored["end_reason"]) == (True, "caller_hangup")


def test_a_voice_is_heard_and_interrupts_the_greeting(ring: Callable[..., Phone]) -> None:
    phone = ring("he", microphone=True)
    phone.call()
    phone.speaks()
    phone.hears()
    cut = phone.agent_says.first.locator("[data-cut]")
    expect(cut).to_be_visible()
    greeting_ms = 5000
    heard = phone.agent_says.first.locator("[data-heard]")
    expect(heard).to_have_text(re.compile(r"\d"))
    seconds = re.search(r"[\d.,]+", heard.inner_text())
    assert seconds is not None
    assert float(seconds[0].replace(",", ".")) * 1000 < greeting_ms
    phone.hang_up()


def test_a_muted_microphone_lets_the_agent_talk(ring: Callable[..., Phone]) -> None:
    phone = ring("he", microphone=True)
    phone.call()
    mute = phone.page.locator("[data-mute]")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "true")
    phone.until("window.sounds.slice(-10).every(({level}) => level < 0.001)")
    phone.hears()
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "false")
    phone.hang_up()
    expect(mute).to_be_disabled()


def test_a_screen_reader_is_told_the_state_and_not_every_second(
    ring: Callable[..., Phone],
) -> None:
    phone = ring("en")
    phone.call()
    clock = phone.page.locator("[data-clock]")
    expect(clock).to_have_text(re.compile(r"^0:0[1-9]$"))
    status = phone.page.locator(".phone-panel").get_by_role("status")
    expect(status).to_have_text("The line is open")
    expect(phone.page.get_by_role("timer")).to_have_attribute("data-clock", "")
    phone.hang_up()


def test_typed_words_interrupt_and_nothing_of_the_old_answer_is_heard(
    ring: Callable[..., Phone],
) -> None:
    phone = ring("he")
    phone.call()
    phone.hears()
    phone.say("יש חניה?")
    expect(phone.agent_says.first.locator("[data-cut]")).to_be_visible()
    expect(phone.chat).to_contain_text("יש חניה חינם בחצר המוסך.")
    bubbles = phone.chat.locator(".bubble").all_inner_texts()
    assert len(bubbles) == 3
    phone.hang_up()


def test_keys_are_pressed(ring: Callable[..., Phone]) -> None:
    phone = ring("he")
    phone.call()
    phone.hears()
    phone.page.locator("[data-keys]").click()
    phone.page.locator('[data-key="0"]').click()
    expect(phone.agent_says).to_have_count(2)  # who presses 0 wants a person
    phone.hang_up()


def test_who_types_places_the_call_and_is_not_asked_for_a_microphone(
    person: Person, site: Site
) -> None:
    page = person("operator", phone=True)
    page.add_init_script(
        """
        window.asked = 0;
        navigator.mediaDevices.getUserMedia = async () => { asked += 1; throw new Error("no"); };
        """
    )
    phone = Phone(page, "he")
    phone.open(site)
    phone.say("איפה אתם נמצאים?")
    expect(phone.chat).to_contain_text("רחוב הגפן")
    expect(page.locator("[data-notice]")).to_be_hidden()
    expect(phone.line).to_be_focused()
    assert page.evaluate("asked") == 0
    phone.hang_up()
    phone.call()  # the button still asks
    phone.until("asked === 1")
    phone.hang_up()


def test_leaving_the_page_ends_the_call(ring: Callable[..., Phone], site: Site) -> None:
    phone = ring("he")
    phone.call()
    phone.hears()
    phone.page.goto("about:blank")
    live = f"/api/businesses/{site.garage}/live"
    site.server.eventually(live, lambda found: not found["items"])


def test_the_agent_s_end_of_the_line_is_told(ring: Callable[..., Phone], site: Site) -> None:
    phone = ring("en")
    phone.call()
    phone.hears()
    phone.page.locator("[data-mute]").focus()
    live = f"/api/businesses/{site.garage}/live"
    call_sid = site.server.eventually(live, lambda found: found["items"])["items"][0]["call_sid"]
    for _ in range(2):  # asked again, it ends at once
        site.server.send("POST", f"/api/calls/{call_sid}/end", {})
    expect(phone.page.get_by_role("status").filter(has_text="ended")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Call", exact=True)).to_be_visible()
    expect(phone.page.locator("[data-screen]")).to_be_focused()


def test_who_comes_back_to_the_page_finds_it_awake_and_sounding(person: Person, site: Site) -> None:
    page = person("operator", lang="en", phone=True)
    page.add_init_script(
        """
        window.locks = 0;
        const request = async () => { locks += 1; return { release() { locks -= 1; } }; };
        Object.defineProperty(navigator, "wakeLock", { value: { request } });
        window.contexts = [];
        const Real = AudioContext;
        window.AudioContext = class extends Real {
          constructor(how) { super(how); contexts.push(this); }
        };
        """
    )
    phone = Phone(page, "en")
    phone.open(site)
    phone.call()
    phone.until("locks === 1")
    page.evaluate("locks = 0; contexts[0].suspend()")  # as looking elsewhere does
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    phone.until("locks === 1 && contexts[0].state === 'running'")
    phone.hang_up()
    phone.until("locks === 0 && contexts[0].state === 'closed'")


@pytest.mark.parametrize("code", ["no_room", "too_many_test_calls"])
def test_a_refusal_says_why_and_what_to_do(
    ring: Callable[..., Phone], watch: Watch, code: str
) -> None:
    phone = ring("en")
    watch.expect("429")
    phone.page.route(
        "**/test-calls",
        lambda route: route.fulfill(status=429, json={"code": code}),
    )
    phone.page.get_by_role("button", name="Call", exact=True).click()
    words = {"no_room": "All lines are busy", "too_many_test_calls": "two test calls open"}[code]
    expect(phone.page.get_by_role("status").filter(has_text=words)).to_be_visible()
    expect(phone.page.get_by_role("button", name="Call", exact=True)).to_be_visible()


def test_an_insecure_page_says_so_and_can_be_typed_in(
    ring: Callable[..., Phone], person: Person, site: Site
) -> None:
    page = person("operator", lang="en", phone=True)
    page.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', {value: false});"
        "Object.defineProperty(AudioContext.prototype, 'audioWorklet', {value: undefined});"
    )
    phone = Phone(page, "en")
    phone.open(site)
    phone.call()
    expect(page.get_by_role("alert").filter(has_text="https")).to_be_visible()
    phone.hears()
    phone.say("what is the price?")
    expect(phone.chat).to_contain_text("four hundred and fifty shekels")
    phone.hang_up()
