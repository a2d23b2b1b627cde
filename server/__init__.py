"""Maane: a self-hosted phone agent for small businesses, Hebrew first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask_openapi3 import OpenAPI

    from server.settings import Settings


def create_app(settings: Settings | None = None) -> OpenAPI:
    """Return the application; its parts are built but nothing runs yet.

    Args:
        settings: the settings to use; those of the environment by default.

    Raises:
        SettingsError: an environment variable is wrong.
    """
    # Imported here because the speech helper process imports this package without any of it.
    from server.application import build_app  # noqa: PLC0415

    return build_app(settings)
