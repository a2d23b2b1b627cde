"""Voice-activity tuning: when a caller counts as speaking, tried on one's own voice."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, flash, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import RangeInput

from server.api.access import needs
from server.api.business_changes import change_business
from server.api.business_models import BusinessChange
from server.audio.framing import FRAME_MS
from server.business_settings import BusinessSettings, Ears
from server.calls.tuning import tuning
from server.models import ADMIN
from server.settings import Settings
from server.web.ears_socket import MAX_SECONDS
from server.web.forms import PageForm, version_of
from server.web.pages import BUSINESS, back_to, caller, here, new_pages
from server.wiring import services

blueprint = new_pages("ears")


class EarsForm(PageForm):
    """The settings as they are in force; what is as the server has it follows the server."""

    sensitivity = RadioField(
        choices=[
            SelectChoice("normal", _l("Normal")),
            SelectChoice("quiet_room", _l("Soft voices on quiet lines")),
            SelectChoice("noisy", _l("Noise around the callers")),
        ]
    )
    barge_in = BooleanField()
    barge_in_frames = IntegerField(widget=RangeInput(), render_kw={"min": 3, "max": 50, "step": 1})
    hangover_ms = IntegerField(
        widget=RangeInput(), render_kw={"min": 60, "max": 1500, "step": FRAME_MS}
    )


@blueprint.get(f"{BUSINESS}/settings/ears")
@needs(ADMIN)
def show(business_id: int) -> str:
    """Show the settings, and the meter."""
    own = here().settings.ears
    tuned = tuning(services().settings, own)
    form = EarsForm(
        data={
            "sensitivity": own.sensitivity,
            "barge_in": tuned.barge_in,
            "barge_in_frames": tuned.onset_frames,
            "hangover_ms": tuned.hangover_ms,
        }
    )
    return _page(form)


@blueprint.post(f"{BUSINESS}/settings/ears")
@needs(ADMIN)
def change(business_id: int) -> Response | tuple[str, int]:
    """Change the settings; the next call goes by them."""
    form = EarsForm()
    ears = form.checked(Ears)
    if ears is None:
        return _page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_overtaken(_version()):
        return _page(form), HTTPStatus.CONFLICT
    wanted = BusinessSettings(ears=_following(services().settings, ears))
    change_business(business_id, BusinessChange(settings=wanted), caller().actor)
    flash(_("Saved. The next call goes by it."), "success")
    return back_to("web_ears.show", business_id=business_id)


def _following(settings: Settings, ears: Ears) -> Ears:
    """Return ``ears`` with what is as the server has it anyway left to the server."""
    servers = tuning(settings, Ears())
    return Ears(
        sensitivity=ears.sensitivity,
        barge_in=None if ears.barge_in == servers.barge_in else ears.barge_in,
        barge_in_frames=(
            None if ears.barge_in_frames == servers.onset_frames else ears.barge_in_frames
        ),
        hangover_ms=None if ears.hangover_ms == servers.hangover_ms else ears.hangover_ms,
    )


def _version() -> str:
    return version_of(here().settings.ears)


def _page(form: EarsForm) -> str:
    calls = services().calls
    return render_template(
        "settings/ears.html",
        form=form,
        seen=_version(),
        frame_ms=FRAME_MS,
        seconds=int(MAX_SECONDS),
        has_model=calls.speech_model is not None,
    )
