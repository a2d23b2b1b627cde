"""The rulers measure: each finds what is wrong and leaves alone what is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import judges
from tests.browser.conftest import Person

Show = Callable[[str], Page]


@pytest.fixture
def show(person: Person) -> Show:
    """Open a page with this body, on a phone."""

    def open_page(body: str) -> Page:
        page = person(None, phone=True)
        html = (
            "<!doctype html><html lang=he dir=rtl><meta name=viewport content='width=device-width'>"
            f"<title>בית</title><body>{body}</body></html>"
        )
        page.route(
            "**/shown", lambda r: r.fulfill(body=html, content_type="text/html; charset=utf-8")
        )
        page.goto("/shown")
        return page

    return open_page


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>יש 3 Leads חדשים</p>", ['"Leads" in <p>']),
        ("<button aria-label='Close'>×</button>", ['"Close" in aria-label of <button>']),
        ("<input placeholder='Name'>", ['"Name" in placeholder of <input>']),
        ("<p><bdi>Dana</bdi> <code>POST</code> <small class=technical>VAD</small> Twilio</p>", []),
        ("<a lang=en href=/x>English</a><textarea>Hello</textarea><p data-user>Hi</p>", []),
        ("<input placeholder='https://example.com/in'><p>חסר TWILIO_AUTH_TOKEN</p>", []),
        ("<button aria-label='עסק: Dana'><bdi>Dana</bdi></button>", []),
        ("<h2>שיחה עם \u2068Dana\u2069</h2>", []),
        ("<script>const word = 1</script><style>p { color: red }</style>", []),
    ],
)
def test_words_of_another_language(show: Show, body: str, found: list[str]) -> None:
    told = judges.mixed_words(show(body), "he")
    assert len(told) == len(found)
    for one, expected in zip(told, found, strict=True):
        assert one.startswith(expected)


def test_hebrew_in_an_english_page(show: Show) -> None:
    page = show("<p>Leads of <bdi>דנה</bdi></p><p>פניות</p>")
    assert [one.split(" in ")[0] for one in judges.mixed_words(page, "en")] == ['"פניות"', '"בית"']


def test_a_page_that_is_too_wide(show: Show) -> None:
    assert judges.sideways(show("<p>צר</p>")) == []
    (told,) = judges.sideways(show("<div class=wide style='inline-size: 500px'>רחב</div>"))
    assert 'class="wide"' in told
    held = "<div style='overflow-x: auto'><div style='inline-size: 900px'>רחב</div></div>"
    assert judges.sideways(show(held)) == []


@pytest.mark.parametrize(
    ("body", "small"),
    [
        ("<button style='width: 50px; height: 50px'>כן</button>", 0),
        ("<button style='width: 50px; height: 30px'>כן</button>", 1),
        ("<button style='width: 20px; height: 50px; padding: 0'>כן</button>", 1),
        ("<p style='line-height: 24px'>ראו <a href=/x>את אלה</a> בבקשה</p>", 0),
        ("<p style='line-height: 14px; font-size: 10px'>ראו <a href=/x>את אלה</a> בבקשה</p>", 1),
        ("<label style='display: block; line-height: 46px'><input type=checkbox> פעיל</label>", 0),
        ("<label for=f>קובץ</label><input id=f type=file style='height: 48px'>", 0),
        ("<button disabled>לא</button><button hidden>לא</button>", 0),
        (
            "<style>a { position: relative; display: block; margin: 40px; width: 60px }"
            "a { height: 20px } a::after { content: ''; position: absolute; inset: -14px }"
            "</style>"
            "<a href=/x>כן</a>",
            0,
        ),
    ],
)
def test_targets_for_a_thumb(show: Show, body: str, small: int) -> None:
    assert len(judges.small_targets(show(body))) == small


def test_focus_that_cannot_be_seen(show: Show) -> None:
    assert judges.unseen_focus(show("<a href=/x>כן</a><button>כן</button>")) == []
    unseen = "<style>button:focus { outline: none }</style><a href=/x>כן</a><button>לא</button>"
    assert judges.unseen_focus(show(unseen)) == ['<button> "לא"']


def test_the_outline(show: Show) -> None:
    assert judges.outline(show("<main><h1>בית</h1></main>"), "he") == []
    told = judges.outline(show("<h1 id=a>x</h1><h1 id=a>y</h1>"), "en")
    assert told == [
        '<html lang="he">',
        '<html dir="rtl">',
        "2 visible <h1>",
        "not one <main>",
        "ids that stand twice: a",
    ]


@pytest.mark.parametrize(
    ("body", "brittle"),
    [
        ("<form method=post><input name=csrf_token type=hidden><button>כן</button></form>", 0),
        ("<form><input name=q><button>חיפוש</button></form>", 0),
        ("<form method=post><button>כן</button></form>", 1),
        ("<form><input name=q></form>", 1),
        ("<form><select name=q></select><noscript><button type=submit>כן</button></noscript>", 0),
        ("<button hx-post=/x>כן</button>", 1),
        ("<aside hx-post=/preview hx-trigger='change from:form'>כך זה נשמע</aside>", 0),
        ("<a href='#'>לא</a>", 1),
    ],
)
def test_forms_that_need_a_script(show: Show, body: str, brittle: int) -> None:
    assert len(judges.brittle_forms(show(body))) == brittle
