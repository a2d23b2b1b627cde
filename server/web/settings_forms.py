"""The forms of the settings: one for each section, each a change of the same business."""

from __future__ import annotations

import functools
import zoneinfo
from abc import abstractmethod
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from server.api.business_models import BusinessChange, BusinessView
from server.business_settings import BusinessSettings
from server.web.forms import PageForm, lines, version_of

LANGUAGES = (
    SelectChoice("he-IL", _l("Hebrew")),
    SelectChoice("en-US", _l("English (United States)")),
    SelectChoice("en-GB", _l("English (United Kingdom)")),
)


@functools.cache
def _zones() -> list[str]:
    """Return the zones of places, home first."""
    places = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
    return ["Asia/Jerusalem", *(zone for zone in places if not zone.startswith("Etc/"))]


def choices_with(choices: list[SelectChoice], current: str) -> list[SelectChoice]:
    """Return ``choices`` with the value that is set now, where it is none of them."""
    known = any(choice.value == current for choice in choices)
    return choices if known or not current else [*choices, SelectChoice(current)]


def zone_choices(current: str) -> list[SelectChoice]:
    """Return the zones to choose from."""
    zones = [SelectChoice(zone, zone.replace("_", " ")) for zone in _zones()]
    return choices_with(zones, current)


class SectionForm(PageForm):
    """Base of the sections' forms."""

    @abstractmethod
    def show(self, business: BusinessView) -> None:
        """Fill the form with what is set now."""

    @abstractmethod
    def change(self) -> BusinessChange | None:
        """Return the change that was typed; None, with messages at the fields, if it is wrong."""

    def prepare(self, business: BusinessView) -> None:
        """Fill in what there is to choose from."""

    @classmethod
    def stored(cls, business: BusinessView) -> Any:
        """Return what the form would show of what is stored, without its choices and names."""
        form = cls(formdata=None)
        form.prepare(business)
        form.show(business)
        return form.data

    @classmethod
    def version(cls, business: BusinessView) -> str:
        """Return what stands for that: who has begun with another one was overtaken."""
        return version_of(cls.stored(business))

    def settings_change(self, **more: Any) -> BusinessChange | None:
        """Return the change of those fields of the business's settings that the form has."""
        settings = self.checked(BusinessSettings, **more)
        return None if settings is None else BusinessChange(settings=settings)

    def show_settings(self, business: BusinessView, *names: str) -> None:
        """Fill fields that are as they are set."""
        for name in names:
            self._fields[name].data = getattr(business.settings, name)


class DetailsForm(SectionForm):
    """What the business is called, and where it is."""

    name = StringField()
    lang = SelectField()
    timezone = SelectField()

    def prepare(self, business: BusinessView) -> None:
        """See the base."""
        self.lang.choices = choices_with(list(LANGUAGES), business.lang)
        self.timezone.choices = zone_choices(business.timezone)

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.name.data = business.name
        self.lang.data, self.timezone.data = business.lang, business.timezone

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.checked(BusinessChange)


class NumbersForm(SectionForm):
    """The numbers that ring here, one per line."""

    numbers = TextAreaField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.numbers.data = "\n".join(business.numbers)

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.checked(BusinessChange, numbers=lines(self.numbers.data))


class GreetingForm(SectionForm):
    """What callers hear first, and who speaks first."""

    greeting_text = TextAreaField()
    after_hours_greeting = TextAreaField()
    outbound_greeting = TextAreaField()
    generated_greeting = BooleanField()
    first = RadioField(
        choices=[
            SelectChoice("agent", _l("The agent greets at once")),
            SelectChoice(
                "caller", _l("The caller: the agent waits a few seconds before it greets")
            ),
        ]
    )

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.greeting_text.data = business.greeting_text
        names = ("after_hours_greeting", "outbound_greeting", "generated_greeting")
        self.show_settings(business, *names)
        self.first.data = "caller" if business.settings.caller_speaks_first else "agent"

    def change(self) -> BusinessChange | None:
        """See the base."""
        settings = self.settings_change(caller_speaks_first=self.first.data == "caller")
        greeting = self.checked(BusinessChange)
        if settings is None or greeting is None:
            return None
        return BusinessChange(
            greeting_text=greeting.greeting_text.strip(), settings=settings.settings
        )


class TransferForm(SectionForm):
    """Who is called in."""

    transfer_number = StringField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.show_settings(business, "transfer_number")

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.settings_change(transfer_number=(self.transfer_number.data or "").strip())


class AlertsForm(SectionForm):
    """Who is told at once whom to call back, one per line."""

    alert_numbers = TextAreaField()
    alert_emails = TextAreaField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.alert_numbers.data = "\n".join(business.settings.alert_numbers)
        self.alert_emails.data = "\n".join(business.settings.alert_emails)

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.settings_change(
            alert_numbers=lines(self.alert_numbers.data),
            alert_emails=lines(self.alert_emails.data),
        )


class WordsForm(SectionForm):
    """Names and streets that speech recognition should expect, one per line."""

    phrase_hints = TextAreaField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.phrase_hints.data = "\n".join(business.phrase_hints)

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.checked(BusinessChange, phrase_hints=lines(self.phrase_hints.data))


class RecordingForm(SectionForm):
    """Whether calls are recorded, and for how long what they leave is kept."""

    recording = BooleanField()
    retention_days = StringField()
    lead_retention_days = StringField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.show_settings(business, "recording", "retention_days", "lead_retention_days")

    def change(self) -> BusinessChange | None:
        """See the base."""
        kept = (self.lead_retention_days.data or "").strip() or "0"
        return self.settings_change(lead_retention_days=kept)


class BlockedForm(SectionForm):
    """Callers who are turned away, one number or beginning per line."""

    blocked_numbers = TextAreaField()
    block_hidden = BooleanField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        self.blocked_numbers.data = "\n".join(business.settings.blocked_numbers)
        self.show_settings(business, "block_hidden")

    def change(self) -> BusinessChange | None:
        """See the base."""
        return self.settings_change(blocked_numbers=lines(self.blocked_numbers.data))


class CostForm(SectionForm):
    """How much a day's calls may cost."""

    daily_cost_cap_usd = StringField()

    def show(self, business: BusinessView) -> None:
        """See the base."""
        cap = business.settings.daily_cost_cap_usd
        self.daily_cost_cap_usd.data = f"{cap:g}" if cap else ""

    def change(self) -> BusinessChange | None:
        """See the base."""
        typed = (self.daily_cost_cap_usd.data or "").strip().removeprefix("$").strip() or "0"
        return self.settings_change(daily_cost_cap_usd=typed)
