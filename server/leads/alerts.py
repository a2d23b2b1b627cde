"""Telling a business at once whom it is to call back: by SMS and by mail, as jobs.

Both may go out twice where this process dies after the sending and before that is written down:
better than never.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.letters import letter
from server.business_settings import BusinessSettings, business_settings
from server.db import Database
from server.errors import ProviderError
from server.jobs import GiveUp, Job, RetryLater, enqueue
from server.leads.alert_words import Alert
from server.models import Business, BusinessPhoneNumber, Call, Lead
from server.net.smtp import MailServer
from server.telephony.rest import TwilioRest

log = logging.getLogger(__name__)

ALERT_SMS = "alert_sms"
ALERT_MAIL = "alert_mail"
"""The kinds of the jobs that tell one number or address."""

_LANE = "mail"
_NEXT_TRY_SECONDS = (20.0, 300.0)
_OPEN = ("new", "in_work")


def ask_to_alert(session: Session, lead: Lead) -> None:
    """Have the business told once that this lead is to be called back."""
    _ask(session, lead.business_id, f"lead:{lead.id}", lead.id)


def ask_for_test(session: Session, business_id: int, at: datetime) -> int:
    """Have a test sent to everybody who is alerted; return how many that are."""
    return _ask(session, business_id, f"test:{business_id}:{at.timestamp():.0f}", None)


def _ask(session: Session, business_id: int, occasion: str, lead_id: int | None) -> int:
    business = session.get_one(Business, business_id)
    recipients = _recipients(business_settings(business.settings))
    for kind, name in recipients:
        enqueue(
            session,
            kind,
            f"{kind}:{occasion}:{name}",
            {"to": name},
            lane=_LANE,
            business_id=business_id,
            lead_id=lead_id,
        )
    return len(recipients)


def _recipients(own: BusinessSettings) -> dict[tuple[str, str], str]:
    """Return who is alerted, by kind and a name for jobs that does not give the address away."""
    wanted = [(ALERT_SMS, one) for one in own.alert_numbers]
    wanted += [(ALERT_MAIL, one) for one in own.alert_emails]
    return {(kind, hashlib.sha256(to.encode()).hexdigest()[:16]): to for kind, to in wanted}


class AlertBusiness:
    """Handler of both kinds.

    Args:
        mail: where mails are handed over; None where no mail server is set.
        twilio: sends SMS; None where no account is set.
        sms_from: who they are from; empty: the business's own number.
        base_url: of the pages, without a slash at its end; may be empty.
    """

    def __init__(
        self,
        database: Database,
        mail: MailServer | None,
        twilio: TwilioRest | None,
        sms_from: str,
        base_url: str,
    ) -> None:
        self._database = database
        self._mail = mail
        self._twilio = twilio
        self._sms_from = sms_from
        self._base_url = base_url

    def __call__(self, job: Job) -> None:
        """Send one alert, unless nobody waits for a call any more.

        Raises:
            RetryLater: it could not be sent now.
            GiveUp: it never will, and the message says why.
        """
        with self._database.read() as session:
            business = session.get(Business, job.business_id)
            lead = session.get(Lead, job.lead_id) if job.lead_id else None
            if business is None or (job.lead_id and (lead is None or not _waits(lead))):
                return
            to = _recipients(business_settings(business.settings)).get(
                (job.kind, str(job.payload["to"]))
            )
            alert = self._alert(business, lead)
            sender = self._sms_from or _number(session, business, lead)
        if to is None:
            return  # is not to be told any more
        try:
            self._send(job.kind, to, sender, alert)
        except ProviderError as error:
            log.warning("[ALERT] failed kind=%s code=%s", job.kind, error.code)
            if error.code in ("unavailable", "smtp_failed"):
                raise RetryLater(error.message, job.wait_of(_NEXT_TRY_SECONDS)) from error
            raise GiveUp(error.message) from error
        log.info("[ALERT] sent kind=%s biz=%s lead=%s", job.kind, job.business_id, job.lead_id)

    def _send(self, kind: str, to: str, sender: str, alert: Alert) -> None:
        if kind == ALERT_SMS:
            if self._twilio is None:
                raise GiveUp("no Twilio account is set (TWILIO_ACCOUNT_SID)")
            if not sender:
                raise GiveUp("the business has no number to send an SMS from (TWILIO_SMS_FROM)")
            self._twilio.send_sms(to, sender, alert.sms)
            return
        if self._mail is None:
            raise GiveUp("no mail server is set (SMTP_HOST)")
        mail = letter(alert.language, alert.letter, alert.url)
        self._mail.send(to, mail.subject, mail.text, mail.html)

    def _alert(self, business: Business, lead: Lead | None) -> Alert:
        page = f"/leads/{lead.id}" if lead is not None else "/settings/alerts"
        alert = Alert(
            business=business.name,
            language=business.lang.partition("-")[0],
            url=f"{self._base_url}/b/{business.id}{page}" if self._base_url else "",
            is_test=lead is None,
        )
        if lead is None:
            return alert
        return replace(
            alert,
            name=lead.name,
            phone=lead.phone if lead.phone.startswith("+") else "",
            matter=lead.headline or str(lead.fields.get("need") or ""),
            reason=str(lead.fields.get("callback") or ""),
        )


def _waits(lead: Lead) -> bool:
    return lead.wants_callback and lead.work_status in _OPEN


def _number(session: Session, business: Business, lead: Lead | None) -> str:
    """Return the business's own number: the one of the lead's call, else its first."""
    ours = session.scalars(
        select(BusinessPhoneNumber.e164)
        .where(BusinessPhoneNumber.business_id == business.id)
        .order_by(BusinessPhoneNumber.id)
    ).all()
    call = session.scalar(select(Call).where(Call.lead_id == lead.id)) if lead else None
    if call is not None:
        dialled = call.from_number if call.direction == "outbound" else call.to_number
        if dialled in ours:
            return dialled
    return ours[0] if ours else ""
