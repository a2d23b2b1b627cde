"""Keys for comparison: one spelling for everything that people hear as the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.faq.normalize import fold_letters, normalize


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        ("  ?!  ", ""),
        ("מה המחיר?", "מה המחיר"),
        ("מה  המחיר\n\t?", "מה המחיר"),
        ("מַה הַמְּחִיר", "מה המחיר"),
        ("שׁלוֹם", "שלומ"),
        ("\ufb2aלום", "שלומ"),  # presentation forms
        ("שלום ךםןףץ", "שלומ כמנפצ"),
        ('ת"ז', "תז"),
        ("ת״ז", "תז"),
        ("צ'ק", "צק"),
        ("צ׳ק", "צק"),
        ("ג'", "ג"),
        ('"שלום"', "שלומ"),
        ("בית־ספר", "בית ספר"),
        ("דן-אל", "דנ אל"),
        ("א–ב", "א ב"),
        ("What's the PRICE?", "whats the price"),
        ("It’s", "its"),
        ("Café", "cafe"),
        ("\u200fמחיר\u200e", "מחיר"),
        ("\u202bמחיר\u202c", "מחיר"),
        ("12:30", "12 30"),
        ("450₪", "450"),
        ("½", "1 2"),
        ("a_b", "a b"),
        ("🙂 שלום 🙂", "שלומ"),
    ],
)
def test_what_sounds_the_same_has_one_key(text: str, key: str) -> None:
    assert normalize(text) == key


@pytest.mark.parametrize("invisible", ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"])
def test_no_invisible_letter_splits_a_word(invisible: str) -> None:
    assert normalize(f"מח{invisible}יר") == "מחיר"


@given(st.text())
@example("İstanbul")
@example("a''b'c")
def test_a_key_is_its_own_key(text: str) -> None:
    key = normalize(text)
    assert normalize(key) == key
    assert key == " ".join(key.split())


@given(st.text())
def test_a_key_holds_no_marks_no_capitals_and_no_final_letters(text: str) -> None:
    key = normalize(text)
    assert not set(key) & set("ךםןףץ\u200e\u200f\"'?!,.-_")
    assert all(unicodedata.category(letter) != "Mn" for letter in key)


@given(st.text(st.characters(min_codepoint=0x5D0, max_codepoint=0x5EA), min_size=1))
def test_nikud_never_changes_a_key(word: str) -> None:
    assert normalize("".join(letter + "\u05b8" for letter in word)) == normalize(word)


@given(st.text(), st.text())
def test_folding_keeps_what_is_not_a_letter(before: str, after: str) -> None:
    folded = fold_letters(f"{before}.*[{after}")
    assert ".*[" in folded
