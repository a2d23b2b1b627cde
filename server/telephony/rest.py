"""Twilio's REST API, as far as recordings, numbers and SMS need it. Source: Twilio, "Recordings
Resource", "IncomingPhoneNumber Resource".

Plain HTTP rather than the SDK's client, which has no time-out of its own, reads a media file into
memory, and takes a second of the calls' time to import.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from server.errors import ProviderError

log = logging.getLogger(__name__)

API_ORIGIN = "https://api.twilio.com"
_VERSION = "2010-04-01"
_TIMEOUT = httpx2.Timeout(15.0, connect=5.0, pool=15.0)
_LIMITS = httpx2.Limits(max_connections=50, max_keepalive_connections=4, keepalive_expiry=30.0)
_CHUNK_BYTES = 64 << 10
_DEFAULT_PORTS = {"http": 80, "https": 443}


class TwilioRest:
    """One account at one address. May be used by any thread; nothing is ever sent twice.

    Every method raises :class:`ProviderError` with one of these codes: ``address`` (not the
    API's), ``credentials`` (they are wrong), ``not_found``, ``unavailable`` (try again later),
    ``refused`` (anything else that a repetition does not mend).

    Args:
        account_sid: AC…
        auth_token: its secret.
        base_url: the API's origin; a region has one of its own.
    """

    def __init__(self, account_sid: str, auth_token: str, base_url: str = API_ORIGIN) -> None:
        self._base_url = base_url.rstrip("/")
        self._origin = _origin(self._base_url)
        self._account = f"{self._base_url}/{_VERSION}/Accounts/{quote(account_sid, safe='')}"
        self._client = httpx2.Client(
            auth=httpx2.BasicAuth(account_sid, auth_token),
            timeout=_TIMEOUT,
            limits=_LIMITS,
            follow_redirects=False,  # the credentials go nowhere else
        )

    def start_recording(self, call_sid: str, callback_url: str) -> str:
        """Have Twilio record a call that is under way, in two channels; return the SID."""
        url = f"{self._account}/Calls/{quote(call_sid, safe='')}/Recordings.json"
        form = {
            "RecordingChannels": "dual",
            "RecordingTrack": "both",
            "Trim": "do-not-trim",  # else its times would not be the call's
            "RecordingStatusCallback": callback_url,
            "RecordingStatusCallbackMethod": "POST",
            "RecordingStatusCallbackEvent": ["completed", "absent"],
        }
        with _network():
            response = self._client.post(url, data=form)
        sid = _json(response).get("sid")
        if sid is None:
            raise ProviderError("Twilio answered without a SID", code="refused")
        return str(sid)

    def send_sms(self, to: str, sender: str, text: str) -> str:
        """Have an SMS sent; return its SID. Source: Twilio, "Messages resource"."""
        form = {"To": to, "From": sender, "Body": text}
        with _network():
            response = self._client.post(f"{self._account}/Messages.json", data=form)
        return str(_json(response).get("sid", ""))

    def read(self, resource: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return ``resource`` of the account (``IncomingPhoneNumbers``; empty: itself) as JSON."""
        path = f"/{resource}.json" if resource else ".json"
        with _network():
            response = self._client.get(self._account + path, params=dict(query or {}))
        return _json(response)

    def change(self, resource: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Change fields of ``resource`` of the account, and return it as it is now."""
        with _network():
            response = self._client.post(f"{self._account}/{resource}.json", data=dict(form))
        return _json(response)

    def delete_recording(self, recording_sid: str) -> None:
        """Have Twilio forget a recording; one that it does not know is fine."""
        with _network():
            response = self._client.delete(
                f"{self._account}/Recordings/{quote(recording_sid, safe='')}.json"
            )
        if response.status_code != HTTPStatus.NOT_FOUND:
            _check(response)

    @contextmanager
    def open_media(self, url: str, channels: int | None = None) -> Iterator[Iterator[bytes]]:
        """Give the WAV file of the recording at ``url``, in pieces.

        Args:
            url: a ``RecordingUrl`` as Twilio announced it; of the API's own origin only.
            channels: as announced; where that is not known, two are asked for first.
        """
        address = self.media_address(url)
        wanted = [f"{address}?RequestedChannels=2", address]
        if channels == 1:
            wanted = [address]
        with _network():
            for attempt in wanted:
                with self._client.stream("GET", attempt) as response:
                    if response.status_code == HTTPStatus.BAD_REQUEST and attempt != wanted[-1]:
                        continue  # 16113: the recording has one channel
                    _check(response)
                    yield response.iter_bytes(_CHUNK_BYTES)
                    return

    def media_address(self, url: str) -> str:
        """Return where the WAV file of the recording at ``url`` is fetched from."""
        if not self._origin or _origin(url) != self._origin:
            raise ProviderError("the recording's address is not the API's own", code="address")
        path = urlsplit(url).path
        for ending in (".wav", ".mp3", ".json"):
            path = path.removesuffix(ending)
        scheme, host, port = self._origin
        bracketed = f"[{host}]" if ":" in host else host
        return f"{scheme}://{bracketed}:{port}{path}.wav"

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None for what is no plain HTTP address."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or "@" in parts.netloc or "\\" in url:
        return None
    return parts.scheme, parts.hostname, port


@contextmanager
def _network() -> Iterator[None]:
    try:
        yield
    except (httpx2.TransportError, httpx2.StreamError, httpx2.DecodingError) as error:
        name = type(error).__name__
        raise ProviderError(f"Twilio's API: {name}", code="unavailable") from error
    except httpx2.InvalidURL as error:
        raise ProviderError("the recording's address is malformed", code="address") from error


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    _check(response, found.get("code") if isinstance(found, dict) else None)
    if not isinstance(found, dict):
        raise ProviderError("Twilio's API answered something else than JSON", code="refused")
    return found


def _check(response: httpx2.Response, twilio_code: object = None) -> None:
    """Raise for anything but success; Twilio's own code says more than the status."""
    status = response.status_code
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    code = "refused"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        code = "credentials"
    elif status == HTTPStatus.NOT_FOUND:
        code = "not_found"
    elif status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
        code = "unavailable"
    why = f" (Twilio's error {twilio_code})" if isinstance(twilio_code, int) else ""
    raise ProviderError(f"Twilio's API answered {status}{why}", code=code)
