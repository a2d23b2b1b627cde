"""The application factory's work: one Flask app with every blueprint on it."""

from __future__ import annotations

import logging
from typing import Any

from flask import Request
from flask_openapi3 import Info, OpenAPI

from server import health, media_socket, metrics, reach, troubles
from server.api import register_api
from server.api.throttle import put_throttle
from server.cli import register_commands
from server.settings import Settings, load_settings
from server.signed_in import sessions
from server.version import VERSION
from server.web import CLIENT, register_web
from server.webhooks import voice
from server.wiring import wire

MAX_BODY_BYTES = 1 << 20
"""Twilio's webhooks and the API's bodies are far smaller."""


class _Request(Request):
    """A request whose query can be read whatever bytes it holds.

    Werkzeug reads bytes that are no UTF-8 in a path and in a form as question marks, but raises
    over them in a query, wherever somebody looks at it first: in a view, or in its error's page.
    """

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        self.query_string = self.query_string.decode("utf-8", "replace").encode()


def build_app(settings: Settings | None = None) -> OpenAPI:
    """See :func:`server.create_app`."""
    settings = settings or load_settings()
    _log_to_stderr(settings.log_level)
    app = OpenAPI(
        "server",
        info=Info(title="Maane", version=VERSION, description="JSON API of Maane"),
        doc_ui=False,
        static_folder=None,
        template_folder=str(CLIENT / "templates"),
    )
    app.request_class = _Request
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    troubles.watch()
    wire(app, settings)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(voice.blueprint)
    app.register_blueprint(media_socket.blueprint)
    app.register_blueprint(reach.blueprint)
    sessions(app, settings)
    put_throttle(app)
    register_api(app)
    register_web(app, settings)
    register_commands(app)
    return app


def _log_to_stderr(level: str) -> None:
    """Log one line an event. A handler that is there already (tests, a platform) stays."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        root.addHandler(handler)
    logging.getLogger("server").setLevel(level)
