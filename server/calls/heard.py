"""The caller's audio that no recogniser has answered for yet, kept for one that takes over."""

from __future__ import annotations

from server.agent.base import Transcriber

_MAX_BYTES = 8 * 30_000
"""Half a minute, of what is under way and of what is being recognised."""

_MAX_UTTERANCES = 4


class HeardAudio:
    """Remembers utterances until their transcripts have come, so that none is lost on the way."""

    def __init__(self) -> None:
        self._open = bytearray()
        self._committed: dict[str, bytes] = {}

    def hear(self, audio: bytes) -> None:
        """Take audio of the utterance under way."""
        self._open += audio
        del self._open[:-_MAX_BYTES]

    def commit(self, utterance_id: str) -> None:
        """The utterance has ended; its transcript is awaited."""
        self._committed[utterance_id] = bytes(self._open)
        self._open.clear()
        while len(self._committed) > _MAX_UTTERANCES:
            del self._committed[next(iter(self._committed))]

    def drop(self) -> None:
        """What was heard since the last commit was no speech."""
        self._open.clear()

    def recognised(self, utterance_id: str) -> None:
        """The transcript has come."""
        self._committed.pop(utterance_id, None)

    def replay(self, transcriber: Transcriber) -> None:
        """Have ``transcriber`` hear everything that is still to be understood."""
        for utterance_id, audio in self._committed.items():
            transcriber.hear(audio)
            transcriber.commit(utterance_id)
        if self._open:
            transcriber.hear(bytes(self._open))
