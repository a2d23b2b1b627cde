"""Mailing links, as jobs.

A link's token lets whoever has it in, so it lies nowhere in clear: the job holds ids, and makes the
token at the moment it mails it; before that the row of the link holds a hash that fits no token
anybody has seen. A second try makes another token, and the one of the first is worthless: should
the mail server have taken both mails, the later one works.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts.audit import SIGN_IN_PAGE, user_names
from server.accounts.letters import Letter, invitation, new_password
from server.accounts.links import new_reset, purge_links, renew
from server.accounts.people import INVITE, RESET
from server.clock import utc_now
from server.db import Database
from server.errors import ProviderError
from server.jobs import GiveUp, Handler, Job, RetryLater, enqueue
from server.models import AccountLink, Business, JobRow, User
from server.net.smtp import MailServer
from server.settings import Settings

log = logging.getLogger(__name__)

MAIL_LINK = "mail_link"
"""The kind of the job that mails one link."""

MAIL_RESET = "mail_reset"
"""The kind of the job that makes a reset link and mails it, where the address has an account."""

PURGE_LINKS = "purge_links"

_LANE = "mail"
_NEXT_TRY_SECONDS = (30.0, 300.0)


def mail_server(settings: Settings) -> MailServer | None:
    """Return where mails are handed over; None where no mail server is set."""
    if not settings.smtp_host:
        return None
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_password,
        settings.smtp_from,
    )


def link_address(base_url: str, purpose: str, token: str) -> str:
    """Return the address of a link's page under ``base_url`` (no slash at its end)."""
    return f"{base_url}/{'join' if purpose == INVITE else 'reset'}/{token}"


def ask_to_mail(session: Session, link: AccountLink, lang: str) -> None:
    """Have the link mailed once the unit of work is committed; in the language ``lang``."""
    # A link that is mailed again is another job: the first may be done, or given up.
    key = f"{_key(link.id)}:{secrets.token_hex(4)}"
    payload = {"link_id": link.id, "lang": lang}
    enqueue(session, MAIL_LINK, key, payload, lane=_LANE, business_id=link.business_id)


def ask_to_mail_reset(session: Session, user: User | None, lang: str) -> None:
    """Have a reset link made and mailed; without a user the job does nothing.

    So the page that asks does the same work, and takes the same time, whoever it is asked about.
    """
    payload = {"user_id": user.id if user is not None and user.active else 0, "lang": lang}
    enqueue(session, MAIL_RESET, f"{MAIL_RESET}:{secrets.token_hex(8)}", payload, lane=_LANE)


def mail_states(session: Session, link_ids: Iterable[int]) -> dict[int, str]:
    """Return the state of the last mail of each link: ``queued``, ``running``, ``done``, ``dead``.

    Links that were never mailed are left out.
    """
    states: dict[int, str] = {}
    for link_id in link_ids:
        # A prefix of a unique key; "mail_link:1:" is not the beginning of "mail_link:12:".
        begin, end = f"{_key(link_id)}:", f"{_key(link_id)};"
        state = session.scalar(
            select(JobRow.state)
            .where(JobRow.key > begin, JobRow.key < end)
            .order_by(JobRow.id.desc())
            .limit(1)
        )
        if state is not None:
            states[link_id] = state
    return states


class MailLinks:
    """Handler of both kinds of mail."""

    def __init__(self, database: Database, server: MailServer | None, base_url: str) -> None:
        self._database = database
        self._server = server
        self._base_url = base_url

    def __call__(self, job: Job) -> None:
        """Mail the link.

        Raises:
            RetryLater: the mail server did not take it now.
            GiveUp: it never will, or there is none any more.
        """
        if self._server is None:
            raise GiveUp("no mail server is set (SMTP_HOST)")
        prepare = self._reset if job.kind == MAIL_RESET else self._link
        with self._database.write() as session:
            prepared = prepare(session, job)
        if prepared is None:
            return
        to, letter = prepared
        try:
            self._server.send(to, letter.subject, letter.text, letter.html)
        except ProviderError as error:
            log.warning("[MAIL] failed kind=%s code=%s", job.kind, error.code)
            if error.code == "smtp_refused":
                raise GiveUp(error.message) from error
            raise RetryLater(error.message, job.wait_of(_NEXT_TRY_SECONDS)) from error
        log.info("[MAIL] sent kind=%s", job.kind)

    def _link(self, session: Session, job: Job) -> tuple[str, Letter] | None:
        link = session.get(AccountLink, int(job.payload["link_id"]), with_for_update=True)
        if link is None or link.used_at is not None or link.expires_at <= utc_now():
            return None
        url = link_address(self._base_url, link.purpose, renew(session, link))
        lang = str(job.payload["lang"])
        if link.purpose == RESET:
            return link.email, new_password(lang, url)
        business = None
        if link.business_id is not None:
            business = session.get_one(Business, link.business_id).name
        inviter = user_names(session, [link.created_by]).get(link.created_by, "")
        letter = invitation(lang, url, business=business or "", inviter=inviter, role=link.role)
        return link.email, letter

    def _reset(self, session: Session, job: Job) -> tuple[str, Letter] | None:
        user = session.get(User, int(job.payload["user_id"]))
        if user is None or not user.active:
            return None
        _, token = new_reset(session, user, actor=SIGN_IN_PAGE)
        url = link_address(self._base_url, RESET, token)
        return user.email, new_password(user.lang or str(job.payload["lang"]), url)


def forget_links(database: Database) -> Handler:
    """Return the handler of ``PURGE_LINKS``, every night."""

    def handle(_: Job) -> None:
        with database.write() as session:
            purge_links(session)

    return handle


def _key(link_id: int) -> str:
    return f"{MAIL_LINK}:{link_id}"
