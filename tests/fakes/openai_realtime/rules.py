"""What the service refuses although the fields are well formed; and the session's configuration.

Pure functions: each raises ClientError for the first rule broken.
"""

import base64
import binascii
import re
import time
from copy import deepcopy
from typing import Any

from .conversation import MAX_ITEM_ID, Item
from .options import Json
from .schema import ClientError

MAX_APPEND_BYTES = 15 * 1024 * 1024
MIN_COMMIT_MS = 100
SESSION_SECONDS = 3600
_BYTES_PER_MS = {"audio/pcm": 48, "audio/pcmu": 8, "audio/pcma": 8}
_NOT_REASONING = re.compile(r"gpt-realtime(-1\.5|-mini.*|-2025.*)?|gpt-4o-.*|gpt-audio.*")


def default_config(session_id: str, model: str) -> Json:
    """Configuration of a session before any update: PCM and server VAD, as the service has it."""
    pcm: Json = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful, witty, and friendly AI.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "tracing": None,
        "prompt": None,
        "include": None,
        "expires_at": int(time.time()) + SESSION_SECONDS,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": dict(pcm), "voice": "marin", "speed": 1.0},
        },
    }


def merged_config(config: Json, patch: Json) -> Json:
    """``config`` with the fields of ``patch``: ``audio`` merges per field, all else is replaced."""
    merged = deepcopy({**config, **{key: patch[key] for key in patch if key != "audio"}})
    for direction, fields in patch.get("audio", {}).items():
        merged["audio"][direction].update(deepcopy(fields))
    return merged


def bytes_per_ms(audio_format: Json) -> int:
    """Bytes a millisecond of audio takes in a session format."""
    return _BYTES_PER_MS[audio_format["type"]]


def check_session_update(
    patch: Json, config: Json, *, audio_started: bool, response_active: bool
) -> None:
    """Refuse what a running session cannot change, and values out of range."""
    if patch["type"] != config["type"]:
        raise ClientError("invalid_value", "Cannot change the type of a session.", "session.type")
    if patch.get("model", config["model"]) != config["model"]:
        raise ClientError("invalid_value", "Cannot update the model of a session.", "session.model")
    audio = patch.get("audio", {})
    output = audio.get("output", {})
    if "voice" in output and audio_started:
        raise ClientError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "session.audio.output.voice",
        )
    if "speed" in output:
        if not 0.25 <= output["speed"] <= 1.5:
            raise _out_of_range("session.audio.output.speed", "between 0.25 and 1.5")
        if response_active:
            raise ClientError(
                "invalid_value",
                "Speed can only change between turns.",
                "session.audio.output.speed",
            )
    if (
        config["tracing"] is not None
        and patch.get("tracing", config["tracing"]) != (config["tracing"])
    ):
        raise ClientError("invalid_value", "Cannot change tracing once on.", "session.tracing")
    transcription = audio.get("input", {}).get("transcription") or {}
    if "language" in transcription and "languages" in transcription:
        raise ClientError(
            "invalid_value",
            "Only one of 'language' and 'languages' may be set.",
            "session.audio.input.transcription.languages",
        )
    _check_generation(patch, config["model"], "session")


def check_response_request(request: Json, config: Json, *, audio_started: bool) -> None:
    """Refuse overrides of ``response.create`` that the service would not run."""
    if request.get("conversation", "auto") not in ("auto", "none"):
        raise _out_of_range("response.conversation", "'auto' or 'none'")
    metadata = request.get("metadata") or {}
    if len(metadata) > 16:
        raise _out_of_range("response.metadata", "at most 16 pairs")
    for key, value in metadata.items():
        if len(key) > 64 or len(value) > 512:
            raise _out_of_range(f"response.metadata.{key}", "64 characters and 512 in its value")
    voice = request.get("audio", {}).get("output", {}).get("voice")
    if voice is not None and voice != config["audio"]["output"]["voice"] and audio_started:
        raise ClientError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "response.audio.output.voice",
        )
    _check_generation(request, config["model"], "response")


