"""Prepared answers: create, read, replace, delete; saving one has its audio rendered."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from server.api import faq_operations as operations
from server.api.access import needs
from server.api.faq_models import FaqInput, FaqPage, FaqQuery, FaqReplacement, FaqView
from server.api.fields import Input
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.models import ADMIN, OPERATOR

blueprint = new_resource("faqs", "Prepared answers to common questions.")

FAQS = f"/businesses/{BUSINESS_ID}/faqs"
FAQ = f"{FAQS}/<int(max=2147483647):faq_id>"


class FaqsPath(BaseModel):
    """Whose answers."""

    business_id: int = Field(description="Id of the business.")


class FaqPath(FaqsPath):
    """Which answer."""

    faq_id: int = Field(description="Id of the prepared answer.")


class Switch(Input):
    """On or off."""

    active: bool = Field(description="Whether it answers at all.", strict=True)


@blueprint.get(FAQS, responses={200: FaqPage})
@needs(OPERATOR)
def list_faqs(path: FaqsPath, query: FaqQuery) -> Response:
    """List the prepared answers of a business, highest priority first."""
    return answer(operations.find_faqs(path.business_id, query))


@blueprint.post(FAQS, responses=writing(FaqView, 201))
@needs(ADMIN)
def create_faq(path: FaqsPath, body: FaqInput) -> Response:
    """Create a prepared answer; the next utterance can get it."""
    return created(path.business_id, operations.create_faq(path.business_id, body))


@blueprint.get(FAQ, responses={200: FaqView})
@needs(OPERATOR)
def get_faq(path: FaqPath) -> Response:
    """Get one prepared answer."""
    return answer(operations.find_faq(path.business_id, path.faq_id))


@blueprint.put(FAQ, responses=writing(FaqView))
@needs(ADMIN)
def replace_faq(path: FaqPath, body: FaqReplacement) -> Response:
    """Replace a prepared answer; absent fields get their defaults."""
    return answer(operations.replace_faq(path.business_id, path.faq_id, body))


@blueprint.delete(FAQ, responses={204: None})
@needs(ADMIN)
def delete_faq(path: FaqPath) -> Response:
    """Delete a prepared answer; the next utterance does not get it."""
    operations.delete_faq(path.business_id, path.faq_id)
    return no_content()


@blueprint.post(f"{FAQ}/switch", responses=writing(FaqView))
@needs(ADMIN)
def switch_faq(path: FaqPath, body: Switch) -> Response:
    """Switch a prepared answer on or off; the next utterance knows."""
    return answer(operations.switch_faq(path.business_id, path.faq_id, active=body.active))


def created(business_id: int, faq: FaqView) -> Response:
    """Return the answer to the creation of ``faq``."""
    response = answer(faq, 201)
    response.headers["Location"] = f"/api/businesses/{business_id}/faqs/{faq.id}"
    return response
