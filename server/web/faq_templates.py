"""The questions that nearly every business is asked: where a new prepared answer may begin.

They are in the language of the callers, which need not be the page's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Template:
    """One usual question."""

    key: str
    title: Any
    """For the page."""
    icon: str
    label: str
    """For callers, like the rest."""
    patterns: tuple[str, ...]
    example: str


_Text = tuple[str, tuple[str, ...], str]
"""The label, how callers say it, and an answer as an example."""

_TITLES = {
    "price": (_l("Price"), "coin"),
    "hours": (_l("Opening hours"), "clock"),
    "address": (_l("Address"), "map-pin"),
    "kosher": (_l("Kosher"), "shield-check"),
    "parking": (_l("Parking"), "flag"),
    "payment": (_l("Ways to pay"), "briefcase"),
}
_HEBREW: dict[str, _Text] = {
    "price": (
        "מחיר",
        ("מה המחיר", "כמה זה עולה", "מה המחירים שלכם"),
        "טיפול שוטף עולה ארבע מאות וחמישים שקלים.",
    ),
    "hours": (
        "שעות פתיחה",
        ("מתי אתם פתוחים", "מה שעות הפתיחה", "עד מתי פתוח"),
        "פתוחים בימים ראשון עד חמישי משמונה עד חמש, ובשישי עד אחת.",
    ),
    "address": (
        "כתובת",
        ("איפה אתם נמצאים", "מה הכתובת", "איך מגיעים אליכם"),
        "אנחנו ברחוב הגפן שתים עשרה, חולון.",
    ),
    "kosher": ("כשרות", ("זה כשר", "יש לכם תעודת כשרות"), "כן, יש לנו תעודת כשרות של הרבנות."),
    "parking": ("חניה", ("יש חניה", "איפה אפשר לחנות"), "יש חניה חינם בחצר."),
    "payment": (
        "אמצעי תשלום",
        ("איך אפשר לשלם", "אפשר לשלם באשראי", "אתם מקבלים ביט"),
        "אפשר לשלם באשראי, במזומן או בביט.",
    ),
}
_ENGLISH: dict[str, _Text] = {
    "price": (
        "price",
        ("What is the price", "How much does it cost", "What are your prices"),
        "A regular service costs four hundred and fifty shekels.",
    ),
    "hours": (
        "opening hours",
        ("When are you open", "What are your opening hours", "Until when are you open"),
        "We are open Sunday to Thursday from eight to five, and Friday until one.",
    ),
    "address": (
        "address",
        ("Where are you", "What is your address", "How do I get there"),
        "We are at 12 Hagefen Street, Holon.",
    ),
    "kosher": ("kosher", ("Is it kosher", "Do you have a kosher certificate"), "Yes, it is."),
    "parking": ("parking", ("Is there parking", "Where can I park"), "Parking is free."),
    "payment": (
        "ways to pay",
        ("How can I pay", "Do you take credit cards"),
        "You can pay by credit card or in cash.",
    ),
}


def templates(lang: str) -> list[Template]:
    """Return the usual questions in the language ``lang`` of callers; English for most."""
    texts = _HEBREW if lang.startswith("he") else _ENGLISH
    found = []
    for key, (label, patterns, example) in texts.items():
        title, icon = _TITLES[key]
        found.append(Template(key, title, icon, label, patterns, example))
    return found


def template(key: str, lang: str) -> Template | None:
    """Return the usual question ``key``, if there is one."""
    return next((one for one in templates(lang) if one.key == key), None)
