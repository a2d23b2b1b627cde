"""Settings of the whole server that take effect at once."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import caller, needs
from server.api.fields import ABSENT, PartialInput
from server.api.resource import answer, new_resource, writing
from server.models import OWNER
from server.wiring import services

blueprint = new_resource("system", "Settings of the whole server that take effect at once.")

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


@blueprint.get(SETTINGS, responses={200: SystemView})
@needs(OWNER)
def get_system_settings() -> Response:
    """Get the settings that hold now (owner's token)."""
    services().system.load()
    return answer(_view())


@blueprint.patch(SETTINGS, responses=writing(SystemView))
@needs(OWNER)
def change_system_settings(body: SystemChange) -> Response:
    """Change settings; every call's next utterance goes by them (owner's token)."""
    parts = services()
    parts.system.change(body.model_dump(exclude_unset=True), caller().actor)
    if parts.embeddings is not None and body.faq_embeddings_enabled:
        parts.embeddings.look_at_all()
    return answer(_view())


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
