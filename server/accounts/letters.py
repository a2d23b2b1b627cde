"""The words of the mails that carry a link, in Hebrew and in English."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from server.models import ADMIN, OPERATOR, OWNER


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: its subject, and its body as plain text and as simple HTML."""

    subject: str
    text: str
    html: str


_ROLES = {
    "he": {OWNER: "בעלים", ADMIN: "מנהל/ת", OPERATOR: "נציג/ה"},
    "en": {OWNER: "owner", ADMIN: "admin", OPERATOR: "operator"},
}
_INVITE = {
    "he": (
        "הזמנה ל{place}",
        "שלום,",
        "הוזמנתם להצטרף ל{place} במענה, בתפקיד {role}. ההזמנה נשלחה על ידי {inviter}.",
        "להצטרפות",
        "הקישור מתאים לפעם אחת ובתוקף לשבעה ימים. אם לא ציפיתם להזמנה, אפשר להתעלם מהמייל.",
    ),
    "en": (
        "Invitation to {place}",
        "Hello,",
        "{inviter} invites you to {place} in Maane (role: {role}).",
        "Join",
        "The link works once, for seven days. If you did not expect it, ignore this mail.",
    ),
}
_RESET = {
    "he": (
        "סיסמה חדשה במענה",
        "שלום,",
        "ביקשו סיסמה חדשה לחשבון שלכם במענה. אפשר לקבוע אותה כאן:",
        "לקביעת סיסמה",
        "הקישור מתאים לפעם אחת ובתוקף לשעתיים. אם לא ביקשתם, אפשר להתעלם: הסיסמה לא השתנתה.",
    ),
    "en": (
        "New password for Maane",
        "Hello,",
        "Somebody asked for a new password for your account in Maane. Set it here:",
        "Set a password",
        "The link works once, for two hours. If it was not you, ignore this mail: your password "
        "has not changed.",
    ),
}
_ALL_BUSINESSES = {"he": "כל העסקים", "en": "all businesses"}
_SOMEBODY = {"he": "צוות מענה", "en": "The Maane team"}


def invitation(language: str, url: str, *, business: str, inviter: str, role: str) -> Letter:
    """Return the mail that invites somebody.

    Args:
        language: ``he`` or ``en``.
        business: its name; empty: all of them.
        inviter: who invites; empty where nobody has a name.
        role: the one that is given.
    """
    language = _known(language)
    words = {
        "place": business or _ALL_BUSINESSES[language],
        "inviter": inviter or _SOMEBODY[language],
        "role": _ROLES[language][role],
    }
    return letter(language, [part.format(**words) for part in _INVITE[language]], url)


def new_password(language: str, url: str) -> Letter:
    """Return the mail with the link that sets a new password."""
    language = _known(language)
    return letter(language, list(_RESET[language]), url)


def _known(language: str) -> str:
    return language if language in _INVITE else "he"


def letter(language: str, parts: list[str], url: str) -> Letter:
    """Return a mail with one link.

    Args:
        language: ``he`` or ``en``; another one is read as Hebrew.
        parts: subject, greeting, what it says, the words of its link, small print.
        url: where the link leads.
    """
    subject, hello, what, button, small = (" ".join(part.split()) for part in parts)
    text = f"{hello}\n\n{what}\n\n{url}\n\n{small}\n"
    language = _known(language)
    direction = "rtl" if language == "he" else "ltr"
    html = (
        f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8">'
        '<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5">'
        f"<p>{escape(hello)}</p><p>{escape(what)}</p>"
        f'<p><a href="{escape(url)}">{escape(button)}</a></p>'
        f'<p dir="ltr" style="color: #555">{escape(url)}</p>'
        f'<p style="color: #555">{escape(small)}</p></body></html>\n'
    )
    return Letter(subject, text, html)
