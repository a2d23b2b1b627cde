"""The tables. Importing this package registers all of them on ``Base.metadata``."""

from server.models.account import (
    ADMIN,
    OPERATOR,
    OWNER,
    ROLES,
    ApiToken,
    AuditEntry,
    Membership,
    User,
)
from server.models.base import Base
from server.models.business import Business, BusinessFaq, BusinessPhoneNumber, BusinessWebhook
from server.models.call import Call, CallTurn, Lead, Recording, Transcript
from server.models.job import DEAD, DONE, QUEUED, RUNNING, JobRow

__all__ = [
    "ADMIN",
    "DEAD",
    "DONE",
    "OPERATOR",
    "OWNER",
    "QUEUED",
    "ROLES",
    "RUNNING",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Business",
    "BusinessFaq",
    "BusinessPhoneNumber",
    "BusinessWebhook",
    "Call",
    "CallTurn",
    "JobRow",
    "Lead",
    "Membership",
    "Recording",
    "Transcript",
    "User",
]
