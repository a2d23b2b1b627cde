"""A look-up's result as the call's core is told it, with the log lines of the spec."""

from __future__ import annotations

import logging

from server.faq.results import Hit
from server.faq.service import Found
from server.turns import events as on

log = logging.getLogger(__name__)


def faq_event(found: Found, utterance_id: str, business_id: int) -> on.FaqHit | on.FaqMissed:
    """Log what was found and return the event that tells the core. No word of the caller is logged.

    ``[FAQ] match`` names the row that came nearest: ``best`` is its id.
    """
    result = found.result
    if isinstance(result, Hit):
        row = result.row
        log.info(
            "[FAQ] hit biz=%d intent=%s score=%.2f ms=%.2f",
            business_id,
            row.intent_key,
            result.score,
            found.ms,
        )
        return on.FaqHit(
            utterance_id, row.intent_key, row.answer_text, result.score, found.ms, row.lang
        )
    best = result.best
    log.info(
        "[FAQ] match ms=%.2f best=%s intent=%s score=%.2f reason=%s biz=%d",
        found.ms,
        best.id if best else "-",
        best.intent_key if best else "-",
        result.score,
        result.reason,
        business_id,
    )
    match_ms = found.ms if found.looked_up else None
    return on.FaqMissed(utterance_id, result.reason, match_ms, result.clarify, found.language)
