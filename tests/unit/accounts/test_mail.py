"""Links by mail: what arrives, in which language, and what is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.accounts import links, mail
from server.accounts.links import LinkGoneError
from server.db import Database
from server.jobs import JobWorker
from server.models import AccountLink, Business, JobRow, User
from server.net.smtp import MailServer
from tests.fakes.smtp import FakeSmtp, SmtpOptions
from tests.unit.accounts.conftest import NewUser

BASE = "https://phone.example.com"


@pytest.fixture
def post() -> Iterator[FakeSmtp]:
    with FakeSmtp() as fake:
        yield fake


@pytest.fixture
def worker(database: Database, post: FakeSmtp) -> JobWorker:
    server = MailServer(
        post.host, post.port, "none", "maane", "secret", "Maane <maane@example.com>"
    )
    post.options.accounts = {"maane": "secret"}
    handler = mail.MailLinks(database, server, BASE)
    return JobWorker(database, {mail.MAIL_LINK: handler, mail.MAIL_RESET: handler})


def invite(database: Database, lang: str = "he", business_id: int | None = 1) -> AccountLink:
    with database.write() as session:
        link, _ = links.invite(
            session,
            "dana@example.com",
            "owner" if business_id is None else "operator",
            business_id,
            actor="user:1",
            by_owner=True,
        )
        mail.ask_to_mail(session, link, lang)
    return link


def state(database: Database, link: AccountLink) -> str | None:
    with database.read() as session:
        return mail.mail_states(session, [link.id]).get(link.id)


def token_in(address: str) -> str:
    return address.rpartition("/")[2]


def test_an_invitation_arrives_and_works(
    database: Database, worker: JobWorker, post: FakeSmtp, person: NewUser
) -> None:
    person("רותי", owner=True)
    link = invite(database)
    assert state(database, link) == "queued"
    assert worker.run_one("mail")
    assert state(database, link) == "done"
    (letter,) = post.mails
    assert post.recipients == ["dana@example.com"]
    assert (letter["To"], letter["From"]) == ("dana@example.com", "Maane <maane@example.com>")
    assert letter["Subject"] == "הזמנה למוסך"
    assert "רותי" in post.text()
    assert f"{BASE}/join/" in post.text()
    body = letter.get_body(("html",))
    assert body is not None
    assert 'dir="rtl"' in body.get_content()
    with database.write() as session:
        user, _ = links.join_as_new(
            session, token_in(post.link()), name="", lang="", password_hash="a hash"
        )
    assert user.email == "dana@example.com"


def test_english_for_who_reads_english(
    database: Database, worker: JobWorker, post: FakeSmtp
) -> None:
    invite(database, "en", None)
    assert worker.run_one("mail")
    assert post.mails[0]["Subject"] == "Invitation to all businesses"
    assert "The Maane team invites you" in post.text()


def test_no_token_lies_in_the_queue(database: Database, worker: JobWorker, post: FakeSmtp) -> None:
    invite(database)
    assert worker.run_one("mail")
    token = token_in(post.link())
    with database.read() as session:
        (job,) = session.scalars(select(JobRow))
        assert token not in f"{job.payload}{job.key}{job.last_error}"


def test_a_hostile_name_writes_no_header_and_no_html(
    database: Database, worker: JobWorker, post: FakeSmtp
) -> None:
    with database.write() as session:
        session.get_one(Business, 1).name = "Bob\r\nBcc: x@example.com <script>{role}"
    invite(database)
    assert worker.run_one("mail")
    (letter,) = post.mails
    assert letter["Bcc"] is None
    assert letter["Subject"].endswith("Bob Bcc: x@example.com <script>{role}")
    body = letter.get_body(("html",))
    assert body is not None
    assert "<script>" not in body.get_content()


def test_what_is_withdrawn_before_it_is_mailed_is_not_mailed(
    database: Database, worker: JobWorker, post: FakeSmtp
) -> None:
    link = invite(database)
    with database.write() as session:
        links.withdraw(session, links.get_invite(session, link.id, 1), actor="user:1")
    assert worker.run_one("mail")
    assert post.mails == []


@pytest.mark.parametrize(("code", "after"), [(451, "queued"), (550, "dead")])
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    database: Database, worker: JobWorker, post: FakeSmtp, code: int, after: str
) -> None:
    post.options.refuse_recipients = code
    link = invite(database)
    assert worker.run_one("mail")
    assert state(database, link) == after
    with database.read() as session:
        (job,) = session.scalars(select(JobRow))
    assert str(code) in job.last_error
    assert "dana" not in job.last_error


def test_the_mail_of_the_second_try_works(
    database: Database, worker: JobWorker, post: FakeSmtp
) -> None:
    post.options = SmtpOptions(refuse_mails=451, times=1, accounts={"maane": "secret"})
    invite(database)
    assert worker.run_one("mail")
    with database.write() as session:
        session.scalars(select(JobRow)).one().run_at = (
            session.scalars(select(AccountLink)).one().created_at
        )
    assert worker.run_one("mail")
    with database.read() as session:
        assert links.find_link(session, token_in(post.link()), "invite")


def test_a_wrong_password_of_the_mail_server_is_told(
    database: Database, worker: JobWorker, post: FakeSmtp
) -> None:
    post.options.accounts = {"maane": "another"}
    link = invite(database)
    assert worker.run_one("mail")
    assert state(database, link) == "dead"


def test_a_forgotten_password(
    database: Database, worker: JobWorker, post: FakeSmtp, person: NewUser
) -> None:
    dana = person("dana")
    with database.write() as session:
        session.get_one(User, dana.id).lang = "en"
        mail.ask_to_mail_reset(session, dana, "he")
    assert worker.run_one("mail")
    assert post.mails[0]["Subject"] == "New password for Maane"
    assert f"{BASE}/reset/" in post.text()
    with database.write() as session:
        assert links.reset_password(session, token_in(post.link()), "hash").id == dana.id


def test_nobody_s_forgotten_password_is_the_same_work_and_no_mail(
    database: Database, worker: JobWorker, post: FakeSmtp, person: NewUser
) -> None:
    off = person("off")
    with database.write() as session:
        session.get_one(User, off.id).active = False
    for user in (None, off):
        with database.write() as session:
            mail.ask_to_mail_reset(session, user, "he")
        assert worker.run_one("mail")
    assert post.mails == []


def test_a_mail_server_that_says_nothing_is_given_up_in_time(
    database: Database, post: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.net.smtp.TIMEOUT_SECONDS", 0.2)
    post.options.silent = True
    server = MailServer(post.host, post.port, "none", "", "", "maane@example.com")
    worker = JobWorker(database, {mail.MAIL_LINK: mail.MailLinks(database, server, BASE)})
    link = invite(database)
    assert worker.run_one("mail")
    assert state(database, link) == "queued"


def test_a_server_without_tls_gets_no_password(database: Database, post: FakeSmtp) -> None:
    server = MailServer(post.host, post.port, "starttls", "maane", "secret", "maane@example.com")
    worker = JobWorker(database, {mail.MAIL_LINK: mail.MailLinks(database, server, BASE)})
    link = invite(database)
    assert worker.run_one("mail")
    assert state(database, link) == "queued"
    assert post.mails == []


def test_states_of_mails_are_not_mixed_up(database: Database, tmp_path: Path) -> None:
    made = [invite(database) for _ in range(12)]
    with database.write() as session:
        for row in session.scalars(select(JobRow).where(JobRow.id > 1)):
            row.state = "dead"
    assert state(database, made[0]) == "queued"
    assert state(database, made[11]) == "dead"


def test_a_used_link_s_mail_goes_with_its_business(database: Database) -> None:
    invite(database, business_id=2)
    with database.write() as session:
        session.delete(session.get_one(Business, 2))
    with database.read() as session:
        assert session.scalars(select(JobRow)).all() == []
        assert session.scalars(select(AccountLink)).all() == []
    with pytest.raises(LinkGoneError), database.read() as session:
        links.find_link(session, "x", "invite")
