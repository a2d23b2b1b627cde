"""Prepared answers in from a spreadsheet: looked at first, then taken in whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from server.api.access import needs
from server.api.faq_import import (
    MAX_SHEET_BYTES,
    ImportView,
    SheetRefusedError,
    import_sheet,
    preview_sheet,
)
from server.faq.sheet import decoded
from server.models import ADMIN
from server.web.faqs import FAQS
from server.web.messages import of_code
from server.web.pages import back_to, new_pages

blueprint = new_pages("faq_sheets")

MAX_SHOWN = 200
"""So many lines are shown; the wrong ones go first."""

_REFUSED = {
    "too_many_lines": _l("The file has more than 2,000 lines. Split it."),
    "broken_line": _l("Line %(about)s cannot be read: a quotation mark is not closed."),
    "empty": _l("The file is empty."),
    "encoding": _l("The letters in the file cannot be read. Save it as “CSV UTF-8”."),
    "unknown_column": _l("The first line names a column that does not exist: “%(about)s”."),
    "double_column": _l("The column “%(about)s” is there twice."),
    "missing_column": _l("The column “%(about)s” is missing."),
}

Page = str | Response | tuple[str, int]


@blueprint.url_value_preprocessor
def _take_large_forms(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Allow for a whole file before the guard reads the form.

    Not where each letter would have to be unescaped: it takes seconds, and calls would wait.
    """
    if request.mimetype == "multipart/form-data":
        request.max_content_length = 3 * MAX_SHEET_BYTES  # as a field, letters take more room
        request.max_form_memory_size = 3 * MAX_SHEET_BYTES


@blueprint.get(f"{FAQS}/import")
@needs(ADMIN)
def show(business_id: int) -> str:
    """Show where a file is chosen."""
    return render_template("faqs/import.html", plan=None, wrong="")


@blueprint.post(f"{FAQS}/import")
@needs(ADMIN)
def look(business_id: int) -> Page:
    """Show what a file would do; with ``confirm``, do it."""
    data = _sent()
    if data is None:
        return _again(_("Please choose a file."))
    try:
        if not request.form.get("confirm"):
            return _preview(preview_sheet(business_id, data), data)
        done = import_sheet(business_id, data, request.form.get("plan", ""))
    except SheetRefusedError as error:
        return _again(str(_REFUSED[error.reason]) % {"about": error.about})
    if done.dry_run:  # wrong by now, or not what they have looked at
        return _preview(done, data, changed=True)
    count = done.created + done.updated
    said = ngettext("%(num)d answer was taken in.", "%(num)d answers were taken in.", count)
    flash(said, "success")
    return back_to("web_faqs.index", business_id=business_id)


def _sent() -> bytes | None:
    """Return the file: chosen just now, or sent along from the preview."""
    chosen = request.files.get("file")
    if chosen is not None and chosen.filename:
        return chosen.stream.read()
    kept = request.form.get("sheet")
    return kept.encode("utf-8", "surrogatepass") if kept else None


def _again(wrong: str) -> tuple[str, int]:
    page = render_template("faqs/import.html", plan=None, wrong=wrong)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _preview(plan: ImportView, data: bytes, *, changed: bool = False) -> Page:
    order = {"error": 0, "update": 1, "create": 2, "unchanged": 3}
    lines = sorted(plan.lines, key=lambda line: (order[line.action], line.line))
    body = render_template(
        "faqs/import.html",
        plan=plan,
        lines=lines[:MAX_SHOWN],
        rest=max(0, len(lines) - MAX_SHOWN),
        sheet=decoded(data),
        changed=changed,
        of_code=of_code,
        wrong="",
    )
    return (body, HTTPStatus.CONFLICT) if changed else body
