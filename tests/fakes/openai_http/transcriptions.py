"""POST /v1/audio/transcriptions: the form is taken apart and checked, the file decoded."""

import io
import wave
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import typing_extensions as te
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsNonStreaming
from werkzeug.formparser import parse_form_data

from tests.fakes.openai_realtime.schema import ClientError, check_params

from .options import HttpOptions
from .records import Json, TranscriptionRequest

FORMATS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
HINTED_MODELS = "gpt-transcribe"
"""The only models that take ``languages`` and ``keywords``, and no ``language``."""

MAX_KEYWORDS = 100
LEAST_SECONDS = 0.1


def answer(
    content_type: str, body: bytes, options: HttpOptions
) -> tuple[TranscriptionRequest, Json]:
    """Return the request as understood, and its answer; ClientError for a faulty one."""
    request = read_request(content_type, body)
    if options.transcribe is not None:
        text = options.transcribe(request)
    else:
        text = options.transcripts.pop(0) if options.transcripts else ""
    answered: Json = {
        "text": text,
        "usage": {"type": "duration", "seconds": round(request.seconds, 2)},
    }
    if request.model.startswith(HINTED_MODELS):
        answered["languages"] = [{"code": code} for code in request.languages[:1] if text]
    return request, answered


def read_request(content_type: str, body: bytes) -> TranscriptionRequest:
    """Take the multipart form apart; ClientError names its first fault."""
    if not content_type.startswith("multipart/form-data"):
        raise ClientError("invalid_content_type", "The request must be multipart/form-data.")
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    _, form, files = parse_form_data(environ, silent=False)
    fields = _fields({name: form.getlist(name) for name in form})
    check_params(_form_type(), fields)
    unknown = [name for name in files if name != "file"]
    if unknown:
        raise ClientError("unknown_parameter", f"Unknown parameter: '{unknown[0]}'.", unknown[0])
    if "file" not in files:
        raise ClientError(
            "missing_required_parameter", "Missing required parameter: 'file'.", "file"
        )
    _check_fields(fields)
    name, data = files["file"].filename or "", files["file"].read()
    suffix = PurePosixPath(name).suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        raise ClientError("unsupported_format", f"Unrecognized file format: {name!r}.", "file")
    if not data:
        raise ClientError("empty_file", "The audio file is empty.", "file")
    pcm, rate = _decoded(data) if suffix == "wav" else (None, None)
    request = TranscriptionRequest(name, data, pcm, rate, fields)
    if pcm is not None and request.seconds < LEAST_SECONDS:
        raise ClientError("audio_too_short", "Audio file is too short.", "file")
    return request


@cache
def _form_type() -> Any:
    """The SDK's request without the file, which a form carries apart."""
    hints = te.get_type_hints(TranscriptionCreateParamsNonStreaming, include_extras=True)
    del hints["file"]
    build: Any = te.TypedDict
    return build("TranscriptionForm", hints)


def _fields(form: dict[str, list[str]]) -> Json:
    """Return the form's text fields with the types they stand for."""
    fields: Json = {}
    for name, values in form.items():
        if name.endswith("[]"):
            fields[name.removesuffix("[]")] = values
        elif len(values) > 1:
            raise ClientError("invalid_value", f"'{name}' is given more than once.", name)
        else:
            fields[name] = _scalar(name, values[0])
    return fields


def _scalar(name: str, value: str) -> Any:
    if name == "temperature":
        try:
            return float(value)
        except ValueError:
            raise ClientError("invalid_type", f"'{name}' is no number.", name) from None
    if name == "stream":
        return {"true": True, "false": False}.get(value, value)
    return value


def _check_fields(fields: Json) -> None:
    """Check what the types do not say."""
    listing = str(fields["model"]).startswith(HINTED_MODELS)
    foreign = ("language",) if listing else ("languages", "keywords")
    for name in foreign:
        if name in fields:
            message = f"'{name}' is not supported by {fields['model']!r}."
            raise ClientError("unsupported_parameter", message, name)
    if len(fields.get("keywords", [])) > MAX_KEYWORDS:
        raise ClientError("array_above_max_length", "Too many keywords.", "keywords")
    if fields.get("response_format", "json") != "json":
        raise ClientError("unsupported_value", "Only 'json' is answered.", "response_format")


def _decoded(data: bytes) -> tuple[Any, int]:
    """Return the samples of the first channel, and their rate."""
    try:
        with wave.open(io.BytesIO(data)) as recording:
            if recording.getsampwidth() != 2:
                raise ClientError("unsupported_format", "Only 16-bit WAV is decoded.", "file")
            frames = recording.readframes(recording.getnframes())
            samples = np.frombuffer(frames, dtype="<i2")[:: recording.getnchannels()]
            return samples.astype(np.int16), recording.getframerate()
    except (wave.Error, EOFError, ValueError) as exc:
        raise ClientError("invalid_file", f"The WAV file cannot be read: {exc}.", "file") from exc
