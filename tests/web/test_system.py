"""Settings of the whole server: changed by its owner, in force at once, written down."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from server.models import AuditEntry
from server.system_settings import MAX_AGE_SECONDS, SystemSettings
from server.wiring import Services
from tests.web.conftest import Api, House, audit, wrong_fields

URL = "/api/system/settings"
DEFAULTS = {
    "faq_fastpath_enabled": True,
    "faq_embeddings_enabled": True,
    "faq_min_score": 0.78,
    "faq_embeddings_available": False,
    "overridden": [],
}


def changed(owner: Api, **changes: Any) -> dict[str, Any]:
    response = owner.patch(URL, changes)
    assert response.status_code == 200, response.text
    assert response.json is not None
    assert response.json == owner.get(URL).json
    return dict(response.json)


def matched(api: Api, house: House) -> str:
    found = api.post(f"/api/businesses/{house.id}/faqs/match", {"text": "מה המחיר?"}).json
    assert found is not None
    return str(found["reason"])


def test_the_environment_decides_until_the_owner_does(
    owner: Api, parts: Services, garage: House
) -> None:
    assert owner.get(URL).json == DEFAULTS
    assert matched(owner, garage) == "exact"
    now = changed(owner, faq_fastpath_enabled=False, faq_min_score=0.85)
    assert now == DEFAULTS | {
        "faq_fastpath_enabled": False,
        "faq_min_score": 0.85,
        "overridden": ["faq_fastpath_enabled", "faq_min_score"],
    }
    assert matched(owner, garage) == "disabled"
    assert parts.faq.match_faq(garage.id, "מה המחיר?") is None
    assert changed(owner, faq_embeddings_enabled=False)["faq_min_score"] == 0.85
    everything = dict.fromkeys(
        ("faq_fastpath_enabled", "faq_min_score", "faq_embeddings_enabled"), None
    )
    assert changed(owner, **everything) == DEFAULTS
    assert matched(owner, garage) == "exact"
    assert changed(owner) == DEFAULTS


def test_every_change_is_written_down(owner: Api, parts: Services) -> None:
    changed(owner, faq_min_score=0.8)
    changed(owner, faq_min_score=None, faq_fastpath_enabled=True)
    assert audit(parts) == [("token:a test's owner", "system.update", None, "system")] * 2
    with parts.database.read() as session:
        details = session.scalars(
            select(AuditEntry.detail)
            .where(AuditEntry.action == "system.update")
            .order_by(AuditEntry.id)
        ).all()
    assert details == [
        {"faq_min_score": 0.8},
        {"faq_min_score": None, "faq_fastpath_enabled": True},
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"faq_min_score": 0.74}, "faq_min_score"),
        ({"faq_min_score": 0.86}, "faq_min_score"),
        ({"faq_min_score": "0.8"}, "faq_min_score"),
        ({"faq_fastpath_enabled": "yes"}, "faq_fastpath_enabled"),
        ({"faq_embeddings_enabled": 1}, "faq_embeddings_enabled"),
        ({"openai_api_key": "sk"}, "openai_api_key"),
    ],
)
def test_a_wrong_value_is_named_and_changes_nothing(
    owner: Api, change: dict[str, Any], field: str
) -> None:
    assert wrong_fields(owner.patch(URL, {"faq_embeddings_enabled": False} | change)) == [field]
    assert owner.get(URL).json == DEFAULTS


def test_it_is_the_owners_alone(admin: Api, operator: Api) -> None:
    for api in (admin, operator):
        assert api.get(URL).status_code == 403
        assert api.patch(URL, {"faq_min_score": 0.8}).status_code == 403


def test_another_process_follows_within_seconds(owner: Api, parts: Services) -> None:
    now = 0.0
    other = SystemSettings(parts.database, parts.settings, clock=lambda: now)
    changed(owner, faq_fastpath_enabled=False)
    assert other.current().faq_fastpath_enabled
    now += MAX_AGE_SECONDS
    other.current()  # starts the reading, and is answered meanwhile
    assert other._refreshing.acquire(timeout=5)
    other._refreshing.release()
    assert not other.current().faq_fastpath_enabled


def test_what_stands_broken_in_the_table_costs_itself(owner: Api, parts: Services) -> None:
    changed(owner, faq_fastpath_enabled=False, faq_min_score=0.8)
    with parts.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE system_settings SET value = '\"high\"' WHERE name = 'faq_min_score'")
        )
        connection.execute(
            text(
                "INSERT INTO system_settings (name, value, updated_at) "
                "VALUES ('of_a_later_release', '1', '2026-01-01')"
            )
        )
    shown = owner.get(URL).json
    assert shown == DEFAULTS | {
        "faq_fastpath_enabled": False,
        "overridden": ["faq_fastpath_enabled"],
    }
