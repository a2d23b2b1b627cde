"""Under which address is this server known to Twilio? Signatures and callbacks hang on it."""

from __future__ import annotations

MEDIA_PATH = "/ws/twilio-media"
WEBHOOK_PREFIX = "/webhook/twilio"


def public_url(
    configured_origin: str, request_origin: str, path: str, *, websocket: bool = False
) -> str:
    """Return the absolute address of ``path`` as Twilio sees it.

    Args:
        configured_origin: ``PUBLIC_BASE_URL``; a proxy may have changed scheme and host on the
            request's way, so it wins. Empty where none is set.
        request_origin: scheme and host of the request at hand.
        websocket: whether a ``ws``/``wss`` address is wanted.
    """
    scheme, _, host = (configured_origin or request_origin).rstrip("/").partition("://")
    scheme = scheme.lower()
    if websocket:
        scheme = "wss" if scheme == "https" else "ws"
    return f"{scheme}://{host}{path}"
