"""Calls as they happen, on a page: cards, the strip on every page, and ending one."""

from __future__ import annotations

import pytest

from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser
from tests.web.test_live import SID, Line


@pytest.fixture
def line(parts: Services, garage: House) -> Line:
    return Line(parts, garage)


def test_nobody_calls(as_operator: Browser, garage: House) -> None:
    page = as_operator.speaks("en").get(f"/b/{garage.id}/live").text
    assert "No calls right now" in page
    assert "<div data-empty hidden>" not in page


def test_a_running_call_with_what_has_been_said(
    as_operator: Browser, garage: House, line: Line
) -> None:
    line.says(0, "agent", "מאה שקלים", path="FAQ_FASTPATH")
    line.says(1, "caller", "<b>תודה</b>")
    page = as_operator.speaks("en").get(f"/b/{garage.id}/live").text
    assert f'data-call="{SID}"' in page
    assert "052-111-2222" in page
    assert "Instant answer" in page
    assert "&lt;b&gt;תודה&lt;/b&gt;" in page
    assert "<div data-empty hidden>" in page
    assert f'href="/b/{garage.id}/calls/{SID}/lead"' in page
    card = as_operator.part(f"/b/{garage.id}/live/{SID}/card").text
    assert "<html" not in card
    assert "מאה שקלים" in card


def test_a_turn_without_words_yet_is_ready_for_words_of_any_language(
    as_operator: Browser, garage: House
) -> None:
    page = as_operator.speaks("en").get(f"/b/{garage.id}/live").text
    mould = page[page.index('<template data-turn="caller">') :]
    assert 'dir="auto"' in mould[: mould.index("</template>")]


def test_the_strip_counts_on_every_page(
    as_operator: Browser, parts: Services, garage: House, bakery: House
) -> None:
    as_operator.speaks("en")
    anywhere = f"/b/{garage.id}/more"
    assert "No calls right now" in as_operator.get(anywhere).text
    Line(parts, garage, "CA_1")
    Line(parts, bakery, "CA_theirs")
    assert "1 active call" in as_operator.part(f"/b/{garage.id}/live/strip").text
    Line(parts, garage, "CA_2")
    assert "2 active calls" in as_operator.get(anywhere).text


def test_ending_a_call(as_operator: Browser, garage: House, line: Line) -> None:
    as_operator.speaks("en")
    path = f"/b/{garage.id}/live/{SID}/end"
    assert as_operator.client.post(path, data={}).status_code == 403
    assert "The caller hears a goodbye first." in as_operator.get(path).text  # without scripts
    assert line.parts.calls.registry.live(SID) is not None
    answer = as_operator.post(path)
    assert (answer.status_code, answer.location) == (303, f"/b/{garage.id}/live")
    ended = line.parts.calls.registry.ended(SID)
    assert ended is not None
    assert ended.reason == "operator"
    assert "Saying goodbye to the caller." in as_operator.get(answer.location).text
    assert line.parts.calls.recorder.flush()
    again = as_operator.post(path, headers={"HX-Request": "true"})
    assert "The call is over already." in again.text


def test_calls_of_others_are_neither_seen_nor_ended(
    as_operator: Browser, as_owner: Browser, parts: Services, garage: House, bakery: House
) -> None:
    Line(parts, bakery, "CA_theirs")
    assert "CA_theirs" not in as_operator.get(f"/b/{garage.id}/live").text
    for browser in (as_operator, as_owner):  # the owner: it is under another business
        assert browser.part(f"/b/{garage.id}/live/CA_theirs/card").status_code == 404
        assert browser.post(f"/b/{garage.id}/live/CA_theirs/end").status_code == 404
        assert browser.post(f"/b/{garage.id}/live/{bakery.call_sid}/end").status_code == 404
    assert parts.calls.registry.live("CA_theirs") is not None
