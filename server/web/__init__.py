"""The pages: one module per resource, rendered here, alive by htmx and server-sent events."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from server.settings import Settings
from server.web import businesses, connect, entry, sign_in, static, system, webhooks
from server.web import settings as settings_pages
from server.web.formats import register_formats
from server.web.frame import put_frame
from server.web.language import speak
from server.web.pages import unrouted
from server.web.security import secure_pages

CLIENT = Path(__file__).resolve().parent.parent.parent / "client"

_PAGES = (
    entry,
    sign_in,
    settings_pages,
    businesses,
    webhooks,
    connect,
    system,
)


def register_web(app: Flask, settings: Settings) -> None:
    """Put every page on ``app``."""
    speak(app, str(CLIENT / "translations"))
    register_formats(app)
    put_frame(app)
    secure_pages(app, settings)
    app.register_blueprint(static.blueprint)
    app.register_blueprint(entry.open_blueprint)
    for module in _PAGES:
        app.register_blueprint(module.blueprint)
    unrouted(app)
