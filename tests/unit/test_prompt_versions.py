"""Comparing two versions of a prompt: what is marked, and what it costs at most."""

from __future__ import annotations

import random
import time

import pytest

from server.prompt_versions import DiffLine, compare


def sides(lines: list[DiffLine]) -> tuple[str, str]:
    """Return the two texts that ``lines`` were made of."""
    before = [line.text for line in lines if line.kind != "added"]
    after = [line.text for line in lines if line.kind != "removed"]
    return "\n".join(before), "\n".join(after)


def test_words_are_marked_in_a_line_that_has_changed() -> None:
    same, removed, added = compare("שלום\nמחיר: מאה שקלים", "שלום\nמחיר: מאתיים שקלים")
    assert (same.kind, same.text) == ("same", "שלום")
    assert [word for differs, word in removed.words if differs] == ["מאה "]
    assert [word for differs, word in added.words if differs] == ["מאתיים "]


@pytest.mark.parametrize("between", [" ", "\n"], ids=["one long line", "many short lines"])
def test_texts_that_have_nothing_but_words_in_common_are_compared_at_once(between: str) -> None:
    # Twelve seconds of a core, once: every call on the line would have stood still for it.
    dice = random.Random(1)
    before, after = (between.join(dice.choices(["את", "לא", "של"], k=6600)) for _ in "12")
    began = time.process_time()
    lines = compare(f"א\n{before}\nת", f"א\n{after}\nת")
    assert time.process_time() - began < 1
    assert sides(lines) == (f"א\n{before}\nת", f"א\n{after}\nת")
    assert (lines[0].kind, lines[-1].kind) == ("same", "same")


def test_one_word_is_found_in_a_long_line() -> None:
    words = ["מילה"] * 3000
    removed, added = compare(" ".join(words), " ".join([*words[:1000], "אחרת", *words[1000:]]))
    assert [word for differs, word in added.words if differs] == ["אחרת "]
    assert not any(differs for differs, _ in removed.words)
