"""POST /v1/responses: one answer as text, or as JSON that fits a schema."""

import json
import time
from collections.abc import Mapping
from typing import Any

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from tests.fakes.openai_realtime.conversation import new_id
from tests.fakes.openai_realtime.schema import ClientError, check_params

from .options import Answer, HttpOptions, ResponseRequest
from .records import Json

FIXED_ANSWER = "Understood."
_EMPTY: Json = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "null": None,
}


def answer(body: Json, options: HttpOptions) -> Json:
    """Return the model's response; ClientError for a faulty request."""
    check_params(ResponseCreateParamsNonStreaming, _with_types(body))
    for name in ("model", "input"):
        if not body.get(name):
            message = f"Missing required parameter: '{name}'."
            raise ClientError("missing_required_parameter", message, name)
    wanted = body.get("text", {}).get("format", {"type": "text"})
    if wanted["type"] == "json_schema" and wanted.get("strict"):
        _check_schema(wanted["schema"], "text.format.schema")
    request = ResponseRequest(body)
    made = options.respond(request) if options.respond else _default(request)
    if isinstance(made, Mapping):
        made = json.dumps(made, ensure_ascii=False)
    return _response(body, wanted, made if isinstance(made, Answer) else Answer(made))


def _with_types(body: Json) -> Json:
    """Return ``body`` with the ``type`` of messages, which the service lets clients leave out."""
    given = body.get("input")
    if not isinstance(given, list):
        return body
    return body | {
        "input": [
            {"type": "message"} | item if isinstance(item, dict) and "role" in item else item
            for item in given
        ]
    }


def _default(request: ResponseRequest) -> str:
    if request.schema is None:
        return FIXED_ANSWER
    return json.dumps(emptiest(request.schema, request.schema))


def emptiest(schema: Json, root: Json) -> Any:
    """Return the emptiest value that fits ``schema``, whose references lead into ``root``."""
    if "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return emptiest(found, root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return emptiest(schema["anyOf"][-1], root)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[-1]
    if kind == "object":
        return {name: emptiest(part, root) for name, part in schema.get("properties", {}).items()}
    return _EMPTY[str(kind)]


def _check_schema(schema: Any, where: str) -> None:
    """Refuse what strict structured output refuses: open objects, properties left optional."""
    if isinstance(schema, list):
        for part in schema:
            _check_schema(part, where)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            message = "'additionalProperties' is required to be supplied and to be false."
            raise ClientError("invalid_json_schema", message, where)
        if set(schema.get("required", [])) != set(schema.get("properties", {})):
            message = "'required' must include every key in properties."
            raise ClientError("invalid_json_schema", message, where)
    for part in schema.values():
        _check_schema(part, where)


def _response(body: Json, wanted: Json, made: Answer) -> Json:
    part: Json = {"type": "output_text", "text": made.text, "annotations": [], "logprobs": []}
    if made.refusal:
        part = {"type": "refusal", "refusal": made.text}
    status = "incomplete" if made.incomplete else "completed"
    read, written = len(str(body["input"]).split()), len(made.text.split())
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if made.incomplete else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": body["model"],
        "output": [
            {
                "type": "message",
                "id": new_id("msg"),
                "status": status,
                "role": "assistant",
                "content": [part],
            }
        ],
        "parallel_tool_calls": True,
        "store": body.get("store", True),
        "text": {"format": wanted},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
        "metadata": body.get("metadata") or {},
    }
