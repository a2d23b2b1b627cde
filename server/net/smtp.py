"""Handing a mail to the owner's mail server: with time-outs, and one kind of error."""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from server.errors import ProviderError

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
"""For each step of the conversation."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over.

    Attributes:
        security: ``starttls``, ``tls`` or ``none``.
        user: empty where nobody has to sign in.
        sender: ``Maane <maane@example.com>``.
    """

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Hand over one mail.

        Raises:
            ProviderError: it was not taken; ``code`` is ``smtp_refused`` where trying again is
                in vain.
        """
        message = EmailMessage()
        message["From"], message["To"] = self.sender, to
        message["Subject"] = " ".join(subject.split())  # a line break would begin another header
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=parseaddr(self.sender)[1].rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        try:
            with self._connect() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ProviderError(_reason(error), code=_code(error)) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        if self.security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def _code(error: Exception) -> str:
    """Return whether the server will say the same next time."""
    for_good = isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        for_good = all(code >= 500 for code, _ in error.recipients.values())
    return "smtp_refused" if for_good else "smtp_failed"


def _reason(error: Exception) -> str:
    """Return what went wrong without the server's words: they may repeat the address."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        return f"the mail server refused the recipient with {', '.join(codes)}"
    return f"the mail server failed: {type(error).__name__}"
