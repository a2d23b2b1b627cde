"""An application on a fresh database, two businesses in it, and clients of the API."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from werkzeug.test import TestResponse

from server import create_app
from server.accounts import create_token
from server.accounts.mail import MAIL_LINK, MAIL_RESET, MailLinks
from server.calls.service import CallService
from server.db.migrate import upgrade
from server.models import (
    ADMIN,
    DEAD,
    OPERATOR,
    OWNER,
    AuditEntry,
    Business,
    BusinessFaq,
    BusinessPhoneNumber,
    BusinessWebhook,
    Call,
    CallTurn,
    JobRow,
    Lead,
)
from server.net.smtp import MailServer
from server.settings import load_settings
from server.speech.clips import ClipStore
from server.wiring import Services
from tests.fakes.smtp import FakeSmtp
from tests.postgres import fresh_database

MAILED_BASE = "http://localhost"
"""Where the links of mails lead."""


class RecordingSynthesiser:
    """Says everything at once, as silence, and remembers what it was asked for."""

    name = "recording"
    quick = True

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self._heard = threading.Condition()

    def voice_for(self, language: str, voice: str) -> str:
        return ""

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        with self._heard:
            self.said.append((text, language))
            self._heard.notify_all()
        return b"\xff" * 160

    def has_said(self, text: str, language: str) -> bool:
        """Wait until it was asked for this."""
        with self._heard:
            return self._heard.wait_for(lambda: (text, language) in self.said, timeout=5)


class MemoryStore:
    """Recordings in a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        rest = self._bytes(key)[start:]
        for at in range(0, len(rest), 7):
            yield rest[at : at + 7]

    def size(self, key: str) -> int:
        return len(self._bytes(key))

    def delete(self, key: str) -> None:
        self.files.pop(key, None)

    def _bytes(self, key: str) -> bytes:
        if key not in self.files:
            raise FileNotFoundError(key)
        return self.files[key]


