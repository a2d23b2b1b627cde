"""The speech helper process, and the local voice that is rendered in it."""

from __future__ import annotations

from server.errors import ProviderError
from server.helpers.process import HelperProcess
from server.speech.base import SynthesiserError


class SpeechHelper(HelperProcess):
    """One process that renders or recognises speech (see :mod:`server.speech.helper_main`)."""

    def __init__(self, niceness: int = 0) -> None:
        super().__init__("server.speech.helper_main", "speech", niceness)


class LocalSynthesiser:
    """The local test voice (espeak-ng), rendered in the helper process."""

    name = "espeak"
    quick = True

    def __init__(self, helper: SpeechHelper, rate: float) -> None:
        self._helper = helper
        self._rate = rate

    def voice_for(self, language: str, voice: str) -> str:
        """See :class:`server.speech.base.Synthesiser`; there is one voice."""
        return ""

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        """See :class:`server.speech.base.Synthesiser`."""
        request = {"do": "synthesise", "text": text, "language": language, "rate": self._rate}
        try:
            return self._helper.ask(request)
        except ProviderError as error:
            raise SynthesiserError(error.message, code=error.code) from error
