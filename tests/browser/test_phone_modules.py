"""The sound of the phone in the page, module by module, in a page without a server."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from playwright.sync_api import Page

from server.audio import mulaw
from server.telephony import media_codec
from server.turns import events as on
from tests.browser.chromium import Chromium

STATIC = Path(__file__).resolve().parents[2] / "client" / "static"

Run = Callable[..., Any]


class _Files(SimpleHTTPRequestHandler):
    """The static files, and an empty page. (What a worklet loads, Playwright cannot answer.)"""

    extensions_map: ClassVar[dict[str, str]] = {".js": "text/javascript", "": "text/html"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, directory=str(STATIC))

    def list_directory(self, path: Any) -> BytesIO:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        return BytesIO(b"<!doctype html><title>x</title>")

    def log_message(self, *args: Any) -> None:
        """Nobody wants to know."""


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(chromium: Chromium, files: str) -> Iterator[Page]:
    context = chromium.browser.new_context()
    found = context.new_page()
    found.goto(files)
    yield found
    context.close()


@pytest.fixture
def run(page: Page) -> Run:
    """Run the body of a function of the phone's modules (``m.mulaw``, ``m.playout``…)."""
    names = ("mulaw", "resampler", "playout", "framing", "line")
    loads = ", ".join(f"{name}: await import('/js/phone/{name}.js')" for name in names)

    def call(body: str, argument: Any = None) -> Any:
        return page.evaluate(f"async (given) => {{ const m = {{ {loads} }}; {body} }}", argument)

    return call


# Mu-law


def test_every_sample_is_encoded_as_the_server_does(run: Run) -> None:
    samples = np.arange(-32768, 32768, dtype=np.int32)
    theirs = run("return Array.from({length: 65536}, (_, i) => m.mulaw.encodeSample(i - 32768))")
    assert bytes(theirs) == mulaw.encode(samples.astype(np.int16))


def test_every_byte_is_decoded_as_the_server_does(run: Run) -> None:
    theirs = run("return Array.from(m.mulaw.decode(Uint8Array.from({length: 256}, (_, i) => i)))")
    assert theirs == mulaw.decode(bytes(range(256))).tolist()


def test_silence_is_the_telephone_s(run: Run) -> None:
    assert run("return Array.from(m.mulaw.encodeFloat(new Float32Array(3)))") == [0xFF] * 3


def test_what_is_too_loud_is_clipped_and_does_not_wrap(run: Run) -> None:
    loud = run("return Array.from(m.mulaw.decode(m.mulaw.encodeFloat([1.7, -1.7])))")
    assert loud == [32124, -32124]


# Resampling

TONE = """
  const { from, to, hertz, chunk } = given;
  const resampler = new m.resampler.Resampler(from, to);
  const wave = (_, i) => Math.sin(2 * Math.PI * hertz * i / from);
  const tone = Float32Array.from({length: from}, wave);
  const out = [];
  for (let at = 0; at < tone.length; at += chunk) {
    out.push(...resampler.push(tone.slice(at, at + chunk)));
  }
  return out;
"""