@dataclass
class Api:
    """A client with a token."""

    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self("GET", path, query_string=query)

    def post(self, path: str, body: Any) -> TestResponse:
        return self("POST", path, json=body)

    def put(self, path: str, body: Any) -> TestResponse:
        return self("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> TestResponse:
        return self("PATCH", path, json=body)

    def delete(self, path: str) -> TestResponse:
        return self("DELETE", path)


@dataclass
class House:
    """One business with one of everything."""

    id: int
    number: str
    faq_id: int
    lead_id: int
    call_sid: str
    webhook_id: int = 0
    job_id: int = 0


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "maane.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def synthesiser() -> RecordingSynthesiser:
    return RecordingSynthesiser()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> Iterator[str]:
    """Give the name of a migrated PostgreSQL database that others are copied from."""
    with fresh_database(postgres_server) as url:
        upgrade(load_settings({"DATABASE_URL": url, "SECRET_KEY": "x"}).database_url)
        yield url.rsplit("/", 1)[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of a migrated, empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "maane.db"
        shutil.copyfile(request.getfixturevalue("migrated"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    with fresh_database(server, request.getfixturevalue("migrated_template")) as url:
        yield url


@pytest.fixture
def app(database_url: str, tmp_path: Path, synthesiser: RecordingSynthesiser) -> Iterator[OpenAPI]:
    settings = load_settings(
        {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "only for tests",
            "MEDIA_DIR": str(tmp_path / "media"),
        }
    )
    app = create_app(settings)
    parts: Services = app.extensions["maane"]
    clips = ClipStore([synthesiser], settings.media_dir, settings.tts_speaking_rate)
    old = parts.calls
    calls = CallService(
        settings,
        parts.directory,
        clips,
        old.recorder,
        old.registry,
        parts.faq,
        parts.recordings,
        old.costs,
    )
    app.extensions["maane"] = replace(parts, clips=clips, calls=calls)
    parts.directory.load()
    yield app
    parts.passwords.close()
    parts.database.engine.dispose()


@pytest.fixture
def parts(app: OpenAPI) -> Services:
    found: Services = app.extensions["maane"]
    return found


@pytest.fixture
def store(app: OpenAPI, parts: Services) -> MemoryStore:
    """Where recordings are kept; ask for it before the parts are looked at."""
    kept = MemoryStore()
    app.extensions["maane"] = replace(parts, media=kept)
    return kept


@pytest.fixture
def garage(parts: Services) -> House:
    return make_house(parts, "מוסך", "+97233726000", "CA_garage")


@pytest.fixture
def bakery(parts: Services) -> House:
    return make_house(parts, "מאפייה", "+97237654321", "CA_bakery")


@pytest.fixture
def owner(app: OpenAPI, parts: Services) -> Api:
    return make_api(app, parts, OWNER, None)


@pytest.fixture
def admin(app: OpenAPI, parts: Services, garage: House) -> Api:
    return make_api(app, parts, ADMIN, garage.id)


@pytest.fixture
def operator(app: OpenAPI, parts: Services, garage: House) -> Api:
    return make_api(app, parts, OPERATOR, garage.id)


def make_api(app: OpenAPI, parts: Services, role: str, business_id: int | None) -> Api:
    with parts.database.write() as session:
        token = create_token(session, f"a test's {role}", role, business_id, actor="test")
    return Api(app.test_client(), token)


def make_house(parts: Services, name: str, number: str, call_sid: str) -> House:
    with parts.database.write() as session:
        business = Business(
            name=name,
            greeting_text=f"שלום, {name}.",
            numbers=[BusinessPhoneNumber(e164=number)],
        )
        faq = BusinessFaq(
            intent_key="price",
            patterns_json=["מה המחיר"],
            answer_text="מאה שקלים.",
            priority=10,
        )
        business.faqs = [faq]
        session.add(business)
        session.flush()
        lead = Lead(business_id=business.id, call_sid=call_sid, phone="+972541234567")
        session.add(lead)
        session.flush()
        session.add(
            Call(
                call_sid=call_sid,
                business_id=business.id,
                lead_id=lead.id,
                from_number="+972541234567",
                to_number=number,
                status="completed",
                end_reason="caller_hangup",
                started_at=datetime.now(UTC) - timedelta(minutes=5),
                ended_at=datetime.now(UTC) - timedelta(minutes=4),
                duration=60,
                turns=[
                    CallTurn(index=0, speaker="agent", text="שלום", path="GREETING", heard_ms=900),
                    CallTurn(index=1, speaker="caller", text="מה המחיר?"),
                    CallTurn(
                        index=2,
                        speaker="agent",
                        text="מאה שקלים.",
                        path="FAQ_FASTPATH",
                        intent_key="price",
                        heard_ms=700,
                        interrupted=True,
                        timings_ms={"faq_ms": 1.5, "total_latency_ms": 300},
                    ),
                ],
            )
        )
        webhook = BusinessWebhook(
            business_id=business.id,
            url="https://hook.example/in",
            secret="whsec_of_the_tests",
            events=["lead.processed"],
            active=False,
        )
        job = JobRow(
            lane="webhook",
            kind="deliver_webhook",
            key=f"a dead one of {call_sid}",
            business_id=business.id,
            lead_id=lead.id,
            payload={"webhook_id": 0, "event": "lead.created", "at": ""},
            state=DEAD,
            last_error="the address answered 500",
        )
        session.add_all([webhook, job])
        session.flush()
        return House(business.id, number, faq.id, lead.id, call_sid, webhook.id, job.id)


def audit(parts: Services) -> list[tuple[str, str, int | None, str]]:
    """Return the log of changes, those that set the test up left out."""
    with parts.database.read() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.actor != "test").order_by(AuditEntry.id)
        )
        return [(row.actor, row.action, row.business_id, row.target) for row in rows]


def wrong_fields(response: TestResponse) -> list[str]:
    """Return the fields that a 422 complains of."""
    assert response.status_code == 422, response.text
    assert response.json is not None
    return [error["field"] for error in response.json["errors"]]


@pytest.fixture
def post(app: OpenAPI, parts: Services) -> Iterator[FakeSmtp]:
    """A mail server that the application uses; ask for it before the parts are looked at."""
    with FakeSmtp() as fake:
        server = MailServer(fake.host, fake.port, "none", "", "", "maane@example.com")
        handler = MailLinks(parts.database, server, MAILED_BASE)
        parts.jobs.handlers |= {MAIL_LINK: handler, MAIL_RESET: handler}
        app.extensions["maane"] = replace(parts, mail=server)
        yield fake
