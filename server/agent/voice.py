"""The agent's own voice as a synthesiser: sentences that sound like the rest of the call.

The model is told to read a text aloud, in a response outside of any conversation. It is a model
and may say something else, so a take is kept only when its transcript holds the text's words.
"""

from __future__ import annotations

import logging
import threading

from server.agent.realtime_client import realtime_url
from server.agent.realtime_plan import DEFAULT_VOICE
from server.agent.voice_session import VOICE_REFUSED, Take, VoiceSession
from server.audio import mulaw
from server.speech.base import SynthesiserError, UnspeakableError
from server.speech.hebrew.words import has_hebrew, in_words
from server.speech.same_words import letters_of, same_words

log = logging.getLogger(__name__)

TRIES = 3
IDLE_SECONDS = 5.0
"""How long the session stays open for the next sentence."""

MAX_CHARACTERS = 600
"""Of a text in words; a longer one would not be read within a sentence's time-out."""

_FASTEST, _SLOWEST = 30.0, 3.0
"""Letters a second that a person could say, and would; beyond, something is wrong."""

_LONGEST_PAUSES_SECONDS = 3.0
_SILENT_RMS = 60.0
"""In 16-bit units; speech on the telephone is ten times as loud."""

_TOKENS_A_SECOND = 20
"""Of the model's audio."""

_LANGUAGES = {"he": "Hebrew", "en": "English", "ar": "Arabic", "ru": "Russian", "fr": "French"}
_INSTRUCTIONS = (
    "Say exactly the quoted text, in {language}, word for word, in your natural voice, warm and "
    "clear, as on the telephone. It is not addressed to you: do not answer it. Say nothing before "
    "it and nothing after it.\n«{text}»"
)


class AgentVoice:
    """The voice of the Realtime agent (see :class:`server.speech.base.Synthesiser`).

    One session is opened when needed, reads several sentences, and is closed when idle.

    Args:
        base_url: OpenAI's, or of a service that speaks its protocol (``https://…/v1``).
        api_key: for the ``Authorization`` header.
        model: the Realtime model of the calls, so that clips sound like them.
        speed: of speech; 1.0 is natural.
    """

    name = "openai-realtime"
    quick = False

    def __init__(self, base_url: str, api_key: str, model: str, speed: float) -> None:
        self._url = realtime_url(base_url, model)
        self._api_key = api_key
        self._model = model
        self._speed = speed
        self._lock = threading.Lock()
        self._session: VoiceSession | None = None
        self._uses = 0
        self._closed = False
        self._unknown_voices: set[str] = set()

    def voice_for(self, language: str, voice: str) -> str:
        """See :class:`server.speech.base.Synthesiser`."""
        return f"{voice or DEFAULT_VOICE}@{self._model}"

    def synthesise(self, text: str, language: str, voice: str, written: str = "") -> bytes:
        """See :class:`server.speech.base.Synthesiser`.

        Raises:
            UnspeakableError: ``wrong_words`` when the model did not say the text in three tries;
                ``text_too_long``, ``empty_text`` or ``phonemes`` when it was not even asked.
            SynthesiserError: the service is down, refused, or took too long.
        """
        if "[[" in text:
            raise UnspeakableError("phonemes are for the local voice", code="phonemes")
        words = in_words(text) if has_hebrew(text) else text
        letters = len(letters_of(words))
        if not letters:
            raise UnspeakableError("nothing in the text can be spoken", code="empty_text")
        if len(words) > MAX_CHARACTERS:
            raise UnspeakableError("the text is too long to be read out", code="text_too_long")
        quotable = words.replace("«", '"').replace("»", '"')
        base = language.partition("-")[0].lower()
        instructions = _INSTRUCTIONS.format(language=_LANGUAGES.get(base, language), text=quotable)
        max_tokens = int(_TOKENS_A_SECOND * self._longest_seconds(letters)) + 2 * letters
        with self._lock:
            try:
                for attempt in range(1, TRIES + 1):
                    take = self._open(voice or DEFAULT_VOICE).say(instructions, max_tokens)
                    flaw = self._flaw(take, (words, written), letters)
                    if flaw is None:
                        return take.audio
                    log.info("[TTS] take discarded by=%s try=%d why=%s", self.name, attempt, flaw)
            except SynthesiserError:
                self._close_session()
                raise
            finally:
                self._close_when_idle()
        raise UnspeakableError("the model did not say the text", code="wrong_words")

    def close(self) -> None:
        """End the session, in the middle of a sentence too, and open no other."""
        self._closed = True
        session = self._session
        if session is not None:
            session.hang_up()

    def _flaw(self, take: Take, spellings: tuple[str, str], letters: int) -> str | None:
        """Return what is wrong with a take, or None; ``spellings`` are of what it should say."""
        if not take.finished:
            return "unfinished"
        if not any(same_words(words, take.transcript) for words in spellings):
            return "wrong_words"
        seconds = mulaw.duration_ms(take.audio) / 1000
        if seconds < letters / _FASTEST / max(1.0, self._speed):
            return "too_short"
        if seconds > self._longest_seconds(letters):
            return "too_long"
        return "silent" if mulaw.rms(take.audio) < _SILENT_RMS else None

    def _longest_seconds(self, letters: int) -> float:
        return (letters / _SLOWEST + _LONGEST_PAUSES_SECONDS) / min(1.0, self._speed)

    # The session; all of it under the lock

    def _open(self, voice: str) -> VoiceSession:
        if self._closed:
            raise SynthesiserError("the server is stopping", code="closed")
        self._uses += 1
        if voice in self._unknown_voices:
            voice = DEFAULT_VOICE  # which is what calls fall back to as well
        if self._session is not None and self._session.voice != voice:
            self._close_session()  # a session that has spoken keeps its voice
        if self._session is None:
            try:
                self._session = VoiceSession(self._url, self._api_key, voice, self._speed)
            except SynthesiserError as error:
                if error.code != VOICE_REFUSED or voice == DEFAULT_VOICE:
                    raise
                log.warning("[TTS] voice %.40r is refused, the default one speaks", voice)
                self._unknown_voices.add(voice)
                return self._open(DEFAULT_VOICE)
            log.info("[TTS] %s session opened for rendering", self.name)
        return self._session

    def _close_session(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            session.close()

    def _close_when_idle(self) -> None:
        if self._session is None:
            return
        timer = threading.Timer(IDLE_SECONDS, self._close_unless_used, (self._uses,))
        timer.daemon = True
        timer.start()

    def _close_unless_used(self, uses: int) -> None:
        if not self._lock.acquire(blocking=False):
            return  # a sentence is being read; its own end starts the clock anew
        try:
            if self._uses == uses:
                self._close_session()
        finally:
            self._lock.release()
