"""What has become of the demo's leads: the operator's work, and the jobs that make cards."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from server.models import DEAD, QUEUED, JobRow, Lead

_NOTES = (
    "דיברתי איתם, מגיעים ביום ראשון.",
    "לא ענו, לנסות שוב אחר הצהריים.",
    "נשלחה הצעת מחיר בוואטסאפ.",
    "לקוח ותיק, לתת הנחה על שמן.",
)
_FAILED_BECAUSE = "the summary took too long (timeout)"


def work_on(leads: list[Lead], now: datetime, chance: Random) -> None:
    """Let the operator have worked on the older leads; the newest are unread."""
    for lead in leads:
        hours = (now - lead.created_at).total_seconds() / 3600
        if hours < 5:
            continue
        lead.read_at = lead.created_at + timedelta(minutes=chance.randint(3, 180))
        if not lead.next_step:
            lead.work_status = "done" if hours > 24 else "new"
        elif hours < 40:
            lead.work_status = chance.choice(("new", "in_work"))
        else:
            lead.work_status = chance.choices(("done", "in_work", "lost"), (7, 2, 2))[0]
        if lead.work_status in ("in_work", "lost") or chance.random() < 0.12:
            lead.notes = chance.choice(_NOTES)


def add_jobs(session: Session, leads: list[Lead], now: datetime) -> None:
    """Let the newest card be in the making, and an older one have failed."""
    newest = leads[-1]
    newest.status, newest.work_status = "processing", "new"
    newest.headline = newest.summary = newest.summary_source = newest.next_step = ""
    newest.fields, newest.processed_at = {}, None
    failed = next(lead for lead in reversed(leads[:-8]) if lead.headline.startswith("טיפול שוטף"))
    failed.status, failed.error = "failed", _FAILED_BECAUSE
    failed.summary_source = "extractive"
    for lead, state, attempts, error in (
        (newest, QUEUED, 0, ""),
        (failed, DEAD, 3, _FAILED_BECAUSE),
    ):
        session.add(
            JobRow(
                lane="summary",
                kind="summarise",
                key=f"summarise:{lead.id}:live",
                business_id=lead.business_id,
                lead_id=lead.id,
                payload={"source": "again"},
                state=state,
                attempts=attempts,
                last_error=error,
                run_at=now + timedelta(minutes=10),
                created_at=lead.created_at,
                updated_at=lead.created_at + timedelta(minutes=2),
            )
        )
