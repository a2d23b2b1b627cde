"""The log of changes: of a business for its admins, of everything for owners."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from pydantic import ValidationError

from server.api.access import needs
from server.api.audit import AuditQuery, entries
from server.models import ADMIN, OWNER
from server.web.audit_words import KINDS, action_words, actor_words, detail_words
from server.web.pages import BUSINESS, is_htmx, new_pages

blueprint: Blueprint = new_pages("audit")

AUDIT = f"{BUSINESS}/settings/audit"
SYSTEM_AUDIT = "/system/audit"


@blueprint.get(AUDIT)
@needs(ADMIN)
def of_business(business_id: int) -> str:
    """Show what was changed in the business."""
    return _page("web_audit.of_business", business_id)


@blueprint.get(SYSTEM_AUDIT)
@needs(OWNER)
def of_everything() -> str:
    """Show what was changed on the whole server."""
    return _page("web_audit.of_everything", None)


def _page(endpoint: str, business_id: int | None) -> str:
    place: dict[str, Any] = {} if business_id is None else {"business_id": business_id}
    query = _query()
    found = entries(business_id, query)

    def address(**more: str | None) -> str:
        wanted: dict[str, Any] = {"action": query.action, "actor": query.actor} | more
        return url_for(endpoint, **place, **{key: one for key, one in wanted.items() if one})

    rows = [
        {
            "entry": entry,
            "who": actor_words(entry.actor, entry.actor_name),
            "who_address": address(actor=entry.actor),
            "what": action_words(entry.action),
            "details": detail_words(entry),
        }
        for entry in found.items
    ]
    return render_template(
        "audit/_rows.html" if is_htmx() else "audit/list.html",
        rows=rows,
        following=address(cursor=found.next_cursor) if found.next_cursor else None,
        kinds=[(words, kind, address(action=kind)) for kind, words in KINDS.items()],
        query=query,
        everything=address(action=None),
        everybody=address(actor=None),
        who=rows[0]["who"] if rows and query.actor else query.actor,
        whole_server=business_id is None,
    )


def _query() -> AuditQuery:
    """Return what is asked for; what makes no sense is as if it were not asked."""
    asked = {key: request.args[key] for key in ("actor", "action", "cursor") if key in request.args}
    try:
        return AuditQuery.model_validate(asked)
    except ValidationError:
        return AuditQuery()
