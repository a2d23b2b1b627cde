"""Style sheets, scripts, fonts and icons: with their hash in the address, kept by browsers."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_file
from werkzeug.security import safe_join

FOLDER = Path(__file__).resolve().parent.parent.parent / "client" / "static"
URL = "/static"

blueprint = Blueprint("static", __name__)

_YEAR_SECONDS = 31_536_000
_HASH_CHARS = 10


@functools.cache  # a page has a hundred icons, and files change only with a release
def static_url(name: str) -> str:
    """Return the address of a file of ``client/static``; another release's file has another one."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    return f"{URL}/{name}?v={digest[:_HASH_CHARS]}"


@blueprint.get(f"{URL}/<path:name>", endpoint="file")
def send(name: str) -> Response:
    """Send one file; compressed where it is kept so and the browser takes it."""
    joined = safe_join(str(FOLDER), name)
    if joined is None or not Path(joined).is_file():
        abort(HTTPStatus.NOT_FOUND)
    path = Path(joined)
    packed = path.with_name(f"{path.name}.gz")
    takes_packed = request.accept_encodings.quality("gzip") > 0 and packed.is_file()
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = send_file(
        packed if takes_packed else path,
        mimetype="text/javascript" if path.suffix == ".js" else mimetype,
        conditional=True,
        max_age=_YEAR_SECONDS if "v" in request.args else 0,
    )
    if takes_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    if "v" in request.args:
        response.cache_control.immutable = True
    return response
