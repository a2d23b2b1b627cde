"""The page of the phone, as the server makes it, and what its script asks for."""

from __future__ import annotations

from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser


def test_an_operator_may_try_the_phone(as_operator: Browser, garage: House) -> None:
    page = as_operator.speaks("en").get(f"/b/{garage.id}/phone")
    assert page.status_code == 200
    assert f'data-place="/api/businesses/{garage.id}/test-calls"' in page.text
    assert "no phone bill" in page.text
    assert "no speech recognition" in page.text
    assert "15 minutes" in page.text
    assert "chip-warn" not in page.text  # a stand-in or a cut needs nobody


def test_nobody_tries_the_phone_of_another_business(as_operator: Browser, bakery: House) -> None:
    assert as_operator.get(f"/b/{bakery.id}/phone").status_code == 404


def test_a_page_places_calls_with_its_token_only(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    path = f"/api/businesses/{garage.id}/test-calls"
    assert as_operator.client.post(path, json={}).status_code == 403
    token = {"X-CSRFToken": as_operator.token()}
    assert as_operator.client.post(path, json={}, headers=token).status_code == 201
    assert parts.calls.registry.count() == 1
    parts.calls.registry.end_all("error")
