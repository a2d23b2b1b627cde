"""The list of calls, and one call as a conversation with its waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.models import BusinessFaq, Call, CallTurn, Lead, Recording
from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add_call(parts: Services, house: House, sid: str, **more: object) -> None:
    with parts.database.write() as session:
        session.add(
            Call(**{"call_sid": sid, "business_id": house.id, "started_at": NOON} | more)  # type: ignore[arg-type]
        )


def test_calls_are_listed_with_who_when_and_how_they_ended(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.get_one(Lead, garage.lead_id).name = "דנה <b>כהן</b>"
    add_call(parts, garage, "CA_busy", direction="outbound", to_number="+972521112222",
             end_reason="call_status_busy", is_test=True)  # fmt: skip
    page = as_operator.speaks("en").get(f"/b/{garage.id}/calls")
    assert page.status_code == 200
    assert "דנה &lt;b&gt;כהן&lt;/b&gt;" in page.text
    assert "054-123-4567" in page.text
    assert "052-111-2222" in page.text
    assert "The line was busy" in page.text
    assert "Test call" in page.text
    assert f'href="/b/{garage.id}/calls/{garage.call_sid}"' in page.text


def test_no_calls_yet_says_what_to_do(as_owner: Browser, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        session.delete(session.get_one(Call, garage.call_sid))
    page = as_owner.speaks("en").get(f"/b/{garage.id}/calls").text
    assert "No calls yet" in page
    assert f'href="/b/{garage.id}/phone"' in page


def test_filters(as_operator: Browser, parts: Services, garage: House) -> None:
    as_operator.speaks("en")
    add_call(parts, garage, "CA_march", from_number="+972521112222", end_reason="silence")
    path = f"/b/{garage.id}/calls"

    def found(query: str) -> list[bool]:
        text = as_operator.get(f"{path}?{query}").text
        return [f"/calls/{sid}" in text for sid in ("CA_march", garage.call_sid)]

    assert found("") == [True, True]
    assert found("number=052-1112222") == [True, False]
    assert found("since=2026-03-01&until=2026-03-01") == [True, False]
    assert found("until=2026-02-28") == [False, False]
    assert found("end_reason=silence&number=&direction=") == [True, False]
    nothing = as_operator.get(f"{path}?direction=outbound").text
    assert "No call fits" in nothing
    assert 'value="outbound" selected' in nothing
    for nonsense in ("since=yesterday", "until=never", "direction=up", "number=%00"):
        wrong = as_operator.get(f"{path}?{nonsense}")
        assert wrong.status_code == 422
        assert "cannot be understood" in wrong.text


def test_more_calls_come_on_demand(as_operator: Browser, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        session.add_all(
            Call(
                call_sid=f"CA_{number}",
                business_id=garage.id,
                started_at=NOON + timedelta(minutes=number),
                end_reason="silence",
            )
            for number in range(60)
        )
    first = as_operator.get(f"/b/{garage.id}/calls?end_reason=silence").text
    assert first.count('class="call-row"') == 50
    following = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = as_operator.part(following).text
    assert rest.count('class="call-row"') == 10
    assert "<html" not in rest
    assert "hx-get" not in rest
    assert "<html" in as_operator.get(following).text  # without JavaScript it is a page


def test_a_call_as_a_conversation(as_operator: Browser, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        call = session.get_one(Call, garage.call_sid)
        call.turns[1].start_ms, call.turns[1].length_ms = 1500, 900
        call.turns[1].text = "<script>alert(1)</script>"
        cut = call.turns[2]
        cut.start_ms, cut.heard_ms, cut.length_ms = 3000, 1800, 4200
        cut.timings_ms = {
            "faq_ms": 0.724,
            "hangover_ms": 300,
            "final_ms": 500,
            "tts_ready_ms": 900,
            "total_latency_ms": 1400,
        }
        call.turns.append(CallTurn(index=3, speaker="agent", text="רגע", path="FILLER"))
        call.turns.append(CallTurn(index=4, speaker="caller", text=""))
        call.cost_usd = 0.0234
        call.end_reason = "agent_goodbye"
    page = as_operator.speaks("en").get(f"/b/{garage.id}/calls/{garage.call_sid}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "heard 1.8 s of 4.2 s" in page
    assert "Instant answer" in page
    assert "Waited 1,400 ms for this answer" in page
    assert 'look-up among the prepared answers</dt><dd class="number">0.7 ms' in page
    assert "too long" in page
    assert 'data-start-ms="1500" data-end-ms="2400"' in page
    assert 'data-start-ms="3000" data-end-ms="4800"' in page  # as far as it was heard
    assert "turn-filler" in page
    assert "(not understood)" in page
    assert "$0.023" in page
    assert "Ended with a goodbye" in page
    assert f'href="/b/{garage.id}/leads/{garage.lead_id}"' in page
    assert "style=" not in page.partition("<main")[2]


def test_an_instant_answer_says_which_and_leads_there(
    as_operator: Browser, as_admin: Browser, parts: Services, garage: House
) -> None:
    path = f"/b/{garage.id}/calls/{garage.call_sid}"
    for browser in (as_operator, as_admin):
        browser.speaks("en")
    assert "Instant answer: <bdi data-user>price</bdi>" in as_operator.get(path).text
    with parts.database.write() as session:
        session.get_one(BusinessFaq, garage.faq_id).label = "<i>מחיר</i>"
        english = BusinessFaq(
            business_id=garage.id, intent_key="price", lang="en-US", answer_text="A hundred."
        )
        session.add(english)
    named = "Instant answer: <bdi data-user>&lt;i&gt;מחיר&lt;/i&gt;</bdi>"
    edit = f'href="/b/{garage.id}/faqs/{garage.faq_id}/edit"'
    for browser, leads_there in ((as_operator, False), (as_admin, True)):
        page = browser.get(path).text
        assert named in page
        assert (edit in page) == leads_there
    with parts.database.write() as session:
        session.get_one(Call, garage.call_sid).turns[2].text = "A hundred."
    assert f'href="/b/{garage.id}/faqs/{english.id}/edit"' in as_admin.get(path).text


def test_an_answer_that_was_deleted_since_has_no_name(
    as_admin: Browser, parts: Services, garage: House, bakery: House
) -> None:
    with parts.database.write() as session:
        session.delete(session.get_one(BusinessFaq, garage.faq_id))
    page = as_admin.speaks("en").get(f"/b/{garage.id}/calls/{garage.call_sid}")
    assert page.status_code == 200
    assert "Instant answer" in page.text
    assert "/faqs/" not in page.text  # nor to that of a business with the same key


def test_a_recording_is_played_beside_what_was_said(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    address = f"/api/leads/{garage.lead_id}/recording"
    path = f"/b/{garage.id}/calls/{garage.call_sid}"
    assert address not in as_operator.get(path).text
    with parts.database.write() as session:
        session.add(
            Recording(key="RE1", call_sid=garage.call_sid, state="stored", storage_key="x.wav")
        )
    assert address in as_operator.get(path).text


def test_a_call_leads_to_its_lead(as_operator: Browser, parts: Services, garage: House) -> None:
    answer = as_operator.get(f"/b/{garage.id}/calls/{garage.call_sid}/lead")
    assert (answer.status_code, answer.location) == (
        303,
        f"/b/{garage.id}/leads/{garage.lead_id}",
    )
    add_call(parts, garage, "CA_alone")
    assert as_operator.get(f"/b/{garage.id}/calls/CA_alone/lead").status_code == 404


def test_calls_of_others_do_not_exist(
    as_operator: Browser, as_owner: Browser, garage: House, bakery: House
) -> None:
    for sid in (bakery.call_sid, "CA_none"):
        for page in ("", "/lead"):
            assert as_operator.get(f"/b/{garage.id}/calls/{sid}{page}").status_code == 404
    # One's own call, but under another of one's businesses
    assert as_owner.get(f"/b/{garage.id}/calls/{bakery.call_sid}").status_code == 404
