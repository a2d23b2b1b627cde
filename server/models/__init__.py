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
from server.models.business import Business, BusinessFaq, BusinessPhoneNumber
from server.models.call import Call, CallTurn, Lead, Recording
from server.models.faq_embedding import FaqEmbedding
from server.models.system import SystemSetting

__all__ = [
    "ADMIN",
    "OPERATOR",
    "OWNER",
    "ROLES",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Business",
    "BusinessFaq",
    "BusinessPhoneNumber",
    "Call",
    "CallTurn",
    "FaqEmbedding",
    "Lead",
    "Membership",
    "Recording",
    "SystemSetting",
    "User",
]
