"""The people of a business: members, invitations, roles, and links for who cannot get in."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, render_template, url_for
from flask_babel import gettext as _
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from server.api import invites, members
from server.api.access import caller, missing, needs
from server.api.invites import InviteWithLink, NewInvite, NewOwnerInvite
from server.api.members import MemberChange, MemberView, ResetLinkView
from server.errors import ConflictError, ForbiddenError, InvalidInputError, ThrottledError
from server.models import ADMIN, OPERATOR, OWNER
from server.web.forms import PageForm
from server.web.language import page_language
from server.web.messages import of_error
from server.web.open_pages import complain_of
from server.web.pages import BUSINESS, back_to, new_pages
from server.web.roles import ROLE_WORDS
from server.web.secrets_once import shown_once
from server.wiring import services

blueprint = new_pages("members")

MEMBERS = f"{BUSINESS}/settings/members"
MEMBER = f"{MEMBERS}/<int(max=2147483647):user_id>"
INVITE = f"{MEMBERS}/invites/<int(max=2147483647):invite_id>"


class InviteForm(PageForm):
    """Whom to invite, and as what."""

    email = StringField()
    role = SelectField(validate_choice=False)


class RoleForm(PageForm):
    """Another role."""

    role = SelectField(validate_choice=False)


@blueprint.get(MEMBERS)
@needs(ADMIN)
def list_all(business_id: int) -> str:
    """Show who belongs to the business, and who is invited."""
    invited = invites.invites_to(business_id).items
    if caller().is_owner:
        invited = sorted(
            [*invited, *invites.invites_to(None).items], key=lambda one: one.id, reverse=True
        )
    return render_template(
        "members/list.html",
        members=members.members_of_business(business_id).items,
        invites=invited,
    )


@blueprint.get(f"{MEMBERS}/invite")
@needs(ADMIN)
def new(business_id: int) -> str:
    """Show the form for an invitation."""
    return _invite_page(_invite_form())


@blueprint.post(f"{MEMBERS}/invite")
@needs(ADMIN)
def invite(business_id: int) -> Response | str | tuple[str, int]:
    """Invite somebody; the link is mailed, or shown."""
    form = _invite_form()
    role = form.role.data or ""
    lang = page_language()
    wanted: NewOwnerInvite | None
    if role == OWNER:
        wanted = form.checked(NewOwnerInvite, lang=lang)
    else:
        wanted = form.checked(NewInvite, lang=lang)
    if wanted is not None:
        try:
            made = invites.invite(None if role == OWNER else business_id, role, wanted)
        except (ConflictError, InvalidInputError) as error:
            form.refuse(error)
        except ThrottledError as error:
            status = complain_of(form, error)
            return _invite_page(form), status
        else:
            return _handed_over(business_id, made)
    return _invite_page(form), HTTPStatus.UNPROCESSABLE_ENTITY


@blueprint.post(f"{INVITE}/link")
@needs(ADMIN)
def renew_invite(business_id: int, invite_id: int) -> Response | str:
    """Show a new link of an invitation."""
    return _handed_over(business_id, invites.new_link(_place(business_id, invite_id), invite_id))


@blueprint.get(f"{INVITE}/withdraw")
@needs(ADMIN)
def ask_to_withdraw(business_id: int, invite_id: int) -> str:
    """Ask before an invitation is withdrawn."""
    found = invites.invites_to(_place(business_id, invite_id)).items
    email = next((one.email for one in found if one.id == invite_id), None)
    if email is None:
        raise missing("invitation")
    return render_template(
        "account/sure.html",
        title=_("Withdraw the invitation?"),
        whom=email,
        text=_("Its link stops working at once. You can invite again at any time."),
        button=_("Withdraw"),
        button_icon="x",
        back=url_for("web_members.list_all", business_id=business_id),
    )


@blueprint.post(f"{INVITE}/withdraw")
@needs(ADMIN)
def withdraw(business_id: int, invite_id: int) -> Response:
    """Withdraw an invitation."""
    invites.withdraw(_place(business_id, invite_id), invite_id)
    flash(_("The invitation is withdrawn."), "success")
    return back_to("web_members.list_all", business_id=business_id)


@blueprint.get(MEMBER)
@needs(ADMIN)
def show(business_id: int, user_id: int) -> str:
    """Show one member, and what can be changed."""
    member = _member(business_id, user_id)
    form = RoleForm(None, role=member.role)
    form.role.choices = _choices()
    return render_template(
        "members/show.html",
        member=member,
        form=form,
        mine=user_id == caller().user_id,
        may_change=caller().is_owner or member.role != OWNER,
        mails=services().mail is not None,
    )


@blueprint.post(f"{MEMBER}/role")
@needs(ADMIN)
def change_role(business_id: int, user_id: int) -> Response:
    """Give the member another role."""
    form = RoleForm()
    wanted = form.checked(MemberChange)
    if wanted is None:
        flash(_("Please choose one of the list."), "danger")
        return back_to("web_members.show", business_id=business_id, user_id=user_id)
    try:
        members.give_role(business_id, user_id, wanted)
    except ConflictError as error:
        flash(of_error(error), "danger")
        return back_to("web_members.show", business_id=business_id, user_id=user_id)
    flash(_("Saved."), "success")
    if not caller().is_owner and user_id == caller().user_id and wanted.role == OPERATOR:
        return back_to("web_entry.root")  # they have just given this page away
    return back_to("web_members.list_all", business_id=business_id)


@blueprint.post(f"{MEMBER}/reset-link")
@needs(ADMIN)
def reset_link(business_id: int, user_id: int) -> Response | str:
    """Make a link with which the member sets a new password; it is mailed, or shown."""
    member = _member(business_id, user_id)
    try:
        made = members.make_reset_link(business_id, user_id)
    except ForbiddenError:
        flash(_("They belong to other businesses too: ask an owner for this link."), "danger")
    except ConflictError:
        flash(_("This person may not sign in at all."), "danger")
    else:
        back = url_for("web_members.show", business_id=business_id, user_id=user_id)
        return reset_handed_over(made, member.email, back)
    return back_to("web_members.show", business_id=business_id, user_id=user_id)


@blueprint.get(f"{MEMBER}/remove")
@needs(ADMIN)
def ask_to_remove(business_id: int, user_id: int) -> str:
    """Ask before somebody is taken out of the business."""
    member = _member(business_id, user_id)
    text = _("They will no longer see this business. What they did stays in the log.")
    if member.role == OWNER:
        text = _("They will no longer be an owner of any business. What they did stays in the log.")
    return render_template(
        "account/sure.html",
        title=_("Remove from the business?"),
        whom=member.name or member.email,
        text=text,
        button=_("Remove"),
        button_icon="user-off",
        back=url_for("web_members.show", business_id=business_id, user_id=user_id),
    )


@blueprint.post(f"{MEMBER}/remove")
@needs(ADMIN)
def remove(business_id: int, user_id: int) -> Response:
    """Take somebody out of the business."""
    try:
        members.remove(business_id, user_id)
    except ConflictError as error:
        flash(of_error(error), "danger")
        return back_to("web_members.show", business_id=business_id, user_id=user_id)
    flash(_("Removed."), "success")
    if user_id == caller().user_id:
        return back_to("web_entry.root")
    return back_to("web_members.list_all", business_id=business_id)


def reset_handed_over(made: ResetLinkView, email: str, back: str) -> Response | str:
    """Show a reset link, or say that it is on its way."""
    if made.url is None:
        flash(_("A link for a new password is on its way by e-mail."), "success")
        return back_to_path(back)
    return shown_once(
        _("Link for a new password"),
        email,
        made.url,
        text=_("Send this link to its owner: with it they set a new password."),
        note=_("It works once, for two hours. Whoever has it can sign in as them."),
        back=back,
    )


def back_to_path(path: str) -> Response:
    """Return the redirect after a change (303) to a path of this site."""
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


def _handed_over(business_id: int, made: InviteWithLink) -> Response | str:
    if made.url is None:
        flash(_("The invitation is on its way by e-mail."), "success")
        return back_to("web_members.list_all", business_id=business_id)
    return shown_once(
        _("Invitation link"),
        made.email,
        made.url,
        text=_("Send this link to the person you invite, for example by WhatsApp."),
        note=_("It works once, for seven days."),
        back=url_for("web_members.list_all", business_id=business_id),
    )


def _place(business_id: int, invite_id: int) -> int | None:
    """Return the place that the invitation belongs to: this business, or, for owners, all."""
    if caller().is_owner and any(one.id == invite_id for one in invites.invites_to(None).items):
        return None
    return business_id


def _member(business_id: int, user_id: int) -> MemberView:
    found = members.members_of_business(business_id).items
    member = next((one for one in found if one.user_id == user_id), None)
    if member is None:
        raise missing("member")
    return member


def _choices() -> list[SelectChoice]:
    roles = (OPERATOR, ADMIN, OWNER) if caller().is_owner else (OPERATOR, ADMIN)
    return [SelectChoice(role, str(ROLE_WORDS[role])) for role in roles]


def _invite_form() -> InviteForm:
    form = InviteForm()
    form.role.choices = _choices()
    return form


def _invite_page(form: InviteForm) -> str:
    return render_template("members/invite.html", form=form, mails=services().mail is not None)
