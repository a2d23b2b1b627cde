"""The home page: what needs somebody comes first, and a new business finds its first steps."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from server.clock import utc_now
from server.demo import seed_demo_history
from server.models import Business, BusinessFaq, Call, JobRow, Lead, Membership
from server.web.sparks import HEIGHT, spark_path
from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser


@pytest.fixture
def busy(parts: Services, garage: House) -> House:
    """The garage after some weeks."""
    with parts.database.write() as session:
        business = session.get_one(Business, garage.id)
        business.faqs = [
            BusinessFaq(intent_key=key, lang=lang, patterns_json=["מה"], answer_text="כן.")
            for key in ("price", "hours", "address", "parking", "payment_methods", "duration")
            for lang in ("he-IL", "en-US")
        ]
        session.flush()
        seed_demo_history(session, business, utc_now())
    return garage


def test_what_needs_somebody_stands_first(as_admin: Browser, busy: House) -> None:
    page = as_admin.get(f"/b/{busy.id}/").text
    order = [page.index(words) for words in ("מה מחכה לכם עכשיו", "שיחות היום", "לפי שעה ביום",
                                             "הפניות האחרונות")]  # fmt: skip
    assert order == sorted(order)
    assert 'href="tel:+972' in page
    assert "לא הצליח:" in page
    assert "השירות לא ענה בזמן." in page
    assert "the summary took too long" not in page


def test_a_reached_cap_on_cost_is_said(as_admin: Browser, parts: Services, busy: House) -> None:
    words = "העלות היום הגיעה לתקרה."
    assert words not in as_admin.get(f"/b/{busy.id}/").text
    with parts.database.write() as session:
        session.get_one(Business, busy.id).settings = {"daily_cost_cap_usd": 0.5}
        session.add(Call(call_sid="CA_dear", business_id=busy.id, cost_usd=0.6))
    profile = parts.directory.by_id(busy.id)
    assert profile is not None
    parts.calls.costs.read([profile])
    assert words in as_admin.get(f"/b/{busy.id}/").text


def test_what_is_wrong_with_the_answers_leads_to_those_answers(
    as_operator: Browser, parts: Services, busy: House
) -> None:
    with parts.database.write() as session:
        business = session.get_one(Business, busy.id)
        business.faqs = [
            BusinessFaq(intent_key=key, patterns_json=[pattern], answer_text="כן.")
            for key, pattern in (("lot", "חניה"), ("yard", "החנייה"), ("broken", "(אחת"))
        ]
    parts.attention.count(busy.id)
    page = as_operator.get(f"/b/{busy.id}/").text
    for path in ("faqs?state=warned", "faqs/conflicts"):
        assert f'href="/b/{busy.id}/{path}"' in page


def test_the_page_speaks_english_too(as_admin: Browser, busy: House) -> None:
    page = as_admin.speaks("en").get(f"/b/{busy.id}/").text
    assert "What needs you now" in page
    assert "Calls today" in page


def test_every_day_stands_in_the_table(as_operator: Browser, busy: House) -> None:
    for days in (7, 30, 90):
        page = as_operator.get(f"/b/{busy.id}/?days={days}&by=day").text
        table = page[page.index('id="calls-table"') : page.index("</table>")]
        assert table.count('<th scope="row"') == days
    hours = as_operator.get(f"/b/{busy.id}/?by=hour").text
    table = hours[hours.index('id="calls-table"') : hours.index("</table>")]
    assert table.count('<th scope="row"') == 24


def test_a_week_is_looked_at_by_the_hour_and_what_is_longer_by_the_day(
    as_operator: Browser, busy: House
) -> None:
    for query, rows in (("", 24), ("?days=30", 30), ("?days=30&by=hour", 24), ("?by=day", 7)):
        page = as_operator.get(f"/b/{busy.id}/{query}").text
        table = page[page.index('id="calls-table"') : page.index("</table>")]
        assert table.count('<th scope="row"') == rows
        chosen = query.rpartition("by=")[2] if "by=" in query else ""
        longer = f'href="/b/{busy.id}/?days=90{"&amp;by=" + chosen if chosen else ""}#charts"'
        assert longer in page  # what was chosen is kept


def test_a_range_that_there_is_not_is_the_usual_one(as_operator: Browser, busy: House) -> None:
    page = as_operator.get(f"/b/{busy.id}/?days=100000&by=moon").text
    assert page.count('data-short="') == 24 + 7  # hours of calls, days of waiting times


def test_parts_are_parts_for_scripts_and_the_page_for_people(
    as_operator: Browser, busy: House
) -> None:
    part = as_operator.part(f"/b/{busy.id}/home/charts?days=30")
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "data-chart=" in part.text
    assert "<html" not in as_operator.part(f"/b/{busy.id}/home/now").text
    whole = as_operator.get(f"/b/{busy.id}/home/charts?days=30&by=hour")
    assert whole.status_code == 303
    assert whole.headers["Location"].endswith(f"/b/{busy.id}/?days=30&by=hour")
    assert as_operator.get(f"/b/{busy.id}/home/now").status_code == 303


def test_what_failed_is_tried_again(as_admin: Browser, garage: House, parts: Services) -> None:
    page = as_admin.get(f"/b/{garage.id}/").text
    retry = f"/b/{garage.id}/home/jobs/{garage.job_id}/retry"
    assert retry in page
    assert as_admin.post(retry).status_code == 303
    with parts.database.read() as session:
        assert session.get_one(JobRow, garage.job_id).state == "queued"
    after = as_admin.get(f"/b/{garage.id}/").text
    assert "מנסים שוב." in after
    assert retry not in after
    again = as_admin.post(retry)
    assert again.status_code == 303
    assert "מישהו כבר ניסה את זה שוב." in as_admin.get(f"/b/{garage.id}/").text


def test_operators_see_what_failed_and_leave_it(as_operator: Browser, garage: House) -> None:
    page = as_operator.get(f"/b/{garage.id}/").text
    assert "לא הצליח:" in page
    retry = f"/b/{garage.id}/home/jobs/{garage.job_id}/retry"
    assert retry not in page
    assert as_operator.post(retry).status_code == 403


def test_another_house_is_as_if_absent(as_admin: Browser, garage: House, bakery: House) -> None:
    for path in ("/", "/home/now", "/home/charts"):
        assert as_admin.part(f"/b/{bakery.id}{path}").status_code == 404
    theirs = f"/b/{garage.id}/home/jobs/{bakery.job_id}/retry"
    assert as_admin.post(theirs).status_code == 404


def test_hostile_words_stay_words(as_admin: Browser, garage: House, parts: Services) -> None:
    with parts.database.write() as session:
        lead = session.get_one(Lead, garage.lead_id)
        lead.name = lead.next_step = lead.headline = "<script>alert(1)</script>"
    page = as_admin.get(f"/b/{garage.id}/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_new_business_finds_its_first_steps(as_admin: Browser, parts: Services) -> None:
    with parts.database.write() as session:
        fresh = Business(name="עסק חדש", ai_prompt="עני בקצרה.")
        session.add(fresh)
        session.flush()
        session.add(Membership(user_id=as_admin.user_id, business_id=fresh.id, role="admin"))
        fresh_id = fresh.id
    page = as_admin.get(f"/b/{fresh_id}/").text
    assert "עוד לא התקשרו אליכם" in page
    assert re.search(r'<progress max="4" value="1"', page)
    assert f'href="/b/{fresh_id}/faqs"' in page
    assert "data-chart" not in page
    with parts.database.write() as session:
        session.add(Call(call_sid="CA_first", business_id=fresh_id, started_at=datetime.now(UTC)))
    assert "עוד לא התקשרו אליכם" not in as_admin.get(f"/b/{fresh_id}/").text


def test_a_spark_line_stands_on_zero() -> None:
    assert spark_path([0, 5, 10]) == "M3.0 29.0L60.0 16.0L117.0 3.0"
    assert spark_path([None, 4, None, 2]).count("M") == 2
    assert spark_path([None, None]) == ""
    assert spark_path([0, 0]).count(f"{HEIGHT - 3:.1f}") == 2


def test_support_finds_the_figures_under_their_names(
    as_operator: Browser, busy: House, bakery: House
) -> None:
    as_operator.speaks("en")
    path = f"/b/{busy.id}/home/figures"
    assert path in as_operator.get(f"/b/{busy.id}/").text
    part, page = as_operator.part(path).text, as_operator.get(path).text
    assert "<html" not in part
    for text in (part, page):
        for name in (
            "calls.slots_completed.rate", "faq.hit.rate", "faq.p50.ms", "faq.p95.ms",
            "voice.first_partial_ms", "voice.final_ms", "voice.tts_ready_ms",
            "voice.total_latency_ms",
        ):  # fmt: skip
            assert name in text
        assert re.search(r"faq\.hit\.rate</small></th><td>\d+%", text)
        assert re.search(r"voice\.total_latency_ms</small></th><td>[\d.]+ m?s", text)
    assert as_operator.get(f"/b/{bakery.id}/home/figures").status_code == 404


def test_waits_are_told_in_seconds(as_operator: Browser, busy: House) -> None:
    page = as_operator.speaks("en").get(f"/b/{busy.id}/").text
    tile = page[page.index("Time to an answer") : page.index("half of the answers come sooner")]
    assert re.search(r">\d\.\d+ s<", tile) or ">–<" in tile
    assert " ms" not in page[page.index("Today in numbers") : page.index('id="home-charts"')]


def test_an_admin_finds_all_that_failed_and_tries_it_again(
    as_admin: Browser, parts: Services, garage: House, bakery: House
) -> None:
    as_admin.speaks("en")
    with parts.database.write() as session:
        dead = [
            JobRow(
                lane="summary", kind="summarise", key=f"dead {n}", business_id=house.id,
                payload={}, state="dead", last_error="timeout",
            )
            for house, n in ((garage, 1), (garage, 2), (garage, 3), (garage, 4), (bakery, 5))
        ]  # fmt: skip
        session.add_all(dead)
        session.flush()
        ids = [job.id for job in dead]
    path = f"/b/{garage.id}/home/jobs"
    assert f'href="{path}"' in as_admin.get(f"/b/{garage.id}/").text
    page = as_admin.get(path).text
    assert all(f"{path}/{job_id}/retry" in page for job_id in ids[:4])
    assert f"/{ids[4]}/retry" not in page
    one = as_admin.post(f"{path}/{ids[0]}/retry", {"from": "jobs"})
    assert one.location == path
    assert as_admin.post(f"{path}/retry").location == path
    assert "are being tried again." in as_admin.get(path).text
    with parts.database.read() as session:
        states = [session.get_one(JobRow, job_id).state for job_id in ids]
    assert states == ["queued"] * 4 + ["dead"]


def test_what_failed_is_an_admin_s_to_try_again(as_operator: Browser, garage: House) -> None:
    assert as_operator.get(f"/b/{garage.id}/home/jobs").status_code == 403
    assert as_operator.post(f"/b/{garage.id}/home/jobs/retry").status_code == 403
