"""``/webhook/twilio/*``: TwiML for the call's course, and 204 for what is only told.

Nothing here waits for a model, a recogniser, a synthesiser, or (but for ``recording_done``, which
looks whether it knows the call) the database.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from server.calls import store
from server.calls.door import (
    OWN_LANGUAGE,
    AddressOf,
    Answer,
    answer_of,
    document,
    message_document,
    stream_parameters,
)
from server.calls.endings import TERMINAL_STATUSES
from server.calls.registry import Stage
from server.directory import BusinessProfile, dialled_number
from server.errors import InvalidInputError
from server.masking import mask_phone
from server.recordings.store import is_known_call, recording_announced
from server.telephony import twiml
from server.telephony.stream_token import is_test_call_token, stream_token
from server.telephony.urls import WEBHOOK_PREFIX, public_url
from server.webhooks.guard import refuse_strangers
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = Blueprint("twilio", __name__, url_prefix=WEBHOOK_PREFIX)
blueprint.before_request(refuse_strangers)

_MAX_SID_CHARS = 64
_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_URL_CHARS = 2000


def _xml(document: str) -> Response:
    return Response(document, 200, content_type="text/xml; charset=utf-8")


def _nothing() -> Response:
    return Response(status=204)


def _call_sid() -> str:
    """Return the request's CallSid.

    Raises:
        InvalidInputError: it is missing or cannot be one.
    """
    call_sid = request.form.get("CallSid", "").strip()
    if not _SID.fullmatch(call_sid):
        raise InvalidInputError("CallSid", "missing or malformed")
    return call_sid


@blueprint.errorhandler(InvalidInputError)
def _bad_request(error: InvalidInputError) -> Response:
    log.warning("[WEBHOOK] bad request path=%s field=%s", request.path, error.field)
    return Response(f"{error.field}: {error.message}\n", 400)


def _url(parts: Services, path: str, *, websocket: bool = False) -> str:
    origin = parts.settings.public_base_url
    return public_url(origin, request.host_url, path, websocket=websocket)


def _address(parts: Services) -> AddressOf:
    return lambda path, websocket: _url(parts, path, websocket=websocket)


def _direction() -> str:
    return "outbound" if request.form.get("Direction", "").startswith("outbound") else "inbound"


def _business(parts: Services) -> BusinessProfile | None:
    return parts.calls.business_of(
        _direction(),
        dialled_number(request.form.get("From", "")),
        dialled_number(request.form.get("To", "")),
    )


@blueprint.post("/voice")
def voice() -> Response:
    """A call rings: bind it and open its stream, or say why not."""
    parts, call_sid, direction = services(), _call_sid(), _direction()
    from_number = dialled_number(request.form.get("From", ""))
    to_number = dialled_number(request.form.get("To", ""))
    business = parts.calls.business_of(direction, from_number, to_number)
    secret = parts.settings.secret_key
    test_token = request.form.get("TestCall", "")
    is_test = bool(test_token) and is_test_call_token(secret, test_token, call_sid)
    answer = answer_of(
        parts.calls, business, direction, from_number, call_sid=call_sid, is_test=is_test
    )
    parameters: dict[str, str] = {}
    match answer:
        case Answer.NOT_READY:
            log.error("[WEBHOOK] no business could be read yet, taking a message call=%s", call_sid)
        case Answer.UNKNOWN_NUMBER:
            log.warning("[WEBHOOK] number of no business to=%s", mask_phone(to_number))
        case Answer.BLOCKED | Answer.HIDDEN if business is not None:
            parts.calls.refuse(business, answer)
        case Answer.FULL if business is not None:
            live = parts.calls.registry.count()
            log.warning("[ADMISSION] no room call=%s live=%d", call_sid, live)
            parts.calls.note_arrival(
                call_sid, business, direction, from_number, to_number, is_test=is_test
            )
        case Answer.CONNECT if business is not None:
            recording_url = _url(parts, f"{WEBHOOK_PREFIX}/recording_done")
            parts.calls.bind(
                call_sid,
                business,
                direction,
                from_number,
                to_number,
                is_test=is_test,
                recording_url=recording_url,
            )
            token = stream_token(secret, call_sid)
            parameters = stream_parameters(call_sid, direction, business.id, token)
    language = business.lang if business is not None else OWN_LANGUAGE
    return _xml(document(answer, _address(parts), language, parameters))


@blueprint.post("/fallback")
def fallback() -> Response:
    """The voice webhook failed at Twilio's end: take a message, whatever else is broken here."""
    language = OWN_LANGUAGE
    try:
        parts, call_sid, direction = services(), _call_sid(), _direction()
        log.error(
            "[WEBHOOK] fallback, taking a message call=%s code=%s url=%s",
            call_sid,
            request.form.get("ErrorCode", "")[:10] or "-",
            urlsplit(request.form.get("ErrorUrl", "")[:_MAX_URL_CHARS]).path or "-",
        )
        parts.calls.registry.request_end(call_sid, "stream_lost")
        business = _business(parts)
        if business is not None:
            language = business.lang
            numbers = (request.form.get("From", ""), request.form.get("To", ""))
            parts.calls.note_arrival(call_sid, business, direction, *map(dialled_number, numbers))
    except Exception as error:  # the caller gets the message all the same
        log.warning("[WEBHOOK] fallback without its call: %s", type(error).__name__)
    return _take_message(services(), language)


