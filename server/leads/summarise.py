"""The jobs that turn a transcript into a card, and close calls that nobody closed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.clock import monotonic, utc_now
from server.db import Database
from server.directory import dialled_number
from server.errors import ProviderError
from server.jobs import Job, RetryLater
from server.leads.card import MAX_HEADLINE_CHARS, Card
from server.leads.events import LEAD_PROCESSED, announce
from server.leads.extractive import extractive_card
from server.leads.pipeline import call_finished, recording_problem
from server.leads.summary import checked_card, request_summary
from server.leads.transcript import CALLER, Line, read_lines
from server.models import Business, Call, Lead

log = logging.getLogger(__name__)

OPENAI, EXTRACTIVE = "openai", "extractive"

_TRIES = 3
_PATIENCE_SECONDS = 45.0
"""After its call's end a card is not held up for another try of a slow service."""

_WORTH_ANOTHER_TRY = ("timeout", "connection", "malformed", "incomplete", "http_408", "http_429")
_MAX_ERROR_CHARS = 300


@dataclass(frozen=True, slots=True)
class SummaryModel:
    """Which model writes summaries, and where it is."""

    base_url: str
    api_key: str
    name: str


@dataclass(frozen=True, slots=True)
class _Work:
    """What a summary is made of."""

    lead_id: int
    transcript: str
    language: str
    ended_at: datetime | None

    @property
    def lines(self) -> Sequence[Line]:
        return read_lines(self.transcript)


class Summarise:
    """Handler of ``summarise``.

    A model's summary where there is a model and it answers; else the caller's own words. While a
    failing service is asked again, those words stand in the card already.

    Args:
        database: where the leads are.
        model: None where no model is configured.
    """

    def __init__(self, database: Database, model: SummaryModel | None) -> None:
        self._database = database
        self._model = model

    def __call__(self, job: Job) -> None:
        """Make the card of the job's lead.

        Raises:
            RetryLater: the model's service fails, and another try is worth its time.
        """
        work = self._work(job)
        if work is None:
            return
        lines = work.lines
        own_words = extractive_card(lines, work.language)
        if self._model is None or not any(line.speaker == CALLER for line in lines):
            self._finish(work, own_words, EXTRACTIVE, "")
            return
        model, started = self._model, monotonic()
        try:
            summary = request_summary(
                model.base_url, model.api_key, model.name, lines, work.language
            )
        except ProviderError as error:
            log.warning(
                "[SUMMARY] failed lead=%d code=%s attempt=%d", work.lead_id, error.code, job.attempt
            )
            if self._worth_another_try(error, job, work):
                self._keep_meanwhile(work, own_words)
                raise RetryLater(f"{error.message} ({error.code})") from error
            why = f"No summary was to be had: {error.message} ({error.code})."
            self._finish(work, own_words, EXTRACTIVE, why)
            return
        self._finish(work, checked_card(summary, lines, work.language), OPENAI, "")
        ms = (monotonic() - started) * 1000
        log.info("[SUMMARY] lead=%d source=%s ms=%d", work.lead_id, OPENAI, ms)

    def on_dead(self, job: Job, reason: str) -> None:
        """Mark the lead as failed, with the reason, and leave what can be read in its card."""
        with self._database.write() as session:
            lead = session.get(Lead, job.lead_id) if job.lead_id else None
            if lead is None or lead.status != "processing":
                return
            lead.status, lead.error = "failed", reason[:_MAX_ERROR_CHARS]
            if not lead.headline:
                business = session.get(Business, lead.business_id)
                language = business.lang if business is not None else "he-IL"
                _fill(lead, extractive_card(read_lines(lead.transcript), language), EXTRACTIVE)

    def _work(self, job: Job) -> _Work | None:
        """Return what is to be summed up; None when there is nothing to do any more."""
        with self._database.read() as session:
            lead = session.get(Lead, job.lead_id) if job.lead_id else None
            if lead is None:
                return None  # deleted meanwhile
            if job.payload.get("source") == "live" and lead.status == "processed":
                return None  # the transcript of the recording was faster
            business = session.get(Business, lead.business_id)
            ended_at = session.scalar(select(Call.ended_at).where(Call.lead_id == lead.id))
            language = business.lang if business is not None else "he-IL"
            return _Work(lead.id, lead.transcript, language, ended_at)

    def _worth_another_try(self, error: ProviderError, job: Job, work: _Work) -> bool:
        server_side = error.code.startswith("http_5")
        if job.attempt >= _TRIES or not (server_side or error.code in _WORTH_ANOTHER_TRY):
            return False
        waited = (utc_now() - work.ended_at).total_seconds() if work.ended_at else 0.0
        again = job.payload.get("source") != "live"
        return again or waited < _PATIENCE_SECONDS

    def _keep_meanwhile(self, work: _Work, card: Card) -> None:
        with self._database.write() as session:
            lead = session.get(Lead, work.lead_id)
            if lead is not None and lead.summary_source != OPENAI:
                _fill(lead, card, EXTRACTIVE)

    def _finish(self, work: _Work, card: Card, source: str, error: str) -> None:
        with self._database.write() as session:
            lead = session.get(Lead, work.lead_id)
            if lead is None or lead.transcript != work.transcript:
                if lead is None:
                    return  # deleted meanwhile
                raise RetryLater("a newer transcript has come", 0)
            stands_in = bool(error)
            if not (stands_in and lead.summary_source == OPENAI):
                _fill(lead, card, source)
            error = error or recording_problem(session, lead)
            lead.status, lead.error = "processed", error[:_MAX_ERROR_CHARS]
            lead.processed_at = utc_now()
            if not _is_test(session, lead):
                announce(session, LEAD_PROCESSED, lead, lead.processed_at.isoformat())


class CloseCall:
    """Handler of ``close_call``: ends what no session has ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, job: Job) -> None:
        """Have the card of the call made, if that is not under way."""
        with self._database.write() as session:
            call = session.get(Call, str(job.payload.get("call_sid", "")))
            if call is not None:
                call_finished(session, call)


def _fill(lead: Lead, card: Card, source: str) -> None:
    lead.headline = card.headline[:MAX_HEADLINE_CHARS]
    lead.summary = card.text
    lead.summary_source = source
    fields = dict(card.fields)
    if "phone" in fields:  # in the one spelling by which it is found again
        fields["phone"] = dialled_number(fields["phone"])
    lead.fields = {**lead.fields, **fields}
    lead.next_step = card.fields.get("next_step", lead.next_step)[:300]
    lead.name = lead.name or card.fields.get("name", "")[:200]
    if not lead.phone.startswith("+"):
        given = dialled_number(card.fields.get("phone", ""))
        lead.phone = given if given.startswith("+") else lead.phone


def _is_test(session: Session, lead: Lead) -> bool:
    return bool(session.scalar(select(Call.is_test).where(Call.lead_id == lead.id)))
