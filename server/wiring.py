"""What the application is made of, and which implementation of each part is chosen and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Flask, current_app

from server.db import Database, db, engine_options
from server.directory import Directory
from server.settings import Settings
from server.speech.clips import ClipStore
from server.speech.helper import LocalSynthesiser, SpeechHelper

log = logging.getLogger(__name__)

_EXTENSION = "maane"


@dataclass(frozen=True, slots=True)
class Provider:
    """Which implementation serves a part, and why that one."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Services:
    """The long-lived parts of one process."""

    settings: Settings
    database: Database
    directory: Directory
    helper: SpeechHelper
    clips: ClipStore
    providers: dict[str, Provider]


def wire(app: Flask, settings: Settings) -> Services:
    """Build the parts for ``app`` and hang them on it. Touches no network and no database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url)
    db.init_app(app)
    with app.app_context():
        database = Database(db.engine)
    helper = SpeechHelper()
    synthesiser = LocalSynthesiser(helper, settings.tts_speaking_rate)
    services = Services(
        settings=settings,
        database=database,
        directory=Directory(database, settings.faq_cache_ttl_sec),
        helper=helper,
        clips=ClipStore(synthesiser, settings.media_dir, settings.tts_speaking_rate),
        providers={
            "synthesiser": Provider(synthesiser.name, "local test voice"),
        },
    )
    app.extensions[_EXTENSION] = services
    return services


def services() -> Services:
    """Return the parts of the current application (needs an application context)."""
    found: Services = current_app.extensions[_EXTENSION]
    return found