@blueprint.post("/after_stream")
def after_stream() -> Response:
    """The stream is over or never was: hang up, or take a message."""
    parts, call_sid = services(), _call_sid()
    ended = parts.calls.registry.ended(call_sid)
    if ended is not None and ended.reason == "transferred":
        return _call_person_in(parts, call_sid)
    if ended is not None and ended.stage is Stage.ENDED:
        return _xml(twiml.hang_up())
    live = parts.calls.registry.live(call_sid)
    if live is not None:  # Twilio has given up on a stream that we still wait for, or hold
        parts.calls.registry.request_end(call_sid, "stream_lost")
    business = _business(parts)
    if business is None:
        return _xml(twiml.hang_up())
    log.warning("[STREAM] lost, taking a message call=%s", call_sid)
    return _take_message(parts, business.lang)


def _call_person_in(parts: Services, call_sid: str) -> Response:
    business = _business(parts)
    person = business.settings.transfer_number if business is not None else ""
    if business is None or not person:
        return _xml(twiml.hang_up())
    log.info("[TRANSFER] call=%s to=%s", call_sid, mask_phone(person))
    ours = dialled_number(request.form.get("From" if _direction() == "outbound" else "To", ""))
    after = _url(parts, f"{WEBHOOK_PREFIX}/after_dial")
    return _xml(twiml.dial_person(person, ours, after))


@blueprint.post("/after_dial")
def after_dial() -> Response:
    """The person has hung up, or has not answered: then a message is taken."""
    parts, call_sid = services(), _call_sid()
    status = request.form.get("DialCallStatus", "")[:20]
    log.info("[TRANSFER] call=%s status=%s", call_sid, status)
    business = _business(parts)
    if business is None or status in ("completed", "answered"):
        return _xml(twiml.hang_up())
    parts.calls.recorder.write(store.callback_wanted(call_sid, "transfer_unanswered"))
    return _take_message(parts, business.lang)


def _take_message(parts: Services, language: str) -> Response:
    return _xml(message_document(_address(parts), language))


@blueprint.post("/after_record")
def after_record() -> Response:
    """The message is recorded: thank and hang up."""
    business = _business(services())
    return _xml(twiml.thanks(business.lang if business else OWN_LANGUAGE))


@blueprint.post("/call_status")
def call_status() -> Response:
    """The carrier's word on the call; a terminal one ends it here too."""
    parts, call_sid = services(), _call_sid()
    status = request.form.get("CallStatus", "").strip().lower()
    log.info("[CALL_STATUS] call=%s status=%s", call_sid, status[:20])
    if status in TERMINAL_STATUSES:
        parts.calls.registry.request_end(call_sid, f"call_status_{status}")
    duration = _whole_number("CallDuration")
    parts.calls.recorder.write(store.status_changed(call_sid, status, duration))
    return _nothing()


@blueprint.post("/reach")
def reach() -> Response:
    """Prove that a signed request has arrived at this very process (the check of the address)."""
    proof = services().reach.proof(request.form.get("Nonce", "")[:_MAX_SID_CHARS])
    return Response(proof or "", 404 if proof is None else 200, content_type="text/plain")


@blueprint.post("/stream_status")
def stream_status() -> Response:
    """Twilio's word on the stream; the only place where it explains a failed handshake."""
    call_sid = _call_sid()
    event = request.form.get("StreamEvent", "")[:40]
    error = request.form.get("StreamError", "")[:200]
    level = logging.ERROR if event == "stream-error" else logging.INFO
    log.log(level, "[STREAM_STATUS] call=%s event=%s error=%s", call_sid, event, error or "-")
    return _nothing()


@blueprint.post("/stream_ended")
def stream_ended() -> Response:
    """Twilio's word that the stream is over."""
    parts, call_sid = services(), _call_sid()
    log.info("[STREAM_ENDED] call=%s", call_sid)
    parts.calls.registry.request_end(call_sid, "stream_lost")
    return _nothing()


@blueprint.post("/recording_done")
def recording_done() -> Response:
    """A recording can be fetched: store the fact, once; 204 while its call is unknown."""
    parts, call_sid = services(), _call_sid()
    parts.calls.recorder.write(
        recording_announced(
            call_sid=call_sid,
            recording_sid=request.form.get("RecordingSid", "").strip()[:_MAX_SID_CHARS],
            url=request.form.get("RecordingUrl", "").strip()[:_MAX_URL_CHARS],
            status=request.form.get("RecordingStatus", "").strip().lower()[:20] or "completed",
            duration=_whole_number("RecordingDuration"),
            channels=_whole_number("RecordingChannels"),
        )
    )
    registry = parts.calls.registry
    known = registry.live(call_sid) or registry.ended(call_sid)
    if known or is_known_call(parts.database, call_sid):
        return Response(status=200)
    log.warning("[RECORDING] of an unknown call=%s", call_sid)
    return _nothing()


def _whole_number(field: str) -> int | None:
    """Return a field of the request as a number; None where it holds none."""
    given = request.form.get(field, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else None
