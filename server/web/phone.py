"""The phone in the page: a test call by microphone and loudspeaker, or by typed words."""

from __future__ import annotations

from flask import render_template

from server.api.access import needs
from server.calls.phones import MAX_SECONDS
from server.models import OPERATOR
from server.web.pages import BUSINESS, here, new_pages
from server.wiring import services

blueprint = new_pages("phone")

KEYS = "123456789*0#"


@blueprint.get(f"{BUSINESS}/phone")
@needs(OPERATOR)
def show(business_id: int) -> str:
    """Show the phone; its calls are placed and taken by the page's script."""
    parts = services()
    return render_template(
        "phone/phone.html",
        understands=parts.calls.agents.understand,
        agent_rests=parts.calls.costs.is_over(here(), is_test=True),
        keys=KEYS,
        max_minutes=int(min(parts.settings.max_call_sec, MAX_SECONDS) // 60),
    )
