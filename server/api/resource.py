"""The blueprint that every resource of the API starts from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from server.api.access import authorise
from server.api.problems import documented_problems, handle_problems_of
from server.errors import InvalidInputError

PREFIX = "/api"
MAX_BODY_BYTES = 1 << 20
BEARER = "bearer"
"""Name of the security scheme in the OpenAPI document."""

BUSINESS_ID = "<int(max=2147483647):business_id>"
"""The id of a business in a route; what no column can hold is no route."""

NO_CONTENT = HTTPStatus.NO_CONTENT


def operation_id(*, name: str, path: str, method: str) -> str:
    """Return the OpenAPI id of an operation: its view's name, which is unique in the API."""
    return name


def new_resource(name: str, description: str, *, json_bodies: bool = True) -> APIBlueprint:
    """Return a blueprint under ``/api`` with access checks, body checks and error answers.

    Args:
        name: of the blueprint, and of its tag in the OpenAPI document.
        description: of the tag.
        json_bodies: whether bodies are JSON objects; else the views read them.
    """
    blueprint = APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=PREFIX,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=[{BEARER: []}],
        abp_responses=documented_problems(401, 403, 404, 422, 500, 503),
        operation_id_callback=operation_id,
    )
    blueprint.before_request(authorise)
    if json_bodies:
        blueprint.before_request(_check_body)
    blueprint.after_request(_keep_private)
    handle_problems_of(blueprint)
    return blueprint


def writing(model: type[BaseModel] | None, status: int = HTTPStatus.OK) -> dict[Any, Any]:
    """Return the documented responses of a view that takes a body and answers ``model``."""
    return {status: model, **documented_problems(400, 409, 413, 415)}


def answer(model: BaseModel, status: int = HTTPStatus.OK) -> Response:
    """Return ``model`` as JSON."""
    return Response(
        model.model_dump_json(by_alias=True), status=status, content_type="application/json"
    )


def no_content() -> Response:
    """Return the answer without a body."""
    return Response(status=NO_CONTENT)


def _check_body() -> None:
    """Read the body of a writing request as a JSON object.

    The library reads it silently: what cannot be read would be reported as missing fields.

    Raises:
        werkzeug.exceptions.HTTPException: 400, 413 or 415.
        InvalidInputError: it is JSON, but no object.
    """
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = request.get_json()
    except RecursionError:  # nested thousands deep
        raise BadRequest from None
    if not isinstance(body, dict):
        raise InvalidInputError("", "The body must be a JSON object.")


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
