"""Recordings in a bucket, against a stand-in that checks every signature."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from server.errors import NotFoundError
from server.recordings.s3 import S3Storage, signature_headers
from server.recordings.storage import StorageError

KEYS = {"region": "eu-central-1", "access_key": "AKIDEXAMPLE", "secret_key": "very secret"}


class Bucket(ThreadingHTTPServer):
    """One bucket, ``calls``, in memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.refuse: int | None = None
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = self._answer(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Stay silent."""

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        objects = self.server.objects
        at = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        url = self.server.url + self.path
        expected = signature_headers(self.command, url, {}, at=at, **KEYS)
        if self.headers["Authorization"] != expected["Authorization"]:
            return 403, b"<Code>SignatureDoesNotMatch</Code>"
        if self.server.refuse:
            return self.server.refuse, b""
        key = self.path.removeprefix("/calls/")
        if self.command == "PUT":
            objects[key] = body
            return 200, b""
        if key not in objects:
            return 404, b""
        if self.command == "DELETE":
            del objects[key]
            return 204, b""
        data = objects[key]
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return (206, data[int(wanted[1]) :]) if wanted else (200, data)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    server = Bucket()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def storage(bucket: Bucket, tmp_path: Path) -> S3Storage:
    return S3Storage(bucket.url, "calls", spool=tmp_path / "spool", **KEYS)


def test_the_example_of_the_reference() -> None:
    """AWS, "Authenticating Requests (AWS Signature Version 4)", GET Object."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    signed = signature_headers(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {"Range": "bytes=0-9"},
        region="us-east-1",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        at=datetime(2013, 5, 24, tzinfo=UTC),
        payload_hash=empty,
    )
    assert signed["Authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_what_is_kept_can_be_read_from_anywhere_and_removed(
    storage: S3Storage, bucket: Bucket
) -> None:
    assert storage.put("twilio/a.wav", [b"RIFF", b"1234"]) == 8
    assert bucket.objects == {"twilio/a.wav": b"RIFF1234"}
    assert storage.size("twilio/a.wav") == 8
    assert b"".join(storage.open("twilio/a.wav")) == b"RIFF1234"
    assert b"".join(storage.open("twilio/a.wav", 6)) == b"34"
    assert b"".join(storage.open("twilio/a.wav", 8)) == b""
    storage.delete("twilio/a.wav")
    storage.delete("twilio/a.wav")
    for ask in (storage.size, storage.open):
        with pytest.raises(NotFoundError):
            ask("twilio/a.wav")


def test_a_file_is_adopted_only_once_it_is_there(
    storage: S3Storage, bucket: Bucket, tmp_path: Path
) -> None:
    path = tmp_path / "under-way.wav"
    path.write_bytes(b"x" * 200_000)
    bucket.refuse = 503
    with pytest.raises(StorageError, match="the bucket answered 503"):
        storage.adopt("bridge/b.wav", path)
    assert path.exists()
    bucket.refuse = None
    assert storage.adopt("bridge/b.wav", path) == 200_000
    assert not path.exists()


def test_wrong_keys_are_a_readable_error(bucket: Bucket, tmp_path: Path) -> None:
    keys = KEYS | {"secret_key": "wrong"}
    storage = S3Storage(bucket.url, "calls", spool=tmp_path, **keys)
    with pytest.raises(StorageError, match="the bucket answered 403"):
        storage.put("a.wav", [b"x"])


def test_nobody_there_is_a_readable_error(tmp_path: Path) -> None:
    storage = S3Storage("http://127.0.0.1:9", "calls", spool=tmp_path, **KEYS)
    with pytest.raises(StorageError, match="the bucket: ConnectError"):
        storage.size("a.wav")


def test_a_key_leads_nowhere_else(storage: S3Storage) -> None:
    with pytest.raises(StorageError):
        storage.put("../x", [b""])
