"""What works and what does not: for the platform, for people, and for the tests."""

from __future__ import annotations

import threading
from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from server.state import database_state, jobs_state
from server.version import VERSION
from server.wiring import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/version")
def version() -> Response:
    """The release that runs. Asks nobody, so it answers whenever the process lives."""
    return jsonify(name="maane", version=VERSION)


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """The state of each part; 503 when calls would suffer."""
    parts = services()
    database = database_state(parts)
    healthy = database.ok and not parts.calls.registry.draining
    body = {
        "ok": healthy,
        "version": VERSION,
        "database": {name: value for name, value in asdict(database).items() if value != ""},
        "providers": {
            part: {"name": provider.name, "why": provider.why}
            for part, provider in parts.providers.items()
        },
        "calls": {
            "live": parts.calls.registry.count(),
            "limit": parts.settings.max_concurrent_calls,
            "draining": parts.calls.registry.draining,
        },
        "jobs": jobs_state(parts),
        "writes_waiting": parts.calls.recorder.waiting,
        "threads": threading.active_count(),
        "settings_without_effect": parts.settings.reserved_in_use(),
    }
    return jsonify(body), 200 if healthy else 503
