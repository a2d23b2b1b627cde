"""Prepared answers as a spreadsheet keeps them: comma-separated values, there and back.

What is written is read back as it was, whatever it holds. What is read comes from people and
their programs: other delimiters, other encodings, half-finished lines.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "intent_key",
    "label",
    "patterns",
    "answer_text",
    "channels",
    "lang",
    "priority",
    "active",
)
REQUIRED = ("intent_key", "patterns", "answer_text")
MAX_LINES = 2000
MAX_LINE_CHARS = 64 << 10
"""Several times what a prepared answer can hold; a quotation mark that is not closed makes more."""

_MAX_WITH_EMPTY_LINES = 50_000

_FORMULA = re.compile(r"['\s\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet would run instead of showing it; it looks past spaces and marks of direction.
An apostrophe in front keeps it text."""
_DELIMITERS = ",;\t"
_YES = frozenset(("true", "1", "yes", "כן"))
_NO = frozenset(("false", "0", "no", "לא"))


class SheetError(ValueError):
    """The file cannot be read as a table of prepared answers; the message is for its owner.

    Args:
        code: ``too_many_lines``, ``broken_line``, ``empty``, ``encoding``, ``unknown_column``,
            ``double_column`` or ``missing_column``.
        message: what is wrong, in a sentence.
        about: the line or the column that it is about, if it is about one.
    """

    def __init__(self, code: str, message: str, about: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.about = about


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet."""

    number: int
    """As a spreadsheet counts: the header is 1."""
    fields: Mapping[str, Any]
    """What its cells hold; empty ones are left out, unreadable ones are as they were typed."""
    extra: bool = False
    """Whether it has more cells than there are columns."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of prepared answers as somebody wrote it."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def write_sheet(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return ``rows`` (fields by the names of ``COLUMNS``) with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_guarded(_cell(row[name])) for name in COLUMNS])
    return out.getvalue()


def read_sheet(data: bytes, pause: Callable[[], None] = lambda: None) -> Sheet:
    """Return what ``data`` holds; empty lines are left out.

    Args:
        pause: called after every few milliseconds of work at most, so that others can work too.

    Raises:
        SheetError: it is no such table, or has more than ``MAX_LINES`` lines.
    """
    text = decoded(data)
    columns: tuple[str, ...] = ()
    lines: list[Line] = []
    number = 0
    try:
        for number, cells in enumerate(_records(text, pause), 1):
            if number > _MAX_WITH_EMPTY_LINES:
                raise _too_many_lines()
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells)
                continue
            if len(lines) == MAX_LINES:
                raise _too_many_lines()
            lines.append(_line(number, columns, cells))
    except csv.Error as error:
        raise SheetError("broken_line", f"line {number + 1}: {error}", str(number + 1)) from None
    if not columns:
        raise SheetError("empty", "the file is empty")
    return Sheet(columns, tuple(lines))


def _too_many_lines() -> SheetError:
    return SheetError("too_many_lines", f"more than {MAX_LINES} lines; split the file")


def _records(text: str, pause: Callable[[], None]) -> Iterator[list[str]]:
    """Yield the cells of each line; one whose cells hold line breaks is a line all the same.

    Raises:
        csv.Error: a line cannot be read, or is longer than ``MAX_LINE_CHARS``.
    """
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    length = 0

    def pieces() -> Iterator[str]:
        nonlocal length
        for piece in io.StringIO(text, newline=""):
            pause()
            length += len(piece)
            if length > MAX_LINE_CHARS:
                raise csv.Error(f"more than {MAX_LINE_CHARS} letters")
            yield piece

    for cells in csv.reader(pieces(), delimiter=delimiter, strict=True):
        yield cells
        length = 0


def decoded(data: bytes) -> str:
    """Return ``data`` as text: UTF-8, UTF-16 with its mark, or Hebrew Windows' own encoding.

    Raises:
        SheetError: it is none of them.
    """
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1255")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    raise SheetError("encoding", "these are not letters; save the file as CSV UTF-8")


def _columns(cells: list[str]) -> tuple[str, ...]:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    columns = tuple(names)
    for name in columns:
        if name not in COLUMNS:
            raise SheetError(
                "unknown_column",
                f"line 1 names the columns; {name[:40]!r} is none of {', '.join(COLUMNS)}",
                name[:40],
            )
        if columns.count(name) > 1:
            raise SheetError("double_column", f"the column {name} is there twice", name)
    for name in REQUIRED:
        if name not in columns:
            raise SheetError("missing_column", f"the column {name} is missing", name)
    return columns


def _line(number: int, columns: tuple[str, ...], cells: list[str]) -> Line:
    fields: dict[str, Any] = {}
    for name, cell in zip(columns, cells, strict=False):
        plain = _unguarded(cell)
        if plain.strip():
            fields[name] = _value(name, plain)
    return Line(number, fields, any(cell.strip() for cell in cells[len(columns) :]))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        # A line break tells the reader that bars are no separators here.
        return "\n".join(value) + ("\n" if len(value) == 1 and "|" in value[0] else "")
    return str(value)


def _value(name: str, cell: str) -> Any:
    text = cell.strip()
    if name == "patterns":
        patterns = cell.splitlines() if "\n" in cell else _split(text)
        return [pattern.strip() for pattern in patterns if pattern.strip()]
    if name == "priority" and text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    if name == "active" and text.lower() in _YES | _NO:
        return text.lower() in _YES
    return text


def _split(text: str) -> list[str]:
    """Return the parts of ``text`` between bars that stand outside of brackets."""
    parts: list[str] = []
    begin, depth, escaped = 0, 0, False
    for place, letter in enumerate(text):
        if letter == "|" and not depth and not escaped:
            parts.append(text[begin:place])
            begin = place + 1
            continue
        if not escaped:
            depth = max(0, depth + (letter in "([") - (letter in ")]"))
        escaped = letter == "\\" and not escaped
    return [*parts, text[begin:]]


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
