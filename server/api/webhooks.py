"""Addresses of a business's own that are told of its leads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import ABSENT, Input, PartialInput
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.errors import ConflictError, InvalidInputError
from server.leads.webhooks import new_secret, outside_policy
from server.models import ADMIN, Business, BusinessWebhook
from server.net.outside import MAX_URL_CHARS, UnsafeAddressError, check_url
from server.wiring import services

blueprint = new_resource("webhooks", "Addresses of your own that are told of leads.")

WEBHOOKS = f"/businesses/{BUSINESS_ID}/webhooks"
WEBHOOK = f"{WEBHOOKS}/<int(max=2147483647):webhook_id>"

MAX_WEBHOOKS = 10


def _once_each(events: list[str]) -> list[str]:
    return list(dict.fromkeys(events))


_Event = Literal["lead.created", "call.completed", "lead.processed"]
_Events = Annotated[
    list[_Event],
    Field(min_length=1, max_length=20, description="What it is told of."),
    AfterValidator(_once_each),
]
_Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL_CHARS,
        description="https:// and an address in the public internet.",
        examples=["https://example.com/maane"],
    ),
]


class WebhooksPath(BaseModel):
    """Whose addresses."""

    business_id: int = Field(description="Id of the business.")


class WebhookPath(WebhooksPath):
    """Which address."""

    webhook_id: int = Field(description="Id of the address.")


class NewWebhook(Input):
    """An address to be told."""

    url: _Url
    events: _Events
    active: bool = Field(default=True, strict=True, description="Whether it is told at all.")


class WebhookChange(PartialInput):
    """Fields of an address to change; absent ones stay."""

    url: _Url = ABSENT
    events: _Events = ABSENT
    active: Annotated[bool, Field(strict=True)] = ABSENT


class NewSecret(Input):
    """Nothing needs to be said."""


class WebhookView(BaseModel):
    """An address that is told; its secret is not shown again."""

    id: int
    url: str
    events: list[str]
    active: bool
    created_at: datetime


class WebhookWithSecret(WebhookView):
    """An address with its secret, which is shown this once."""

    secret: str = Field(
        description="Signs what is sent: `X-Maane-Signature: t=<Unix seconds>,v1=<hex>` is "
        "HMAC-SHA256 over `<t>.<body>`."
    )


class WebhookList(BaseModel):
    """The addresses of a business, at most ten."""

    items: list[WebhookView]


@blueprint.get(WEBHOOKS, responses={200: WebhookList})
@needs(ADMIN)
def list_webhooks(path: WebhooksPath) -> Response:
    """List the addresses that are told of this business's leads."""
    with services().database.read() as session:
        _check_business(session, path.business_id)
        rows = session.scalars(
            select(BusinessWebhook)
            .where(BusinessWebhook.business_id == path.business_id)
            .order_by(BusinessWebhook.id)
        )
        return answer(WebhookList(items=[_view(row) for row in rows]))


@blueprint.post(WEBHOOKS, responses=writing(WebhookWithSecret, 201))
@needs(ADMIN)
def create_webhook(path: WebhooksPath, body: NewWebhook) -> Response:
    """Add an address; the answer has its secret, which cannot be had again."""
    _check_address(body.url)
    with services().database.write() as session:
        _check_business(session, path.business_id)
        number = session.scalar(
            select(func.count())
            .select_from(BusinessWebhook)
            .where(BusinessWebhook.business_id == path.business_id)
        )
        if (number or 0) >= MAX_WEBHOOKS:
            message = f"A business has at most {MAX_WEBHOOKS} addresses."
            raise ConflictError(message, code="too_many_webhooks")
        row = BusinessWebhook(
            business_id=path.business_id,
            url=body.url,
            events=list(body.events),
            active=body.active,
            secret=new_secret(),
        )
        session.add(row)
        session.flush()
        _record(session, row, "webhook.create", {"events": row.events})
    created = answer(_with_secret(row), 201)
    created.headers["Location"] = f"/api/businesses/{row.business_id}/webhooks/{row.id}"
    return created


@blueprint.get(WEBHOOK, responses={200: WebhookView})
@needs(ADMIN)
def get_webhook(path: WebhookPath) -> Response:
    """Get one address."""
    with services().database.read() as session:
        return answer(_view(_get(session, path)))


@blueprint.patch(WEBHOOK, responses=writing(WebhookView))
@needs(ADMIN)
def change_webhook(path: WebhookPath, body: WebhookChange) -> Response:
    """Change an address, what it is told of, or whether it is."""
    changes = body.model_dump(exclude_unset=True)
    with services().database.write() as session:
        row = _get(session, path)
        if "url" in changes:
            _check_address(body.url)
        for field, value in changes.items():
            setattr(row, field, value)
        _record(session, row, "webhook.update", {"fields": sorted(changes)})
    return answer(_view(row))


@blueprint.post(f"{WEBHOOK}/secret", responses=writing(WebhookWithSecret))
@needs(ADMIN)
def replace_webhook_secret(path: WebhookPath, body: NewSecret) -> Response:
    """Give an address a new secret; the old one is worthless from now on."""
    with services().database.write() as session:
        row = _get(session, path)
        row.secret = new_secret()
        _record(session, row, "webhook.secret", {})
    return answer(_with_secret(row))


@blueprint.delete(WEBHOOK, responses={204: None})
@needs(ADMIN)
def delete_webhook(path: WebhookPath) -> Response:
    """Delete an address; what it was still to be told is not sent."""
    with services().database.write() as session:
        row = _get(session, path)
        _record(session, row, "webhook.delete", {})
        session.delete(row)
    return no_content()


def _check_business(session: Session, business_id: int) -> None:
    if session.get(Business, business_id) is None:
        raise missing("business")


def _check_address(url: str) -> None:
    """Refuse what can be seen to lead inside; what its name leads to is checked when it is told."""
    try:
        check_url(url, outside_policy(services().settings))
    except UnsafeAddressError as error:
        raise InvalidInputError("url", error.message) from error


def _get(session: Session, path: WebhookPath) -> BusinessWebhook:
    row = session.get(BusinessWebhook, path.webhook_id)
    if row is None or row.business_id != path.business_id:
        raise missing("webhook")
    return row


def _record(session: Session, row: BusinessWebhook, action: str, detail: dict[str, Any]) -> None:
    record_change(
        session,
        caller().actor,
        action,
        business_id=row.business_id,
        target=f"webhook:{row.id}",
        detail=detail,
    )


def _view(row: BusinessWebhook) -> WebhookView:
    return WebhookView.model_validate(row, from_attributes=True)


def _with_secret(row: BusinessWebhook) -> WebhookWithSecret:
    return WebhookWithSecret.model_validate(row, from_attributes=True)
