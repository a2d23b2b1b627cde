"""Tuning the ears: the form, and that the next call goes by it."""

from __future__ import annotations

from typing import Any

import pytest

from server.audio.voice import SENSITIVITIES
from server.business_settings import Ears
from server.wiring import Services
from tests.web.conftest import Api, House, audit
from tests.web.pages.conftest import Browser, seen

FORM = {"sensitivity": "noisy", "barge_in": "y", "barge_in_frames": "7", "hangover_ms": "300"}


def path_of(house: House) -> str:
    return f"/b/{house.id}/settings/ears"


def ears_of(parts: Services, house: House) -> Ears:
    profile = parts.directory.by_id(house.id)
    assert profile is not None
    return profile.settings.ears


def test_an_admin_changes_them_and_the_next_call_goes_by_it(
    as_admin: Browser, operator: Api, parts: Services, garage: House
) -> None:
    answer = as_admin.speaks("en").post(path_of(garage), FORM)
    assert (answer.status_code, answer.location) == (303, path_of(garage))
    assert audit(parts) == [
        (f"user:{as_admin.user_id}", "business.update", garage.id, f"business:{garage.id}")
    ]
    page = as_admin.get(path_of(garage)).text
    assert "Saved." in page
    assert 'value="noisy" checked' in page
    placed = operator.post(f"/api/businesses/{garage.id}/test-calls", {}).json
    assert placed is not None
    bound = parts.calls.registry.live(placed["call_sid"])
    assert bound is not None
    policy = bound.policy
    assert policy.sensitivity == SENSITIVITIES["noisy"]
    assert (policy.barge_in, policy.barge_in_frames, policy.hangover_ms) == (True, 7, 300)
    parts.calls.registry.end_all("error")


def test_who_was_overtaken_is_told(
    as_admin: Browser, as_owner: Browser, parts: Services, garage: House
) -> None:
    began = seen(as_admin.get(path_of(garage)).text)
    assert as_owner.post(path_of(garage), {**FORM, "seen": began}).status_code == 303
    theirs = ears_of(parts, garage)
    mine = {**FORM, "hangover_ms": "800"}
    told = as_admin.post(path_of(garage), {**mine, "seen": began})
    assert told.status_code == 409
    assert 'value="800"' in told.text
    assert ears_of(parts, garage) == theirs
    assert as_admin.post(path_of(garage), {**mine, "seen": seen(told.text)}).status_code == 303
    assert ears_of(parts, garage).hangover_ms == 800


def test_interrupting_can_be_switched_off(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    as_admin.post(path_of(garage), {**FORM, "barge_in": ""})
    assert ears_of(parts, garage).barge_in is False


def test_what_is_as_the_server_has_it_follows_the_server(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    as_admin.post(path_of(garage), FORM)
    own = {"barge_in_frames": "10", "hangover_ms": "200"}
    as_admin.post(path_of(garage), {**FORM, **own})
    assert ears_of(parts, garage) == Ears(sensitivity="noisy")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hangover_ms": "20"},
        {"hangover_ms": "9000"},
        {"barge_in_frames": "0"},
        {"barge_in_frames": "x"},
        {"sensitivity": "deaf"},
        {"sensitivity": ""},
    ],
)
def test_what_is_out_of_bounds_is_refused(
    as_admin: Browser, parts: Services, garage: House, wrong: dict[str, Any]
) -> None:
    answer = as_admin.post(path_of(garage), FORM | wrong)
    assert answer.status_code == 422
    assert 'class="field-wrong"' in answer.text or "notice-bad" in answer.text
    assert ears_of(parts, garage) == Ears()


def test_operators_do_not_tune(as_operator: Browser, garage: House) -> None:
    assert as_operator.get(path_of(garage)).status_code == 403
    assert as_operator.post(path_of(garage), FORM).status_code == 403


def test_the_api_changes_them_too(admin: Api, parts: Services, garage: House) -> None:
    settings = {"ears": {"sensitivity": "quiet_room", "hangover_ms": 240}}
    assert admin.patch(f"/api/businesses/{garage.id}", {"settings": settings}).status_code == 200
    assert ears_of(parts, garage) == Ears(sensitivity="quiet_room", hangover_ms=240)
    bad = {"ears": {"hangover_ms": 1}}
    assert admin.patch(f"/api/businesses/{garage.id}", {"settings": bad}).status_code == 422
