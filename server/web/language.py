"""Which language a page speaks, and how it writes times and numbers."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, g, request
from flask_babel import Babel

from server.signed_in import signed_in

HEBREW, ENGLISH = "he", "en"
LANGUAGES = {HEBREW: "עברית", ENGLISH: "English"}
"""By code, each in its own words."""

COOKIE = "maane_lang"
COOKIE_SECONDS = int(timedelta(days=365).total_seconds())
_HOME_ZONE = "Asia/Jerusalem"
_RIGHT_TO_LEFT = (HEBREW,)


def page_language() -> str:
    """Return the language of the current page: the user's, the browser's choice, or Hebrew."""
    if "page_language" not in g:
        user = signed_in()
        wanted = (user.lang if user is not None else "") or request.cookies.get(COOKIE, "")
        g.page_language = wanted if wanted in LANGUAGES else HEBREW
    chosen: str = g.page_language
    return chosen


def direction() -> str:
    """Return ``rtl`` or ``ltr``."""
    return "rtl" if page_language() in _RIGHT_TO_LEFT else "ltr"


def page_zone() -> str:
    """Return the time zone of the business that the page is about."""
    business = g.get("business")
    return business.timezone if business is not None else _HOME_ZONE


def speak(app: Flask, translations: str) -> None:
    """Have the pages of ``app`` translated by the catalogues in the folder ``translations``."""
    app.config["BABEL_DEFAULT_LOCALE"] = ENGLISH
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    Babel(app, locale_selector=page_language, timezone_selector=page_zone)
