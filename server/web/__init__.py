"""The pages: one module per resource, rendered here, alive by htmx and server-sent events."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from server.settings import Settings
from server.web import (
    account,
    alerts,
    audit,
    businesses,
    calls,
    connect,
    ears,
    ears_socket,
    entry,
    faq_sheets,
    faq_try,
    faqs,
    home,
    join,
    lead_card,
    leads,
    learned,
    live,
    members,
    phone,
    prompts,
    pronunciations,
    sign_in,
    static,
    system,
    system_people,
    tokens,
    webhooks,
)
from server.web import settings as settings_pages
from server.web.formats import register_formats
from server.web.frame import put_frame
from server.web.language import speak
from server.web.lead_words import register_words
from server.web.pages import unrouted
from server.web.roles import register_roles
from server.web.security import secure_pages

CLIENT = Path(__file__).resolve().parent.parent.parent / "client"

_PAGES = (
    entry,
    home,
    prompts,
    sign_in,
    live,
    calls,
    leads,
    lead_card,
    faqs,
    faq_try,
    faq_sheets,
    learned,
    pronunciations,
    phone,
    join,
    account,
    ears,
    ears_socket,
    settings_pages,
    businesses,
    alerts,
    webhooks,
    connect,
    system,
    members,
    tokens,
    audit,
    system_people,
)


def register_web(app: Flask, settings: Settings) -> None:
    """Put every page on ``app``."""
    speak(app, str(CLIENT / "translations"))
    register_formats(app)
    register_roles(app)
    register_words(app)
    put_frame(app)
    secure_pages(app, settings)
    app.register_blueprint(static.blueprint)
    app.register_blueprint(entry.open_blueprint)
    for module in _PAGES:
        app.register_blueprint(module.blueprint)
    unrouted(app)
