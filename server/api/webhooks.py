"""Addresses of a business's own that are told of its leads."""

from __future__ import annotations

from flask import Response

from server.api import webhook_changes
from server.api.access import caller, needs
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.api.webhook_changes import (
    DeliveryList,
    DeliveryView,
    NewSecret,
    NewWebhook,
    WebhookChange,
    WebhookList,
    WebhookPath,
    WebhooksPath,
    WebhookView,
    WebhookWithSecret,
)
from server.models import ADMIN

blueprint = new_resource("webhooks", "Addresses of your own that are told of leads.")

WEBHOOKS = f"/businesses/{BUSINESS_ID}/webhooks"
WEBHOOK = f"{WEBHOOKS}/<int(max=2147483647):webhook_id>"


@blueprint.get(WEBHOOKS, responses={200: WebhookList})
@needs(ADMIN)
def list_webhooks(path: WebhooksPath) -> Response:
    """List the addresses that are told of this business's leads."""
    return answer(WebhookList(items=webhook_changes.list_webhooks(path.business_id)))


@blueprint.post(WEBHOOKS, responses=writing(WebhookWithSecret, 201))
@needs(ADMIN)
def create_webhook(path: WebhooksPath, body: NewWebhook) -> Response:
    """Add an address; the answer has its secret, which cannot be had again."""
    made = webhook_changes.create_webhook(path.business_id, body, caller().actor)
    created = answer(made, 201)
    created.headers["Location"] = f"/api/businesses/{path.business_id}/webhooks/{made.id}"
    return created


@blueprint.get(WEBHOOK, responses={200: WebhookView})
@needs(ADMIN)
def get_webhook(path: WebhookPath) -> Response:
    """Get one address."""
    return answer(webhook_changes.find_webhook(path.business_id, path.webhook_id))


@blueprint.patch(WEBHOOK, responses=writing(WebhookView))
@needs(ADMIN)
def change_webhook(path: WebhookPath, body: WebhookChange) -> Response:
    """Change an address, what it is told of, or whether it is."""
    changed = webhook_changes.change_webhook(
        path.business_id, path.webhook_id, body, caller().actor
    )
    return answer(changed)


@blueprint.post(f"{WEBHOOK}/secret", responses=writing(WebhookWithSecret))
@needs(ADMIN)
def replace_webhook_secret(path: WebhookPath, body: NewSecret) -> Response:
    """Give an address a new secret; the old one is worthless from now on."""
    return answer(webhook_changes.replace_secret(path.business_id, path.webhook_id, caller().actor))


@blueprint.post(f"{WEBHOOK}/test", responses=writing(DeliveryView, 202))
@needs(ADMIN)
def test_webhook(path: WebhookPath, body: NewSecret) -> Response:
    """Have an address told of a made-up event, `test`; it is sent in the background."""
    sent = webhook_changes.send_test(path.business_id, path.webhook_id, caller().actor)
    return answer(sent, 202)


@blueprint.get(f"{WEBHOOK}/deliveries", responses={200: DeliveryList})
@needs(ADMIN)
def list_webhook_deliveries(path: WebhookPath) -> Response:
    """List what an address was told lately, or is to be told, newest first."""
    found = webhook_changes.deliveries_of(path.business_id, path.webhook_id)
    return answer(DeliveryList(items=found))


@blueprint.delete(WEBHOOK, responses={204: None})
@needs(ADMIN)
def delete_webhook(path: WebhookPath) -> Response:
    """Delete an address; what it was still to be told is not sent."""
    webhook_changes.delete_webhook(path.business_id, path.webhook_id, caller().actor)
    return no_content()
