"""The tables. Importing this package registers all of them on ``Base.metadata``."""

from server.models.account import (
    ADMIN,
    OPERATOR,
    OWNER,
    ROLES,
    AccountLink,
    ApiToken,
    AuditEntry,
    Membership,
    User,
)
from server.models.base import Base
from server.models.business import (
    Business,
    BusinessFaq,
    BusinessPhoneNumber,
    BusinessWebhook,
    FaqDismissal,
    PromptVersion,
)
from server.models.call import Call, CallTurn, Lead, Recording, Transcript
from server.models.faq_embedding import FaqEmbedding
from server.models.job import DEAD, DONE, QUEUED, RUNNING, JobRow
from server.models.system import SystemSetting

__all__ = [
    "ADMIN",
    "DEAD",
    "DONE",
    "OPERATOR",
    "OWNER",
    "QUEUED",
    "ROLES",
    "RUNNING",
    "AccountLink",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Business",
    "BusinessFaq",
    "BusinessPhoneNumber",
    "BusinessWebhook",
    "Call",
    "CallTurn",
    "FaqDismissal",
    "FaqEmbedding",
    "JobRow",
    "Lead",
    "Membership",
    "PromptVersion",
    "Recording",
    "SystemSetting",
    "Transcript",
    "User",
]
