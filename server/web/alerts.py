"""The button that tries the alerts; who gets them is a section of the settings."""

from __future__ import annotations

from flask import Response, flash
from flask_babel import gettext as _
from flask_babel import ngettext

from server.api.access import needs
from server.api.alerts import send_test
from server.errors import ThrottledError
from server.models import ADMIN
from server.web.open_pages import see_other, wait_words
from server.web.pages import BUSINESS, new_pages

blueprint = new_pages("alerts")


@blueprint.post(f"{BUSINESS}/settings/alerts/test")
@needs(ADMIN)
def try_out(business_id: int) -> Response:
    """Send a test to everybody who is alerted."""
    try:
        recipients = send_test(business_id).recipients
    except ThrottledError as error:
        flash(wait_words(error), "warning")
    else:
        if recipients:
            sent = ngettext(
                "A test is on its way to %(num)s recipient. Should it not arrive, Home says why.",
                "A test is on its way to %(num)s recipients. Should it not arrive, Home says why.",
                recipients,
            )
            flash(sent, "success")
        else:
            flash(_("Nobody is told yet: add a number or an address, and save."), "warning")
    return see_other(f"/b/{business_id}/settings/alerts")
