"""Hebrew letters, points and the invisible marks around them."""

from __future__ import annotations

import re
import unicodedata

LETTERS = "אבגדהוזחטיכלמנסעפצקרשתךםןףץ"
"""Every Hebrew letter, final forms last."""

LETTER = "[א-ת]"
"""One Hebrew letter, as a piece of a regular expression."""

GUTTURALS = frozenset("אהחע")
"""Letters that pull their vowels towards a."""

FINAL_TO_BASE = str.maketrans("ךםןףץ", "כמנפצ")
"""Final forms to the usual ones, for comparing letters; never for reading פ and ף."""

_INVISIBLE = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufe00-\ufe0f]")
_CANTILLATION = re.compile("[\u0591-\u05aa\u05ac-\u05af\u05bd\u05bf\u05c0\u05c3-\u05c6]")
_POINTS = re.compile("[\u05b0-\u05c7\u05ab]")
_LOOKALIKES = str.maketrans(
    {
        "׳": "'",
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "״": '"',
        "“": '"',
        "”": '"',
        "„": '"',
        "־": "-",
        "‐": "-",
        "‑": "-",
        "‒": "–",
        "−": "-",
        "…": ".",
        "\u00a0": " ",
    }
)


def normalise(text: str) -> str:
    """Return ``text`` in one spelling: no bidi or control characters, plain quotes and hyphens.

    Presentation forms (U+FB1D-FB4F) become letter and point. Points stay; cantillation marks and
    meteg go, except ole (U+05AB), which dictionaries use for stress.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_LOOKALIKES)))
    text = unicodedata.normalize("NFC", text).translate(_LOOKALIKES)
    text = _CANTILLATION.sub("", text)
    return "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs") else char
        for char in text
        if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")
    )


def is_pointed(word: str) -> bool:
    """Tell whether ``word`` carries nikud."""
    return _POINTS.search(word) is not None


def without_points(word: str) -> str:
    """Return ``word`` without its nikud."""
    return _POINTS.sub("", word)
