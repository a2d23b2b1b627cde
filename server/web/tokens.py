"""Keys with which other systems use the JSON API: made, shown once, revoked."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from server.api import tokens
from server.api.access import needs
from server.api.paging import PageQuery
from server.api.tokens import NewToken
from server.errors import ConflictError
from server.models import ADMIN, OPERATOR
from server.web.forms import PageForm
from server.web.pages import BUSINESS, back_to, is_htmx, new_pages
from server.web.roles import ROLE_WORDS
from server.web.secrets_once import shown_once

blueprint = new_pages("tokens")

TOKENS = f"{BUSINESS}/settings/tokens"
TOKEN = f"{TOKENS}/<int(max=2147483647):token_id>"


class TokenForm(PageForm):
    """A key's name and what it may do."""

    name = StringField()
    role = SelectField(validate_choice=False)


@blueprint.get(TOKENS)
@needs(ADMIN)
def list_all(business_id: int) -> str:
    """Show the keys of the business."""
    return _page(business_id, _form())


@blueprint.post(TOKENS)
@needs(ADMIN)
def create(business_id: int) -> str | tuple[str, int]:
    """Make a key and show it this once."""
    form = _form()
    wanted = form.checked(NewToken)
    if wanted is not None:
        try:
            made = tokens.new_token(business_id, wanted.role, wanted)
        except ConflictError as error:
            form.refuse(error)
        else:
            return shown_once(
                _("A new key"),
                made.name,
                made.token,
                text=_("Enter it in the system that is to use Maane."),
                note=_("Only its fingerprint is kept. If it is lost, revoke it and make another."),
                back=url_for("web_tokens.list_all", business_id=business_id),
            )
    return _page(business_id, form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.get(f"{TOKEN}/revoke")
@needs(ADMIN)
def ask_to_revoke(business_id: int, token_id: int) -> str:
    """Ask before a key is revoked."""
    return render_template(
        "account/sure.html",
        title=_("Revoke the key?"),
        whom=tokens.get_token(token_id, business_id).name,
        text=_("Whatever uses it is refused from now on. This cannot be taken back."),
        button=_("Revoke"),
        button_icon="x",
        back=url_for("web_tokens.list_all", business_id=business_id),
    )


@blueprint.post(f"{TOKEN}/revoke")
@needs(ADMIN)
def revoke(business_id: int, token_id: int) -> Response:
    """Revoke a key."""
    tokens.revoke(token_id, business_id)
    flash(_("The key is revoked."), "success")
    return back_to("web_tokens.list_all", business_id=business_id)


def _form() -> TokenForm:
    form = TokenForm()
    form.role.choices = [SelectChoice(role, str(ROLE_WORDS[role])) for role in (OPERATOR, ADMIN)]
    return form


def _page(business_id: int, form: TokenForm) -> str:
    query = PageQuery(cursor=request.args.get("cursor"))
    found = tokens.tokens_of(business_id, query)
    following = None
    if found.next_cursor is not None:
        following = url_for(
            "web_tokens.list_all", business_id=business_id, cursor=found.next_cursor
        )
    template = "tokens/_rows.html" if is_htmx() else "tokens/list.html"
    return render_template(template, form=form, tokens=found.items, following=following)
