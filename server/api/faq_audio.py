"""What callers hear: the rendered answers, exactly as the telephone line carries them."""

from __future__ import annotations

import io
import queue

from flask import Response, request, send_file
from pydantic import Field

from server.api.access import needs
from server.api.faq_models import AudioStatus, voice_of
from server.api.faq_operations import get_faq_row
from server.api.faqs import FAQ, FAQS, FaqPath, FaqsPath
from server.api.fields import Answer, Input, Language
from server.api.problems import documented_problems, problem
from server.api.profiles import profile_of
from server.api.resource import answer, new_resource
from server.models import ADMIN, OPERATOR
from server.recordings import wav
from server.wiring import services

blueprint = new_resource("faq_audio", "Prepared answers as callers hear them.")

_WAIT_SECONDS = 5.0
"""For a synthesis on the spot; the local voice takes a tenth of that."""

_AUDIO = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}


class Rendering(Input):
    """There is nothing to hear yet."""

    audio_status: AudioStatus


class SpokenQuery(Input):
    """What is to be said."""

    text: Answer = Field(description="The words.")
    lang: Language | None = Field(
        default=None, description="Their language; the business's when absent."
    )


@blueprint.get(
    f"{FAQ}/audio",
    responses={
        200: {"description": "The spoken answer.", "content": _AUDIO},
        202: Rendering,
        206: {"description": "The part asked for by `Range`.", "content": _AUDIO},
        **documented_problems(416),
    },
)
@needs(OPERATOR)
def get_faq_audio(path: FaqPath) -> Response:
    """Play a prepared answer: 8 kHz mu-law in a WAV file; takes `Range`.

    202 while it is being rendered (ask again after `Retry-After`), 404 with the code
    `not_rendered` when it could not be.
    """
    with services().database.read() as session:
        row = get_faq_row(session, path.business_id, path.faq_id)
    clips, said = services().clips, (row.answer_text, row.lang, *voice_of(row.business_id))
    audio = clips.load(*said)
    if audio is not None:
        return _wav(audio, f"faq-{row.id}.wav")
    status = clips.status(*said)
    if status == "failed":
        return problem(404, "not_rendered", "The answer could not be made into speech.")
    clips.prepare(*said)
    waiting = answer(Rendering(audio_status="rendering"), 202)
    waiting.headers["Retry-After"] = "1"
    return waiting


@blueprint.get(
    f"{FAQS}/spoken",
    responses={
        200: {"description": "The spoken words.", "content": _AUDIO},
        206: {"description": "The part asked for by `Range`.", "content": _AUDIO},
        **documented_problems(416),
    },
)
@needs(ADMIN)
def speak_text(path: FaqsPath, query: SpokenQuery) -> Response:
    """Hear words before they are saved, in the voice that is at hand at once; takes `Range`."""
    profile = profile_of(path.business_id)
    said: queue.Queue[bytes | None] = queue.Queue()
    services().clips.try_out(
        query.text, query.lang or profile.lang, said.put, *voice_of(path.business_id)
    )
    try:
        audio = said.get(timeout=_WAIT_SECONDS)
    except queue.Empty:
        audio = None
    if audio is None:
        return problem(404, "not_rendered", "These words could not be made into speech.")
    return _wav(audio, "spoken.wav")


def _wav(audio: bytes, name: str) -> Response:
    """Return headerless mu-law as a file for players, or the part of it that is asked for."""
    whole = wav.header(len(audio), channels=1) + audio
    response = send_file(
        io.BytesIO(whole), mimetype="audio/wav", download_name=name, etag=False, conditional=True
    )
    if request.range is None:
        response.headers["Accept-Ranges"] = "bytes"
    return response
