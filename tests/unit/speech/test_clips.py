"""Rendered speech: from RAM, from disk, from the voice; and what becomes of failures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from server.speech import clips as module
from server.speech.base import SynthesiserError
from server.speech.clips import ClipStore

HE = "he-IL"


class Voice:
    """A synthesiser that notes what it is asked for; ``gate`` holds it up, ``broken`` refuses."""

    def __init__(self, name: str = "voice") -> None:
        self.name = name
        self.asked: list[tuple[str, str]] = []
        self.broken: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.size: int | None = None

    def synthesise(self, text: str, language: str) -> bytes:
        self.asked.append((text, language))
        self.entered.set()
        assert self.gate.wait(10)
        if self.broken is not None:
            raise self.broken
        return b"\x01" * self.size if self.size is not None else f"{language}:{text}".encode()


class Shop:
    """A store of clips with its voice, and a caller who waits for clips."""

    def __init__(self, directory: Path, voice: Voice | None = None, rate: float = 1.0) -> None:
        self.voice = voice or Voice()
        self.store = ClipStore(self.voice, directory, rate)
        self.delivered: Queue[tuple[str, bytes | None]] = Queue()

    def order(self, text: str, language: str = HE) -> None:
        self.store.fetch(text, language, lambda clip: self.delivered.put((text, clip)))

    def next(self) -> tuple[str, bytes | None]:
        return self.delivered.get(timeout=5)

    def fetch(self, text: str, language: str = HE) -> bytes | None:
        self.order(text, language)
        return self.next()[1]

    def hold(self, text: str) -> None:
        """Keep the voice busy with ``text``."""
        self.voice.gate.clear()
        self.voice.entered.clear()
        self.store.prepare(text, HE)
        assert self.voice.entered.wait(5)

    def texts(self) -> list[str]:
        return [text for text, _ in self.voice.asked]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_clip_is_rendered_once_and_is_then_at_hand(shop: Shop) -> None:
    assert shop.store.get("שלום", HE) is None
    assert shop.store.status("שלום", HE) == "rendering"
    assert shop.fetch("שלום") == "he-IL:שלום".encode()
    assert shop.store.get("שלום", HE) == "he-IL:שלום".encode()
    assert shop.store.status("שלום", HE) == "ready"
    assert shop.fetch("שלום") is not None
    assert shop.voice.asked == [("שלום", HE)]


def test_a_clip_in_ram_is_delivered_at_once(shop: Shop) -> None:
    shop.fetch("שלום")
    shop.order("שלום")
    assert shop.delivered.qsize() == 1


def test_many_who_wait_for_one_clip_get_the_same(shop: Shop) -> None:
    shop.hold("אחר")
    for _ in range(5):
        shop.order("שלום")
    shop.voice.gate.set()
    assert {shop.next() for _ in range(5)} == {("שלום", "he-IL:שלום".encode())}
    assert shop.texts() == ["אחר", "שלום"]


def test_text_language_voice_and_speed_make_a_clip(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    assert shop.fetch("7") == b"he-IL:7"
    assert shop.fetch("7", "en-US") == b"en-US:7"
    for other in (Shop(tmp_path, Voice("another")), Shop(tmp_path, rate=1.1)):
        other.fetch("7")
        assert other.texts() == ["7"]


def test_the_disk_keeps_clips_for_the_next_process(tmp_path: Path) -> None:
    first = Shop(tmp_path).fetch("שלום")
    second = Shop(tmp_path)
    assert second.store.status("שלום", HE) == "ready"
    assert second.fetch("שלום") == first
    assert second.texts() == []
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b\\c\0d", "x" * 5000, "", "🎉", "%s {}"])
def test_no_text_leaves_the_directory_or_breaks_it(tmp_path: Path, text: str) -> None:
    shop = Shop(tmp_path / "media")
    assert shop.fetch(text) == f"he-IL:{text}".encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert (tmp_path / "media" / "clips") in files[0].parents


# Order


def test_what_a_caller_waits_for_goes_before_what_is_prepared(shop: Shop) -> None:
    shop.hold("ראשון")
    for number in range(5):
        shop.store.prepare(f"מוכן {number}", HE)
    shop.order("דחוף")
    shop.voice.gate.set()
    assert shop.next()[0] == "דחוף"
    assert shop.texts()[:2] == ["ראשון", "דחוף"]


def test_what_was_prepared_becomes_urgent_when_a_caller_waits_for_it(shop: Shop) -> None:
    shop.hold("ראשון")
    for number in range(5):
        shop.store.prepare(f"מוכן {number}", HE)
    shop.order("מוכן 4")
    shop.voice.gate.set()
    assert shop.next()[0] == "מוכן 4"
    assert shop.texts()[:2] == ["ראשון", "מוכן 4"]
    shop.fetch("אחרון")
    assert shop.texts().count("מוכן 4") == 1


def test_urgent_ones_keep_the_order_of_their_callers(shop: Shop) -> None:
    shop.hold("ראשון")
    for text in "אבגד":
        shop.order(text)
    shop.voice.gate.set()
    assert [shop.next()[0] for _ in "אבגד"] == list("אבגד")


def test_preparing_twice_renders_once(shop: Shop) -> None:
    shop.hold("ראשון")
    for _ in range(3):
        shop.store.prepare("שלום", HE)
    shop.voice.gate.set()
    shop.fetch("שלום")
    shop.store.prepare("שלום", HE)
    shop.fetch("אחרון")
    assert shop.texts() == ["ראשון", "שלום", "אחרון"]


# Failures


def test_a_clip_that_cannot_be_made_is_told_and_does_not_stop_the_others(shop: Shop) -> None:
    shop.voice.broken = SynthesiserError("no", code="too_long")
    assert shop.fetch("שלום") is None
    assert shop.store.status("שלום", HE) == "failed"
    shop.voice.broken = None
    assert shop.fetch("אחר") is not None


def test_preparing_again_forgets_a_failure(shop: Shop) -> None:
    shop.voice.broken = SynthesiserError("no")
    assert shop.fetch("שלום") is None
    shop.voice.broken = None
    shop.voice.entered.clear()
    shop.store.prepare("שלום", HE)
    assert shop.voice.entered.wait(5)
    shop.fetch("אחרון")  # rendered after it
    assert shop.store.status("שלום", HE) == "ready"
    assert shop.fetch("שלום") is not None


def test_a_failure_is_not_tried_again_for_every_caller_but_a_minute_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    shop.voice.broken = SynthesiserError("no")
    assert [shop.fetch("שלום") for _ in range(3)] == [None] * 3
    assert shop.texts() == ["שלום"]
    shop.voice.broken = None
    now += 61
    assert shop.fetch("שלום") is not None


def test_a_voice_that_breaks_unexpectedly_does_not_end_the_rendering(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.voice.broken = ZeroDivisionError()
    assert shop.fetch("שלום") is None
    assert "rendering failed" in caplog.text
    shop.voice.broken = None
    assert shop.fetch("אחר") is not None


def test_an_unexpected_failure_shows_as_one(shop: Shop) -> None:
    shop.voice.broken = ZeroDivisionError()
    shop.fetch("שלום")
    assert shop.store.status("שלום", HE) == "failed"


def test_a_waiting_caller_that_fails_does_not_end_the_rendering(shop: Shop) -> None:
    def fails(_: bytes | None) -> None:
        raise ZeroDivisionError

    shop.store.fetch("שלום", HE, fails)
    shop.order("שלום")
    assert shop.next()[1] is not None
    assert shop.fetch("אחר") is not None


def test_who_gets_a_clip_may_ask_for_the_next(shop: Shop) -> None:
    second: Queue[bytes | None] = Queue()

    def then(_: bytes | None) -> None:
        shop.store.get("שלום", HE)
        shop.store.fetch("ב", HE, second.put)

    shop.store.fetch("א", HE, then)
    assert second.get(timeout=5) is not None


# Bounds


def resident(store: ClipStore) -> int:
    return sum(len(clip) for clip in store._ram.values())


def test_the_least_recently_used_clips_leave_the_ram_and_stay_on_disk(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RAM_BYTES", 1000)
    shop.voice.size = 300
    for text in "אבג":
        shop.fetch(text)
    shop.store.get("א", HE)  # used again
    shop.fetch("ד")
    assert [text for text in "אבגד" if shop.store.get(text, HE)] == ["א", "ג", "ד"]
    assert shop.store._ram_bytes == resident(shop.store) <= 1000
    assert shop.store.status("ב", HE) == "ready"
    assert shop.fetch("ב") is not None
    assert shop.texts() == ["א", "ב", "ג", "ד"]


def test_a_clip_larger_than_the_ram_allows_is_delivered_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RAM_BYTES", 100)
    shop.voice.size = 5000
    assert len(shop.fetch("ארוך") or b"") == 5000
    assert shop.store._ram_bytes == resident(shop.store) == 0
    assert len(shop.fetch("ארוך") or b"") == 5000


def blocked(directory: Path) -> Path:
    """Return a place where no directory can be made."""
    directory.write_bytes(b"a file")
    return directory / "media"


def full(directory: Path) -> Path:
    """Return a place where every file is a full device."""
    clips = directory / "clips"
    clips.mkdir(parents=True)
    for number in range(256):
        (clips / f"{number:02x}").symlink_to("/dev/full")
    return directory


@pytest.mark.parametrize("spoil", [blocked, full])
def test_a_disk_that_takes_nothing_costs_the_copy_and_not_the_sentence(
    tmp_path: Path, spoil: Callable[[Path], Path], caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(spoil(tmp_path / "place"))
    assert shop.fetch("שלום") == "he-IL:שלום".encode()
    assert shop.store.get("שלום", HE) is not None
    assert shop.store.status("שלום", HE) == "ready"
    assert "clip not kept" in caplog.text


def test_an_empty_file_is_no_clip(tmp_path: Path) -> None:
    Shop(tmp_path).fetch("שלום")
    (file,) = tmp_path.rglob("*.ulaw")
    file.write_bytes(b"")
    assert Shop(tmp_path).fetch("שלום") == "he-IL:שלום".encode()
