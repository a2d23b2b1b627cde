"""The server's end of the password process: a short queue, time-outs, and clear errors."""

from __future__ import annotations

import logging
import threading
from typing import Any

from server.errors import ProviderError, UnavailableError
from server.helpers.process import HelperProcess
from server.passwords.hashing import MAX_PASSWORD_CHARS, check_password, password_bytes

log = logging.getLogger(__name__)

MAX_WAITING = 20
"""Requests in the process and before it; at some 60 ms each the last waits for a second or so."""

REQUEST_SECONDS = 5.0
_NICENESS = 5
"""Whoever signs in can wait a little; who is on the phone cannot."""


class PasswordDesk:
    """Hashes and checks passwords in a process of its own, started when first needed.

    Args:
        max_waiting: how many may be served or wait; more are refused at once.
    """

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._helper = HelperProcess(
            "server.passwords.desk_main", "password", _NICENESS, REQUEST_SECONDS
        )
        self._places = threading.BoundedSemaphore(max_waiting)

    def hash(self, password: str, field: str = "password") -> str:
        """Return the hash of a new password.

        Args:
            field: what an error names.

        Raises:
            InvalidInputError: it is too short or too long.
            UnavailableError: too many wait, or the process failed; nothing has happened.
        """
        check_password(password, field)
        return self._ask({"do": "hash"}, password).decode()

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Tell whether ``password`` is the one that ``password_hash`` was made of.

        Without a hash it takes as long, and is False: nobody learns who has an account.

        Raises:
            UnavailableError: too many wait, or the process failed; try again.
        """
        cut = password[: MAX_PASSWORD_CHARS + 1]  # longer than any that was ever hashed
        return self._ask({"do": "check", "hash": password_hash or ""}, cut) == b"1"

    def close(self) -> None:
        """End the process, if there is one."""
        self._helper.close()

    def _ask(self, request: dict[str, Any], password: str) -> bytes:
        if not self._places.acquire(blocking=False):
            raise UnavailableError(
                "Too many people are signing in at this moment; try again in a few seconds.",
                code="passwords_busy",
            )
        try:
            return self._helper.ask(request, password_bytes(password))
        except ProviderError as error:
            log.warning("[PASSWORDS] failed code=%s", error.code)
            raise UnavailableError(
                "Passwords cannot be checked at this moment; try again in a few seconds.",
                code="passwords_unavailable",
            ) from error
        finally:
            self._places.release()
