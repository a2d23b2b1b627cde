"""Shape check of client events, derived from the OpenAI SDK's own request types.

The SDK describes requests with ``TypedDict`` classes that are never enforced. Here each of them is
rebuilt as an equivalent that pydantic validates strictly: unknown keys are refused at every
nesting level, numbers are not read out of strings, and keys marked ``Required`` must be present.

Three corrections to the SDK's types, all documented by OpenAI:

* ``audio.input.noise_reduction`` and ``.transcription`` accept ``null`` (it switches them off);
* a key ``type`` that takes literal values selects the variant, so it is required;
* ``Iterable`` becomes ``list``: pydantic checks an ``Iterable`` lazily, that is, never.
"""

import collections.abc
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions as te
from openai.types.realtime import (
    ConversationItemCreateEventParam,
    ConversationItemDeleteEventParam,
    ConversationItemRetrieveEventParam,
    ConversationItemTruncateEventParam,
    InputAudioBufferAppendEventParam,
    InputAudioBufferClearEventParam,
    InputAudioBufferCommitEventParam,
    OutputAudioBufferClearEventParam,
    RealtimeAudioConfigInputParam,
    ResponseCancelEventParam,
    SessionUpdateEventParam,
)
from openai.types.realtime.response_create_event_with_references_param import (
    ResponseCreateEventWithReferencesParam,
)
from pydantic import ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

Json = dict[str, Any]

CLIENT_EVENTS: dict[str, Any] = {
    "session.update": SessionUpdateEventParam,
    "input_audio_buffer.append": InputAudioBufferAppendEventParam,
    "input_audio_buffer.commit": InputAudioBufferCommitEventParam,
    "input_audio_buffer.clear": InputAudioBufferClearEventParam,
    "output_audio_buffer.clear": OutputAudioBufferClearEventParam,
    "conversation.item.create": ConversationItemCreateEventParam,
    "conversation.item.delete": ConversationItemDeleteEventParam,
    "conversation.item.retrieve": ConversationItemRetrieveEventParam,
    "conversation.item.truncate": ConversationItemTruncateEventParam,
    "response.create": ResponseCreateEventWithReferencesParam,
    "response.cancel": ResponseCancelEventParam,
}
"""Client event type -> the SDK's TypedDict for the whole event."""

_STRICT = ConfigDict(extra="forbid", strict=True)
_NULLABLE = {
    (RealtimeAudioConfigInputParam, "noise_reduction"),
    (RealtimeAudioConfigInputParam, "transcription"),
}
_SELECTORS = ("type", "role")
_PREFIX = "Strict"
_SCALARS = ("int", "str", "bool", "float")


@dataclass(eq=False)
class ClientError(Exception):
    """A fault in a client event, in the words of the API's ``error`` object.

    ``param`` is the dotted path of the offending field, or None. ``blame_event`` False sends the
    error with ``event_id`` null, as the service does for a late truncation. ``race`` marks faults
    that a correct client cannot always avoid because its event crossed one of the server's;
    ``injected`` those that a test asked for and that are not the client's doing.
    """

    code: str
    message: str
    param: str | None = None
    blame_event: bool = True
    race: bool = False
    injected: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def check_shape(event: object) -> Json:
    """Return ``event`` as a dict when it is a well-formed client event.

    Raises ClientError naming the first fault: not an object, an unknown ``type``, or a field that
    is unknown, missing or of the wrong type.
    """
    if not isinstance(event, dict):
        raise ClientError("invalid_type", "A client event must be a JSON object.")
    if "type" not in event:
        raise ClientError(
            "missing_required_parameter", "Missing required parameter: 'type'.", "type"
        )
    kind = event["type"]
    if not isinstance(kind, str) or kind not in CLIENT_EVENTS:
        known = ", ".join(f"'{name}'" for name in CLIENT_EVENTS)
        raise ClientError(
            "invalid_value", f"Invalid value: {kind!r}. Supported values: {known}.", "type"
        )
    check_params(CLIENT_EVENTS[kind], event)
    return event


def check_params(source: Any, params: Json) -> None:
    """Check ``params`` against ``source``, a TypedDict of the SDK.

    Raises ClientError naming the first field that is unknown, missing or of the wrong type.
    """
    try:
        _adapter(source).validate_python(params)
    except ValidationError as exc:
        raise _as_client_error(exc.errors(include_url=False)) from exc


