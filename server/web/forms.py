"""Forms of pages: what was typed is checked by the very models that the JSON API takes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from pydantic import BaseModel, ValidationError
from wtforms import Field

from server.errors import ConflictError, InvalidInputError
from server.web.messages import in_words, of_error

Model = TypeVar("Model", bound=BaseModel)


class PageForm(FlaskForm):
    """Base of every form. The pages' guard has checked the token by the time it is read."""

    class Meta(FlaskForm.Meta):
        """The token is a hidden field that ``csrf()`` puts into the template."""

        csrf = False

    def checked(self, model: type[Model], **more: Any) -> Model | None:
        """Return what was typed as ``model``; None, with messages at the fields, if it is wrong.

        Args:
            model: what the JSON API takes for the same change; its fields bear the form's names.
            more: values that are not typed as they are, or not in the form at all; they win.
        """
        if not self.validate():
            return None
        typed = {name: value for name, value in self.data.items() if name in model.model_fields}
        try:
            return model.model_validate(typed | more)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                self.complain(item["loc"], in_words(item))
            return None

    def refuse(self, error: InvalidInputError | ConflictError) -> None:
        """Put what the operation said at its field, or above the form."""
        field = getattr(error, "field", "")
        self.complain(field.split(".") if field else (), of_error(error))

    def complain(self, place: Iterable[Any], message: str) -> None:
        """Put ``message`` at the field that ``place`` begins with; else above the form."""
        parts = [str(part) for part in place]
        field: Field | None = self._fields.get(parts[0]) if parts else None
        if field is None:
            self.form_errors.append(message)
            return
        if len(parts) > 1 and parts[1].isdecimal():  # one line of a list
            message = _("Line %(line)s: %(message)s", line=int(parts[1]) + 1, message=message)
        if message not in field.errors:
            field.errors = [*field.errors, message]

    def is_overtaken(self, version: str) -> bool:
        """Tell, here and on the page, whether what is stored changed since the page was opened.

        Args:
            version: of what is stored now (``version_of``); the page has its own as ``seen``.
        """
        if request.form.get("seen", "") in ("", version):
            return False
        self.form_errors.append(
            _("Somebody has saved meanwhile; nothing was changed. Look once more.")
        )
        return True

    @property
    def wrong(self) -> bool:
        """Tell whether anything was complained of."""
        return bool(self.form_errors) or any(field.errors for field in self)


def version_of(shown: object) -> str:
    """Return what stands for values that a form shows: with others it is another."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def lines(text: str | None) -> list[str]:
    """Return what was typed as a line each; empty lines count for nothing."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
