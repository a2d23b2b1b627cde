"""The addresses that are told, as a person keeps them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from server.models import BusinessWebhook, JobRow
from server.web.webhooks import EVENTS, why_failed
from server.wiring import Services
from tests.web.conftest import House, audit
from tests.web.pages.conftest import Browser


def page(house: House, tail: str = "") -> str:
    return f"/b/{house.id}/settings/webhooks{tail}"


def hooks(parts: Services, house: House) -> list[BusinessWebhook]:
    with parts.database.read() as session:
        wanted = select(BusinessWebhook).where(BusinessWebhook.business_id == house.id)
        return list(session.scalars(wanted.order_by(BusinessWebhook.id)))


def test_without_an_address_the_page_says_what_one_is_for(as_admin: Browser, garage: House) -> None:
    as_admin.speaks("en")
    assert "No address yet" not in as_admin.get(page(garage)).text
    as_admin.post(page(garage, f"/{garage.webhook_id}/delete"))
    assert "No address yet" in as_admin.get(page(garage)).text


def test_the_secret_is_shown_once(as_admin: Browser, parts: Services, garage: House) -> None:
    typed = {"url": "https://hook.example/mine", "events": ["lead.created", "lead.processed"]}
    made = as_admin.post(page(garage), typed)
    assert made.status_code == 200
    shown = re.search(r"whsec_[\w-]+", made.text)
    assert shown is not None
    row = hooks(parts, garage)[-1]
    assert (row.url, row.events, row.active) == (typed["url"], typed["events"], True)
    assert row.secret == shown[0]
    for later in (page(garage), page(garage, f"/{row.id}")):
        assert "whsec_" not in as_admin.get(later).text
    replaced = as_admin.post(page(garage, f"/{row.id}/secret"))
    assert "whsec_" in replaced.text
    assert shown[0] not in replaced.text
    actions = [action for _, action, _, _ in audit(parts)]
    assert actions == ["webhook.create", "webhook.secret"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"url": "http://hook.example/x", "events": "lead.created"}, "https://"),
        ({"url": "https://127.0.0.1/x", "events": "lead.created"}, "inside a network"),
        ({"url": "", "events": "lead.created"}, "This is needed."),
        ({"url": "https://hook.example/x"}, "At least one is needed."),
    ],
)
def test_what_is_wrong_is_said(
    as_admin: Browser, parts: Services, garage: House, typed: dict[str, str], said: str
) -> None:
    answer = as_admin.speaks("en").post(page(garage), typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert len(hooks(parts, garage)) == 1


def test_changing_testing_and_deleting(as_admin: Browser, parts: Services, garage: House) -> None:
    as_admin.speaks("en")
    own = page(garage, f"/{garage.webhook_id}")
    typed = {"url": "https://hook.example/other", "events": "call.completed", "active": "y"}
    assert as_admin.post(own, typed).location == own
    row = hooks(parts, garage)[0]
    assert (row.url, row.events, row.active) == (typed["url"], ["call.completed"], True)
    assert as_admin.post(f"{own}/test").location == own
    assert as_admin.post(f"{own}/test").location == own
    shown = as_admin.get(own).text
    assert shown.count("on its way</span>") == 1
    assert "sent only just now" in shown
    assert as_admin.post(f"{own}/delete").location == page(garage)
    assert hooks(parts, garage) == []
    assert as_admin.get(own).status_code == 404


def test_what_was_given_up_is_tried_again(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        job = session.get_one(JobRow, garage.job_id)
        job.payload = {"webhook_id": garage.webhook_id, "event": "lead.created", "at": ""}
    own = page(garage, f"/{garage.webhook_id}")
    shown = as_admin.speaks("en").get(own).text
    assert "the address answered with 500" in shown
    assert as_admin.post(f"{own}/deliveries/{garage.job_id}/retry").location == own
    with parts.database.read() as session:
        assert session.get_one(JobRow, garage.job_id).state == "queued"


def test_another_business_s_addresses_do_not_exist(
    as_admin: Browser, garage: House, bakery: House
) -> None:
    for path in (page(bakery), page(bakery, f"/{bakery.webhook_id}")):
        assert as_admin.get(path).status_code == 404
    for tail in ("", "/test", "/secret", "/delete", f"/deliveries/{bakery.job_id}/retry"):
        for path in (
            page(bakery, f"/{bakery.webhook_id}{tail}"),
            page(garage, f"/{bakery.webhook_id}{tail}"),
        ):
            assert (
                as_admin.post(
                    path, {"url": "https://a.example", "events": "lead.created"}
                ).status_code
                == 404
            ), path


def test_an_operator_keeps_out(as_operator: Browser, garage: House) -> None:
    assert as_operator.get(page(garage)).status_code == 403
    assert as_operator.post(page(garage)).status_code == 403


def test_every_event_and_reason_has_words(app: object, as_admin: Browser, garage: House) -> None:
    shown = as_admin.speaks("he").get(page(garage)).text
    assert not [event for event, words in EVENTS.items() if event != "test" and str(words) in shown]
    with as_admin.client.application.test_request_context():
        assert "503" in str(why_failed("the address answered 503"))
        assert str(why_failed("something new"))
