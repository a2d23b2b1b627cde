"""What a business sets of its ears, and what it leaves to the server."""

from __future__ import annotations

from server.audio.voice import NORMAL, SENSITIVITIES
from server.business_settings import Ears
from server.calls.tuning import tuning
from server.settings import load_settings

SERVER = load_settings(
    {
        "SECRET_KEY": "x",
        "BARGE_IN": "false",
        "BARGE_IN_VOICE_FRAMES": "12",
        "VAD_HANGOVER_MS": "300",
    }
)


def test_what_is_not_set_is_the_server_s() -> None:
    tuned = tuning(SERVER, Ears())
    assert tuned.sensitivity == NORMAL
    assert (tuned.barge_in, tuned.onset_frames, tuned.hangover_ms) == (False, 12, 300)


def test_what_is_set_wins() -> None:
    tuned = tuning(
        SERVER, Ears(sensitivity="noisy", barge_in=True, barge_in_frames=5, hangover_ms=160)
    )
    assert tuned.sensitivity == SENSITIVITIES["noisy"]
    assert (tuned.barge_in, tuned.onset_frames, tuned.hangover_ms) == (True, 5, 160)
