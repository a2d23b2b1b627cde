"""The live checks as an engineer runs them, with the stand-in in OpenAI's place.

The caller's voice is recorded speech here: the server's voice activity detection is the real one.
Each sentence's recording carries a pattern in its lowest bits, by which the stand-in "recognises"
it in what the server has sent up.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from server.cli.verify import speech as said
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ROOT, ServerProcess
from tests.fakes.openai_realtime import (
    FakeRealtime,
    Reply,
    ReplyContext,
    SessionRecord,
    default_reply,
    quoted_text,
)

Speech = Callable[[str], bytes]
VOICE = "cedar"
SENTENCE_BYTES = 10400
_PATTERN_AT, _PATTERN_BYTES = 4000, 256

WELL = {
    said.TELL_ALL.text: "אנחנו מטפלים בכל סוגי הרכב " * 8,
    said.INTERRUPTION.text: "בבקשה, מה השאלה?",
    said.BOOKING.text: "בשמחה, מה השם?",
    said.TIME.text: "עשר בבוקר. ומה השם?",
    said.ENGLISH.text: "Of course, how can I help?",
    said.HEBREW_AGAIN.text: "בשמחה, איך לעזור?",
    said.DEMO_PRICE.text: "אין לי מחיר, נציג יחזור אליכם.",
}
BADLY = WELL | {
    said.ENGLISH.text: "בשמחה, איך לעזור?",
    said.DEMO_PRICE.text: 'מצבר עולה 650 ש"ח.',
}


class Script:
    """What the stand-in says, speaks and recognises.

    Args:
        recording: speech that every sentence of the caller sounds like.
        replies: the agent's, by what the caller has said.
        misheard: what the recogniser makes of a sentence, where it is not what was said.
    """

    def __init__(
        self,
        recording: bytes,
        replies: Mapping[str, str],
        misheard: Mapping[str, str] | None = None,
    ) -> None:
        self.rendered: list[str] = []
        self._recording = recording
        self._replies = replies
        self._misheard = misheard or {}
        self._patterns: dict[str, bytes] = {}

    def reply(self, context: ReplyContext) -> Reply:
        output = context.request.get("audio", {}).get("output", {})
        if output.get("voice") == VOICE:
            text = quoted_text(context.request["instructions"]) or ""
            self.rendered.append(text)
            return Reply(text, audio=self._marked(text))
        if context.out_of_band:
            return default_reply(context)
        return Reply(self._replies.get(context.last_user_text, "איך אפשר לעזור?"))

    def transcribe(self, _session: SessionRecord, audio: bytes, _index: int) -> str:
        for text, pattern in self._patterns.items():
            if pattern in audio:
                return self._misheard.get(text, text)
        return ""

    def _marked(self, text: str) -> bytes:
        digest = hashlib.sha256(text.encode()).digest()
        bits = [digest[at // 8] >> at % 8 & 1 for at in range(_PATTERN_BYTES)]
        plain = self._recording[_PATTERN_AT : _PATTERN_AT + _PATTERN_BYTES]
        pattern = bytes(code & 0xFE | bit for code, bit in zip(plain, bits, strict=True))
        self._patterns[text] = pattern
        end = _PATTERN_AT + _PATTERN_BYTES
        return self._recording[:_PATTERN_AT] + pattern + self._recording[end:]


@pytest.fixture
def checked(start_server: StartServer, openai: FakeRealtime, tmp_path: Path) -> ServerProcess:
    """A server with the live agent, its greeting short."""
    openai.configure(first_audio_delay_ms=100, transcript_delay_ms=20)
    server = start_server(
        OPENAI_BASE_URL=openai.base_url,
        OPENAI_API_KEY="sk-test",
        MEDIA_DIR=str(tmp_path / "media"),
    )
    (business,) = server.get("/api/businesses")["items"]
    server.send("PATCH", f"/api/businesses/{business['id']}", {"greeting_text": "שלום."})
    return server


def verify(
    server: ServerProcess, out: Path, *arguments: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "flask", "--app", "wsgi", "verify-live", "--yes"),
            *("--out", str(out), *arguments),
        ],
        cwd=ROOT,
        env=server.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    return done, json.loads(out.read_text())


def grades(report: dict[str, Any]) -> dict[str, str]:
    return {check["check"]: check["grade"] for check in report["checks"]}


def test_a_server_that_does_well(
    checked: ServerProcess, openai: FakeRealtime, speech: Speech, tmp_path: Path
) -> None:
    script = Script(speech("speech_en_11s.wav")[:SENTENCE_BYTES], WELL)
    openai.configure(reply=script.reply, transcribe=script.transcribe)
    done, report = verify(checked, tmp_path / "report.json", "--streets", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert grades(report) == {
        "socket": "PASS",
        "barge-in": "PASS",
        "flow": "JUDGE",
        "language": "PASS",
        "invention": "PASS",
        "streets": "PASS",
    }, done.stdout
    assert report["calls"] == len(openai.calls) == 6
    assert report["to_be_judged"] == ["flow"]
    # The business's own street is among them, and each sentence is rendered once.
    assert said.at_street("הגפן").text in script.rendered
    assert len(script.rendered) == len(set(script.rendered))
    (flow,) = [check for check in report["checks"] if check["check"] == "flow"]
    assert [exchange["heard"] for exchange in flow["exchanges"]] == [
        said.BOOKING.text,
        said.TIME.text,
    ]
    assert "to be judged: Did it answer" in done.stdout
    assert "minutes of Realtime audio will be paid for, 10 of the caller's" in done.stdout
    (streets,) = [check for check in report["checks"] if check["check"] == "streets"]
    assert [exchange["path"] for exchange in streets["exchanges"]] == ["AGENT", "AGENT"]
    for session in openai.calls:
        assert session.wait_closed() == 1000
        assert session.hard_violations == []


def test_a_server_that_does_badly(
    checked: ServerProcess, openai: FakeRealtime, speech: Speech, tmp_path: Path
) -> None:
    wrong = {said.at_street("הגפן").text: "אני גר ברחוב הדפן"}
    script = Script(speech("speech_en_11s.wav")[:SENTENCE_BYTES], BADLY, wrong)
    openai.configure(reply=script.reply, transcribe=script.transcribe)
    only = [arg for name in ("language", "invention", "streets") for arg in ("--only", name)]
    done, report = verify(checked, tmp_path / "report.json", "--streets", "1", *only)
    assert done.returncode == 1
    assert grades(report) == dict.fromkeys(("language", "invention", "streets"), "FAIL")
    assert "to English 0% Latin letters" in done.stdout
    assert "שש מאות וחמישים" in done.stdout
    missed = "0 of 1 names (0%, least 90%); missed: הגפן (heard: אני גר ברחוב הדפן)"
    assert missed in done.stdout
