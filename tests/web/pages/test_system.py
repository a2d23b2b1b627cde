"""The owner's page of the whole server."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select

from server.calls.door import Answer
from server.models import Call, JobRow, Lead
from server.telephony.reach import AddressCheck, Step
from server.web import system_words
from server.wiring import Services
from tests.web.conftest import House
from tests.web.pages.conftest import Browser


@pytest.mark.parametrize("lang", ["he", "en"])
def test_the_page_opens(as_owner: Browser, garage: House, lang: str) -> None:
    logging.getLogger("server.speech.renderer").warning("[TTS] espeak failed code=x <b>")
    shown = as_owner.speaks(lang).get("/system")
    assert shown.status_code == 200
    assert "espeak failed code=x &lt;b&gt;" in shown.text
    assert "the address answered 500" in shown.text


def test_only_owners_see_it(as_admin: Browser, as_operator: Browser, garage: House) -> None:
    for browser in (as_admin, as_operator):
        for path in ("/system", "/system/jobs", "/system/twiml?number=1"):
            assert browser.get(path).status_code == 403
        for path in ("/system/check", "/system/switches", f"/system/jobs/{garage.job_id}/retry"):
            assert browser.post(path).status_code == 403


def test_switches_take_effect_at_once_and_go_back(
    as_owner: Browser, parts: Services, garage: House
) -> None:
    answer = as_owner.post("/system/switches", {"faq_min_score": "0,8"})
    assert answer.location == "/system"
    now = parts.system.current()
    assert (now.faq_fastpath_enabled, now.faq_min_score) == (False, 0.8)
    # There is no service to switch here, so it is not switched off by its absence.
    assert now.faq_embeddings_enabled
    assert as_owner.post("/system/switches", {"reset": "1"}).location == "/system"
    now = parts.system.current()
    assert (now.faq_fastpath_enabled, now.faq_min_score) == (True, 0.78)


@pytest.mark.parametrize(("typed", "said"), [("0.5", "At least 0.75"), ("high", "A number")])
def test_a_bar_that_cannot_be(
    as_owner: Browser, parts: Services, garage: House, typed: str, said: str
) -> None:
    form = {"faq_fastpath_enabled": "y", "faq_min_score": typed}
    answer = as_owner.speaks("en").post("/system/switches", form)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert parts.system.current().faq_min_score == 0.78


def test_dead_jobs_are_tried_again(as_owner: Browser, parts: Services, garage: House) -> None:
    assert as_owner.post(f"/system/jobs/{garage.job_id}/retry").location == "/system"
    with parts.database.read() as session:
        assert session.get_one(JobRow, garage.job_id).state == "queued"
    shown = as_owner.speaks("en").get("/system/jobs").text
    assert f"#{garage.job_id}" not in shown
    assert "Nothing was given up" in shown


def test_many_dead_jobs_come_in_pages(as_owner: Browser, parts: Services, garage: House) -> None:
    with parts.database.write() as session:
        session.add_all(
            JobRow(lane="webhook", kind="x", key=f"k{n}", state="dead") for n in range(60)
        )
    first = as_owner.get("/system/jobs").text
    following = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert first.count("/retry") == 50
    assert as_owner.part(following).text.count("/retry") == 11
    assert as_owner.get("/system").text.count("/retry") == 10


def test_what_a_caller_would_get(as_owner: Browser, parts: Services, garage: House) -> None:
    shown = as_owner.get("/system/twiml", query_string={"number": garage.number}).text
    assert "&lt;Stream" in shown
    part = as_owner.part("/system/twiml", query_string={"number": garage.number}).text
    assert "<html" not in part
    assert "&lt;Stream" in part
    assert parts.calls.recorder.flush()
    with parts.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 1
        assert session.scalar(select(func.count()).select_from(Call)) == 1


def test_the_address_is_checked(as_owner: Browser, garage: House) -> None:
    shown = as_owner.speaks("en").post("/system/check").text
    assert "Set PUBLIC_BASE_URL" in shown
    busy = as_owner.client.application.extensions["maane"].reach
    with busy._busy:
        assert "being checked already" in as_owner.post("/system/check").text


def test_a_page_without_a_database_says_so(
    app: OpenAPI, as_owner: Browser, parts: Services, garage: House
) -> None:
    class Deaf(AddressCheck):
        def run(self, *, serving: bool = True) -> list[Step]:
            return [Step("reached", False, "status_502", 3.0)]

    app.extensions["maane"] = replace(parts, reach=Deaf("", ""))
    assert "502" in as_owner.post("/system/check").text


def test_everything_has_words(app: OpenAPI, as_owner: Browser, parts: Services) -> None:
    with app.test_request_context():
        assert all(str(system_words.answer(one)) for one in Answer)
        for one, provider in parts.providers.items():
            assert system_words.part(one) != system_words.part("nobody knows it"), one
            assert system_words.provider(provider.name) != provider.name, provider.name
            assert system_words.why(provider.why) != system_words.why("?"), provider.why
