"""Does the public address lead to this very process, with everything that a call needs?

The check asks ``PUBLIC_BASE_URL`` and nothing else, follows no redirect, and reads a few bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import httpx2

from server.clock import Clock, monotonic
from server.errors import ConflictError, ProviderError
from server.net.client import connect
from server.telephony.signature import sign
from server.telephony.urls import MEDIA_PATH, WEBHOOK_PREFIX, public_url

REACH_PATH = "/reach"
SIGNED_PATH = f"{WEBHOOK_PREFIX}/reach"

_SECONDS = 5.0
_NONCE_SECONDS = 30.0
_MOST_BYTES = 1000

StepName = Literal["configured", "reached", "signed", "guarded", "socket"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    name: StepName
    ok: bool
    code: str = ""
    """Why not: a stable name."""
    ms: float = 0.0


class AddressCheck:
    """Looks at the public address from here. One look at a time; it may take half a minute.

    Args:
        origin: ``PUBLIC_BASE_URL``; empty where none is set.
        auth_token: signs as Twilio does; empty where there is none.
    """

    def __init__(self, origin: str, auth_token: str, clock: Clock = monotonic) -> None:
        self._origin = origin
        self._auth_token = auth_token
        self._clock = clock
        self._key = secrets.token_bytes(32)
        """Of this process alone: another one at the same address answers something else."""
        self._nonces: dict[str, float] = {}
        self._busy = threading.Lock()

    def proof(self, nonce: str) -> str | None:
        """Return what only this process can answer to a nonce of its own; None for any other."""
        until = self._nonces.get(nonce)
        return self._sign(nonce) if until is not None and self._clock() < until else None

    def run(self, *, serving: bool = True) -> list[Step]:
        """Look at everything, until something is missing that the rest needs.

        Args:
            serving: whether it is this process that serves the address. A command line's does
                not; then any Maane that takes our signature is taken for the right one.

        Raises:
            ConflictError: somebody else is looking just now.
        """
        if not self._busy.acquire(blocking=False):
            raise ConflictError("The address is being checked already.", code="busy")
        nonce = secrets.token_urlsafe(24)
        self._nonces = {nonce: self._clock() + _NONCE_SECONDS}
        try:
            return self._look(nonce if serving else None)
        finally:
            self._nonces = {}
            self._busy.release()

    def _look(self, nonce: str | None) -> list[Step]:
        configured = Step("configured", *self._configured())
        if not self._origin:
            return [configured]
        steps = [configured]
        # The environment's proxies are not the internet's way to us; redirects lead elsewhere.
        with httpx2.Client(timeout=_SECONDS, trust_env=False, follow_redirects=False) as client:
            steps.append(self._step("reached", lambda: self._reached(client, nonce)))
            if steps[-1].ok:
                steps.append(self._step("signed", lambda: self._signed(client, nonce)))
                if self._auth_token:
                    steps.append(self._step("guarded", lambda: self._guarded(client)))
        if steps[1].ok:
            steps.append(self._step("socket", self._upgraded))
        return steps

    def _step(self, name: StepName, look: Callable[[], str]) -> Step:
        began = self._clock()
        try:
            code = look()
        except httpx2.TimeoutException:
            code = "timeout"
        except httpx2.ConnectError as error:
            code = "certificate" if "CERTIFICATE" in str(error).upper() else "unreachable"
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError):
            code = "broken"
        return Step(name, not code, code, round((self._clock() - began) * 1000, 1))

    def _configured(self) -> tuple[bool, str]:
        if not self._origin:
            return False, "missing"
        if urlsplit(self._origin).scheme != "https":
            return False, "not_https"  # Twilio opens wss:// and nothing else
        return True, ""

    def _reached(self, client: httpx2.Client, nonce: str | None) -> str:
        if nonce is None:
            status, body = _few_bytes(client, "GET", f"{self._origin}/version")
            is_maane = status == 200 and '"maane"' in body
            return "" if is_maane else f"status_{status}" if status != 200 else "another_server"
        status, body = _few_bytes(client, "GET", f"{self._origin}{REACH_PATH}/{nonce}")
        if status == 200 and hmac.compare_digest(body, self._sign(nonce)):
            return ""
        if status == 404:
            return "another_process"  # or another server altogether
        return f"status_{status}"

    def _signed(self, client: httpx2.Client, nonce: str | None) -> str:
        if not self._auth_token:
            return "no_token"
        url, form = f"{self._origin}{SIGNED_PATH}", {"Nonce": nonce or "-"}
        headers = {"X-Twilio-Signature": sign(self._auth_token, url, form)}
        status, body = _few_bytes(client, "POST", url, form, headers)
        if nonce is None and status == 404:  # let in, but the nonce is not the server's
            return ""
        if nonce is not None and status == 200 and hmac.compare_digest(body, self._sign(nonce)):
            return ""
        return "signature_refused" if status == 403 else f"status_{status}"

    def _guarded(self, client: httpx2.Client) -> str:
        status, _ = _few_bytes(client, "POST", f"{self._origin}{SIGNED_PATH}", {"Nonce": "x"})
        return "" if status == 403 else "open_to_all"

    def _upgraded(self) -> str:
        url = public_url(self._origin, "", MEDIA_PATH, websocket=True)
        headers = {}
        if self._auth_token:
            headers["X-Twilio-Signature"] = sign(self._auth_token, url, {})
        try:
            opened = connect(url, headers, _SECONDS)
        except ProviderError as error:
            return error.code
        try:
            opened.close()
        finally:
            opened.dispose()
        return ""

    def _sign(self, nonce: str) -> str:
        return hmac.new(self._key, nonce.encode(), hashlib.sha256).hexdigest()


def _few_bytes(
    client: httpx2.Client,
    method: str,
    url: str,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Return the status and the beginning of the body; whoever sends for ever is cut off."""
    deadline = monotonic() + _SECONDS
    with client.stream(method, url, data=form, headers=headers) as response:
        body = b""
        for chunk in response.iter_bytes(_MOST_BYTES):
            body += chunk
            if len(body) >= _MOST_BYTES or monotonic() > deadline:
                break
        return response.status_code, body[:_MOST_BYTES].decode("ascii", "replace")
