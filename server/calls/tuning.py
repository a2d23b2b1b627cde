"""How a business's calls listen: the server's settings, and what the business has set instead."""

from __future__ import annotations

from server.audio.voice import SENSITIVITIES
from server.business_settings import Ears
from server.settings import Settings
from server.turns.meter import Tuning


def tuning(settings: Settings, ears: Ears) -> Tuning:
    """Return what the next call of a business with these ``ears`` goes by."""
    return Tuning(
        sensitivity=SENSITIVITIES[ears.sensitivity],
        barge_in=settings.barge_in if ears.barge_in is None else ears.barge_in,
        onset_frames=(
            settings.barge_in_voice_frames if ears.barge_in_frames is None else ears.barge_in_frames
        ),
        hangover_ms=settings.vad_hangover_ms if ears.hangover_ms is None else ears.hangover_ms,
    )
