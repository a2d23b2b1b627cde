"""What the owner sees of the whole server: its parts, its failures, what callers would get."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from pydantic import BaseModel, Field

from server.calls.door import (
    OWN_LANGUAGE,
    AddressOf,
    Answer,
    answer_of,
    document,
    stream_parameters,
)
from server.directory import dialled_number
from server.state import database_state, jobs_state, media_room
from server.telephony.urls import public_url
from server.troubles import Trouble, ring
from server.version import VERSION
from server.wiring import services

MASKED_SID = "CA…"
MASKED_TOKEN = "…"  # noqa: S105 - shown in the token's place

_STARTED_AT = time.time()


class TroubleView(BaseModel):
    """A failure that was logged, without personal data."""

    part: str
    level: str = Field(description="warning or error.")
    text: str
    at: datetime = Field(description="When last.")
    count: int = Field(description="So often in a row.")


class ProviderView(BaseModel):
    """Which implementation serves a part, and why that one."""

    part: str
    name: str
    why: str
    last_trouble: TroubleView | None = Field(description="The newest failure of this part.")


class DatabaseView(BaseModel):
    """Whether the database answers."""

    ok: bool
    kind: str
    problem: str


class CallsView(BaseModel):
    """Calls of this process."""

    live: int
    limit: int
    draining: bool
    refused: int = Field(description="Callers turned away by lists of blocked numbers.")


class RoomView(BaseModel):
    """The disk under MEDIA_DIR."""

    free_bytes: int
    total_bytes: int
    low: bool


class LaneView(BaseModel):
    """How many jobs of one lane wait, run and were given up."""

    lane: str
    queued: int
    running: int
    dead: int


class SystemStatus(BaseModel):
    """The state of the server."""

    version: str
    up_seconds: int
    public_base_url: str
    twilio_configured: bool
    signatures_checked: bool = Field(description="Whether strangers are kept out of the webhooks.")
    database: DatabaseView
    providers: list[ProviderView]
    calls: CallsView
    lanes: list[LaneView] | None = Field(description="null: the database does not answer.")
    writes_waiting: int
    threads: int
    media: RoomView | None
    troubles: list[TroubleView] = Field(description="The last failures, newest first.")
    settings_without_effect: list[str]


class TwimlView(BaseModel):
    """What the next caller of a number would get."""

    number: str
    business_id: int | None
    answer: str = Field(description="connect, full, blocked, hidden, unknown_number or not_ready.")
    twiml: str = Field(description="The document; SIDs and the stream's token are masked.")


class StepView(BaseModel):
    """One thing that was looked at."""

    name: str = Field(description="configured, reached, signed, guarded or socket.")
    ok: bool
    code: str = Field(description="Why not; empty: it is as it should be.")
    ms: float


class AddressView(BaseModel):
    """Whether calls find this server at its public address."""

    public_base_url: str
    ok: bool
    steps: list[StepView]


def status() -> SystemStatus:
    """Return the state of the server; it asks the database and nobody else."""
    parts = services()
    database, lanes, room = database_state(parts), jobs_state(parts), media_room(parts)
    registry = parts.calls.registry
    return SystemStatus(
        version=VERSION,
        up_seconds=int(time.time() - _STARTED_AT),
        public_base_url=parts.settings.public_base_url,
        twilio_configured=parts.twilio is not None,
        signatures_checked=bool(parts.settings.twilio_auth_token),
        database=DatabaseView(ok=database.ok, kind=database.kind, problem=database.problem),
        providers=[
            ProviderView(
                part=part,
                name=provider.name,
                why=provider.why,
                last_trouble=_trouble(ring.last_of(part)),
            )
            for part, provider in parts.providers.items()
        ],
        calls=CallsView(
            live=registry.count(),
            limit=parts.settings.max_concurrent_calls,
            draining=registry.draining,
            refused=parts.calls.refused.total(),
        ),
        lanes=None
        if lanes is None
        else [
            LaneView(
                lane=lane,
                queued=number.get("queued", 0),
                running=number.get("running", 0),
                dead=number.get("dead", 0),
            )
            for lane, number in lanes.items()
        ],
        writes_waiting=parts.calls.recorder.waiting,
        threads=threading.active_count(),
        media=None
        if room is None
        else RoomView(free_bytes=room.free_bytes, total_bytes=room.total_bytes, low=room.is_low),
        troubles=[view for one in ring.newest() if (view := _trouble(one)) is not None],
        settings_without_effect=parts.settings.reserved_in_use(),
    )


def twiml_of(number: str, caller: str, request_origin: str) -> TwimlView:
    """Return what a caller of ``number`` would get now; no call and no lead come of asking.

    Args:
        number: the dialled one, as people write it or as E.164.
        caller: the caller's number; empty: somebody on nobody's list.
        request_origin: where this server is found, if ``PUBLIC_BASE_URL`` does not say so.
    """
    parts = services()
    dialled = dialled_number(number)
    business = parts.calls.business_of("inbound", "", dialled)
    from_number = dialled_number(caller)
    answer = answer_of(parts.calls, business, "inbound", from_number, is_test=not caller)
    parameters = {}
    if business is not None and answer is Answer.CONNECT:
        parameters = stream_parameters(MASKED_SID, "inbound", business.id, MASKED_TOKEN)
    language = business.lang if business is not None else OWN_LANGUAGE
    return TwimlView(
        number=dialled,
        business_id=business.id if business is not None else None,
        answer=answer,
        twiml=document(answer, _address(request_origin), language, parameters),
    )


def check_address() -> AddressView:
    """Look whether calls find this server at its public address; takes up to half a minute.

    Raises:
        ConflictError: somebody else is looking just now.
    """
    parts = services()
    steps = parts.reach.run()
    return AddressView(
        public_base_url=parts.settings.public_base_url,
        ok=all(step.ok for step in steps),
        steps=[StepView(name=s.name, ok=s.ok, code=s.code, ms=s.ms) for s in steps],
    )


def _address(request_origin: str) -> AddressOf:
    origin = services().settings.public_base_url
    return lambda path, websocket: public_url(origin, request_origin, path, websocket=websocket)


def _trouble(one: Trouble | None) -> TroubleView | None:
    return None if one is None else TroubleView.model_validate(one, from_attributes=True)
