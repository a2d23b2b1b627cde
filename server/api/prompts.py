"""What the agent is told and how it greets: texts, versions, and what the model receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.agent.prompts import COMPACT_CHARS, FULL_CHARS
from server.agent.realtime_plan import DEFAULT_VOICE, VOICES
from server.api.access import caller, missing, needs
from server.api.business_changes import prepare_clips
from server.api.paging import PageQuery, cut_page, decode_cursor
from server.api.problems import CONTENT_TYPE
from server.api.profiles import profile_of
from server.api.prompt_shapes import (
    DiffLineView,
    DiffPiece,
    DiffQuery,
    DiffView,
    PreviewInput,
    PreviewView,
    PromptsConflict,
    PromptsInput,
    PromptsPath,
    PromptsView,
    RestoreInput,
    Texts,
    VersionLine,
    VersionPage,
    VersionPath,
    VersionView,
)
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.audio import mulaw
from server.audio.recording import pcm_wav
from server.errors import NotFoundError
from server.models import ADMIN, OPERATOR, Business, PromptVersion
from server.prompt_versions import (
    PROMPT_FIELDS,
    PromptsChangedError,
    compare,
    current_prompts,
    prompt_version,
    save_prompts,
    texts_of,
)
from server.wiring import services

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
    with services().database.read() as session:
        row = prompt_version(session, path.business_id, path.number)
    return answer(VersionView.model_validate(row, from_attributes=True))


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
        with services().database.read() as session:
            older = texts_of(prompt_version(session, path.business_id, path.number))
        return _conflict(error, Texts(**older))


@blueprint.get(
    f"{PROMPTS}/greeting.wav",
    responses={200: {"description": "The greeting as the line carries it.", "content": _WAV}},
)
@needs(OPERATOR)
def get_greeting_audio(path: PromptsPath) -> Response:
    """Get the sound of the greeting, as a call that came now would begin."""
    return Response(greeting_audio(path.business_id), content_type="audio/wav")


# What the endpoints and the pages share


def read_prompts(business_id: int) -> PromptsView:
    """Return the texts as they are.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.read() as session:
        return _view(session, _business(session, business_id))


def write_prompts(business_id: int, wanted: PromptsInput) -> PromptsView:
    """Save the texts as a new version, if they differ.

    Raises:
        PromptsChangedError: somebody was faster.
    """
    texts = wanted.model_dump(exclude={"based_on"})
    return _save(business_id, texts, wanted.based_on, None)


def restore_version(business_id: int, number: int, based_on: int) -> PromptsView:
    """Bring the texts of an older version back, as a new one.

    Raises:
        NotFoundError: there is no such version.
        PromptsChangedError: somebody was faster.
    """
    with services().database.read() as session:
        texts = texts_of(prompt_version(session, business_id, number))
    return _save(business_id, texts, based_on, number)


def read_versions(business_id: int, query: PageQuery) -> VersionPage:
    """Return a page of the versions, newest first."""
    wanted = (
        select(PromptVersion)
        .where(PromptVersion.business_id == business_id)
        .order_by(PromptVersion.number.desc())
    )
    if query.cursor is not None:
        wanted = wanted.where(PromptVersion.number < decode_cursor(query.cursor, int)[0])
    with services().database.read() as session:
        _business(session, business_id)
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.number,))
    items = [VersionLine.model_validate(row, from_attributes=True) for row in page]
    return VersionPage(items=items, next_cursor=following)


def read_diff(business_id: int, number: int, against: int | None) -> DiffView:
    """Compare a version with another one; with the one before it when ``against`` is None.

    Raises:
        NotFoundError: one of them does not exist.
    """
    against = number - 1 if against is None else against
    with services().database.read() as session:
        after = texts_of(prompt_version(session, business_id, number))
        before = dict.fromkeys(PROMPT_FIELDS, "")
        if against > 0:
            before = texts_of(prompt_version(session, business_id, against))
    return DiffView(number=number, against=against, fields=diff_texts(before, after))


