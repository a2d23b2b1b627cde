"""What a test can set: the scripts of the models, the delays and the faults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .records import Json, TranscriptionRequest


@dataclass(frozen=True)
class ResponseRequest:
    """What a scripted answer of /v1/responses may depend on."""

    body: Json

    @property
    def text(self) -> str:
        """Everything that was put in as text, line by line."""
        given = self.body.get("input", "")
        if isinstance(given, str):
            return given
        return "\n".join(text for item in given for text in _texts(item.get("content", "")))

    @property
    def instructions(self) -> str:
        """The instructions; empty when there are none."""
        return self.body.get("instructions") or ""

    @property
    def schema(self) -> Json | None:
        """The JSON schema that the answer has to fit, if one was asked for."""
        wanted = self.body.get("text", {}).get("format", {})
        return wanted.get("schema") if wanted.get("type") == "json_schema" else None


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if "text" in part]


@dataclass(frozen=True)
class Answer:
    """An answer of /v1/responses with a special end.

    ``refusal``: the model declines, in ``text``. ``incomplete``: the text breaks off at the limit
    of output tokens.
    """

    text: str
    refusal: bool = False
    incomplete: bool = False


Transcriber: TypeAlias = Callable[[TranscriptionRequest], str]
Embedder: TypeAlias = Callable[[str, int], Sequence[float]]
Responder: TypeAlias = Callable[[ResponseRequest], Mapping[str, Any] | str | Answer]


@dataclass
class HttpOptions:
    """Switches of the stand-in; every one is read when it matters, so tests may change it mid-run.

    Script
        ``transcribe``: the words of a recording; when it is None each request takes the first of
        ``transcripts`` off the list, then "". ``embed``: (text, dimensions) to a vector; None is
        ``vectors.text_vector``. ``respond``: the answer of a model, JSON as a mapping or as text;
        None answers with the emptiest JSON that fits the schema. ``models``: id to shut-down date.

    Faults, of every path or of those that end with ``fault_path``
        ``refuse``: HTTP status instead of an answer; ``retry_after_seconds`` goes with a 429.
        ``delay_seconds`` passes before anything is answered. ``drop_connection``: TCP ends without
        an answer. ``malformed_body``: status 200 and half a JSON object. ``drip_seconds``: the
        body comes byte by byte with such a pause after each.
    """

    transcribe: Transcriber | None = None
    transcripts: list[str] = field(default_factory=list)
    embed: Embedder | None = None
    respond: Responder | None = None
    models: dict[str, str | None] = field(
        default_factory=lambda: {
            "gpt-realtime-2.1": None,
            "gpt-transcribe": None,
            "gpt-6-luna": None,
            "text-embedding-3-small": None,
            "whisper-1": "2027-02-26",
        }
    )

    fault_path: str = ""
    refuse: int | None = None
    retry_after_seconds: int = 1
    delay_seconds: float = 0
    drop_connection: bool = False
    malformed_body: bool = False
    drip_seconds: float = 0
