"""Prepared answers out to a sheet and in from one: all lines of it, or none."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller
from server.api.faq_models import FaqInput, patterns_of, prepare_clip
from server.api.faq_operations import fill_faq, get_business
from server.api.problems import FieldProblem, field_problems
from server.errors import InvalidInputError
from server.faq.sheet import COLUMNS, Line, Sheet, SheetError, read_sheet, write_sheet
from server.models import Business, BusinessFaq
from server.wiring import services

MAX_SHEET_BYTES = 4 << 20
_AT_ONCE = 50
"""Rows that are read or stored before others have their turn."""

Action = Literal["create", "update", "unchanged", "error"]


class LineView(BaseModel):
    """What becomes of one line."""

    line: int = Field(description="As a spreadsheet counts: the header is 1.")
    intent_key: str
    action: Action
    errors: list[FieldProblem]
    changed: list[str] = Field(description="For an update: the fields that become different.")


class ImportView(BaseModel):
    """What became of a file, or would."""

    dry_run: bool
    created: int
    updated: int
    unchanged: int
    wrong: int = Field(description="While there is one of these, nothing is imported.")
    lines: list[LineView]
    plan: str = Field(
        description="Names exactly this outcome: sent along with the file, it is imported only if "
        "it still would do the same."
    )


class SheetRefusedError(InvalidInputError):
    """The file is no table of prepared answers.

    Args:
        error: tells why.
    """

    def __init__(self, error: SheetError) -> None:
        super().__init__("file", str(error))
        self.reason = error.code
        self.about = error.about


@dataclass(slots=True)
class _Step:
    """A line, and what it does to which row."""

    line: Line
    action: Action = "error"
    body: FaqInput | None = None
    row: BusinessFaq | None = None
    errors: list[FieldProblem] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def fail(self, name: str, message: str, code: str) -> None:
        self.action = "error"
        self.errors.append(FieldProblem(field=name, message=message, code=code))


def exported_sheet(business_id: int) -> bytes:
    """Return all prepared answers as a file for spreadsheets, the highest priority first.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.read() as session:
        get_business(session, business_id)
        text = write_sheet(_fields(row) for row in _stored(session, business_id))
    return text.encode("utf-8-sig")


def preview_sheet(business_id: int, data: bytes) -> ImportView:
    """Return what the file ``data`` would do.

    Raises:
        NotFoundError: there is no such business.
        SheetRefusedError: it is no table of prepared answers.
    """
    steps, columns = _read(data)
    with services().database.read() as session:
        _plan(session, get_business(session, business_id), steps, columns)
    return _report(steps, dry_run=True)


def import_sheet(business_id: int, data: bytes, plan: str = "") -> ImportView:
    """Do what the file ``data`` says, unless a line is wrong or the ``plan`` would be another.

    Returns:
        What was done; ``dry_run`` where nothing was.

    Raises:
        NotFoundError: there is no such business.
        SheetRefusedError: it is no table of prepared answers.
    """
    steps, columns = _read(data)
    rows: list[BusinessFaq] = []
    with services().database.write() as session:
        business = get_business(session, business_id)
        # Of two at the same moment one comes second. A weak lock: calls go on being stored.
        session.refresh(business, with_for_update={"key_share": True})
        _plan(session, business, steps, columns)
        planned = _report(steps, dry_run=True)
        wanted = not planned.wrong and plan in ("", planned.plan)
        if wanted:
            rows = _apply(session, business, steps)
    for row in rows:
        prepare_clip(row)
        _pause()
    return planned.model_copy(update={"dry_run": not wanted})


def _pause() -> None:
    """Let the calls that are bridged in this process have their frames."""
    time.sleep(0)


def _read(data: bytes) -> tuple[list[_Step], tuple[str, ...]]:
    """Return the lines of a file as steps, each checked by itself, and the file's columns."""
    try:
        sheet: Sheet = read_sheet(data, _pause)
    except SheetError as error:
        raise SheetRefusedError(error) from None
    steps = []
    for line in sheet.lines:
        step = _Step(line)
        if line.extra:
            step.fail("", "there are more cells than columns", "extra_cells")
        try:
            step.body = FaqInput.model_validate(line.fields)
        except ValidationError as error:
            step.errors += field_problems(error)
        steps.append(step)
        _pause()
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
        _pause()
        if step.body is None:
            continue
        key = step.body.intent_key, step.body.lang or business.lang
        step.row = next(free.setdefault(key, iter(by_key[key])), None)
        if step.row is None and key in first:
            message = f"line {first[key]} has the same intent_key and language"
            step.fail("intent_key", message, "same_key")
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
        step.changed = [name for name in COLUMNS if before[name] != after[name]]
        step.action = "update" if step.changed else "unchanged"


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
        if len(changed) % _AT_ONCE == 0:
            session.flush()
            _pause()
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


def _report(steps: Sequence[_Step], *, dry_run: bool) -> ImportView:
    counts = Counter(step.action for step in steps)
    lines = [
        LineView(
            line=step.line.number,
            intent_key=str(step.line.fields.get("intent_key", ""))[:80],
            action=step.action,
            errors=step.errors,
            changed=step.changed,
        )
        for step in steps
    ]
    return ImportView(
        dry_run=dry_run,
        created=counts["create"],
        updated=counts["update"],
        unchanged=counts["unchanged"],
        wrong=counts["error"],
        lines=lines,
        plan=_name(steps),
    )


def _name(steps: Sequence[_Step]) -> str:
    """Return a name of what ``steps`` do: to which rows, as they are, and what they become."""
    digest = hashlib.sha256()
    for step in steps:
        row = step.row
        what = (step.action, step.body, row and (row.id, row.updated_at, row.priority))
        digest.update(repr(what).encode("utf-8", "surrogatepass"))
        _pause()
    return digest.hexdigest()[:32]


def _stored(session: Session, business_id: int) -> Iterator[BusinessFaq]:
    """Yield all prepared answers, the highest priority first."""
    found = session.scalars(
        select(BusinessFaq)
        .where(BusinessFaq.business_id == business_id)
        .order_by(BusinessFaq.priority.desc(), BusinessFaq.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for some in found.partitions():
        yield from some
        _pause()


def _fields(row: BusinessFaq) -> dict[str, Any]:
    """Return ``row`` as its owner writes it; what cannot be a pattern is left out."""
    return {
        "intent_key": row.intent_key,
        "label": row.label,
        "patterns": patterns_of(row),
        "answer_text": row.answer_text,
        "channels": row.channels,
        "lang": row.lang,
        "priority": row.priority,
        "active": row.active,
    }
