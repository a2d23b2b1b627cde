"""The recording of a lead's call, in whole or in the part that a player asks for."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Iterator

from flask import Response, request
from werkzeug.datastructures import Range
from werkzeug.http import parse_range_header

from server.api.access import missing, needs
from server.api.lead_actions import visible_lead
from server.api.leads import LEAD, LeadPath
from server.api.problems import documented_problems, problem
from server.api.resource import new_resource
from server.errors import MaaneError, NotFoundError
from server.leads.media import stored_recording
from server.models import OPERATOR
from server.wiring import services

log = logging.getLogger(__name__)

blueprint = new_resource("lead-recordings", "Recordings of calls.")

_AUDIO = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}


@blueprint.get(
    f"{LEAD}/recording",
    responses={
        200: {"description": "The whole recording.", "content": _AUDIO},
        206: {"description": "The part asked for by `Range`.", "content": _AUDIO},
        **documented_problems(416),
    },
)
@needs(OPERATOR)
def get_lead_recording(path: LeadPath) -> Response:
    """Play the recording of a lead's call; takes `Range`."""
    parts = services()
    with parts.database.read() as session:
        recording = stored_recording(session, visible_lead(session, path.lead_id))
    if recording is None or parts.media is None:
        raise missing("recording")
    key = recording.storage_key
    try:
        size = parts.media.size(key)
        start, end, status = _wanted(size)
        chunks = parts.media.open(key, start) if start < end else iter(())
        body = _exactly(chunks, end - start)
        first = next(body, b"")  # a file that cannot be opened is noticed before the answer begins
    except (NotFoundError, FileNotFoundError) as error:
        log.warning("[RECORDING] is gone lead=%d", path.lead_id)
        raise missing("recording") from error
    except (MaaneError, OSError) as error:
        log.warning("[RECORDING] cannot be read lead=%d: %s", path.lead_id, type(error).__name__)
        return problem(503, "storage_unavailable", "The recordings cannot be reached just now.")
    response = Response(status=status)
    response.headers["Accept-Ranges"] = "bytes"
    if status == 416:
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    response.content_type = mimetypes.guess_type(key)[0] or "audio/wav"
    response.headers["Content-Length"] = str(end - start)
    response.headers["Content-Disposition"] = f'inline; filename="call-{path.lead_id}.wav"'
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response.response = _joined(first, body)
    return response


def _wanted(size: int) -> tuple[int, int, int]:
    """Return the first byte, the one after the last, and the status that goes with them."""
    asked: Range | None = parse_range_header(request.headers.get("Range"))
    # Several ranges at once, other units and nonsense are answered with the whole, as HTTP allows.
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size, 200
    start, end = asked.ranges[0]
    if end is None and start < -size:  # of the end more than there is: all of it
        return 0, size, 206
    found = asked.range_for_length(size)
    return (0, 0, 416) if found is None else (*found, 206)


def _exactly(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if not count:
            return
        part = chunk[:count]
        count -= len(part)
        yield part


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
