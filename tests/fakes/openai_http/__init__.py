"""A stand-in for OpenAI's HTTP API on a real socket, strict with its client.

Transcriptions, embeddings, responses with structured output, and the list of models. It runs on
ordinary threads, by itself or on the port of the Realtime stand-in (``FakeRealtime(http=…)``).
"""

from .options import Answer, HttpOptions, Responder, ResponseRequest, Transcriber
from .records import HttpRequest, TranscriptionRequest, Violation
from .server import FakeOpenAIHttp
from .vectors import normalised, text_vector

__all__ = [
    "Answer",
    "FakeOpenAIHttp",
    "HttpOptions",
    "HttpRequest",
    "Responder",
    "ResponseRequest",
    "Transcriber",
    "TranscriptionRequest",
    "Violation",
    "normalised",
    "text_vector",
]