def diff_texts(
    before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, list[DiffLineView]]:
    """Return what differs between two sets of texts, by the names in ``PROMPT_FIELDS``."""
    return {
        name: [
            DiffLineView(
                kind=line.kind,
                pieces=[DiffPiece(text=text, differs=differs) for differs, text in line.words],
            )
            for line in compare(before[name], after[name])
        ]
        for name in PROMPT_FIELDS
        if before[name] != after[name]
    }


def preview(business_id: int, texts: PreviewInput) -> PreviewView:
    """Return what the model would receive of ``texts`` in a call that came now.

    Raises:
        NotFoundError: there is no such business.
    """
    profile = replace(profile_of(business_id), **texts.model_dump(exclude={"direction"}))
    greets, prompts = services().calls.preview(profile, texts.direction)
    prompt = profile.outbound_ai_prompt if texts.direction == "outbound" else profile.ai_prompt
    return PreviewView(
        greeting=greets,
        compact=prompts.compact,
        full=prompts.full,
        compact_chars=len(prompts.compact),
        full_chars=len(prompts.full),
        compact_limit=COMPACT_CHARS,
        full_target=FULL_CHARS,
        is_cut=not prompts.compact.endswith(prompt.strip()),
    )


def greeting_audio(business_id: int) -> bytes:
    """Return the greeting of a call that came now as a WAV file, as the line carries it.

    Raises:
        NotFoundError: there is none: the agent greets by itself, or it is being rendered.
    """
    profile = profile_of(business_id)
    greets, _ = services().calls.preview(profile, "inbound")
    voice = profile.voice or DEFAULT_VOICE
    audio = services().clips.get(greets, profile.lang, voice) if greets else None
    if audio is None:
        if greets:
            services().clips.prepare(greets, profile.lang, voice)
        raise NotFoundError("The greeting has not been rendered yet.", code="not_rendered")
    return pcm_wav(mulaw.decode(audio), mulaw.SAMPLE_RATE)


def _business(session: Session, business_id: int) -> Business:
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    return business


def _save(
    business_id: int, texts: Mapping[str, str], based_on: int, restored_from: int | None
) -> PromptsView:
    with services().database.write() as session:
        business = _business(session, business_id)
        actor = caller().actor
        changed = save_prompts(
            session, business, texts, actor=actor, based_on=based_on, restored_from=restored_from
        )
        saved = _view(session, business)
        if changed:
            record_change(
                session,
                actor,
                "prompts.update" if restored_from is None else "prompts.restore",
                business_id=business.id,
                target=f"prompts:{saved.number}",
                detail={"fields": changed}
                | ({} if restored_from is None else {"restored_from": restored_from}),
            )
    if changed:
        prepare_clips(business_id)
    return saved


def _view(session: Session, business: Business) -> PromptsView:
    state = current_prompts(session, business)
    voice = state.texts["voice"]
    return PromptsView(
        number=state.number,
        **state.texts,
        actor=state.actor,
        saved_at=state.at,
        voices=[*VOICES, *([voice] if voice and voice not in VOICES else [])],
        default_voice=DEFAULT_VOICE,
    )


def _conflict(error: PromptsChangedError, sent: Texts) -> Response:
    current = error.current
    body = PromptsConflict(
        title=HTTPStatus.CONFLICT.phrase,
        status=HTTPStatus.CONFLICT,
        detail=error.message,
        code=error.code,
        current=PromptsView(
            number=current.number,
            **current.texts,
            actor=current.actor,
            saved_at=current.at,
            voices=list(VOICES),
            default_voice=DEFAULT_VOICE,
        ),
        sent=Texts(**{name: getattr(sent, name) for name in PROMPT_FIELDS}),
    )
    return Response(body.model_dump_json(), status=HTTPStatus.CONFLICT, content_type=CONTENT_TYPE)
