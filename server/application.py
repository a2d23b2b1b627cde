"""The application factory's work: one Flask app with every blueprint on it."""

from __future__ import annotations

from flask_openapi3 import Info, OpenAPI

from server import __version__
from server.api import register_api
from server.cli import register_commands
from server.settings import Settings, load_settings
from server.wiring import wire


def build_app(settings: Settings | None = None) -> OpenAPI:
    """See :func:`server.create_app`."""
    settings = settings or load_settings()
    app = OpenAPI(
        "server",
        info=Info(title="Maane", version=__version__, description="JSON API of Maane"),
        doc_ui=False,
        static_folder=None,
    )
    app.config["SECRET_KEY"] = settings.secret_key
    wire(app, settings)
    register_api(app)
    register_commands(app)
    return app
