"""Alerts: who is told at once whom to call back is set with the business; here they are tried."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import Input
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.api.throttle import ALERT_TESTS, attempt
from server.clock import utc_now
from server.leads.alerts import ask_for_test
from server.models import ADMIN, Business
from server.wiring import services

blueprint = new_resource("alerts", "Telling people at once whom to call back.")


class AlertsPath(BaseModel):
    """Whose alerts."""

    business_id: int = Field(description="Id of the business.")


class NewAlertTest(Input):
    """Nothing needs to be said."""


class AlertTest(BaseModel):
    """A test that is being sent."""

    recipients: int = Field(description="How many numbers and addresses it goes to.")


@blueprint.post(f"/businesses/{BUSINESS_ID}/alerts/test", responses=writing(AlertTest, 202))
@needs(ADMIN)
def test_alerts(path: AlertsPath, body: NewAlertTest) -> Response:
    """Send a test to everybody who is alerted; what could not be sent shows as failed work."""
    return answer(send_test(path.business_id), 202)


def send_test(business_id: int) -> AlertTest:
    """Have a test sent to everybody who is alerted.

    Raises:
        NotFoundError: there is no such business.
        ThrottledError: too many tests were asked for.
    """
    attempt(ALERT_TESTS, str(business_id))
    with services().database.write() as session:
        if session.get(Business, business_id) is None:
            raise missing("business")
        recipients = ask_for_test(session, business_id, utc_now())
        record_change(
            session,
            caller().actor,
            "alert.test",
            business_id=business_id,
            target=f"business:{business_id}",
            detail={"recipients": recipients},
        )
    return AlertTest(recipients=recipients)
