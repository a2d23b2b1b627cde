"""What the agent is told and how it greets: texts, versions, and what the model receives."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from server.api.access import needs
from server.api.paging import PageQuery
from server.api.problems import CONTENT_TYPE
from server.api.prompt_changes import (
    greeting_audio,
    preview,
    read_diff,
    read_prompts,
    read_version,
    read_versions,
    restore_version,
    state_view,
    write_prompts,
)
from server.api.prompt_shapes import (
    DiffQuery,
    DiffView,
    GreetingQuery,
    PreviewInput,
    PreviewView,
    PromptsConflict,
    PromptsInput,
    PromptsPath,
    PromptsView,
    RestoreInput,
    Texts,
    VersionPage,
    VersionPath,
    VersionView,
)
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.models import ADMIN, OPERATOR
from server.prompt_versions import PROMPT_FIELDS, PromptsChangedError

blueprint = new_resource("prompts", "Prompts: texts, versions, what the model receives.")

PROMPTS = f"/businesses/{BUSINESS_ID}/prompts"
VERSIONS = f"{PROMPTS}/versions"
VERSION = f"{VERSIONS}/<int(max=2147483647):number>"

_WAV = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}


@blueprint.get(PROMPTS, responses={200: PromptsView})
@needs(OPERATOR)
def get_prompts(path: PromptsPath) -> Response:
    """Get the texts that make the agent, and the number of their version."""
    return answer(read_prompts(path.business_id))


@blueprint.put(PROMPTS, responses=writing(PromptsView))
@needs(ADMIN)
def put_prompts(path: PromptsPath, body: PromptsInput) -> Response:
    """Save the texts as a new version; the next call uses them.

    Where somebody has saved since `based_on`, the answer is 409 with `current` and `sent`, and
    nothing is overwritten.
    """
    try:
        return answer(write_prompts(path.business_id, body))
    except PromptsChangedError as error:
        return _conflict(error, body)


@blueprint.post(f"{PROMPTS}/preview", responses=writing(PreviewView))
@needs(ADMIN)
def preview_prompts(path: PromptsPath, body: PreviewInput) -> Response:
    """Tell what the model would receive of these texts in a call that came now."""
    return answer(preview(path.business_id, body))


@blueprint.get(VERSIONS, responses={200: VersionPage})
@needs(OPERATOR)
def list_prompt_versions(path: PromptsPath, query: PageQuery) -> Response:
    """List the versions, newest first."""
    return answer(read_versions(path.business_id, query))


@blueprint.get(VERSION, responses={200: VersionView})
@needs(OPERATOR)
def get_prompt_version(path: VersionPath) -> Response:
    """Get one version with its texts."""
    return answer(read_version(path.business_id, path.number))


@blueprint.get(f"{VERSION}/diff", responses={200: DiffView})
@needs(OPERATOR)
def get_prompt_diff(path: VersionPath, query: DiffQuery) -> Response:
    """Compare a version with another one, by default with the one before it."""
    return answer(read_diff(path.business_id, path.number, query.against))


@blueprint.post(f"{VERSION}/restore", responses=writing(PromptsView))
@needs(ADMIN)
def restore_prompt_version(path: VersionPath, body: RestoreInput) -> Response:
    """Bring the texts of an older version back, as a new one."""
    try:
        return answer(restore_version(path.business_id, path.number, body.based_on))
    except PromptsChangedError as error:
        older = read_version(path.business_id, path.number)
        return _conflict(error, Texts(**older.model_dump(include=set(PROMPT_FIELDS))))


@blueprint.get(
    f"{PROMPTS}/greeting.wav",
    responses={200: {"description": "The greeting as the line carries it.", "content": _WAV}},
)
@needs(OPERATOR)
def get_greeting_audio(path: PromptsPath, query: GreetingQuery) -> Response:
    """Get the sound of a greeting, as the line carries it."""
    audio = greeting_audio(path.business_id, query.which)
    return Response(audio, content_type="audio/wav", headers={"Cache-Control": "no-store"})


def _conflict(error: PromptsChangedError, sent: Texts) -> Response:
    body = PromptsConflict(
        title=HTTPStatus.CONFLICT.phrase,
        status=HTTPStatus.CONFLICT,
        detail=error.message,
        code=error.code,
        current=state_view(error.current),
        sent=Texts(**{name: getattr(sent, name) for name in PROMPT_FIELDS}),
    )
    return Response(body.model_dump_json(), status=HTTPStatus.CONFLICT, content_type=CONTENT_TYPE)