@cache
def _adapter(source: Any) -> TypeAdapter[Any]:
    return TypeAdapter(strict_type(source))


@cache
def _strict_typed_dict(source: Any) -> Any:
    """Rebuild the TypedDict ``source`` so that pydantic refuses what it does not declare."""
    fields: dict[str, Any] = {}
    for key, hint in te.get_type_hints(source, include_extras=True).items():
        inner = _bare(hint)
        required = inner is not hint or (key == "type" and get_origin(inner) is Literal)
        field = strict_type(inner)
        if (source, key) in _NULLABLE:
            field = field | None
        fields[key] = te.Required[field] if required else te.NotRequired[field]
    build: Any = te.TypedDict
    built = build(f"{_PREFIX}{source.__name__}", fields)
    built.__pydantic_config__ = _STRICT
    return built


def strict_type(hint: Any) -> Any:
    """Translate a type hint of the SDK into its strict counterpart, recursively."""
    if te.is_typeddict(hint):
        return _strict_typed_dict(hint)
    if hint is object:
        return Any
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _strict_union(args)
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence):
        return list[strict_type(args[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[strict_type(args[0]), strict_type(args[1])]  # type: ignore[misc]
    if origin is Literal or hint in (str, int, float, bool, type(None)):
        return hint
    raise TypeError(f"the SDK uses a type this check does not know: {hint!r}")


def _strict_union(members: Sequence[Any]) -> Any:
    """Union in which the object variants are told apart by ``type`` and ``role``.

    Without the selection pydantic would report the faults of every variant at once.
    """
    dicts = [member for member in members if te.is_typeddict(member)]
    others = [strict_type(member) for member in members if not te.is_typeddict(member)]
    if len(dicts) < 2:
        return reduce(or_, [*others, *(strict_type(member) for member in dicts)])
    tags = {_tag(member): member for member in dicts}
    tagged = [Annotated[strict_type(member), Tag(tag)] for tag, member in tags.items()]
    chosen: Any = Annotated[reduce(or_, tagged), Discriminator(_selector(tags))]
    return reduce(or_, [*others, chosen])


def _tag(member: Any) -> str:
    return f"{member.__module__}.{member.__name__}"


def _selector(variants: dict[str, Any]) -> Callable[[Any], str | None]:
    """Build the function that picks the variant by its literal ``type`` and ``role``."""
    literals: dict[str, dict[str, tuple[Any, ...]]] = {}
    for tag, variant in variants.items():
        hints = te.get_type_hints(variant, include_extras=True)
        selectors = {key: _bare(hints[key]) for key in _SELECTORS if key in hints}
        literals[tag] = {
            key: get_args(hint) for key, hint in selectors.items() if get_origin(hint) is Literal
        }

    def select(value: Any) -> str | None:
        if not isinstance(value, dict):
            return None
        for tag, wanted in literals.items():
            if all(value.get(key) in allowed for key, allowed in wanted.items()):
                return tag
        return None

    return select


def _bare(hint: Any) -> Any:
    """The hint without its ``Required[...]`` marker."""
    marker: Any = te.Required
    return get_args(hint)[0] if get_origin(hint) is marker else hint


def _as_client_error(errors: list[ErrorDetails]) -> ClientError:
    """Turn pydantic's findings into one API error: the deepest one is the most specific."""
    error = max(errors, key=lambda found: len(_path(found)))
    path, kind = _path(error), error["type"]
    unselected = kind in ("union_tag_invalid", "union_tag_not_found")
    if unselected and isinstance(error["input"], dict) and "type" not in error["input"]:
        path, kind = [*path, "type"], "missing"
    param = ".".join(path)
    if kind == "extra_forbidden":
        return ClientError("unknown_parameter", f"Unknown parameter: '{param}'.", param)
    if kind == "missing":
        return ClientError(
            "missing_required_parameter", f"Missing required parameter: '{param}'.", param
        )
    if unselected:
        return ClientError("invalid_value", f"Invalid value for '{param}'.", param)
    code = "invalid_value" if kind == "literal_error" else "invalid_type"
    return ClientError(code, f"Invalid value for '{param}': {error['msg']}.", param)


def _path(error: ErrorDetails) -> list[str]:
    """Field path of a finding, without the names pydantic inserts for union variants."""
    parts = [str(part) for part in error["loc"]]
    return [
        part
        for part in parts
        if part not in _SCALARS
        and not part.startswith(_PREFIX)
        and not any(sign in part for sign in ".[")
    ]
