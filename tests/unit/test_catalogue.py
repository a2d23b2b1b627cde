"""The Hebrew catalogue as a reader of Hebrew meets it. That it is complete, `tools` checks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.pages import PROPER_NAMES
from tools.translations import LANGUAGES, read

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"<[^>]*>|&\w+;")
LATIN = re.compile(r"[A-Za-z]{2,}")
HEBREW = re.compile(r"[\u0590-\u05FF]")
TECHNICAL = re.compile(
    r"https?://\S+|\S+@\S+|\b[A-Z]+(?:_[A-Z]+)+\b|[a-z]+-[A-Z]{2}\b|\.\w+\b|\b[a-z]+_\w+\b"
    r"|\bhttps?\b"
)
"""Addresses, codes and files, which are written as they are typed."""


BRACKETED = re.compile(r"\([A-Za-z ]+\)")
"""A technical term beside its Hebrew word."""


def entries() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        for message in read(language):
            ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
            strings = message.string
            for string in strings if isinstance(strings, list | tuple) else (strings,):
                for one in ids if message.id else ():
                    yield one, string or ""


def test_each_translation_holds_the_values_of_its_original() -> None:
    for language in LANGUAGES:
        for message in read(language):
            if not message.id:
                continue
            several = isinstance(message.id, list | tuple)
            originals = message.id if several else (message.id,)
            strings = message.string if several else (message.string,)
            known = set().union(*(PLACEHOLDER.findall(one) for one in originals))
            needed = set(PLACEHOLDER.findall(originals[-1])) - {"%(num)d", "%(num)s"}
            for at, string in enumerate(strings):
                used = set(PLACEHOLDER.findall(string or ""))
                assert used <= known, message.id
                # "One lead", "two leads" need no number; the last form is for all other numbers.
                if at == len(strings) - 1:
                    assert used >= needed, message.id


def foreign_words(string: str) -> list[str]:
    plain = string
    for kept in (PLACEHOLDER, TAG, BRACKETED, TECHNICAL):
        plain = kept.sub(" ", plain)
    return [word for word in LATIN.findall(plain) if word not in PROPER_NAMES]


@pytest.mark.parametrize(
    ("string", "foreign"),
    [
        ("יש %(number)s פניות ב-CSV", []),
        ("כתובת, למשל https://example.com/in או dana@example.com", []),
        ("העלאת קובץ recording", ["recording"]),
    ],
)
def test_foreign_words_are_seen(string: str, foreign: list[str]) -> None:
    assert foreign_words(string) == foreign


def test_hebrew_sentences_are_hebrew() -> None:
    mixed = {string: foreign_words(string) for _, string in entries() if HEBREW.search(string)}
    assert {string: words for string, words in mixed.items() if words} == {}


def test_originals_are_english() -> None:
    assert [one for one, _ in entries() if HEBREW.search(one)] == []
