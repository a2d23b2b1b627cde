"""Rendered speech: from RAM, from disk, from the voice; and what becomes of failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from queue import Queue

import pytest

from server.clock import utc_now
from server.speech import backoff, shelf
from server.speech import workshop as module
from server.speech.base import SynthesiserError, UnspeakableError
from server.speech.clips import ClipStore

HE = "he-IL"


class Voice:
    """A synthesiser that notes what it is asked for; ``gate`` holds it up, ``broken`` refuses."""

    def __init__(
        self, name: str = "voice", *, quick: bool = True, own_voices: bool = False
    ) -> None:
        self.name = name
        self.quick = quick
        self.own_voices = own_voices
        self.asked: list[tuple[str, str]] = []
        self.broken: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.size: int | None = None

    def voice_for(self, language: str, voice: str) -> str:
        return voice if self.own_voices else ""

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        self.asked.append((text, language))
        self.entered.set()
        assert self.gate.wait(10)
        if self.broken is not None:
            raise self.broken
        if self.size is not None:
            return b"\x01" * self.size
        by = "" if self.name == "voice" else f"{self.name}:"
        return f"{by}{language}:{text}".encode()


class Shop:
    """A store of clips with its voice, and a caller who waits for clips."""

    def __init__(self, directory: Path, voice: Voice | None = None, rate: float = 1.0) -> None:
        self.voice = voice or Voice()
        self.store = ClipStore([self.voice], directory, rate)
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


def test_how_long_a_clip_is(shop: Shop, tmp_path: Path) -> None:
    assert shop.store.seconds("שלום", HE) is None
    shop.voice.size = 12_000
    shop.fetch("שלום")
    assert shop.store.seconds("שלום", HE) == 1.5
    assert Shop(tmp_path).store.seconds("שלום", HE) == 1.5, "the disk knows it too"


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


def test_a_business_s_own_pronunciation_is_a_rendering_of_its_own(shop: Shop) -> None:
    own = (("גפן", "גפאן"),)
    usual, others = shop.fetch("מוסך הגפן"), shop.fetch("פתוחים")
    assert shop.store.status("מוסך הגפן", HE, "", own) == "rendering"
    shop.store.fetch("מוסך הגפן", HE, lambda clip: shop.delivered.put(("own", clip)), "", own)
    assert shop.next() == ("own", "he-IL:מוסך הגפאן".encode())
    assert shop.store.load("מוסך הגפן", HE, "", own) != usual
    assert shop.store.load("פתוחים", HE, "", own) == others, "what has no such word stays"


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
    return sum(len(clip) for clip in store._renderer.shelf._ram.values())


def test_the_least_recently_used_clips_leave_the_ram_and_stay_on_disk(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MAX_RAM_BYTES", 1000)
    shop.voice.size = 300
    for text in "אבג":
        shop.fetch(text)
    shop.store.get("א", HE)  # used again
    shop.fetch("ד")
    assert [text for text in "אבגד" if shop.store.get(text, HE)] == ["א", "ג", "ד"]
    assert shop.store._renderer.shelf._ram_bytes == resident(shop.store) <= 1000
    assert shop.store.status("ב", HE) == "ready"
    assert shop.fetch("ב") is not None
    assert shop.texts() == ["א", "ב", "ג", "ד"]


def test_a_clip_larger_than_the_ram_allows_is_delivered_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MAX_RAM_BYTES", 100)
    shop.voice.size = 5000
    assert len(shop.fetch("ארוך") or b"") == 5000
    assert shop.store._renderer.shelf._ram_bytes == resident(shop.store) == 0
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


# Several voices


class House:
    """A store with the agent's own voice, Google's and the local one."""

    def __init__(self, directory: Path) -> None:
        self.agent = Voice("agent", quick=False, own_voices=True)
        self.google = Voice("google")
        self.local = Voice("local")
        self.store = ClipStore([self.agent, self.google, self.local], directory, 1.0)

    def fetch(self, text: str, voice: str = "") -> bytes | None:
        delivered: Queue[bytes | None] = Queue()
        self.store.fetch(text, HE, delivered.put, voice)
        return delivered.get(timeout=5)

    def voice_of(self, text: str, voice: str = "") -> str | None:
        return self.store.voice_of(text, HE, voice)

    def wait_for(self, name: str, text: str, voice: str = "") -> None:
        eventually(lambda: self.voice_of(text, voice) == name)

    def asked(self) -> dict[str, int]:
        makers = (self.agent, self.google, self.local)
        return {maker.name: len(maker.asked) for maker in makers}


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def settled(house: House) -> None:
    """Wait until nothing is being rendered and nothing waits that could be."""
    store = house.store
    before: object = None
    for _ in range(200):
        time.sleep(0.05)
        with store._lock:
            now = (house.asked(), len(store._orders), store._queue.qsize())
        if now == before:
            return
        before = now


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_who_waits_gets_the_first_quick_voice_and_the_best_one_follows(house: House) -> None:
    house.agent.gate.clear()
    assert house.fetch("שלום") == "google:he-IL:שלום".encode()
    assert house.voice_of("שלום") == "google"
    assert house.store.status("שלום", HE) == "ready"
    house.agent.gate.set()
    house.wait_for("agent", "שלום")
    assert house.fetch("שלום") == "agent:he-IL:שלום".encode()
    assert house.asked() == {"agent": 1, "google": 1, "local": 0}


def test_the_better_rendering_takes_the_place_of_the_other_in_ram(house: House) -> None:
    house.fetch("שלום")
    house.wait_for("agent", "שלום")
    settled(house)
    ram = house.store._renderer.shelf._ram
    assert list(ram.values()) == ["agent:he-IL:שלום".encode()]


def test_the_slow_voice_delays_no_quick_one(house: House) -> None:
    house.agent.gate.clear()
    for text in "אבגד":
        assert house.fetch(text) == f"google:he-IL:{text}".encode()
    assert len(house.agent.asked) <= 1
    house.agent.gate.set()
    for text in "אבגד":
        house.wait_for("agent", text)


def test_preparing_leaves_no_caller_without_and_then_renders_the_best(house: House) -> None:
    house.agent.gate.clear()
    house.store.prepare("שלום", HE)
    house.wait_for("google", "שלום")
    house.agent.gate.set()
    house.wait_for("agent", "שלום")


def test_what_exists_is_rendered_by_nobody_again(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.store.prepare("שלום", HE)
    first.wait_for("agent", "שלום")
    second = House(tmp_path)
    for _ in range(2):
        second.store.prepare("שלום", HE)
        assert second.fetch("שלום") == "agent:he-IL:שלום".encode()
    second.store.warm()
    settled(second)
    assert second.asked() == {"agent": 0, "google": 1, "local": 1}  # the words of the warm-up


def test_preparing_what_exists_in_a_lesser_voice_asks_for_the_best_one_only(
    tmp_path: Path,
) -> None:
    first = House(tmp_path)
    first.agent.broken = SynthesiserError("down", code="unreachable")
    first.fetch("שלום")
    second = House(tmp_path)
    second.store.prepare("שלום", HE)
    second.wait_for("agent", "שלום")
    assert second.asked() == {"agent": 1, "google": 0, "local": 0}


def test_each_voice_of_the_agent_is_another_rendering_and_the_others_serve_all(
    house: House,
) -> None:
    for voice in ("marin", "cedar"):
        house.fetch("שלום", voice)
        house.wait_for("agent", "שלום", voice)
    assert house.asked() == {"agent": 2, "google": 1, "local": 0}


def test_when_a_quick_voice_fails_the_next_one_speaks(house: House) -> None:
    house.agent.gate.clear()
    house.google.broken = SynthesiserError("down", code="google_unavailable")
    assert house.fetch("שלום") == "local:he-IL:שלום".encode()
    assert house.fetch("אחר") == "local:he-IL:אחר".encode()
    assert house.asked()["google"] == 1  # it is being left alone
    house.agent.gate.set()


def test_the_last_quick_voice_is_asked_whatever_became_of_it(house: House) -> None:
    house.agent.broken = house.google.broken = SynthesiserError("down")
    house.local.broken = SynthesiserError("no", code="empty_text")
    assert house.fetch("א") is None
    assert house.store.status("א", HE) == "failed"
    house.local.broken = None
    assert house.fetch("ב") is not None


def test_a_provider_that_was_down_is_asked_again_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.1)
    house.agent.broken = SynthesiserError("down", code="unreachable")
    house.fetch("שלום")
    eventually(lambda: len(house.agent.asked) >= 2)
    assert house.voice_of("שלום") == "google"
    house.agent.broken = None
    house.wait_for("agent", "שלום")


def test_while_the_best_voice_is_down_a_better_one_than_the_local_is_asked_for(
    tmp_path: Path,
) -> None:
    first = House(tmp_path)
    first.agent.broken = first.google.broken = SynthesiserError("down")
    first.fetch("שלום")
    second = House(tmp_path)
    second.agent.broken = SynthesiserError("down")
    second.store.prepare("אחר", HE)
    eventually(lambda: len(second.agent.asked) == 1)
    second.store.prepare("שלום", HE)
    second.wait_for("google", "שלום")
    assert len(second.agent.asked) == 1


def test_pauses_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(backoff, "monotonic", lambda: now)
    pause = backoff.Backoff()
    assert pause.seconds_left == 0
    seen = []
    for _ in range(9):
        pause.failed()
        seen.append(pause.seconds_left)
    assert seen == [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]
    now += 1801
    assert pause.seconds_left == 0
    pause.failed()
    pause.worked()
    assert pause.seconds_left == 0


def test_a_text_that_the_agent_cannot_say_is_not_tried_again_for_thirty_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = House(tmp_path)
    first.agent.broken = UnspeakableError("no", code="wrong_words")
    assert first.fetch("שלום") is not None
    eventually(lambda: first.store._renderer.is_refused(module.Clip("שלום", HE, ""), first.agent))
    second = House(tmp_path)
    for _ in range(3):
        second.store.prepare("שלום", HE)
        assert second.fetch("שלום") == "google:he-IL:שלום".encode()
    assert second.fetch("אחר") is not None  # it can say other texts
    second.wait_for("agent", "אחר")
    assert [text for text, _ in second.agent.asked] == ["אחר"]
    later = utc_now() + timedelta(days=31)
    monkeypatch.setattr(shelf, "utc_now", lambda: later)
    third = House(tmp_path)
    third.store.prepare("שלום", HE)
    third.wait_for("agent", "שלום")


def test_what_the_agent_cannot_say_the_next_best_voice_may(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.agent.broken = first.google.broken = SynthesiserError("down")
    first.fetch("שלום")
    second = House(tmp_path)
    second.agent.broken = UnspeakableError("no", code="wrong_words")
    second.store.prepare("שלום", HE)
    second.wait_for("google", "שלום")


def test_where_nothing_quick_can_speak_the_slow_voice_still_may(house: House) -> None:
    house.agent.gate.clear()
    house.google.broken = house.local.broken = SynthesiserError("no")
    assert house.fetch("שלום") is None
    house.agent.gate.set()
    house.wait_for("agent", "שלום")
    assert house.fetch("שלום") == "agent:he-IL:שלום".encode()
    assert house.store.status("שלום", HE) == "ready"


def test_warming_says_a_word_with_each_quick_voice_and_opens_no_session(house: House) -> None:
    house.store.warm()
    settled(house)
    assert house.asked() == {"agent": 0, "google": 1, "local": 1}
    assert not any(house.store._renderer.shelf._ram)


def test_warming_fills_in_what_is_missing_without_the_agent(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.agent.broken = UnspeakableError("no")
    house.store.prepare("שלום", HE)
    house.wait_for("google", "שלום")
    settled(house)
    house.agent.asked.clear()
    for file in tmp_path.rglob("*.ulaw"):
        file.unlink()
    house.store._renderer.shelf.leave_ram(list(house.store._renderer.shelf._ram))
    assert house.voice_of("שלום") is None
    house.store.warm()
    house.wait_for("google", "שלום")
    settled(house)
    assert house.agent.asked == []


def test_warming_notices_who_is_down_and_who_is_back(house: House) -> None:
    house.agent.gate.clear()
    house.google.broken = SynthesiserError("down")
    house.store.warm()
    assert house.fetch("א") == "local:he-IL:א".encode()
    house.google.broken = None
    house.store.warm()
    assert house.fetch("ב") == "google:he-IL:ב".encode()
    house.agent.gate.set()


def test_no_audio_is_a_failure(house: House) -> None:
    house.agent.gate.clear()
    house.google.size = 0
    assert house.fetch("שלום") == "local:he-IL:שלום".encode()
    house.agent.gate.set()


def test_what_waits_to_be_rendered_better_is_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_MAX_BETTER", 2)
    house.agent.gate.clear()
    for text in "אבגד":
        house.fetch(text)
    house.fetch("ה")
    assert len(house.store._better) == 2
    assert "is let go" in caplog.text
    house.agent.gate.set()
    house.wait_for("agent", "א")


def test_the_names_of_files_tell_nothing(house: House, tmp_path: Path) -> None:
    house.agent.broken = UnspeakableError("no")
    house.fetch("0541234567", "marin")
    settled(house)
    names = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(name.rpartition(".")[2] for name in names) == ["refused", "ulaw"]
    assert all(len(name.partition(".")[0]) == 64 for name in names)
    assert all(b"054" not in path.read_bytes() for path in tmp_path.rglob("*.refused"))