def db(samples: list[float]) -> float:
    """Return the level against that of a full sine, without the edges."""
    middle = np.array(samples[len(samples) // 4 : -len(samples) // 4])
    return float(20 * np.log10(np.sqrt(np.mean(middle**2) * 2) + 1e-9))


@pytest.mark.parametrize("rate", [48000, 44100, 16000, 96000])
@pytest.mark.parametrize("hertz", [100, 1000, 3000, 3400])
def test_speech_passes_down_unchanged(run: Run, rate: int, hertz: int) -> None:
    out = run(TONE, {"from": rate, "to": 8000, "hertz": hertz, "chunk": 128})
    assert abs(len(out) - 8000) <= 40
    assert abs(db(out)) < 0.7


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
@pytest.mark.parametrize("hertz", [4100, 5000, 7000, 7900])
def test_what_a_telephone_cannot_hold_does_not_fold_back(run: Run, rate: int, hertz: int) -> None:
    out = run(TONE, {"from": rate, "to": 8000, "hertz": hertz, "chunk": 128})
    assert db(out) < -45


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
def test_speech_passes_up_without_images(run: Run, rate: int) -> None:
    out = np.array(run(TONE, {"from": 8000, "to": rate, "hertz": 3000, "chunk": 160}))
    assert abs(db(out.tolist())) < 0.7
    spectrum = np.abs(np.fft.rfft(out[rate // 4 : -rate // 4] * np.hanning(len(out) // 2)))
    hertz = np.fft.rfftfreq(len(out) // 2, 1 / rate)
    assert abs(hertz[spectrum.argmax()] - 3000) < 5
    assert 20 * np.log10(spectrum[hertz > 4100].max() / spectrum.max()) < -45


@pytest.mark.parametrize("chunk", [1, 7, 128, 1000, 48000])
def test_how_it_is_cut_into_chunks_changes_nothing(run: Run, chunk: int) -> None:
    whole = run(TONE, {"from": 44100, "to": 8000, "hertz": 440, "chunk": 44100})
    cut = run(TONE, {"from": 44100, "to": 8000, "hertz": 440, "chunk": chunk})
    assert np.allclose(whole, cut, atol=1e-6)


# Play-out: each step is a method of the queue; `pull` plays so many samples of 1 kHz

STEPS = """
  const queue = new m.playout.PlayoutQueue(1000);
  const seen = [];
  for (const [what, value] of given) {
    if (what === "push") queue.push(new Float32Array(value).fill(0.5));
    else if (what === "mark") queue.mark(value);
    else if (what === "clear") seen.push({marks: queue.clear(), left: queue.waitingMs});
    else {
      const output = new Float32Array(value).fill(9);
      const marks = queue.pull(output);
      seen.push({marks, heard: Array.from(output), gaps: queue.gaps});
    }
  }
  return seen;
"""


def loud(step: dict[str, Any]) -> int:
    return sum(abs(sample) > 0.4 for sample in step["heard"])


def test_a_mark_comes_back_when_all_before_it_has_been_played(run: Run) -> None:
    steps = [("push", 100), ("mark", "a"), ("push", 50), ("mark", "b")]
    seen = run(STEPS, [*steps, ("pull", 99), ("pull", 1), ("pull", 1), ("pull", 60)])
    assert [step["marks"] for step in seen] == [[], ["a"], [], ["b"]]


def test_a_mark_with_nothing_before_it_comes_back_at_once(run: Run) -> None:
    seen = run(STEPS, [("mark", "a"), ("mark", "b"), ("pull", 1)])
    assert seen[0]["marks"] == ["a", "b"]


def test_clear_empties_at_once_and_gives_every_mark_back_in_order(run: Run) -> None:
    steps = [("push", 200), ("mark", "a"), ("push", 200), ("mark", "b"), ("pull", 100)]
    seen = run(STEPS, [*steps, ("clear", 0), ("pull", 100), ("pull", 100)])
    cleared, after, later = seen[1:]
    assert cleared == {"marks": ["a", "b"], "left": 0}
    fading = after["heard"][:6]
    assert fading == sorted(fading, reverse=True)
    assert fading[0] < 0.5
    assert set(after["heard"][6:]) == {0}
    assert set(later["heard"]) == {0}
    assert after["marks"] == later["marks"] == []


def test_what_comes_after_a_clear_is_played(run: Run) -> None:
    seen = run(
        STEPS,
        [("push", 200), ("pull", 100), ("clear", 0), ("push", 100), ("mark", "c"), ("pull", 150)],
    )
    assert loud(seen[-1]) >= 90
    assert seen[-1]["marks"] == ["c"]


def test_the_first_sound_waits_for_60_ms_or_for_no_more_to_come(run: Run) -> None:
    held = run(STEPS, [("push", 20), ("pull", 20), ("push", 20), ("pull", 20)])
    assert [loud(step) for step in held] == [0, 0]
    enough = run(STEPS, [("push", 20), ("pull", 20), ("push", 40), ("pull", 40)])
    assert loud(enough[1]) > 30
    short = run(STEPS, [("push", 20), ("mark", "a"), ("pull", 40)])
    assert loud(short[0]) > 10
    alone = run(STEPS, [("push", 20), ("pull", 20), ("pull", 20), ("pull", 20)])
    assert loud(alone[2]) > 10


def test_audio_that_is_late_is_a_gap_and_the_end_of_a_reply_is_none(run: Run) -> None:
    late = run(STEPS, [("push", 80), ("pull", 80), ("pull", 20), ("push", 80), ("pull", 80)])
    assert [step["gaps"] for step in late] == [0, 1, 1]
    whole = run(STEPS, [("push", 80), ("mark", "a"), ("pull", 80), ("pull", 20), ("pull", 20)])
    assert [step["gaps"] for step in whole] == [0, 0, 0]
    just_in_time = run(STEPS, [("push", 80), ("pull", 80), ("push", 80), ("pull", 80)])
    assert [step["gaps"] for step in just_in_time] == [0, 0]


def test_nothing_begins_or_breaks_off_with_a_click(run: Run) -> None:
    seen = run(STEPS, [("push", 80), ("pull", 70), ("pull", 30), ("push", 80), ("pull", 80)])
    heard = np.concatenate([step["heard"] for step in seen])
    assert np.abs(np.diff(heard)).max() <= 0.11


def test_the_queue_is_bounded(run: Run) -> None:
    left = run(
        "const queue = new m.playout.PlayoutQueue(1000);"
        "for (let i = 0; i < 1000; i += 1) queue.push(new Float32Array(1000));"
        "return queue.waitingMs"
    )
    assert left == 60_000


# Messages


def test_the_messages_are_those_that_the_server_reads_from_twilio(run: Run) -> None:
    audio = bytes(range(160))
    sent = run(
        """
        const framing = new m.framing.StreamFraming("CA1", "MZ1", {token: "t"});
        const audio = Uint8Array.from({length: 160}, (_, i) => i);
        return [framing.connected(), framing.start(), framing.media(audio), framing.media(audio),
                framing.mark('a "b"'), framing.dtmf("5"), framing.typed("שלום"), framing.stop()];
        """
    )
    connected, *events = sent
    assert media_codec.decode(connected.encode(), None) is None
    assert [media_codec.decode(event.encode(), "MZ1") for event in events] == [
        media_codec.StreamStart("MZ1", "CA1", {"token": "t"}),
        on.CallerAudio(audio),
        on.CallerAudio(audio),
        on.MarkEchoed('a "b"'),
        on.KeyPressed("5"),
        on.CallerTyped("שלום"),
        media_codec.StreamStop(),
    ]
    numbered = [json.loads(event) for event in events if "sequenceNumber" in event]
    assert [event["sequenceNumber"] for event in numbered] == [str(n) for n in range(1, 7)]
    media = [event["media"] for event in numbered if event["event"] == "media"]
    assert [(m["chunk"], m["timestamp"]) for m in media] == [("1", "0"), ("2", "20")]


def test_audio_survives_the_wire(run: Run) -> None:
    audio = bytes(range(256)) * 40
    back = run(
        "return m.framing.toBase64(m.framing.fromBase64(given))", base64.b64encode(audio).decode()
    )
    assert base64.b64decode(back) == audio


# The line


def test_a_line_without_a_microphone_keeps_time_with_silence(run: Run) -> None:
    frames = run(
        """
        const frames = [];
        const tell = ({frame}) => frame && frames.push(Array.from(frame));
        const line = new m.line.Line(48000, tell);
        for (let i = 0; i < 375; i += 1) line.process(null, new Float32Array(128));
        return frames;
        """
    )
    assert 49 <= len(frames) <= 50
    assert {tuple(frame) for frame in frames} == {(0xFF,) * 160}


def test_a_muted_line_sends_silence_and_goes_on_playing(run: Run) -> None:
    sent = run(
        """
        const news = [];
        const line = new m.line.Line(48000, (item) => news.push(item));
        line.obey({muted: true});
        for (let i = 0; i < 5; i += 1) line.obey({play: new Uint8Array(160).fill(0x90)});
        line.obey({mark: "end"});
        const voice = Float32Array.from({length: 128}, (_, i) => Math.sin(i / 10));
        for (let i = 0; i < 75; i += 1) line.process(voice, new Float32Array(128));
        return {
          levels: news.filter((item) => item.frame).map((item) => item.level),
          played: Math.max(...news.filter((item) => item.frame).map((item) => item.played)),
          marks: news.filter((item) => item.mark).map((item) => item.mark),
        };
        """
    )
    assert max(sent["levels"]) == 0
    assert sent["played"] > 0.1
    assert sent["marks"] == ["end"]


def test_a_conversation_follows_unless_somebody_reads_further_up(page: Page) -> None:
    tops = page.evaluate(
        """async () => {
          document.documentElement.lang = "en";
          const { Conversation } = await import("/js/phone/conversation.js");
          document.body.innerHTML = `<div id="phone">
            <div data-screen style="height: 200px; overflow: auto"><div data-chat></div>
            <p data-empty></p></div><div data-stages></div>
            <template data-bubble><div style="height: 90px"><b data-who></b><i data-text></i>
            <span class="bubble-meta"><i data-took></i><i data-cut></i><i data-heard></i></span>
            </div></template></div>`;
          const shown = new Conversation(document.getElementById("phone"));
          const screen = document.querySelector("[data-screen]");
          const say = (index) => shown.show({ index, speaker: "caller", text: "yes" });
          for (let index = 0; index < 5; index += 1) say(index);
          const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight;
          screen.scrollTop = 30;
          say(5);
          return [atEnd, screen.scrollTop];
        }"""
    )
    assert tops == [0, 30]


def test_the_worklet_carries_speech_both_ways(page: Page) -> None:
    heard = page.evaluate(
        """async () => {
          const context = new AudioContext();
          await context.audioWorklet.addModule("/js/phone/worklet.js");
          const node = new AudioWorkletNode(context, "maane-line");
          const tone = new OscillatorNode(context, {frequency: 1000});
          tone.connect(node).connect(context.destination);
          tone.start();
          const news = [];
          node.port.onmessage = ({data}) => news.push(data);
          node.port.postMessage({play: new Uint8Array(1600).fill(0x90)});
          node.port.postMessage({mark: "end"});
          await new Promise((done) => {
            const look = setInterval(() => {
              if (!news.some((item) => item.mark) || news.length < 30) return;
              clearInterval(look);
              done();
            }, 20);
          });
          await context.close();
          const frames = news.filter((item) => item.frame);
          return {
            frame: Array.from(frames.at(-1).frame),
            played: Math.max(...frames.map((item) => item.played)),
            marks: news.filter((item) => item.mark).map((item) => item.mark),
          };
        }"""
    )
    pcm = mulaw.decode(bytes(heard["frame"])).astype(float)
    assert abs(np.fft.rfftfreq(160, 1 / 8000)[np.abs(np.fft.rfft(pcm)).argmax()] - 1000) <= 50
    assert heard["played"] > 0.1
    assert heard["marks"] == ["end"]
