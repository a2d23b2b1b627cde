"""What a test can set: the script of the conversation, the delays and the faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from .records import SessionRecord

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """A function the scripted model calls. ``arguments`` is a dict, or raw JSON text.

    Raw text lets a test send malformed arguments. ``call_id`` is made up when None.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    call_id: str | None = None


@dataclass(frozen=True)
class Reply:
    """What the scripted model does in one response.

    ``audio``: mu-law at 8 kHz; None means a synthetic voice saying ``text``.
    ``status``: how the response ends when nobody cancels it. ``reason`` goes with "incomplete";
    ``error_code`` and ``error_message`` go with "failed". A failed reply still speaks its text.
    """

    text: str = ""
    audio: bytes | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    status: Literal["completed", "incomplete", "failed"] = "completed"
    reason: Literal["max_output_tokens", "content_filter"] = "max_output_tokens"
    error_code: str = "server_error"
    error_message: str = "The server had an error while processing your request."


@dataclass(frozen=True)
class ContextItem:
    """A conversation item as the scripted model sees it.

    ``kind`` is "message", "function_call" or "function_call_output". ``text`` is the message's
    text or transcript (what was *heard*: empty once truncated), the call's JSON arguments, or the
    call's output.
    """

    id: str
    kind: str
    role: str | None
    text: str
    name: str | None = None
    call_id: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class ReplyContext:
    """Everything a reply may depend on.

    ``instructions`` are the effective ones; ``request`` holds the fields of ``response.create``'s
    ``response`` as the client sent them; ``tools`` are those offered in this response.
    """

    session: "SessionRecord"
    items: tuple[ContextItem, ...]
    instructions: str
    out_of_band: bool
    metadata: dict[str, str]
    request: Json
    tools: list[Json]

    @property
    def last_user_text(self) -> str:
        """What the caller said (or typed) last; empty when nothing was understood."""
        for item in reversed(self.items):
            if item.kind == "message" and item.role == "user":
                return item.text
        return ""

    @property
    def last_tool_output(self) -> str | None:
        """Output of the function call that ends the context, or None when it ends otherwise."""
        last = self.items[-1] if self.items else None
        return last.text if last and last.kind == "function_call_output" else None


ReplyScript: TypeAlias = Callable[[ReplyContext], Reply]
Transcriber: TypeAlias = Callable[["SessionRecord", bytes, int], str | None]


@dataclass
class RealtimeOptions:
    """Switches of the stand-in; every one is read when it matters, so tests may change it mid-run.

    Script
        ``reply``: what the model answers; None is ``replies.default_reply``. It runs on the
        response's own thread. ``transcribe``: (session, committed mu-law audio, how many commits
        came before in this session) to the words heard, or None for a failed transcription; it
        runs on the session's reading thread, so it must be quick. When it is None each commit
        takes the first of ``transcripts`` off the list (all sessions share it), then "".

    Delays (milliseconds unless the name says seconds)
        ``first_audio_delay_ms`` runs from ``response.create`` to the first delta.
        ``audio_pace`` is speed over real time: 1.0 real time, 8.0 default, 0 all at once;
        ``delta_ms`` is the audio in one delta. ``tool_argument_delay_ms`` follows each piece of a
        call's arguments.

    Faults
        ``refuse``: HTTP status of the handshake. ``accept_then_silent``: the socket opens and
        nothing ever comes. ``close_code_on_connect``: closed with that code right after opening.
        ``stall_after_create``: ``response.created`` comes and then nothing, until a cancel.
        ``drop_mid_answer_after_ms``: TCP goes away, without a close frame, after that much audio
        of a response. ``fail_transcription``: every transcription fails (the model still hears).
        ``reject_transcription_model``, ``reject_voice``: a ``session.update`` naming it gets an
        error.
        ``rate_limit_responses``: every response fails with ``rate_limit_exceeded``.
        ``expire_session_after_s``: error ``session_expired`` and close 1001 at that age.
        ``unknown_events``: unknown event types between the known ones, unknown fields in them.
        ``late_deltas_after_cancel``: audio deltas still sent after a cancel, before
        ``response.done``.

    ``require_pcmu``: both formats must be ``audio/pcmu`` before the first append.
    """

    reply: ReplyScript | None = None
    transcribe: Transcriber | None = None
    transcripts: list[str | None] = field(default_factory=list)
    require_pcmu: bool = True

    handshake_delay_ms: float = 0
    session_update_delay_ms: float = 0
    transcript_delay_ms: float = 50
    first_audio_delay_ms: float = 300
    audio_pace: float = 8.0
    delta_ms: int = 200
    tool_argument_delay_ms: float = 10

    refuse: int | None = None
    accept_then_silent: bool = False
    close_code_on_connect: int | None = None
    stall_after_create: bool = False
    drop_mid_answer_after_ms: int | None = None
    fail_transcription: bool = False
    reject_transcription_model: str | None = None
    reject_voice: str | None = None
    rate_limit_responses: bool = False
    expire_session_after_s: float | None = None
    unknown_events: bool = False
    late_deltas_after_cancel: int = 0
