"""All people of the server, for owners: who may sign in, and who else is an owner."""

from __future__ import annotations

from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _

from server.api import users
from server.api.access import caller, needs
from server.api.paging import PageQuery
from server.api.users import UserChange
from server.errors import ConflictError
from server.models import OWNER
from server.web.members import reset_handed_over
from server.web.messages import of_error
from server.web.pages import back_to, is_htmx, new_pages
from server.wiring import services

blueprint = new_pages("system_people")

PEOPLE = "/system/people"
PERSON = f"{PEOPLE}/<int(max=2147483647):user_id>"


@blueprint.get(PEOPLE)
@needs(OWNER)
def list_all() -> str:
    """Show everybody who has an account."""
    found = users.all_users(PageQuery(cursor=request.args.get("cursor")))
    following = None
    if found.next_cursor is not None:
        following = url_for("web_system_people.list_all", cursor=found.next_cursor)
    template = "members/_people_rows.html" if is_htmx() else "members/people.html"
    return render_template(template, people=found.items, following=following)


@blueprint.get(PERSON)
@needs(OWNER)
def show(user_id: int) -> str:
    """Show one person: where they belong, and what can be changed."""
    person = users.get_user(user_id)
    directory = services().directory
    belongs = [
        (business, one.role)
        for one in person.memberships
        if (business := directory.by_id(one.business_id)) is not None
    ]
    return render_template(
        "members/person.html",
        person=person,
        belongs=belongs,
        mine=user_id == caller().user_id,
        mails=services().mail is not None,
    )


@blueprint.post(f"{PERSON}/reset-link")
@needs(OWNER)
def reset_link(user_id: int) -> Response | str:
    """Make a link with which the person sets a new password; it is mailed, or shown."""
    person = users.get_user(user_id)
    try:
        made = users.make_reset_link(user_id)
    except ConflictError:
        flash(_("This person may not sign in at all."), "danger")
        return back_to("web_system_people.show", user_id=user_id)
    return reset_handed_over(made, person.email, url_for("web_system_people.show", user_id=user_id))


@blueprint.get(f"{PERSON}/deactivate")
@needs(OWNER)
def ask_to_deactivate(user_id: int) -> str:
    """Ask before somebody is shut out."""
    person = users.get_user(user_id)
    return render_template(
        "account/sure.html",
        title=_("Stop this person from signing in?"),
        whom=person.name or person.email,
        text=_("They are signed out everywhere at once. You can allow it again at any time."),
        button=_("Stop signing in"),
        button_icon="lock",
        back=url_for("web_system_people.show", user_id=user_id),
    )


@blueprint.post(f"{PERSON}/deactivate")
@needs(OWNER)
def deactivate(user_id: int) -> Response:
    """Shut somebody out."""
    return _change(user_id, UserChange(active=False), _("They may not sign in any more."))


@blueprint.post(f"{PERSON}/activate")
@needs(OWNER)
def activate(user_id: int) -> Response:
    """Let somebody in again."""
    return _change(user_id, UserChange(active=True), _("They may sign in again."))


@blueprint.post(f"{PERSON}/owner")
@needs(OWNER)
def change_owner(user_id: int) -> Response:
    """Make somebody an owner, or an owner no more."""
    wanted = UserChange(is_owner=request.form.get("is_owner") == "1")
    return _change(user_id, wanted, _("Saved."))


def _change(user_id: int, wanted: UserChange, done: str) -> Response:
    try:
        users.change(user_id, wanted)
    except ConflictError as error:
        flash(of_error(error), "danger")
    else:
        flash(done, "success")
    if user_id == caller().user_id and wanted.model_dump(exclude_unset=True) != {"active": True}:
        return back_to("web_entry.root")  # this page may not be theirs any more
    return back_to("web_system_people.show", user_id=user_id)
