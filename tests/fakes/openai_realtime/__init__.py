"""A stand-in for OpenAI's Realtime API (GA events) on a real websocket, strict with its client.

It runs on ordinary threads, not under monkey-patching: a patched server is tested against it from
another process. Server VAD is not emulated; turns are the client's business.
"""

from .options import (
    ContextItem,
    RealtimeOptions,
    Reply,
    ReplyContext,
    ReplyScript,
    ToolCall,
    Transcriber,
)
from .recogniser import EnvelopeRecogniser, Match
from .records import (
    ClientEvent,
    Commit,
    ResponseRecord,
    ServerEvent,
    SessionRecord,
    Truncation,
    Violation,
)
from .replies import FIXED_SENTENCE, default_reply, quoted_text, scripted_replies
from .server import FakeRealtime, Handshake

__all__ = [
    "FIXED_SENTENCE",
    "ClientEvent",
    "Commit",
    "ContextItem",
    "EnvelopeRecogniser",
    "FakeRealtime",
    "Handshake",
    "Match",
    "RealtimeOptions",
    "Reply",
    "ReplyContext",
    "ReplyScript",
    "ResponseRecord",
    "ServerEvent",
    "SessionRecord",
    "ToolCall",
    "Transcriber",
    "Truncation",
    "Violation",
    "default_reply",
    "quoted_text",
    "scripted_replies",
]
