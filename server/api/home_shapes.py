"""How the home page's contents are sent and shown."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from server.api.fields import Input

SPARK_DAYS = 14
HOURLY_DAYS = 7
SHOWN = 3
"""Leads and failed jobs that are named; the others are counted."""


class HomePath(BaseModel):
    """Whose page."""

    business_id: int = Field(description="Id of the business.")


class HomeQuery(Input):
    """Over which time."""

    days: int = Field(default=7, ge=1, le=90, description="How many days, today included.")


class WaitingLead(BaseModel):
    """A lead that somebody should do something about."""

    id: int
    name: str
    phone: str
    headline: str
    next_step: str
    wants_callback: bool
    created_at: datetime


class FailedJob(BaseModel):
    """Work that was given up."""

    id: int
    kind: str
    lead_id: int | None
    last_error: str
    updated_at: datetime


class Needs(BaseModel):
    """What needs somebody now."""

    call_backs: int = Field(description="Leads that want a call back and are not settled.")
    to_work: int = Field(description="Leads that nobody has worked on yet.")
    waiting: list[WaitingLead] = Field(
        description=f"The {SHOWN} newest of the first, else of the second that have a next step."
    )
    failed_jobs: int
    failed: list[FailedJob] = Field(description=f"The {SHOWN} newest of them.")
    faq_warnings: int | None = Field(
        description="Prepared answers with something wrong; null: not counted yet."
    )
    faq_conflicts: int | None = Field(
        description="Pairs of prepared answers that compete; null: not counted yet."
    )
    learned: int | None = Field(
        description="Questions that often went to the agent; null: not counted yet."
    )
    cost_cap_reached: bool = Field(
        description="Whether new calls get prepared answers and leave messages only."
    )


class Number(BaseModel):
    """One figure of today, and of the days before it."""

    today: float | None = Field(description="Null where there was nothing to measure.")
    days: list[float | None] = Field(description=f"The last {SPARK_DAYS} days, today last.")


class Numbers(BaseModel):
    """Today in four numbers."""

    calls: Number
    answered_at_once: Number = Field(description="Share of the answers that were prepared, 0-1.")
    median_answer_ms: Number = Field(description="Half of the callers waited no longer.")
    new_leads: Number = Field(description="Leads of numbers that had never called before.")


class CallCounts(BaseModel):
    """Calls by who answered them."""

    faq: int = Field(description="Prepared answers alone.")
    agent: int = Field(description="The voice agent, also together with prepared answers.")
    message: int = Field(description="Whoever takes messages when there is no agent.")
    none: int = Field(description="Nobody: nothing was asked.")


class HourView(CallCounts):
    """One hour."""

    starts: datetime


class HourOfDayView(CallCounts):
    """One hour of the clock, over all the days."""

    hour: int


class LatencyView(BaseModel):
    """Milliseconds that half, and 95 of 100, of the callers did not wait beyond."""

    p50: float
    p95: float
    count: int


class DayView(CallCounts):
    """One day."""

    day: date
    calls: int
    new_leads: int
    answered_at_once: float | None
    latency_by_path: dict[str, LatencyView] = Field(
        description="FAQ_FASTPATH, AGENT, FALLBACK; without those that nobody was answered by."
    )


class LatestLead(BaseModel):
    """A lead in short."""

    id: int
    name: str
    phone: str
    headline: str
    status: str
    work_status: str
    read_at: datetime | None
    created_at: datetime


class FirstSteps(BaseModel):
    """What a new business has done already."""

    answers: bool = Field(description="It has a prepared answer.")
    prompt: bool = Field(description="It has told the agent what to do.")
    tried: bool = Field(description="A test call was made.")
    number: bool = Field(description="A number rings there.")
    called: bool = Field(description="Somebody has called: the first steps are done.")


class HomeView(BaseModel):
    """The home page; days and hours are those of the business's time zone."""

    timezone: str
    at: datetime
    live_calls: int
    needs: Needs
    numbers: Numbers
    hours: list[HourView] = Field(description=f"Of the last {HOURLY_DAYS} days, in order.")
    hours_of_day: list[HourOfDayView] = Field(description="24, over the days asked for.")
    days: list[DayView] = Field(description="In order, today last; days without calls are zero.")
    latest_leads: list[LatestLead]
    first_steps: FirstSteps
