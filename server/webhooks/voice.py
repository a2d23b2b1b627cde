"""``/webhook/twilio/*``: TwiML for the call's course, and 204 for what is only told.

Nothing here waits for a model, a recogniser, a synthesiser, or (but for ``recording_done``, which
looks whether it knows the call) the database.
"""

from __future__ import annotations

import logging
import re

from flask import Blueprint, Response, request

from server.calls import store
from server.calls.endings import TERMINAL_STATUSES
from server.calls.registry import Stage
from server.directory import BusinessProfile, dialled_number
from server.errors import InvalidInputError
from server.masking import mask_phone
from server.recordings.store import is_known_call, recording_announced
from server.telephony import twiml
from server.telephony.stream_token import is_test_call_token, stream_token
from server.telephony.urls import MEDIA_PATH, WEBHOOK_PREFIX, public_url
from server.webhooks.guard import refuse_strangers
from server.wiring import Services, services

log = logging.getLogger(__name__)

blueprint = Blueprint("twilio", __name__, url_prefix=WEBHOOK_PREFIX)
blueprint.before_request(refuse_strangers)

_MAX_SID_CHARS = 64
_OWN_LANGUAGE = "he-IL"
"""Spoken where the business, and with it its language, is not known."""
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
    if business is None and not parts.calls.knows_businesses():
        log.error("[WEBHOOK] no business could be read yet, taking a message call=%s", call_sid)
        return _take_message(parts, _OWN_LANGUAGE)
    if business is None:
        log.warning("[WEBHOOK] number of no business to=%s", mask_phone(to_number))
        return _xml(twiml.unknown_number())
    secret = parts.settings.secret_key
    test_token = request.form.get("TestCall", "")
    is_test = bool(test_token) and is_test_call_token(secret, test_token, call_sid)
    if not parts.calls.registry.has_room() and not parts.calls.registry.live(call_sid):
        log.warning("[ADMISSION] no room call=%s live=%d", call_sid, parts.calls.registry.count())
        parts.calls.note_arrival(
            call_sid, business, direction, from_number, to_number, is_test=is_test
        )
        return _take_message(parts, business.lang)
    parts.calls.bind(
        call_sid,
        business,
        direction,
        from_number,
        to_number,
        is_test=is_test,
        recording_url=_url(parts, f"{WEBHOOK_PREFIX}/recording_done"),
    )
    return _xml(
        twiml.connect_stream(
            _url(parts, MEDIA_PATH, websocket=True),
            _url(parts, f"{WEBHOOK_PREFIX}/stream_status"),
            _url(parts, f"{WEBHOOK_PREFIX}/after_stream"),
            {
                "call_sid": call_sid,
                "direction": direction,
                "business_id": str(business.id),
                "token": stream_token(secret, call_sid),
            },
        )
    )


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
    return _xml(
        twiml.take_message(
            _url(parts, f"{WEBHOOK_PREFIX}/after_record"),
            _url(parts, f"{WEBHOOK_PREFIX}/recording_done"),
            language,
        )
    )


@blueprint.post("/after_record")
def after_record() -> Response:
    """The message is recorded: thank and hang up."""
    business = _business(services())
    return _xml(twiml.thanks(business.lang if business else _OWN_LANGUAGE))


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
