"""What works and what does not: for the platform, for people, and for the tests."""

from __future__ import annotations

import logging
import threading

from flask import Blueprint, Response, jsonify

from server.db import is_unavailable
from server.version import VERSION
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = Blueprint("health", __name__)


@blueprint.get("/version")
def version() -> Response:
    """The release that runs. Asks nobody, so it answers whenever the process lives."""
    return jsonify(name="maane", version=VERSION)


@blueprint.get("/healthz")
def healthz() -> tuple[Response, int]:
    """The state of each part; 503 when calls would suffer."""
    parts = services()
    database = _database_state(parts)
    healthy = database["ok"] and not parts.calls.registry.draining
    body = {
        "ok": healthy,
        "version": VERSION,
        "database": database,
        "providers": {
            part: {"name": provider.name, "why": provider.why}
            for part, provider in parts.providers.items()
        },
        "calls": {
            "live": parts.calls.registry.count(),
            "limit": parts.settings.max_concurrent_calls,
            "draining": parts.calls.registry.draining,
        },
        "jobs": _jobs_state(parts),
        "writes_waiting": parts.calls.recorder.waiting,
        "threads": threading.active_count(),
        "settings_without_effect": parts.settings.reserved_in_use(),
    }
    return jsonify(body), 200 if healthy else 503


def _database_state(parts: Services) -> dict[str, object]:
    kind = parts.database.engine.dialect.name
    try:
        parts.database.ping()
    except Exception as error:
        if not is_unavailable(error):
            log.exception("[HEALTH] database check failed")
        return {"ok": False, "kind": kind, "problem": type(error).__name__}
    return {"ok": True, "kind": kind}


def _jobs_state(parts: Services) -> dict[str, dict[str, int]] | None:
    """How many jobs of each lane wait, run and are dead; None when nobody can tell."""
    try:
        return parts.jobs.counts()
    except Exception as error:
        if not is_unavailable(error):
            log.exception("[HEALTH] the jobs cannot be counted")
        return None
