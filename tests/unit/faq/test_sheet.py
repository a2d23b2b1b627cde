"""Prepared answers as a spreadsheet keeps them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.faq.sheet import COLUMNS, MAX_LINES, SheetError, read_sheet, write_sheet

ROW: dict[str, Any] = {
    "intent_key": "hours",
    "label": "שעות",
    "patterns": ["מתי פתוחים?", "^עד (איזו|איזה) שעה"],
    "answer_text": 'פתוחים עד חמש, "בערך".\nבשישי עד שתיים.',
    "channels": "both",
    "lang": "he-IL",
    "priority": 7,
    "active": False,
}
HEADER = "intent_key,patterns,answer_text"


def read(text: str, encoding: str = "utf-8") -> list[dict[str, Any]]:
    return [dict(line.fields) for line in read_sheet(text.encode(encoding)).lines]


def refused(data: str | bytes) -> str:
    with pytest.raises(SheetError) as caught:
        read_sheet(data if isinstance(data, bytes) else data.encode())
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1255"])
def test_what_is_written_is_read_in_any_usual_encoding(encoding: str) -> None:
    assert read(write_sheet([ROW]), encoding) == [ROW]


@pytest.mark.parametrize(
    "text", ["=1+1", "+972", "-5", "@SUM(A1)", "'=x", "''=x", "'שלום", "＝1", "\u200f=1"]
)
def test_no_cell_is_a_formula_and_none_is_changed(text: str) -> None:
    row = ROW | {"answer_text": text, "label": text, "patterns": [text]}
    written = write_sheet([row])
    for cell in written.splitlines()[1].split(","):
        assert not cell.strip('"\u200f').startswith(("=", "+", "-", "@", "＝"))
    assert read(written) == [row]


_TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
_ROWS = st.fixed_dictionaries(
    dict.fromkeys(COLUMNS, _TEXT)
    | {
        "patterns": st.lists(_TEXT, min_size=1, max_size=4),
        "priority": st.integers(0, 100),
        "active": st.booleans(),
    }
)


@given(st.lists(_ROWS, max_size=4))
def test_there_and_back(rows: list[dict[str, Any]]) -> None:
    assert read(write_sheet(rows)) == rows


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", HEADER.encode() + b"\n"):
        try:
            read_sheet(start + data)
        except SheetError as error:
            assert str(error)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = f"{HEADER}\r\nprice,מה המחיר,מאה.\r\n".replace(",", delimiter)
    assert read(text) == [{"intent_key": "price", "patterns": ["מה המחיר"], "answer_text": "מאה."}]


@pytest.mark.parametrize(
    ("cell", "patterns"),
    [
        ("מה המחיר|כמה עולה", ["מה המחיר", "כמה עולה"]),
        ("מה (המחיר|העלות)|כמה", ["מה (המחיר|העלות)", "כמה"]),
        (r"[|]x\|y|z", [r"[|]x\|y", "z"]),
        ('"מה|מי\nכמה\n\n"', ["מה|מי", "כמה"]),
        ("|", []),
    ],
)
def test_patterns_stand_on_lines_or_between_bars(cell: str, patterns: list[str]) -> None:
    assert read(f"{HEADER}\nprice,{cell},מאה")[0]["patterns"] == patterns


def test_empty_lines_are_counted_and_left_out() -> None:
    sheet = read_sheet(f"{HEADER}\n\nprice,x,y\n,,\nhours,x,y,z\n".encode())
    assert [(line.number, line.extra) for line in sheet.lines] == [(3, False), (5, True)]
    assert sheet.columns == ("intent_key", "patterns", "answer_text")


def test_what_is_no_value_stays_as_it_was_typed() -> None:
    lines = read(f"{HEADER},priority,active\na,x,y,high,perhaps\na,x,y,-1,כן\na,x,y,5,NO\n")
    assert [(line["priority"], line["active"]) for line in lines] == [
        ("high", "perhaps"), ("-1", True), (5, False),
    ]  # fmt: skip


def test_what_is_no_such_table_is_refused_with_a_reason() -> None:
    assert "empty" in refused("")
    assert "empty" in refused("\n\n")
    assert "answer_text is missing" in refused("intent_key,patterns\n")
    assert "twice" in refused(f"{HEADER},patterns\n")
    assert "'colour' is none" in refused(f"{HEADER},colour\n")
    assert "not letters" in refused(b"\xff\xfe\x00\xd8\x00\x00\x00")
    assert refused(f'{HEADER}\na,"x" y,z\n').startswith("line 2: ")
    assert refused(f'{HEADER}\na,"x,z\n').startswith("line 2: ")
    assert str(MAX_LINES) in refused(f"{HEADER}\n" + "a,b,c\n" * (MAX_LINES + 1))
    assert len(read(f"{HEADER}\n" + "a,b,c\n" * MAX_LINES)) == MAX_LINES


@pytest.mark.parametrize(
    "data",
    [
        "intent_key" + ',""' * (1 << 20),  # a million columns without a name
        "," * (4 << 20),
        "\n" * (4 << 20),
        f"{HEADER}\n" + '"\n",' * (1 << 20),
        f"{HEADER}\n" + f"a,{'x|' * 30_000},b\n" * 60,
        f"{HEADER}\n" + f"{',' * 100}\n" * 40_000,
    ],
)
def test_no_file_keeps_the_calls_of_this_process_waiting(data: str) -> None:
    worked_seconds = []
    began = time.thread_time()

    def pause() -> None:
        nonlocal began
        worked_seconds.append(time.thread_time() - began)
        began = time.thread_time()

    try:
        read_sheet(data.encode(), pause)
    except SheetError:
        pause()
    assert max(worked_seconds) < 0.1
