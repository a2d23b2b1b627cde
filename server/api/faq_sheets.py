"""Prepared answers as a file for spreadsheets: all of them out, and many in at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from flask_openapi3.models import RawModel
from pydantic import Field
from werkzeug.exceptions import UnsupportedMediaType

from server.api.access import needs
from server.api.faq_import import (
    MAX_SHEET_BYTES,
    ImportView,
    LineView,
    exported_sheet,
    import_sheet,
    preview_sheet,
)
from server.api.faqs import FAQS, FaqsPath
from server.api.fields import Input
from server.api.problems import FieldProblem, wrong_fields
from server.api.resource import answer, new_resource, writing
from server.errors import ConflictError, InvalidInputError
from server.models import ADMIN, OPERATOR

blueprint = new_resource("faq_sheets", "Prepared answers as a spreadsheet.", json_bodies=False)

_MAX_ERRORS = 200
_CSV = "text/csv"
_FORM = "multipart/form-data"


class SheetBody(RawModel):
    """The file itself, or a form with it in the field `file`."""

    mimetypes = [_CSV, _FORM]  # noqa: RUF012 - the library's own hook


class ImportQuery(Input):
    """Whether to do it."""

    dry_run: bool = Field(default=False, description="Only tell what would happen.")
    plan: str = Field(
        default="",
        max_length=64,
        description="`plan` of a dry run: import only if it would still do the same (else 409).",
    )


@blueprint.get(
    f"{FAQS}.csv",
    responses={200: {"description": "All of them", "content": {_CSV: {}}}},
)
@needs(OPERATOR)
def export_faqs(path: FaqsPath) -> Response:
    """Get all prepared answers as comma-separated values, the highest priority first.

    UTF-8 with its mark, so that spreadsheets know; patterns stand on lines of one cell. Cells
    that a spreadsheet would run as formulas have an apostrophe in front, which the import removes.
    """
    return Response(
        exported_sheet(path.business_id),
        content_type=f"{_CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="faqs-{path.business_id}.csv"'},
    )


@blueprint.post(f"{FAQS}/import", responses=writing(ImportView))
@needs(ADMIN)
def import_faqs(path: FaqsPath, query: ImportQuery, raw: SheetBody) -> Response:
    """Create and replace many prepared answers: all lines of a file, or none.

    A line replaces the prepared answer with its intent_key and language, or creates it. Columns
    that the file lacks stay as they are, empty cells get the default. Patterns stand on lines of
    their cell, or between bars.
    """
    data = _uploaded()
    if query.dry_run:
        return answer(preview_sheet(path.business_id, data))
    done = import_sheet(path.business_id, data, query.plan)
    if done.wrong:
        return _refusal([line for line in done.lines if line.errors])
    if done.dry_run:
        raise ConflictError(
            "The prepared answers have been changed since the dry run; look at it again.",
            code="changed_meanwhile",
        )
    return answer(done)


def _uploaded() -> bytes:
    """Return the file that was sent.

    Raises:
        werkzeug.exceptions.HTTPException: 413 or 415.
        InvalidInputError: the form has no file.
    """
    request.max_content_length = MAX_SHEET_BYTES
    if request.mimetype == _CSV:
        return request.get_data()
    if request.mimetype != _FORM:
        raise UnsupportedMediaType
    uploaded = request.files.get("file")
    if uploaded is None:
        raise InvalidInputError("file", "the form has no file in the field `file`")
    return uploaded.stream.read()


def _refusal(wrong: Sequence[LineView]) -> Response:
    lines = ", ".join(str(one.line) for one in wrong[:20])
    more = " and more" if len(wrong) > 20 else ""
    errors = [
        FieldProblem(
            field=f"lines.{line.line}.{one.field}".rstrip("."), message=one.message, code=one.code
        )
        for line in wrong
        for one in line.errors
    ]
    return wrong_fields(f"Nothing was imported. Wrong lines: {lines}{more}.", errors[:_MAX_ERRORS])
