"""What the agent is told: the editor, what the model receives of it, and the versions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, TextAreaField

from server.api.access import needs
from server.api.paging import PageQuery
from server.api.prompt_changes import (
    diff_texts,
    greeting_status,
    preview,
    read_diff,
    read_prompts,
    read_version,
    read_versions,
    restore_version,
    write_prompts,
)
from server.api.prompt_shapes import PreviewInput, PreviewView, PromptsInput, PromptsView
from server.errors import NotFoundError
from server.models import ADMIN, OPERATOR
from server.prompt_versions import PROMPT_FIELDS, PromptsChangedError, PromptState
from server.web.forms import PageForm
from server.web.pages import BUSINESS, back_to, here, is_htmx, new_pages
from server.web.prompt_words import actor_names, advice

blueprint = new_pages("prompts")

PROMPTS = f"{BUSINESS}/prompts"
VERSION = f"{PROMPTS}/versions/<int(max=2147483647):number>"
_VERSIONS_SHOWN = 8

FIELD_NAMES = {
    "ai_prompt": _l("When somebody calls"),
    "outbound_ai_prompt": _l("When the agent calls"),
    "greeting_text": _l("Greeting"),
    "voice": _l("Voice"),
}


GREETING_NAMES = {
    "open": _l("The saved greeting"),
    "closed": _l("The saved greeting outside the opening hours"),
    "outbound": _l("The saved greeting of calls that go out"),
}
_MOST_LOOKS = 20
"""So often a page asks whether a greeting has been rendered."""


@blueprint.app_context_processor
def _greetings() -> dict[str, Any]:
    return {"greeting_names": GREETING_NAMES, "greeting_status": greeting_status}


class PromptsForm(PageForm):
    """The texts that make the agent."""

    ai_prompt = TextAreaField()
    outbound_ai_prompt = TextAreaField()
    greeting_text = TextAreaField()
    voice = SelectField(validate_choice=False)
    based_on = HiddenField()

    def offer(self, voices: list[str], default: str) -> None:
        """Let one of ``voices`` be chosen."""
        own = [(name, name.title()) for name in voices]
        self.voice.choices = [("", _("The usual one (%(name)s)", name=default.title())), *own]


@blueprint.get(PROMPTS)
@needs(OPERATOR)
def editor(business_id: int) -> str:
    """Show the texts, what the model receives of them, and their versions."""
    current = read_prompts(business_id)
    form = PromptsForm(data=current.model_dump() | {"based_on": current.number}, formdata=None)
    return _editor(form, current)


@blueprint.post(PROMPTS)
@needs(ADMIN)
def save(business_id: int) -> Response | str | tuple[str, int]:
    """Save the texts as a new version; who was slower gets to see what the other one wrote."""
    form = PromptsForm()
    current = read_prompts(business_id)
    wanted = form.checked(PromptsInput)
    if wanted is None:
        return _editor(form, current), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        saved = write_prompts(business_id, wanted)
    except PromptsChangedError as error:
        return _beaten(form, wanted, error.current), HTTPStatus.CONFLICT
    if saved.number == current.number:
        flash(_("Nothing was changed, so nothing was saved."), "success")
    else:
        flash(_("Saved. The next call uses it."), "success")
    return back_to("web_prompts.editor", business_id=business_id)


@blueprint.post(f"{PROMPTS}/preview")
@needs(ADMIN)
def live_preview(business_id: int) -> str | tuple[str, int]:
    """Show what the model would receive of the texts that are being typed."""
    typed = {name: request.form.get(name, "") for name in PROMPT_FIELDS}
    typed["direction"] = request.form.get("direction") or "inbound"
    try:
        texts = PreviewInput.model_validate(typed)
    except ValidationError:  # saving will say what is wrong; here it just cannot be shown
        return render_template("prompts/_preview.html", shown=None, advice=[], direction="inbound")
    return _preview(business_id, texts)


@blueprint.get(f"{PROMPTS}/greeting")
@needs(OPERATOR)
def greeting_sound(business_id: int) -> Response | str:
    """Show how far the sound of a greeting is; asked again while it is being made."""
    if not is_htmx():
        return back_to("web_prompts.editor", business_id=business_id)
    which, look = request.args.get("which", ""), request.args.get("look", 0, int)
    if which not in GREETING_NAMES:
        raise NotFoundError("There is no such greeting.")
    look = min(look, _MOST_LOOKS) + 1
    return render_template("prompts/_greeting.html", which=which, look=look)


@blueprint.get(f"{PROMPTS}/versions")
@needs(OPERATOR)
def versions(business_id: int) -> str:
    """Show the versions, newest first."""
    query = PageQuery(limit=50, cursor=request.args.get("cursor"))
    shown = _versions(business_id, query)
    template = "prompts/_versions.html" if is_htmx() else "prompts/versions.html"
    return render_template(template, **shown)


@blueprint.get(VERSION)
@needs(OPERATOR)
def version(business_id: int, number: int) -> str:
    """Show what a version changed; or what differs from it now."""
    current = read_prompts(business_id)
    since = request.args.get("against") == "now"
    if since and current.number == 0:
        raise NotFoundError("There is no such version.")
    diff = (
        read_diff(business_id, current.number, number)
        if since
        else read_diff(business_id, number, None)
    )
    line = read_version(business_id, number)
    return render_template(
        "prompts/version.html",
        version=line,
        who=actor_names([line.actor])[line.actor],
        current=current,
        diff=diff,
        since=since,
        names=FIELD_NAMES,
    )


@blueprint.post(f"{VERSION}/restore")
@needs(ADMIN)
def restore(business_id: int, number: int) -> Response:
    """Bring an older version back, as a new one."""
    based_on = request.form.get("based_on", type=int)
    try:
        restore_version(business_id, number, -1 if based_on is None else based_on)
    except PromptsChangedError:
        flash(_("Somebody has saved meanwhile; nothing was changed. Look once more."), "warning")
        return back_to("web_prompts.version", business_id=business_id, number=number)
    flash(_("Version %(number)s is back. The next call uses it.", number=number), "success")
    return back_to("web_prompts.editor", business_id=business_id)


def _editor(form: PromptsForm, current: PromptsView, **more: Any) -> str:
    form.offer(current.voices, current.default_voice)
    business_id = here().id
    texts = _as_typed(form)
    return render_template(
        "prompts/edit.html",
        form=form,
        current=current,
        names=FIELD_NAMES,
        preview=_preview_of(business_id, texts) if texts is not None else None,
        **_versions(business_id, PageQuery(limit=_VERSIONS_SHOWN)),
        **more,
    )


def _beaten(form: PromptsForm, mine: PromptsInput, theirs: PromptState) -> str:
    """Show both texts: the slower one's stands in the form, based on what is stored by now."""
    form.based_on.data = theirs.number
    sent = {name: getattr(mine, name) for name in PROMPT_FIELDS}
    return _editor(
        form,
        read_prompts(here().id),
        theirs=theirs,
        quarrel=diff_texts(theirs.texts, sent),
        rival=actor_names([theirs.actor])[theirs.actor],
    )


def _as_typed(form: PromptsForm) -> PreviewInput | None:
    try:
        return PreviewInput.model_validate({n: form[n].data or "" for n in PROMPT_FIELDS})
    except ValidationError:
        return None


def _preview(business_id: int, texts: PreviewInput) -> str:
    return render_template("prompts/_preview.html", **_preview_of(business_id, texts))


def _preview_of(business_id: int, texts: PreviewInput) -> dict[str, Any]:
    shown: PreviewView = preview(business_id, texts)
    outbound = texts.direction == "outbound"
    prompt = texts.outbound_ai_prompt if outbound else texts.ai_prompt
    return {
        "shown": shown,
        "direction": texts.direction,
        "advice": advice(prompt, here().name, outbound=outbound),
    }


def _versions(business_id: int, query: PageQuery) -> dict[str, Any]:
    page = read_versions(business_id, query)
    return {
        "versions": page.items,
        "next_cursor": page.next_cursor,
        "who": actor_names([one.actor for one in page.items]),
        "newest": read_prompts(business_id).number,
    }
