"""The JSON API under ``/api/``: one module per resource, described by OpenAPI."""

from __future__ import annotations

from flask_openapi3.openapi import OpenAPI

from server.api import (
    account,
    alerts,
    audit,
    businesses,
    calls,
    connect,
    costs,
    document,
    faq_audio,
    faq_review,
    faq_sheets,
    faqs,
    home,
    invites,
    jobs,
    kpis,
    lead_card,
    lead_events,
    lead_export,
    lead_recording,
    leads,
    learned,
    live,
    matching,
    members,
    personal_data,
    phone,
    prompts,
    pronunciations,
    system,
    tokens,
    users,
    webhooks,
)
from server.api.problems import Problem, from_validation_error, handle_unrouted_problems
from server.api.resource import BEARER, PREFIX

_RESOURCES = (
    businesses,
    faqs,
    faq_review,
    faq_sheets,
    learned,
    matching,
    leads,
    lead_card,
    lead_events,
    lead_recording,
    lead_export,
    calls,
    live,
    kpis,
    webhooks,
    alerts,
    personal_data,
    jobs,
    system,
    faq_audio,
    pronunciations,
    phone,
    connect,
    home,
    prompts,
    members,
    invites,
    users,
    tokens,
    audit,
    account,
    costs,
    document,
)


def register_api(app: OpenAPI) -> None:
    """Put every endpoint of the API on ``app``, and have its errors answered as problems."""
    app.security_schemes = {
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "description": "Made by `flask --app wsgi token create`; sees the businesses and "
            "does what its role allows.",
        }
    }
    app.validation_error_model = Problem
    app.validation_error_callback = from_validation_error
    for module in _RESOURCES:
        app.register_api(module.blueprint)
    handle_unrouted_problems(app, f"{PREFIX}/")
