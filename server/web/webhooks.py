"""The addresses of a business's own that are told of its leads."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, flash, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField, StringField, widgets
from wtforms.fields.choices import SelectChoice

from server.api.access import needs
from server.api.jobs import try_again
from server.api.webhook_changes import (
    MAX_WEBHOOKS,
    NewWebhook,
    WebhookChange,
    WebhookWithSecret,
    change_webhook,
    create_webhook,
    delete_webhook,
    deliveries_of,
    find_webhook,
    list_webhooks,
    replace_secret,
    send_test,
)
from server.errors import ConflictError, InvalidInputError
from server.leads.webhooks import SIGNATURE_HEADER, TEST_EVENT
from server.models import ADMIN
from server.web.forms import PageForm
from server.web.messages import of_error
from server.web.pages import BUSINESS, back_to, caller, new_pages

blueprint = new_pages("webhooks")

PAGE = f"{BUSINESS}/settings/webhooks"
ONE = f"{PAGE}/<int(max=2147483647):webhook_id>"

EVENTS = {
    "lead.created": _l("A new lead, as soon as the call begins"),
    "call.completed": _l("A call has ended"),
    "lead.processed": _l("A lead is ready, with its transcript and summary"),
    TEST_EVENT: _l("A test"),
}
"""What an address can be told of, in words; a test is not chosen but sent."""

_CHOICES = [SelectChoice(event, words) for event, words in EVENTS.items() if event != TEST_EVENT]


class WebhookForm(PageForm):
    """An address, what it is told of, and whether it is."""

    url = StringField()
    events = SelectMultipleField(
        choices=_CHOICES,
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    active = BooleanField(default=True)


@blueprint.get(PAGE)
@needs(ADMIN)
def index(business_id: int) -> str:
    """List the addresses, and offer to add one."""
    form = WebhookForm(formdata=None)
    form.events.data = ["lead.processed"]
    return _index(business_id, form)


@blueprint.post(PAGE)
@needs(ADMIN)
def create(business_id: int) -> str | tuple[str, int]:
    """Add an address; the answer, and no later page, shows its secret."""
    form = WebhookForm()
    body = form.checked(NewWebhook, active=True)
    if body is not None:
        try:
            made = create_webhook(business_id, body, caller().actor)
        except (InvalidInputError, ConflictError) as error:
            form.refuse(error)
        else:
            return _secret_page(made)
    return _index(business_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get(ONE)
@needs(ADMIN)
def show(business_id: int, webhook_id: int) -> str:
    """Show one address with what it was told lately."""
    current = find_webhook(business_id, webhook_id)
    form = WebhookForm(formdata=None, data=current.model_dump())
    return _show(business_id, webhook_id, form)


@blueprint.post(ONE)
@needs(ADMIN)
def save(business_id: int, webhook_id: int) -> Response | tuple[str, int]:
    """Change one address."""
    form = WebhookForm()
    body = form.checked(WebhookChange)
    if body is not None:
        try:
            change_webhook(business_id, webhook_id, body, caller().actor)
        except InvalidInputError as error:
            form.refuse(error)
        else:
            flash(_("Saved."), "success")
            return _back(business_id, webhook_id)
    return _show(business_id, webhook_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post(f"{ONE}/test")
@needs(ADMIN)
def test(business_id: int, webhook_id: int) -> Response:
    """Send a made-up event."""
    try:
        send_test(business_id, webhook_id, caller().actor)
    except ConflictError as error:
        flash(of_error(error), "warning")
    else:
        flash(_("The test is on its way; what came of it stands below."), "success")
    return _back(business_id, webhook_id)


@blueprint.post(f"{ONE}/secret")
@needs(ADMIN)
def secret(business_id: int, webhook_id: int) -> str:
    """Replace the secret; the answer, and no later page, shows the new one."""
    return _secret_page(replace_secret(business_id, webhook_id, caller().actor))


@blueprint.post(f"{ONE}/delete")
@needs(ADMIN)
def delete(business_id: int, webhook_id: int) -> Response:
    """Delete an address."""
    delete_webhook(business_id, webhook_id, caller().actor)
    flash(_("The address was deleted; it is told of nothing more."), "success")
    return back_to("web_webhooks.index", business_id=business_id)


@blueprint.post(f"{ONE}/deliveries/<int(max=2147483647):job_id>/retry")
@needs(ADMIN)
def retry(business_id: int, webhook_id: int, job_id: int) -> Response:
    """Try a delivery again that was given up."""
    try:
        try_again(job_id, caller().actor, business_id)
    except ConflictError as error:
        flash(of_error(error), "warning")
    else:
        flash(_("It is tried again now."), "success")
    return _back(business_id, webhook_id)


def _back(business_id: int, webhook_id: int) -> Response:
    return back_to("web_webhooks.show", business_id=business_id, webhook_id=webhook_id)


def _index(business_id: int, form: WebhookForm) -> str:
    hooks = list_webhooks(business_id)
    room = len(hooks) < MAX_WEBHOOKS
    return render_template("webhooks/index.html", hooks=hooks, form=form, room=room, events=EVENTS)


def _show(business_id: int, webhook_id: int, form: WebhookForm) -> str:
    return render_template(
        "webhooks/show.html",
        hook=find_webhook(business_id, webhook_id),
        deliveries=deliveries_of(business_id, webhook_id),
        form=form,
        events=EVENTS,
        why=why_failed,
    )


def _secret_page(made: WebhookWithSecret) -> str:
    return render_template("webhooks/secret.html", hook=made, header=SIGNATURE_HEADER)


_REASONS = (
    ("(timeout)", _l("no answer in time")),
    ("(unresolved)", _l("the name of the address is not known")),
    ("(connection)", _l("no connection")),
    ("(tls)", _l("no trusted connection")),
    ("(malformed)", _l("the answer was none of a web server")),
    ("inside", _l("the address leads inside a network")),
)


def why_failed(reason: str) -> Any:
    """Return why a delivery failed, in the page's words; the reason itself stands beside."""
    status = reason.rpartition("the address answered ")[2]
    if status != reason and status.isdigit():
        return _("the address answered with %(status)s", status=status)
    return next((words for part, words in _REASONS if part in reason), _("it did not work"))