def _check_generation(fields: Json, model: str, where: str) -> None:
    """Rules common to session and response."""
    if fields.get("output_modalities", ["audio"]) not in (["audio"], ["text"]):
        raise _out_of_range(f"{where}.output_modalities", "['audio'] or ['text']")
    limit = fields.get("max_output_tokens", "inf")
    if limit != "inf" and not 1 <= limit <= 4096:
        raise _out_of_range(f"{where}.max_output_tokens", "between 1 and 4096, or 'inf'")
    for index, tool in enumerate(fields.get("tools", ())):
        if tool["type"] == "function" and not tool.get("name"):
            raise missing(f"{where}.tools.{index}.name")
    for key in ("reasoning", "parallel_tool_calls"):
        if key in fields and _NOT_REASONING.fullmatch(model):
            raise ClientError(
                "unsupported_parameter", f"'{key}' needs a reasoning model.", f"{where}.{key}"
            )


def check_item(item: Json, where: str = "item") -> None:
    """Refuse items that a client cannot put into a conversation."""
    if len(item.get("id", "")) > MAX_ITEM_ID:
        raise ClientError(
            "string_above_max_length",
            f"Invalid '{where}.id': string too long. Expected a string with maximum length "
            f"{MAX_ITEM_ID}, but got a string with length {len(item['id'])} instead.",
            f"{where}.id",
        )
    for index, part in enumerate(item.get("content", ())):
        path = f"{where}.content.{index}"
        if part["type"] == "output_audio":
            raise ClientError("invalid_value", "Assistant audio cannot be added.", f"{path}.type")
        payload = {"input_audio": "audio", "input_image": "image_url"}.get(part["type"], "text")
        if payload not in part:
            raise missing(f"{path}.{payload}")
        if payload == "audio":
            decode_audio(part["audio"], f"{path}.audio")


def decode_audio(payload: str, param: str = "audio") -> bytes:
    """Bytes of a base64 payload; ClientError when it is not base64, or above 15 MiB."""
    try:
        audio = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ClientError(
            "invalid_value",
            f"Invalid '{param}'. Expected base64-encoded audio bytes but got an invalid value.",
            param,
        ) from exc
    if len(audio) > MAX_APPEND_BYTES:
        raise _out_of_range(param, "at most 15 MiB")
    return audio


def check_commit(buffered_ms: float) -> None:
    """Refuse to commit less than 100 ms."""
    if buffered_ms < MIN_COMMIT_MS:
        raise ClientError(
            "input_audio_buffer_commit_empty",
            "Error committing input audio buffer: buffer too small. Expected at least "
            f"{MIN_COMMIT_MS}ms of audio, but buffer only has {buffered_ms:.2f}ms of audio.",
        )


def check_truncation(item: Item, content_index: int, audio_end_ms: int) -> None:
    """Refuse to cut anything but existing assistant audio."""
    if not item.is_assistant:
        raise ClientError(
            "invalid_value", "Only model output audio messages can be truncated.", "item_id"
        )
    parts = item.body["content"]
    if not 0 <= content_index < len(parts) or parts[content_index]["type"] != "output_audio":
        raise ClientError(
            "invalid_value", "There is no audio at that content index.", "content_index"
        )
    if audio_end_ms < 0:
        raise _out_of_range("audio_end_ms", "0 or more")
    if audio_end_ms > item.generated_ms:
        raise ClientError(
            "invalid_value",
            f"Audio content of {item.generated_ms}ms is already shorter than {audio_end_ms}ms",
            "audio_end_ms",
            blame_event=False,
        )


def product_faults(config: Json, *, require_pcmu: bool) -> list[tuple[str, str]]:
    """(field, explanation) for settings under which audio must not flow to this stand-in."""
    faults: list[tuple[str, str]] = []
    if config["audio"]["input"]["turn_detection"] is not None:
        faults.append(("session.audio.input.turn_detection", "server VAD is not emulated"))
    for direction in ("input", "output"):
        kind: Any = config["audio"][direction]["format"]["type"]
        if require_pcmu and kind != "audio/pcmu":
            faults.append((f"session.audio.{direction}.format", f"expected audio/pcmu, got {kind}"))
        elif kind == "audio/pcma":
            faults.append((f"session.audio.{direction}.format", "A-law is not emulated"))
    return faults


def missing(param: str) -> ClientError:
    """The error for a required field that is absent."""
    return ClientError(
        "missing_required_parameter", f"Missing required parameter: '{param}'.", param
    )


def _out_of_range(param: str, expected: str) -> ClientError:
    return ClientError("invalid_value", f"Invalid '{param}': expected {expected}.", param)
