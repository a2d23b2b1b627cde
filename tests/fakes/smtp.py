"""A stand-in for a mail server on a real socket (RFC 5321), strict with its client."""

from __future__ import annotations

import base64
import email
import email.policy
import re
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Self, cast

_TIMEOUT_SECONDS = 5.0


@dataclass
class SmtpOptions:
    """Switches, each read when it matters.

    ``refuse_recipients``: the code that each recipient gets. ``refuse_mails``: the code that the
    mail itself gets. ``times``: for how many mails (-1: for all). ``silent``: it says nothing.
    ``accounts``: who may sign in; nobody has to where it is empty.
    """

    refuse_recipients: int | None = None
    refuse_mails: int | None = None
    times: int = -1
    silent: bool = False
    accounts: dict[str, str] = field(default_factory=dict)


class FakeSmtp:
    """The mail server; ``mails`` are those that it has taken."""

    host = "127.0.0.1"

    def __init__(self, options: SmtpOptions | None = None) -> None:
        self.options = options or SmtpOptions()
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.errors: list[str] = []
        self.over = threading.Event()
        self._server = _Server((self.host, 0), _Conversation)
        self._server.fake = self

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def text(self, index: int = -1) -> str:
        """Return the plain text of a mail."""
        body = self.mails[index].get_body(("plain",))
        assert body is not None
        return cast(str, body.get_content())

    def link(self, index: int = -1) -> str:
        """Return the address in the text of a mail, without scheme and host."""
        found = re.search(r"https?://[^/\s]+(/\S+)", self.text(index))
        assert found is not None
        return found.group(1)

    def refuses(self) -> bool:
        """Tell whether the next mail is refused, and count it."""
        if self.options.times == 0:
            return False
        self.options.times -= 1
        return True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        assert self.errors == []


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    fake: FakeSmtp


class _Conversation(socketserver.StreamRequestHandler):
    timeout = _TIMEOUT_SECONDS

    def handle(self) -> None:
        fake = cast(_Server, self.server).fake
        if fake.options.silent:
            fake.over.wait(_TIMEOUT_SECONDS)
            return
        self._say("220 fake ESMTP")
        signed_in, to = not fake.options.accounts, ""
        while line := self.rfile.readline(2048):
            if not line.endswith(b"\r\n"):
                fake.errors.append("a line without CR LF")
            words = line.decode().strip()
            verb = words.partition(" ")[0].upper()
            if verb == "EHLO":
                self._say("250-fake", "250-8BITMIME", "250 AUTH PLAIN")
            elif verb == "AUTH":
                _, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
                signed_in = fake.options.accounts.get(user) == password
                self._say("235 welcome" if signed_in else "535 who are you")
            elif verb == "MAIL":
                self._say("250 ok" if signed_in else "530 sign in first")
            elif verb == "RCPT":
                to = words.partition("<")[2].partition(">")[0]
                code = fake.options.refuse_recipients
                refused = code is not None and fake.refuses()
                self._say(f"{code} not <{to}>" if refused else "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self._take(fake, to)
            elif verb in ("RSET", "NOOP"):
                self._say("250 ok")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                fake.errors.append(f"unknown: {verb}")
                self._say("500 what")

    def _take(self, fake: FakeSmtp, to: str) -> None:
        lines = []
        while (line := self.rfile.readline(4096)) != b".\r\n":
            if not line:
                return
            lines.append(line.removeprefix(b"."))
        code = fake.options.refuse_mails
        if code is not None and fake.refuses():
            self._say(f"{code} no")
            return
        mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        fake.mails.append(cast(EmailMessage, mail))
        fake.recipients.append(to)
        self._say("250 taken")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
