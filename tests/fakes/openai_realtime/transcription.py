"""Events by which the service reports what the caller said."""

from collections.abc import Iterator

from .options import Json

_EVENT = "conversation.item.input_audio_transcription"


def transcription_events(
    item_id: str, transcript: str | None, seconds: float
) -> Iterator[tuple[str, Json]]:
    """(type, fields) of the events for one committed item; ``transcript`` None means failed."""
    place: Json = {"item_id": item_id, "content_index": 0}
    if transcript is None:
        error = {
            "type": "transcription_error",
            "code": "audio_unintelligible",
            "message": "The audio could not be transcribed.",
            "param": None,
        }
        yield f"{_EVENT}.failed", {**place, "error": error}
        return
    words = transcript.split(" ")
    pieces = [word + " " for word in words[:-1]] + words[-1:]
    for piece in filter(None, pieces):
        yield f"{_EVENT}.delta", {**place, "delta": piece}
    usage = {"type": "duration", "seconds": round(seconds, 3)}
    yield f"{_EVENT}.completed", {**place, "transcript": transcript, "usage": usage}
