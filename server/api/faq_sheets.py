"""Prepared answers as a file for spreadsheets: all of them out, and many in at once."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Response, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import UnsupportedMediaType

from server.accounts import record_change
from server.api.access import caller, needs
from server.api.faqs import FAQS, FaqInput, FaqsPath, fill_faq, get_business, prepare_clip
from server.api.fields import Input
from server.api.problems import FieldProblem, field_problems, wrong_fields
from server.api.resource import answer, new_resource, writing
from server.errors import InvalidInputError
from server.faq.sheet import COLUMNS, Line, Sheet, SheetError, read_sheet, write_sheet
from server.models import ADMIN, OPERATOR, Business, BusinessFaq
from server.wiring import services

blueprint = new_resource("faq_sheets", "Prepared answers as a spreadsheet.", json_bodies=False)

MAX_SHEET_BYTES = 4 << 20
_MAX_ERRORS = 200
_CSV = "text/csv"
_FORM = "multipart/form-data"

Action = Literal["create", "update", "unchanged", "error"]


class SheetBody(RawModel):
    """The file itself, or a form with it in the field `file`."""

    mimetypes = [_CSV, _FORM]  # noqa: RUF012 - the library's own hook


class ImportQuery(Input):
    """Whether to do it."""

    dry_run: bool = Field(default=False, description="Only tell what would happen.")


class LineView(BaseModel):
    """What becomes of one line."""

    line: int = Field(description="As a spreadsheet counts: the header is 1.")
    intent_key: str
    action: Action
    errors: list[FieldProblem]


class ImportView(BaseModel):
    """What became of a file, or would."""

    dry_run: bool
    created: int
    updated: int
    unchanged: int
    wrong: int = Field(description="While there is one of these, nothing is imported.")
    lines: list[LineView]


@dataclass(slots=True)
class _Step:
    """A line, and what it does to which row."""

    line: Line
    action: Action = "error"
    body: FaqInput | None = None
    row: BusinessFaq | None = None
    errors: list[FieldProblem] = field(default_factory=list)

    def fail(self, name: str, message: str) -> None:
        self.action = "error"
        self.errors.append(FieldProblem(field=name, message=message))


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
    with services().database.read() as session:
        get_business(session, path.business_id)
        text = write_sheet(_fields(row) for row in _stored(session, path.business_id))
    name = f"faqs-{path.business_id}.csv"
    return Response(
        text.encode("utf-8-sig"),
        content_type=f"{_CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.post(f"{FAQS}/import", responses=writing(ImportView))
@needs(ADMIN)
def import_faqs(path: FaqsPath, query: ImportQuery, raw: SheetBody) -> Response:
    """Create and replace many prepared answers: all lines of a file, or none.

    A line replaces the prepared answer with its intent_key and language, or creates it. Columns
    that the file lacks stay as they are, empty cells get the default. Patterns stand on lines of
    their cell, or between bars.
    """
    steps, columns = _read(_uploaded())
    if query.dry_run:
        with services().database.read() as session:
            _plan(session, get_business(session, path.business_id), steps, columns)
        return answer(_report(steps, dry_run=True))
    with services().database.write() as session:
        business = get_business(session, path.business_id)
        _plan(session, business, steps, columns)
        wrong = [step for step in steps if step.errors]
        if not wrong:
            rows = _apply(session, business, steps)
    if wrong:
        return _refusal(wrong)
    for row in rows:
        prepare_clip(row)
    return answer(_report(steps, dry_run=False))


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


def _read(data: bytes) -> tuple[list[_Step], tuple[str, ...]]:
    """Return the lines of a file as steps, each checked by itself, and the file's columns.

    Raises:
        InvalidInputError: it is no table of prepared answers.
    """
    try:
        sheet: Sheet = read_sheet(data)
    except SheetError as error:
        raise InvalidInputError("file", str(error)) from None
    steps = []
    for line in sheet.lines:
        step = _Step(line)
        if line.extra:
            step.fail("", "there are more cells than columns")
        try:
            step.body = FaqInput.model_validate(line.fields)
        except ValidationError as error:
            step.errors += field_problems(error)
        steps.append(step)
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
    return steps, sheet.columns


def _plan(
    session: Session, business: Business, steps: Sequence[_Step], columns: Sequence[str]
) -> None:
    """Find the row of every step, and what the step does to it.

    Where several rows share intent_key and language, the lines get them in the exported order.
    """
    free: dict[tuple[str, str], Iterator[BusinessFaq]] = {}
    by_key: dict[tuple[str, str], list[BusinessFaq]] = defaultdict(list)
    for row in _stored(session, business.id):
        by_key[row.intent_key, row.lang].append(row)
    first: dict[tuple[str, str], int] = {}
    for step in steps:
        if step.body is None:
            continue
        key = step.body.intent_key, step.body.lang or business.lang
        step.row = next(free.setdefault(key, iter(by_key[key])), None)
        if step.row is None and key in first:
            step.fail("intent_key", f"line {first[key]} has the same intent_key and language")
        first.setdefault(key, step.line.number)
        if step.errors:
            continue
        if step.row is None:
            step.action = "create"
            continue
        before = _fields(step.row)
        kept = {name: before[name] for name in COLUMNS if name not in columns}
        step.body = step.body.model_copy(update={**kept, "lang": key[1]})
        after = step.body.model_dump()
        step.action = "unchanged" if before == after else "update"


def _apply(session: Session, business: Business, steps: Sequence[_Step]) -> list[BusinessFaq]:
    """Store what the steps change, and return those rows."""
    changed = []
    for step in steps:
        if step.body is None or step.action == "unchanged":
            continue
        row = step.row
        if row is None:
            row = BusinessFaq(business_id=business.id)
            session.add(row)
        fill_faq(row, step.body, business)
        changed.append(row)
    session.flush()
    counts = Counter(step.action for step in steps)
    record_change(
        session,
        caller().actor,
        "faq.import",
        business_id=business.id,
        target=f"business:{business.id}",
        detail={"created": counts["create"], "updated": counts["update"]},
    )
    return changed


def _refusal(wrong: Sequence[_Step]) -> Response:
    lines = ", ".join(str(step.line.number) for step in wrong[:20])
    more = " and more" if len(wrong) > 20 else ""
    errors = [
        FieldProblem(field=f"lines.{step.line.number}.{one.field}".rstrip("."), message=one.message)
        for step in wrong
        for one in step.errors
    ]
    return wrong_fields(f"Nothing was imported. Wrong lines: {lines}{more}.", errors[:_MAX_ERRORS])


def _report(steps: Sequence[_Step], *, dry_run: bool) -> ImportView:
    counts = Counter(step.action for step in steps)
    return ImportView(
        dry_run=dry_run,
        created=counts["create"],
        updated=counts["update"],
        unchanged=counts["unchanged"],
        wrong=counts["error"],
        lines=[
            LineView(
                line=step.line.number,
                intent_key=str(step.line.fields.get("intent_key", ""))[:80],
                action=step.action,
                errors=step.errors,
            )
            for step in steps
        ],
    )


def _stored(session: Session, business_id: int) -> Sequence[BusinessFaq]:
    return session.scalars(
        select(BusinessFaq)
        .where(BusinessFaq.business_id == business_id)
        .order_by(BusinessFaq.priority.desc(), BusinessFaq.id)
    ).all()


def _fields(row: BusinessFaq) -> dict[str, Any]:
    """Return ``row`` as its owner writes it; what cannot be a pattern is left out."""
    stored = row.patterns_json if isinstance(row.patterns_json, list) else []
    return {
        "intent_key": row.intent_key,
        "label": row.label,
        "patterns": [pattern for pattern in stored if isinstance(pattern, str)],
        "answer_text": row.answer_text,
        "channels": row.channels,
        "lang": row.lang,
        "priority": row.priority,
        "active": row.active,
    }
