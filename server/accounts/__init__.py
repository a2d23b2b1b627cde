"""Accounts: users and what they may do, links, API tokens, and the log of who changed what."""

from server.accounts.audit import COMMAND_LINE, record_change
from server.accounts.people import create_user
from server.accounts.tokens import create_token, find_token, revoke_token

__all__ = [
    "COMMAND_LINE",
    "create_token",
    "create_user",
    "find_token",
    "record_change",
    "revoke_token",
]
