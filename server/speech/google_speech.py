"""Google Speech-to-Text v2 over gRPC: what files and calls have in common. For helper processes.

The packages are imported when they are first needed: a server without Google's credentials never
loads them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from server.speech.recognise import RecogniserError

if TYPE_CHECKING:
    from google.cloud.speech_v2 import SpeechClient

_MOST_HINTS = 500
_MOST_HINT_CHARS = 100
"""Google's limit for one phrase."""

REFUSED = "google_invalid_argument"
MISTAKEN = (REFUSED, "google_permission_denied", "google_unauthenticated")
"""Codes of requests that are no better the next time."""


@dataclass(frozen=True, slots=True)
class GoogleOptions:
    """Where Google is asked, and with what.

    Args:
        credentials: of a service account, as JSON.
        endpoint: another address than the location's own; ``http://`` is reached without TLS and
            without credentials.
    """

    credentials: str
    endpoint: str
    location: str
    model: str

    @property
    def recogniser(self) -> str:
        """The name of the recogniser that needs no set-up."""
        try:
            project = orjson.loads(self.credentials).get("project_id", "")
        except ValueError:
            project = ""
        return f"projects/{project}/locations/{self.location}/recognizers/_"


@functools.lru_cache(maxsize=2)
def client_of(options: GoogleOptions) -> SpeechClient:
    """Return a client, which keeps its connection.

    Raises:
        RecogniserError: the credentials cannot be used.
    """
    import grpc  # noqa: PLC0415 - see above
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from google.cloud import speech_v2  # noqa: PLC0415
    from google.cloud.speech_v2.services.speech.transports import (  # noqa: PLC0415
        SpeechGrpcTransport,
    )
    from google.oauth2 import service_account  # noqa: PLC0415

    if options.endpoint.startswith("http://"):
        address = urlsplit(options.endpoint).netloc
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        return speech_v2.SpeechClient(transport=SpeechGrpcTransport(channel=channel))
    try:
        account = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            orjson.loads(options.credentials)
        )
    except (GoogleAuthError, ValueError) as error:
        message = f"the credentials cannot be used: {type(error).__name__}"
        raise RecogniserError(message, code="google_credentials") from error
    regional = "" if options.location == "global" else f"{options.location}-"
    host = options.endpoint.removeprefix("https://") or f"{regional}speech.googleapis.com"
    return speech_v2.SpeechClient(credentials=account, client_options={"api_endpoint": host})


def config_of(
    options: GoogleOptions, language: str, hints: Sequence[str], decoding: dict[str, Any]
) -> Any:
    """Return the configuration of one recognition.

    Args:
        language: Google's own code (Hebrew is ``iw-IL``).
        decoding: ``auto_decoding_config`` or ``explicit_decoding_config``.
    """
    from google.cloud.speech_v2.types import cloud_speech as cs  # noqa: PLC0415

    phrases = [
        cs.PhraseSet.Phrase(value=hint[:_MOST_HINT_CHARS]) for hint in hints[:_MOST_HINTS] if hint
    ]
    sets = [
        cs.SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=cs.PhraseSet(phrases=phrases))
    ]
    return cs.RecognitionConfig(
        **decoding,
        language_codes=[language],
        model=options.model,
        features=cs.RecognitionFeatures(enable_automatic_punctuation=True),
        adaptation=cs.SpeechAdaptation(phrase_sets=sets) if phrases else None,
    )


def code_of(status: Any) -> str:
    """Return our code for a gRPC status: ``google_`` and its name."""
    return f"google_{status.name.lower() if status is not None else 'error'}"
