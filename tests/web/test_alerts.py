"""Who is to be called back is told to the business at once, by SMS and by mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask_babel import force_locale
from flask_openapi3 import OpenAPI
from sqlalchemy import select

from server.calls import store
from server.clock import utc_now
from server.leads.alerts import ALERT_MAIL, ALERT_SMS, AlertBusiness
from server.models import JobRow, Lead
from server.net.smtp import MailServer
from server.telephony.rest import TwilioRest
from server.web.home_words import job_name, job_reason
from server.wiring import Services
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest
from tests.web.conftest import Api, House, audit, wrong_fields

CALLER = "+972541234567"
OWNER = "+972509999999"
MAILBOX = "boss@garage.test"
BASE = "https://maane.example.com"


@dataclass
class Outside:
    """What has left the server."""

    twilio: FakeTwilioRest
    post: FakeSmtp


@pytest.fixture
def outside(app: OpenAPI, parts: Services, garage: House) -> Iterator[Outside]:
    """Give the server an account that sends from the garage's number, and a mail server."""
    with FakeTwilioRest() as twilio, FakeSmtp() as post:
        twilio.senders = {garage.number}
        rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)
        mail = MailServer(post.host, post.port, "none", "", "", "maane@example.com")
        handler = AlertBusiness(parts.database, mail, rest, "", BASE)
        parts.jobs.handlers |= {ALERT_SMS: handler, ALERT_MAIL: handler}
        app.extensions["maane"] = replace(parts, mail=mail, twilio=rest)
        yield Outside(twilio, post)
        rest.close()
        assert twilio.violations == []


@pytest.fixture
def wanted(admin: Api, garage: House) -> None:
    """The garage has said whom to tell."""
    own = {"alert_numbers": ["050-9999999"], "alert_emails": ["Boss@Garage.test "]}
    saved = admin.patch(f"/api/businesses/{garage.id}", {"settings": own})
    assert saved.json is not None
    assert saved.json["settings"]["alert_numbers"] == [OWNER]
    assert saved.json["settings"]["alert_emails"] == [MAILBOX]


def write(parts: Services, *works: store.Write) -> None:
    with parts.database.write() as session:
        for work in works:
            work(session)


def arrive(parts: Services, house: House, call_sid: str = "CA_new", *, test: bool = False) -> None:
    arrival = store.call_arrived(
        call_sid=call_sid,
        business_id=house.id,
        direction="inbound",
        from_number=CALLER,
        to_number=house.number,
        is_test=test,
        prompt_hash="",
        agent="",
        at=utc_now() - timedelta(minutes=1),
    )
    write(parts, arrival)


def ends(call_sid: str = "CA_new") -> store.Write:
    return store.call_ended(call_sid, "caller_hangup", utc_now(), {})


def work_off(parts: Services) -> None:
    while parts.jobs.run_one("mail"):
        pass


def jobs(parts: Services) -> list[tuple[str, str]]:
    with parts.database.read() as session:
        rows = session.scalars(select(JobRow).where(JobRow.lane == "mail").order_by(JobRow.id))
        return [(row.kind, row.state) for row in rows]


@pytest.mark.usefixtures("wanted")
def test_once_the_call_is_over_they_know_who_and_what(
    outside: Outside, parts: Services, garage: House
) -> None:
    arrive(parts, garage)
    write(parts, store.callback_wanted("CA_new", "agent_lost"))
    assert jobs(parts) == []
    write(parts, store.lead_learned("CA_new", {"name": "דנה", "need": "הרכב לא מניע"}), ends())
    work_off(parts)
    (sms,) = outside.twilio.messages
    assert (sms["To"], sms["From"]) == (OWNER, garage.number)
    assert f"נא לחזור אל דנה ({CALLER}). הרכב לא מניע" in sms["Body"]
    with parts.database.read() as session:
        lead_id = session.scalars(select(Lead.id).where(Lead.call_sid == "CA_new")).one()
    assert sms["Body"].endswith(f"\n{BASE}/b/{garage.id}/leads/{lead_id}")
    assert outside.post.recipients == [MAILBOX]
    assert "הרכב לא מניע" in outside.post.text()
    write(parts, ends(), store.callback_wanted("CA_new", "again"))
    work_off(parts)
    assert len(outside.twilio.messages) == 1
    assert jobs(parts) == [(ALERT_SMS, "done"), (ALERT_MAIL, "done")]


