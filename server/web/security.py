"""The headers that pages are sent with: what they may load, and who may hold them."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from server.settings import Settings

_YEAR_SECONDS = 31_536_000
_FRAGILE = ("text/html",)


def csp_nonce() -> str:
    """Return the current page's nonce, which the one style sheet of a player's shadow needs."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def _policy() -> str:
    host = request.host
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{csp_nonce()}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self' blob:",
            # Older browsers do not count a socket of the same host as 'self'.
            f"connect-src 'self' ws://{host} wss://{host}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def secure_pages(app: Flask, settings: Settings) -> None:
    """Have every page of ``app`` sent with its headers."""
    https = settings.public_base_url.startswith("https://")

    @app.after_request
    def _add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        if https:
            headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_SECONDS}")
        if response.mimetype in _FRAGILE:
            headers.setdefault("Content-Security-Policy", _policy())
            headers.setdefault("X-Frame-Options", "DENY")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            headers.setdefault(
                "Permissions-Policy", "microphone=(self), camera=(), geolocation=(), payment=()"
            )
            headers.setdefault("Cache-Control", "no-store")
        return response
