"""Google Text-to-Speech over gRPC: runs in the helper process, and nowhere else.

The packages are imported when the first request comes: a server without Google's credentials
never loads them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from server.audio.framing import wav_to_mulaw
from server.errors import ProtocolError
from server.speech.base import SynthesiserError

if TYPE_CHECKING:
    from google.cloud.texttospeech_v1 import TextToSpeechClient

RPC_SECONDS = 4.0
"""Google usually takes half a second; a caller waits for the next voice meanwhile."""

REFUSED = "google_invalid_argument"
"""The error code of a request that Google will never take."""

_SAMPLE_RATE = 8000


def synthesise(request: dict[str, Any], _: bytes = b"") -> bytes:
    """Return the request's ``text`` spoken, as headerless 8 kHz mu-law.

    The request also holds ``language`` and ``voice`` (Google's own), ``rate``, ``credentials``
    (a service account as JSON) and ``endpoint`` (see :func:`_client`).

    Raises:
        SynthesiserError: Google failed or refused; the code is ``google_`` and the gRPC status.
    """
    from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415 - see above
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from google.cloud import texttospeech_v1 as tts  # noqa: PLC0415

    try:
        answer = _client(request["credentials"], request["endpoint"]).synthesize_speech(
            input=tts.SynthesisInput(text=request["text"]),
            voice=tts.VoiceSelectionParams(
                language_code=request["language"],
                name=request["voice"],
                ssml_gender=tts.SsmlVoiceGender.FEMALE if not request["voice"] else None,
            ),
            audio_config=tts.AudioConfig(
                audio_encoding=tts.AudioEncoding.MULAW,
                sample_rate_hertz=_SAMPLE_RATE,
                speaking_rate=request["rate"],
            ),
            retry=None,
            timeout=RPC_SECONDS,
        )
    except GoogleAPICallError as error:
        status = error.grpc_status_code
        name = status.name.lower() if status is not None else "error"
        raise SynthesiserError(error.message or name, code=f"google_{name}") from error
    except (GoogleAuthError, ValueError) as error:
        message = f"the credentials cannot be used: {type(error).__name__}"
        raise SynthesiserError(message, code="google_credentials") from error
    return headerless(answer.audio_content)


def headerless(audio: bytes) -> bytes:
    """Return Google's MULAW audio without the WAV header that it comes with.

    Raises:
        SynthesiserError: it is WAV, but not mu-law at 8 kHz.
    """
    if not audio.startswith(b"RIFF"):
        return audio
    try:
        return wav_to_mulaw(audio)
    except ProtocolError as error:
        raise SynthesiserError(error.message, code="google_audio") from error


@functools.lru_cache(maxsize=2)
def _client(credentials: str, endpoint: str) -> TextToSpeechClient:
    """Return a client, which keeps its connection.

    An ``http://`` endpoint is reached without TLS and without credentials; settings allow it on
    this machine only. Any other one is a host of Google's, such as a regional one.
    """
    import grpc  # noqa: PLC0415
    from google.cloud import texttospeech_v1 as tts  # noqa: PLC0415
    from google.cloud.texttospeech_v1.services.text_to_speech.transports import (  # noqa: PLC0415
        TextToSpeechGrpcTransport,
    )
    from google.oauth2 import service_account  # noqa: PLC0415

    if endpoint.startswith("http://"):
        address = urlsplit(endpoint).netloc
        channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        return tts.TextToSpeechClient(transport=TextToSpeechGrpcTransport(channel=channel))
    account = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        orjson.loads(credentials)
    )
    options = {"api_endpoint": endpoint.removeprefix("https://")} if endpoint else None
    return tts.TextToSpeechClient(credentials=account, client_options=options)