@pytest.mark.usefixtures("wanted")
def test_what_is_known_only_after_the_call_is_told_then(
    outside: Outside, parts: Services, garage: House
) -> None:
    arrive(parts, garage)
    write(parts, ends())
    assert jobs(parts) == []
    write(parts, store.callback_wanted("CA_new", "transfer_unanswered"))
    work_off(parts)
    assert "לא ענו כשהשיחה הועברה." in outside.twilio.messages[0]["Body"]


@pytest.mark.usefixtures("wanted")
def test_nobody_is_told_of_test_calls_nor_of_what_is_done(
    outside: Outside, parts: Services, garage: House
) -> None:
    arrive(parts, garage, "CA_test", test=True)
    write(parts, store.callback_wanted("CA_test", "agent_lost"), ends("CA_test"))
    assert jobs(parts) == []
    arrive(parts, garage)
    write(parts, store.callback_wanted("CA_new", "agent_lost"), ends())
    with parts.database.write() as session:
        lead = session.scalars(select(Lead).where(Lead.call_sid == "CA_new")).one()
        lead.work_status = "done"
    work_off(parts)
    assert outside.twilio.messages == []
    assert outside.post.recipients == []


@pytest.mark.usefixtures("outside")
def test_where_nobody_is_to_be_told_nothing_is_done(parts: Services, garage: House) -> None:
    arrive(parts, garage)
    write(parts, store.callback_wanted("CA_new", "agent_lost"), ends())
    assert jobs(parts) == []


@pytest.mark.usefixtures("wanted")
def test_what_cannot_be_sent_is_given_up_with_the_reason_or_tried_again(
    outside: Outside,
    app: OpenAPI,
    parts: Services,
    garage: House,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outside.twilio.senders = set()
    outside.post.options.refuse_mails = 451
    arrive(parts, garage)
    write(parts, store.callback_wanted("CA_new", "agent_lost"), ends())
    work_off(parts)
    assert jobs(parts) == [(ALERT_SMS, "dead"), (ALERT_MAIL, "queued")]
    with parts.database.read() as session:
        errors = session.scalars(select(JobRow.last_error).where(JobRow.kind == ALERT_SMS)).one()
    assert "21606" in errors
    with app.test_request_context(), force_locale("en"):
        assert job_name(ALERT_SMS) == "A message about whom to call back"
        assert job_reason(errors) == "The number cannot send messages."
    assert OWNER not in caplog.text
    assert MAILBOX not in caplog.text


@pytest.mark.usefixtures("wanted")
def test_a_test_goes_to_everybody_and_not_too_often(
    outside: Outside, parts: Services, admin: Api, operator: Api, garage: House, bakery: House
) -> None:
    path = f"/api/businesses/{garage.id}/alerts/test"
    asked = admin.post(path, {})
    assert (asked.status_code, asked.json) == (202, {"recipients": 2})
    work_off(parts)
    assert "הודעת ניסיון" in outside.twilio.messages[0]["Body"]
    assert outside.post.recipients == [MAILBOX]
    assert [entry[1] for entry in audit(parts)][-1] == "alert.test"
    assert operator.post(path, {}).status_code == 403
    assert admin.post(f"/api/businesses/{bakery.id}/alerts/test", {}).status_code == 404
    assert [admin.post(path, {}).status_code for _ in range(6)] == [202] * 5 + [429]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alert_numbers": ["12"]}, "settings.alert_numbers.0"),
        ({"alert_numbers": ["+9725*"]}, "settings.alert_numbers.0"),
        ({"alert_numbers": [f"+97250000000{n}" for n in range(6)]}, "settings.alert_numbers"),
        ({"alert_emails": ["a@x.test", "nobody"]}, "settings.alert_emails.1"),
        ({"alert_emails": ["a@x.test\r\nBcc: b@x.test"]}, "settings.alert_emails.0"),
    ],
)
def test_a_wrong_recipient_is_named(
    admin: Api, garage: House, change: dict[str, list[str]], field: str
) -> None:
    answer = admin.patch(f"/api/businesses/{garage.id}", {"settings": change})
    assert wrong_fields(answer) == [field]
