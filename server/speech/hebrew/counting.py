"""Hebrew number words with gender, and the gender of what is counted.

Number words come from ``num2words``; the forms before a noun (שני, שקל אחד) and the guess of a
noun's gender are here. Bare numbers, hours and digits are feminine (Academy of the Hebrew
Language).
"""

from __future__ import annotations

from typing import Final, Literal

from num2words import num2words

Gender = Literal["f", "m"]

_LARGEST: Final = 999_999_999
"""Above this, digits are read one by one."""

_MASCULINE_NOUNS: Final = (
    "שקל שקלים שקלי אחוז אחוזים דולר דולרים אירו יורו קילו קילוגרם קילומטר מטר מטרים סנטימטר "
    "גרם ליטר ליטרים איש אנשים אנשי ילד ילדים יום ימים חודש חודשים לילה לילות שבוע שבועות "
    "מקום מקומות שולחן שולחנות אלף מיליון תשלום תשלומים חדר חדרים סוג סוגים רחוב רחובות בוקר "
    "ערב צהריים סועד סועדים אורח אורחים מוצר מוצרים עובד עובדים לקוח לקוחות קו קווים מספר "
    "מספרים אזור אזורים כרטיס כרטיסים טיפול טיפולים"
)
_MASCULINE: Final = frozenset(_MASCULINE_NOUNS.split())
_FEMININE_NOUNS: Final = (
    "שעה שעות דקה דקות שנייה שניות שנה שנים פעם פעמים אגורה אגורות אישה נשים מילה מילים ביצה "
    "ביצים עיר ערים דרך דרכים מאה כוס כוסות מנה מנות תחנה תחנות קומה קומות יחידה יחידות מיטה "
    "מיטות נפש נפשות אבן אבנים רגל רגליים יד ידיים עין עיניים נקודה נקודות משפחה משפחות עבודה "
    "עבודות"
)
_FEMININE: Final = frozenset(_FEMININE_NOUNS.split())


def cardinal(value: int, gender: Gender = "f") -> str:
    """Return ``value`` in words, as one counts: שתיים (f), שניים (m). Digits when out of range."""
    if value < 0:
        return f"מינוס {cardinal(-value, gender)}"
    if value > _LARGEST:
        return digits(str(value))
    return str(num2words(value, lang="he", gender=gender))


def counted(value: int, noun: str, gender: Gender, *, singular: str | None = None) -> str:
    """Return ``value`` with the noun it counts: שקל אחד, שני שקלים, שלוש דקות.

    Args:
        value: how many.
        noun: the noun as it follows numbers above one.
        gender: of the noun.
        singular: the noun's form after one; without it ``noun`` serves for one as well.
    """
    if value == 1:
        return f"{singular or noun} {cardinal(1, gender)}"
    if value == 2:
        return f"{'שני' if gender == 'm' else 'שתי'} {noun}"
    return f"{cardinal(value, gender)} {noun}"


def digits(text: str) -> str:
    """Return the digits of ``text`` one by one in the feminine: 054 is אפס חמש ארבע."""
    return " ".join(cardinal(int(char)) for char in text if char in "0123456789")


def gender_of(noun: str) -> Gender:
    """Guess the gender of the word after a number: listed, else ים masculine, the rest feminine."""
    if noun in _MASCULINE:
        return "m"
    if noun in _FEMININE:
        return "f"
    return "m" if noun.endswith("ים") else "f"
