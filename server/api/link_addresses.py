"""Where the links of accounts lead, as whoever asked for one reaches this server."""

from __future__ import annotations

from flask import request

from server.accounts.mail import link_address
from server.wiring import services


def link_url(purpose: str, token: str) -> str:
    """Return the address of a link that is shown to the caller, and to nobody else.

    Without PUBLIC_BASE_URL it has the host of the caller's own request. A mailed link never has:
    there it could be somebody else's choice.
    """
    base = services().settings.public_base_url or request.url_root.rstrip("/")
    return link_address(base, purpose, token)
