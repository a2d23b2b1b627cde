"""Addresses of a business's own: what the JSON API and the pages both do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import missing
from server.api.fields import ABSENT, Input, PartialInput
from server.api.paging import Page
from server.clock import utc_now
from server.errors import ConflictError, InvalidInputError
from server.leads.events import DELIVER
from server.leads.webhooks import TEST_EVENT, ask_for_test, new_secret, outside_policy
from server.models import Business, BusinessWebhook, JobRow
from server.net.outside import MAX_URL_CHARS, UnsafeAddressError, check_url
from server.wiring import services

MAX_WEBHOOKS = 10
MOST_DELIVERIES = 50


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


class WebhookList(Page):
    """The addresses of a business, at most ten."""

    items: list[WebhookView]


class DeliveryView(BaseModel):
    """One event that an address is told of; what was delivered is forgotten after a week."""

    id: int = Field(description="Of its job.")
    event: str
    state: str = Field(description="queued, running, done, or dead: given up.")
    attempts: int
    last_error: str = Field(description="Why the last try failed; empty: none did.")
    lead_id: int | None = Field(description="None of a test.")
    created_at: datetime
    updated_at: datetime


class DeliveryList(Page):
    """The newest deliveries of an address."""

    items: list[DeliveryView]


def list_webhooks(business_id: int) -> list[WebhookView]:
    """Return the addresses of a business, oldest first.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.read() as session:
        _check_business(session, business_id)
        rows = session.scalars(
            select(BusinessWebhook)
            .where(BusinessWebhook.business_id == business_id)
            .order_by(BusinessWebhook.id)
        )
        return [_view(row) for row in rows]


def find_webhook(business_id: int, webhook_id: int) -> WebhookView:
    """Return one address.

    Raises:
        NotFoundError: the business has no such address.
    """
    with services().database.read() as session:
        return _view(_get(session, business_id, webhook_id))


def create_webhook(business_id: int, body: NewWebhook, actor: str) -> WebhookWithSecret:
    """Add an address; what is returned has its secret, which cannot be had again.

    Raises:
        InvalidInputError: the address leads inside, or is none.
        ConflictError: there are as many as there may be.
        NotFoundError: there is no such business.
    """
    _check_address(body.url)
    with services().database.write() as session:
        _check_business(session, business_id)
        number = session.scalar(
            select(func.count())
            .select_from(BusinessWebhook)
            .where(BusinessWebhook.business_id == business_id)
        )
        if (number or 0) >= MAX_WEBHOOKS:
            message = f"A business has at most {MAX_WEBHOOKS} addresses."
            raise ConflictError(message, code="too_many_webhooks")
        row = BusinessWebhook(
            business_id=business_id,
            url=body.url,
            events=list(body.events),
            active=body.active,
            secret=new_secret(),
        )
        session.add(row)
        session.flush()
        _record(session, row, actor, "webhook.create", {"events": row.events})
        return _with_secret(row)


def change_webhook(
    business_id: int, webhook_id: int, body: WebhookChange, actor: str
) -> WebhookView:
    """Change an address, what it is told of, or whether it is.

    Raises:
        InvalidInputError, NotFoundError: see :func:`create_webhook`.
    """
    changes = body.model_dump(exclude_unset=True)
    with services().database.write() as session:
        row = _get(session, business_id, webhook_id)
        if "url" in changes:
            _check_address(body.url)
        for field, value in changes.items():
            setattr(row, field, value)
        _record(session, row, actor, "webhook.update", {"fields": sorted(changes)})
        session.flush()
        return _view(row)


def replace_secret(business_id: int, webhook_id: int, actor: str) -> WebhookWithSecret:
    """Give an address a new secret; the old one is worthless from now on."""
    with services().database.write() as session:
        row = _get(session, business_id, webhook_id)
        row.secret = new_secret()
        _record(session, row, actor, "webhook.secret", {})
        return _with_secret(row)


def delete_webhook(business_id: int, webhook_id: int, actor: str) -> None:
    """Delete an address; what it was still to be told is not sent."""
    with services().database.write() as session:
        row = _get(session, business_id, webhook_id)
        _record(session, row, actor, "webhook.delete", {})
        session.delete(row)


def send_test(business_id: int, webhook_id: int, actor: str) -> DeliveryView:
    """Have an address told of a made-up event, also one that is switched off.

    Raises:
        ConflictError: the last test was sent only just now.
        NotFoundError: the business has no such address.
    """
    with services().database.write() as session:
        row = _get(session, business_id, webhook_id)
        key = ask_for_test(session, row, utc_now())
        if key is None:
            raise ConflictError("A test was sent only just now.", code="too_soon")
        _record(session, row, actor, "webhook.test", {})
        job = session.scalar(select(JobRow).where(JobRow.key == key))
        if job is None:  # it was put there a moment ago
            raise missing("job")
        return _delivery(job)


def deliveries_of(business_id: int, webhook_id: int) -> list[DeliveryView]:
    """Return the newest deliveries of an address, newest first.

    Raises:
        NotFoundError: the business has no such address.
    """
    with services().database.read() as session:
        _get(session, business_id, webhook_id)
        rows = session.scalars(
            select(JobRow)
            .where(
                JobRow.business_id == business_id,
                JobRow.kind == DELIVER,
                JobRow.payload["webhook_id"].as_integer() == webhook_id,
            )
            .order_by(JobRow.id.desc())
            .limit(MOST_DELIVERIES)
        )
        return [_delivery(row) for row in rows]


def _delivery(job: JobRow) -> DeliveryView:
    return DeliveryView(
        id=job.id,
        event=str(job.payload.get("event", TEST_EVENT)),
        state=job.state,
        attempts=job.attempts,
        last_error=job.last_error,
        lead_id=job.lead_id,
        created_at=job.created_at,
        updated_at=job.updated_at,
    )


def _check_business(session: Session, business_id: int) -> None:
    if session.get(Business, business_id) is None:
        raise missing("business")


def _check_address(url: str) -> None:
    """Refuse what can be seen to lead inside; what its name leads to is checked when it is told."""
    try:
        check_url(url, outside_policy(services().settings))
    except UnsafeAddressError as error:
        raise InvalidInputError("url", error.message) from error


def _get(session: Session, business_id: int, webhook_id: int) -> BusinessWebhook:
    row = session.get(BusinessWebhook, webhook_id)
    if row is None or row.business_id != business_id:
        raise missing("webhook")
    return row


def _record(
    session: Session, row: BusinessWebhook, actor: str, action: str, detail: dict[str, Any]
) -> None:
    record_change(
        session,
        actor,
        action,
        business_id=row.business_id,
        target=f"webhook:{row.id}",
        detail=detail,
    )


def _view(row: BusinessWebhook) -> WebhookView:
    return WebhookView.model_validate(row, from_attributes=True)


def _with_secret(row: BusinessWebhook) -> WebhookWithSecret:
    return WebhookWithSecret.model_validate(row, from_attributes=True)
