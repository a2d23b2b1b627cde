"""Errors of the API as ``application/problem+json`` (RFC 9457), whatever raised them."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from server.db import is_unavailable
from server.errors import (
    CapacityError,
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    MaaneError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
)

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

MAX_WRONG_FIELDS = 500
"""So many are named; naming a hundred thousand would hold up every call for a second."""

_STATUS = {
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    CapacityError: HTTPStatus.TOO_MANY_REQUESTS,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_DOCUMENTED = {
    400: "The body is not JSON.",
    401: "No token, or one that is unknown or revoked.",
    403: "The token's role does not allow this.",
    404: "No such path or object, or none that this token may know of.",
    405: "The path does not take this method.",
    409: "The change collides with what is stored.",
    413: "The body is larger than 1 MiB (a sheet: 4 MiB).",
    415: "The body is not declared as what this path takes: application/json, unless it says so.",
    416: "There are no such bytes.",
    422: "A field is wrong; `errors` tells which and why.",
    429: "Too much at once; try again later.",
    500: "A defect on our side; it was logged.",
    503: "The database, or another part of the server, is busy or gone for the moment; try again.",
}


class FieldConflictError(ConflictError):
    """What is stored collides with one field of the change.

    Args:
        field: dotted name of the field, as the sender wrote it.
        message: what it collides with.
        code: stable machine-readable name of the collision.
    """

    def __init__(self, field: str, message: str, *, code: str) -> None:
        super().__init__(message, code=code)
        self.field = field


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Dotted name as it was sent: `patterns.2`; empty: all of it.")
    message: str = Field(description="The reason, for a person.")
    code: str = Field(default="", description="The reason, for a program, where it has a name.")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always about:blank; see `code`.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong, for a person.")
    code: str = Field(description="What went wrong, for a program; stable.")
    errors: list[FieldProblem] = Field(default=[], description="The fields that are wrong.")


def problem(
    status: int, code: str, detail: str, errors: list[FieldProblem] | None = None
) -> Response:
    """Return the response that reports a problem."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=errors or [],
    )
    response = Response(body.model_dump_json(), status=status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def documented_problems(*statuses: int) -> dict[str | int | HTTPStatus, Any]:
    """Return the OpenAPI responses of these error statuses."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {"description": _DOCUMENTED[status], "content": {CONTENT_TYPE: {"schema": schema}}}
        for status in statuses
    }


def handle_problems_of(blueprint: APIBlueprint) -> None:
    """Have everything that a view of ``blueprint`` raises answered as a problem."""
    blueprint.register_error_handler(MaaneError, _from_maane_error)
    blueprint.register_error_handler(HTTPException, _from_http_exception)
    blueprint.register_error_handler(Exception, _from_defect)


def handle_unrouted_problems(app: Flask, prefix: str) -> None:
    """Have what matches no route under ``prefix`` (404, 405) answered as a problem.

    Such requests belong to no blueprint; those outside ``prefix`` keep Flask's own pages.
    """

    def answer(error: HTTPException) -> Response | HTTPException:
        return _from_http_exception(error) if request.path.startswith(prefix) else error

    for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        app.register_error_handler(status, answer)


def field_problems(error: ValidationError) -> list[FieldProblem]:
    """Return what is wrong with the fields of something that does not fit its model."""
    if (count := error.error_count()) > MAX_WRONG_FIELDS:
        message = f"{count} fields are wrong, too many to name them"
        return [FieldProblem(field="", message=message, code="too_many_wrong")]
    return [
        FieldProblem(
            field=".".join(str(part) for part in item["loc"]),
            message=str(item.get("ctx", {}).get("error") or item["msg"]),
            code=item["type"],
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def from_validation_error(error: ValidationError) -> Response:
    """Return the problem of a body or query that does not fit its model."""
    return wrong_fields("Some fields are wrong.", field_problems(error))


def wrong_fields(detail: str, errors: list[FieldProblem]) -> Response:
    """Return the problem of input whose fields are wrong."""
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, InvalidInputError.code, detail, errors)


def status_of(error: MaaneError) -> HTTPStatus | None:
    """Return the status that ``error`` is answered with, by pages too; None: it is a defect."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), None)


def _from_maane_error(error: MaaneError) -> Response:
    if is_unavailable(error):
        return _unavailable(error)
    status = status_of(error)
    if status is None:
        return _from_defect(error)
    errors = None
    if isinstance(error, InvalidInputError | FieldConflictError):
        errors = [FieldProblem(field=error.field, message=error.message)]
    response = problem(status, error.code, error.message, errors)
    if isinstance(error, ThrottledError):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def _from_http_exception(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    # Werkzeug's own descriptions speak of browsers.
    detail = _DOCUMENTED.get(error.code) or error.description or error.name
    answer = problem(error.code, error.name.lower().replace(" ", "_"), detail)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _from_defect(error: Exception) -> Response:
    if is_unavailable(error):
        return _unavailable(error)
    if isinstance(error, IntegrityError):
        # Looked for before writing: only a change made at the same moment gets this far.
        return problem(
            HTTPStatus.CONFLICT,
            ConflictError.code,
            "The change collides with another one made at the same moment; read and try again.",
        )
    log.error("[API] %s failed", request.endpoint, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        _DOCUMENTED[500],
    )


def _unavailable(error: Exception) -> Response:
    log.warning("[API] database unavailable: %s", type(error).__name__)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "database_unavailable",
        _DOCUMENTED[503],
    )
