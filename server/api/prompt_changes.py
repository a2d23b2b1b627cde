"""Reading and changing what the agent is told: what the endpoints and the pages share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.agent.prompts import COMPACT_CHARS, FULL_CHARS
from server.agent.realtime_plan import DEFAULT_VOICE, VOICES
from server.api.access import caller, missing
from server.api.paging import PageQuery, cut_page, decode_cursor
from server.api.profiles import profile_of
from server.api.prompt_shapes import (
    DiffLineView,
    DiffPiece,
    DiffView,
    Greets,
    PreviewInput,
    PreviewView,
    PromptsInput,
    PromptsView,
    VersionLine,
    VersionPage,
    VersionView,
)
from server.audio import mulaw
from server.audio.recording import pcm_wav
from server.calls.greeting import greeting, greeting_of
from server.clock import utc_now
from server.errors import NotFoundError
from server.models import Business, PromptVersion
from server.prompt_versions import (
    PROMPT_FIELDS,
    PromptState,
    compare,
    current_prompts,
    number_before,
    prompt_version,
    save_prompts,
    texts_of,
)
from server.speech.pronunciation import Pronunciations
from server.wiring import services


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


def read_version(business_id: int, number: int) -> VersionView:
    """Return one version with its texts.

    Raises:
        NotFoundError: there is none with this number.
    """
    with services().database.read() as session:
        row = prompt_version(session, business_id, number)
    return VersionView.model_validate(row, from_attributes=True)


def read_diff(business_id: int, number: int, against: int | None) -> DiffView:
    """Compare a version with another one; with the one before it when ``against`` is None.

    Raises:
        NotFoundError: one of them does not exist.
    """
    with services().database.read() as session:
        if against is None:
            against = number_before(session, business_id, number)
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


def greeting_status(business_id: int, which: Greets) -> str:
    """Return ``ready``, ``rendering`` or ``failed``; empty where there is nothing to hear.

    What is not there is being rendered from now on at the latest.

    Raises:
        NotFoundError: there is no such business.
    """
    said = _greeting(business_id, which)
    if said is None:
        return ""
    status = services().clips.status(*said)
    if status == "rendering":
        services().clips.prepare(*said)
    return status


def greeting_audio(business_id: int, which: Greets) -> bytes:
    """Return a greeting as a WAV file, as the line carries it.

    Raises:
        NotFoundError: there is none: the agent greets by itself, no call begins with it, or it is
            being rendered.
    """
    said = _greeting(business_id, which)
    audio = services().clips.load(*said) if said else None
    if audio is None:
        if said:
            services().clips.prepare(*said)
        raise NotFoundError("The greeting has not been rendered yet.", code="not_rendered")
    return pcm_wav(mulaw.decode(audio), mulaw.SAMPLE_RATE)


def _greeting(business_id: int, which: Greets) -> tuple[str, str, str, Pronunciations] | None:
    """Return what is said, in which language, voice and pronunciation; None where nothing is."""
    profile, generates = profile_of(business_id), services().calls.agents.generate
    if which == "now":
        text = greeting(profile, "inbound", utc_now(), generates=generates)
    elif which == "closed" and not profile.settings.opening_hours:
        text = ""  # such a business is always open
    else:
        text = greeting_of(profile, which, generates=generates)
    if not text:
        return None
    return text, profile.lang, profile.voice or DEFAULT_VOICE, profile.settings.spoken_as


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
        services().calls.prepare_clips(profile_of(business_id))
    return saved


def _view(session: Session, business: Business) -> PromptsView:
    return state_view(current_prompts(session, business))


def state_view(state: PromptState) -> PromptsView:
    """Return how the texts at one time are shown."""
    voice = state.texts["voice"]
    return PromptsView(
        number=state.number,
        **state.texts,
        actor=state.actor,
        saved_at=state.at,
        voices=[*VOICES, *([voice] if voice and voice not in VOICES else [])],
        default_voice=DEFAULT_VOICE,
    )
