"""What the roles are called on pages."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from server.models import ADMIN, OPERATOR, OWNER
from server.web.formats import add_filters

ROLE_WORDS = {OWNER: _l("Owner"), ADMIN: _l("Admin"), OPERATOR: _l("Operator")}


def role_word(role: str) -> str:
    """Return what a role is called in the page's language."""
    return str(ROLE_WORDS.get(role, role))


def register_roles(app: Flask) -> None:
    """Make the filter ``role`` known to the templates."""
    add_filters(app, {"role": role_word})
