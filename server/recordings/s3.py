"""Recordings in an S3-compatible bucket: five requests, signed by hand.

Source: AWS, "Signature Version 4" and "Amazon S3 API Reference". The bodies are not part of the
signature (UNSIGNED-PAYLOAD): TLS carries them.
"""

from __future__ import annotations

import hashlib
import hmac
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

import httpx2

from server.clock import utc_now
from server.errors import NotFoundError
from server.recordings.storage import CHUNK_BYTES, StorageError, check_key, disk_errors

_TIMEOUT = httpx2.Timeout(30.0, connect=5.0)
_UNSIGNED = "UNSIGNED-PAYLOAD"


def signature_headers(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    region: str,
    access_key: str,
    secret_key: str,
    at: datetime,
    payload_hash: str = _UNSIGNED,
) -> dict[str, str]:
    """Return the headers that sign a request without a query, for the moment ``at`` (UTC).

    Args:
        headers: further ones that are to be part of the signature.
    """
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    own = {"x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
    signed = {"host": parts.netloc} | {name.lower(): headers[name] for name in headers} | own
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip()}\n" for name in sorted(signed))
    request = f"{method}\n{parts.path}\n\n{lines}\n{names}\n{payload_hash}"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"Credential={access_key}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 {credential},SignedHeaders={names},Signature={signature}"
    return own | {"Authorization": authorization}


class S3Storage:
    """A bucket. Implements :class:`server.recordings.storage.RecordingStorage`.

    Args:
        endpoint: of the service, e.g. ``https://s3.eu-central-1.amazonaws.com``.
        spool: a local directory for what has to be measured before it can be sent.
    """

    name = "s3"
    remote = True

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        region: str,
        access_key: str,
        secret_key: str,
        spool: Path,
    ) -> None:
        self._bucket_url = f"{endpoint.rstrip('/')}/{quote(bucket, safe='')}"
        self._region = region
        self._access_key = access_key
        self._secret_key = secret_key
        self._spool = spool
        self._client = httpx2.Client(timeout=_TIMEOUT, follow_redirects=False)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """See the protocol."""
        check_key(key)
        with disk_errors():
            self._spool.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._spool) as file:
                for chunk in chunks:
                    file.write(chunk)
                    time.sleep(0)  # lets the calls go on between two pieces
                return self._send(key, file)

    def adopt(self, key: str, path: Path) -> int:
        """See the protocol."""
        with disk_errors(), path.open("rb") as file:
            size = self._send(key, file)
            path.unlink(missing_ok=True)
            return size

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """See the protocol."""
        if start >= self.size(key):
            return iter(())

        def pieces() -> Iterator[bytes]:
            with self._answered("GET", key, {"Range": f"bytes={start}-"}) as response:
                yield from response.iter_bytes(CHUNK_BYTES)

        return pieces()

    def size(self, key: str) -> int:
        """See the protocol."""
        with self._answered("HEAD", key) as response:
            return int(response.headers["Content-Length"])

    def delete(self, key: str) -> None:
        """See the protocol."""
        try:
            with self._answered("DELETE", key):
                pass
        except NotFoundError:
            return

    def tidy(self) -> None:
        """See the protocol: a bucket holds whole objects only."""

    def _send(self, key: str, file: IO[bytes]) -> int:
        size = file.seek(0, 2)
        file.seek(0)

        def pieces() -> Iterator[bytes]:
            while piece := file.read(CHUNK_BYTES):
                yield piece
                time.sleep(0)

        headers = {"Content-Length": str(size), "Content-Type": "audio/wav"}
        with self._answered("PUT", key, headers, pieces()):
            return size

    @contextmanager
    def _answered(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str] | None = None,
        content: Iterator[bytes] | None = None,
    ) -> Iterator[httpx2.Response]:
        url = f"{self._bucket_url}/{check_key(key)}"
        signed = signature_headers(
            method,
            url,
            {},
            region=self._region,
            access_key=self._access_key,
            secret_key=self._secret_key,
            at=utc_now(),
        )
        try:
            with self._client.stream(
                method, url, headers=dict(headers or {}) | signed, content=content
            ) as response:
                if response.status_code == HTTPStatus.NOT_FOUND:
                    raise NotFoundError("no such recording")
                if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                    raise StorageError(f"the bucket answered {response.status_code}")
                yield response
        except (httpx2.TransportError, httpx2.StreamError) as error:
            raise StorageError(f"the bucket: {type(error).__name__}") from error
