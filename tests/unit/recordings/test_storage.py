"""Keeping recordings in a directory."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.errors import NotFoundError, ProviderError
from server.recordings.storage import DirectoryStorage, StorageError


@pytest.fixture
def storage(tmp_path: Path) -> DirectoryStorage:
    return DirectoryStorage(tmp_path / "recordings")


def files(directory: Path) -> list[str]:
    return sorted(p.name for p in directory.rglob("*") if p.is_file())


def test_what_is_kept_can_be_read_from_anywhere_and_removed(storage: DirectoryStorage) -> None:
    assert storage.put("twilio/a.wav", [b"RIFF", b"1234"]) == 8
    assert storage.size("twilio/a.wav") == 8
    assert b"".join(storage.open("twilio/a.wav")) == b"RIFF1234"
    assert b"".join(storage.open("twilio/a.wav", 6)) == b"34"
    assert storage.put("twilio/a.wav", [b"new"]) == 3
    assert storage.size("twilio/a.wav") == 3
    storage.delete("twilio/a.wav")
    storage.delete("twilio/a.wav")
    for ask in (storage.size, storage.open):
        with pytest.raises(NotFoundError):
            ask("twilio/a.wav")


def test_a_file_is_adopted(storage: DirectoryStorage, tmp_path: Path) -> None:
    path = tmp_path / "under-way.wav"
    path.write_bytes(b"12345")
    assert storage.adopt("bridge/b.wav", path) == 5
    assert not path.exists()
    assert b"".join(storage.open("bridge/b.wav")) == b"12345"


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../b", "", "a//b", "a/.b", "a\n.wav"])
def test_a_key_leads_nowhere_else(storage: DirectoryStorage, key: str) -> None:
    with pytest.raises(StorageError):
        storage.put(key, [b""])
    with pytest.raises(StorageError):
        storage.size(key)


def test_half_a_recording_is_not_kept(storage: DirectoryStorage, tmp_path: Path) -> None:
    storage.put("a.wav", [b"old"])

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ProviderError("gone", code="unavailable")

    with pytest.raises(ProviderError):
        storage.put("a.wav", broken())
    assert b"".join(storage.open("a.wav")) == b"old"
    assert files(tmp_path) == ["a.wav"]


def test_a_full_disk_is_named_and_leaves_nothing(
    storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match="the disk is full") as failed:
        storage.put("a.wav", [b"x"])
    assert failed.value.code == "disk_full"
    assert files(tmp_path) == []


def test_a_directory_that_cannot_be_made_is_a_readable_error(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    with pytest.raises(StorageError, match="the disk says: "):
        DirectoryStorage(tmp_path / "recordings").put("a.wav", [b"x"])


def test_what_a_killed_process_has_left_is_tidied_away_after_a_day(
    storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = tmp_path / "recordings" / ".incoming"
    incoming.mkdir(parents=True)
    (incoming / "half").write_bytes(b"x")
    storage.tidy()
    assert files(tmp_path) == ["half"]
    monkeypatch.setattr("server.recordings.storage._LEFT_BEHIND_SECONDS", -1)
    storage.tidy()
    assert files(tmp_path) == []
