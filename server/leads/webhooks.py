"""Telling a business's own address of an event: signed, tried again, never inside a network."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import Database
from server.errors import ProviderError
from server.jobs import GiveUp, Job, RetryLater, enqueue
from server.leads.events import DELIVER
from server.models import BusinessWebhook, Call, JobRow, Lead
from server.net.outside import OutsidePolicy, UnsafeAddressError, parse_networks, post_outside
from server.settings import Settings
from server.version import VERSION

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
SIGNATURE_HEADER = "X-Maane-Signature"
"""``t=<Unix seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">``, keyed with the secret."""

TEST_EVENT = "test"
"""An event of nothing, by which an address is tried out."""

_TEST_EVERY = timedelta(seconds=10)
_SECRET_PREFIX = "whsec_"  # noqa: S105 - lets scanners of leaked secrets recognise ours
_NEXT_TRY_SECONDS = (30.0, 900.0)
"""When an address is asked again: it may be restarting, or away."""
_WORTH_ANOTHER_TRY = (408, 425, 429)


def outside_policy(settings: Settings) -> OutsidePolicy:
    """Return where the webhooks of this server may go."""
    return OutsidePolicy(
        allow_http=settings.webhook_allow_http,
        own_networks=parse_networks(settings.webhook_own_networks),
    )


def new_secret() -> str:
    """Return a secret that signs what an address is sent."""
    return _SECRET_PREFIX + secrets.token_urlsafe(32)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``X-Maane-Signature`` for ``body`` sent at ``timestamp`` (Unix seconds).

    The receiver computes it with the same secret and refuses timestamps that are minutes old.
    """
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def event_body(event: str, delivery: str, at: str, lead: Lead, call: Call | None) -> bytes:
    """Return what is sent of ``event``: JSON with the lead as it is now, and its call."""
    said: dict[str, Any] = {
        "id": delivery,
        "event": event,
        "at": at,
        "business_id": lead.business_id,
        "lead": {
            "id": lead.id,
            "call_sid": lead.call_sid,
            "phone": lead.phone,
            "name": lead.name,
            "status": lead.status,
            "work_status": lead.work_status,
            "headline": lead.headline,
            "summary": lead.summary,
            "summary_source": lead.summary_source,
            "next_step": lead.next_step,
            "fields": lead.fields,
            "tags": lead.tags,
            "created_at": lead.created_at.isoformat(),
        },
        "call": None,
    }
    if call is not None:
        said["call"] = {
            "call_sid": call.call_sid,
            "direction": call.direction,
            "from": call.from_number,
            "to": call.to_number,
            "status": call.status,
            "end_reason": call.end_reason,
            "started_at": call.started_at.isoformat(),
            "ended_at": _iso(call.ended_at),
            "duration_seconds": call.duration,
        }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def test_body(delivery: str, at: str, business_id: int) -> bytes:
    """Return what is sent of a test: the shape of an event without a lead."""
    said = {
        "id": delivery,
        "event": TEST_EVENT,
        "at": at,
        "business_id": business_id,
        "lead": None,
        "call": None,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def ask_for_test(session: Session, hook: BusinessWebhook, at: datetime) -> str | None:
    """Have ``hook`` told of a test; return the job's key, or None where the last is too recent."""
    recent = session.scalar(
        select(JobRow.id).where(
            JobRow.business_id == hook.business_id,
            JobRow.kind == DELIVER,
            JobRow.created_at > at - _TEST_EVERY,
            JobRow.payload["webhook_id"].as_integer() == hook.id,
            JobRow.payload["event"].as_string() == TEST_EVENT,
        )
    )
    if recent is not None:
        return None
    key = f"webhook:{hook.id}:{TEST_EVENT}:{at.isoformat()}"
    payload = {"webhook_id": hook.id, "event": TEST_EVENT, "at": at.isoformat()}
    enqueue(session, DELIVER, key, payload, lane="webhook", business_id=hook.business_id)
    return key


class DeliverWebhook:
    """Handler of ``deliver_webhook``."""

    def __init__(self, database: Database, policy: OutsidePolicy) -> None:
        self._database = database
        self._policy = policy

    def __call__(self, job: Job) -> None:
        """Send the event to its address.

        Raises:
            RetryLater: it could not be delivered now.
            GiveUp: the address refused it for good, or may not be asked.
        """
        delivery = "evt_" + hashlib.sha256(job.key.encode()).hexdigest()[:24]
        event = str(job.payload["event"])
        with self._database.read() as session:
            hook = session.get(BusinessWebhook, int(job.payload["webhook_id"]))
            lead = session.get(Lead, job.lead_id) if job.lead_id else None
            if hook is None:
                return
            if event == TEST_EVENT:
                body = test_body(delivery, str(job.payload["at"]), hook.business_id)
            elif lead is None or not hook.active:
                return  # nobody wants to know any more
            else:
                call = session.scalar(select(Call).where(Call.lead_id == lead.id))
                body = event_body(event, delivery, str(job.payload["at"]), lead, call)
            url, secret, hook_id = hook.url, hook.secret, hook.id
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"Maane/{VERSION}",
            "X-Maane-Event": event,
            "X-Maane-Delivery": delivery,
            SIGNATURE_HEADER: signature(secret, int(time.time()), body),
        }
        try:
            status = post_outside(url, headers, body, self._policy, timeout_seconds=TIMEOUT_SECONDS)
        except UnsafeAddressError as error:
            log.warning("[WEBHOOK_OUT] refused webhook=%d code=%s", hook_id, error.code)
            raise GiveUp(error.message) from error
        except ProviderError as error:
            log.warning("[WEBHOOK_OUT] failed webhook=%d code=%s", hook_id, error.code)
            raise RetryLater(
                f"{error.message} ({error.code})", job.wait_of(_NEXT_TRY_SECONDS)
            ) from error
        log.info("[WEBHOOK_OUT] webhook=%d event=%s status=%d", hook_id, event, status)
        if 200 <= status < 300:
            return
        if status >= 500 or status in _WORTH_ANOTHER_TRY:
            raise RetryLater(f"the address answered {status}", job.wait_of(_NEXT_TRY_SECONDS))
        raise GiveUp(f"the address answered {status}")


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
