"""What a business's own addresses are told, and asking for it to be told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.jobs import enqueue
from server.models import BusinessWebhook, Lead

LEAD_CREATED = "lead.created"
CALL_COMPLETED = "call.completed"
LEAD_PROCESSED = "lead.processed"

EVENTS = (LEAD_CREATED, CALL_COMPLETED, LEAD_PROCESSED)

DELIVER = "deliver_webhook"
"""Kind of the job that tells one address of one event."""


def announce(session: Session, event: str, lead: Lead, occasion: str = "") -> None:
    """Have every address of the business that wants ``event`` told of it, once per ``occasion``."""
    hooks = session.scalars(
        select(BusinessWebhook).where(
            BusinessWebhook.business_id == lead.business_id, BusinessWebhook.active
        )
    )
    for hook in hooks:
        if event not in hook.events:
            continue
        enqueue(
            session,
            DELIVER,
            f"webhook:{hook.id}:{event}:{lead.id}:{occasion}",
            {"webhook_id": hook.id, "event": event, "at": utc_now().isoformat()},
            lane="webhook",
            business_id=lead.business_id,
            lead_id=lead.id,
        )
