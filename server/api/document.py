"""The OpenAPI document, generated from the code."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, jsonify
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI

from server.api.resource import PREFIX, operation_id

blueprint = APIBlueprint(
    "api_document",
    __name__,
    url_prefix=PREFIX,
    abp_tags=[Tag(name="document", description="This description itself.")],
    operation_id_callback=operation_id,
)


@blueprint.get(
    "/openapi.json",
    responses={200: {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
)
def get_openapi_document() -> Response:
    """Get the OpenAPI document of this API; needs no token."""
    return jsonify(cast(OpenAPI, current_app).api_doc)
