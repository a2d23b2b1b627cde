"""The whole server, for its owner: state, failures, background work, switches."""

from __future__ import annotations

from typing import Annotated

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from server.api import system_status
from server.api.access import caller, needs
from server.api.fields import ABSENT, Input, PartialInput
from server.api.jobs import JobPage, JobsQuery, JobView, page_of_jobs, try_again
from server.api.resource import answer, new_resource, writing
from server.api.system_status import AddressView, SystemStatus, TwimlView
from server.models import OWNER
from server.wiring import services

blueprint = new_resource("system", "The whole server: its state, its failures, its switches.")

SETTINGS = "/system/settings"

_FastPath = Annotated[
    bool | None, Field(strict=True, description="Whether common questions are answered from RAM.")
]
_Embeddings = Annotated[
    bool | None, Field(strict=True, description="Whether embeddings are asked near the bar.")
]
_MinScore = Annotated[
    float | None,
    Field(ge=0.75, le=0.85, strict=True, description="The bar for an automatic answer."),
]


class SystemChange(PartialInput):
    """Settings to change; absent ones stay, `null` goes back to the environment's."""

    faq_fastpath_enabled: _FastPath = ABSENT
    faq_embeddings_enabled: _Embeddings = ABSENT
    faq_min_score: _MinScore = ABSENT


class SystemView(BaseModel):
    """The settings that hold now."""

    faq_fastpath_enabled: bool
    faq_embeddings_enabled: bool
    faq_min_score: float
    faq_embeddings_available: bool = Field(
        description="Whether a service that makes embeddings is configured at all."
    )
    overridden: list[str] = Field(description="Those that differ from the environment's say-so.")


class TwimlQuery(BaseModel):
    """Whose call."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=40, description="The dialled number.")
    caller: str = Field(
        default="", max_length=40, description="The caller's; empty: somebody on nobody's list."
    )


class Ask(Input):
    """Nothing needs to be said."""


class SystemJobPath(BaseModel):
    """Which piece of work."""

    job_id: int = Field(description="Id of the job.")


@blueprint.get(SETTINGS, responses={200: SystemView})
@needs(OWNER)
def get_system_settings() -> Response:
    """Get the settings that hold now (owner's token)."""
    return answer(current_settings())


@blueprint.patch(SETTINGS, responses=writing(SystemView))
@needs(OWNER)
def change_system_settings(body: SystemChange) -> Response:
    """Change settings; every call's next utterance goes by them (owner's token)."""
    return answer(change_settings(body, caller().actor))


@blueprint.get("/system/status", responses={200: SystemStatus})
@needs(OWNER)
def get_system_status() -> Response:
    """Get the state of the server's parts, and its last failures (owner's token)."""
    return answer(system_status.status())


@blueprint.get("/system/twiml", responses={200: TwimlView})
@needs(OWNER)
def get_twiml(query: TwimlQuery) -> Response:
    """Get what the next caller of a number would get; nothing comes of asking (owner's token)."""
    return answer(system_status.twiml_of(query.number, query.caller, request.host_url))


@blueprint.post("/system/check-address", responses=writing(AddressView))
@needs(OWNER)
def check_public_address(body: Ask) -> Response:
    """Look whether calls find this server at PUBLIC_BASE_URL (owner's token)."""
    return answer(system_status.check_address())


@blueprint.get("/system/jobs", responses={200: JobPage})
@needs(OWNER)
def list_system_jobs(query: JobsQuery) -> Response:
    """List the background work of all businesses and of the server itself (owner's token)."""
    return answer(page_of_jobs(query))


@blueprint.post(
    "/system/jobs/<int(max=2147483647):job_id>/retry",
    responses=writing(JobView),
)
@needs(OWNER)
def retry_system_job(path: SystemJobPath, body: Ask) -> Response:
    """Give any job that was given up its tries again (owner's token)."""
    return answer(try_again(path.job_id, caller().actor))


def current_settings() -> SystemView:
    """Return the settings that hold now, read anew."""
    services().system.load()
    return _view()


def change_settings(body: SystemChange, actor: str) -> SystemView:
    """Change settings that take effect at once."""
    parts = services()
    parts.system.change(body.model_dump(exclude_unset=True), actor)
    if parts.embeddings is not None and body.faq_embeddings_enabled:
        parts.embeddings.look_at_all()
    return _view()


def _view() -> SystemView:
    parts = services()
    settings, overrides = parts.system.current(), parts.system.overrides
    return SystemView(
        faq_fastpath_enabled=settings.faq_fastpath_enabled,
        faq_embeddings_enabled=settings.faq_embeddings_enabled,
        faq_min_score=settings.faq_min_score,
        faq_embeddings_available=parts.embeddings is not None,
        overridden=sorted(overrides.model_dump(exclude_none=True)),
    )
