r"""Numbers in Hebrew text -> words: prices, percent, hours, dates, phone numbers, ranges, the rest.

Digits are found by look-arounds for digits and never by ``\b``, which takes Hebrew letters for word
characters and so misses the number in ל0541234567. A prefix letter with its hyphen (ב-650) is
glued to the first word (בשש מאות וחמישים).
"""

from __future__ import annotations

import re
from typing import Final

from server.speech.hebrew.counting import Gender, cardinal, counted, digits, gender_of

_START: Final = r"(?<![\d.,:/*#])"
_END: Final = r"(?![\d])"
_NUMBER: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|\d+(?:\.\d{1,4})?"
_SHEKEL: Final = r'(?:₪|ש"ח|שח(?![א-ת])|ש\'\'ח|NIS|ILS)'
_MONTH_NAMES: Final = "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר"
_MONTHS: Final = _MONTH_NAMES.split()
_LONGEST_DIGITS: Final = 40

_GLUED = re.compile(r"(?<=\d)(?=[א-ת])|(?<=[א-ת])(?=\d)")
_PREFIX = re.compile(r"(?<![א-ת])[והבלמשכ]{1,3}$")
_PREFIX_HYPHEN = re.compile(r"(?<![א-ת])([והבלמשכ]{1,3})-(?=[\d₪$€+*])")
_PHONE = re.compile(
    r"(?<![\d*#+])(?:\+972[-. ]?(?:\(0\))?[-. ]?\d{1,2}[-. ]?\d{3}[-. ]?\d{4}"
    r"|0\d{1,2}[-. ]?\d{3}[-. ]?\d{4}|1-?[578]00(?:-?\d{2,3}){2}|\*\d{3,5}|\+\d{7,15})" + _END
)
_CODE = re.compile(rf"{_START}(?:0\d+|\d{{8,}}){_END}(?![.,:/]\d)")
_TIME_RANGE = re.compile(
    rf"{_START}([01]?\d|2[0-4]):([0-5]\d)\s*[-–—]\s*([01]?\d|2[0-4]):([0-5]\d){_END}"
)
_TIME = re.compile(rf"{_START}([01]?\d|2[0-4]):([0-5]\d){_END}")
_DATE = re.compile(
    rf"{_START}(0?[1-9]|[12]\d|3[01])([./])(0?[1-9]|1[0-2])(?:\2(\d{{4}}|\d\d))?{_END}(?!\.\d)"
)
_MONEY = re.compile(
    rf"{_START}(?:(₪|\$|€)\s*({_NUMBER})|({_NUMBER})\s*({_SHEKEL}|\$|€)|({_NUMBER})\s*שקל(?:ים)?(?![א-ת])){_END}"
)
_PERCENT = re.compile(rf"{_START}({_NUMBER})\s*%")
_RANGE = re.compile(
    rf"{_START}(\d{{1,6}})\s?[-–—]\s?(\d{{1,6}}){_END}(?![.,:/]\d)"
    rf"(?:\s*(%|{_SHEKEL}))?(?=(?:\s+([א-ת]+))?)"
)
_HALF = re.compile(rf"{_START}1/2{_END}")
_ALWAYS = re.compile(rf"{_START}24/7{_END}")
_MINUS = re.compile(r"(?<!\S)-(?=\d)")
_HYPHEN = re.compile(r"-(?=\d)|(?<=\d)-")
_PLAIN = re.compile(rf"({_NUMBER})(?:\s+([א-ת]+))?")
_CURRENCIES: Final = {"$": ("דולר", "דולר", "סנט"), "€": ("אירו", "אירו", "סנט")}


def numbers_to_words(text: str) -> str:
    """Return ``text`` with every number in words.

    The order matters: what has a shape of its own (phones, hours, dates, prices) goes before plain
    numbers. Digits of other scripts count as digits.
    """
    text = re.sub(r"\d", lambda match: str(int(match.group())), text)
    text = _PREFIX_HYPHEN.sub(r"\1", text)
    text = _GLUED.sub(_space_unless_prefix, text)
    text = _PHONE.sub(lambda match: _phone(match.group()), text)
    text = _ALWAYS.sub("עשרים וארבע שבע", text)
    text = _HALF.sub("חצי", text)
    text = _TIME_RANGE.sub(_time_range, text)
    text = _TIME.sub(lambda match: _hour(int(match[1]), int(match[2]), period=True), text)
    text = _RANGE.sub(_range, text)
    text = _MONEY.sub(_money, text)
    text = _DATE.sub(_date, text)
    text = _CODE.sub(lambda match: _in_groups(match.group()), text)
    text = _PERCENT.sub(_percent, text)
    text = _HYPHEN.sub(" ", _MINUS.sub("מינוס ", text))
    return _PLAIN.sub(_plain, text)


def _space_unless_prefix(match: re.Match[str]) -> str:
    """Part a number from the word it is glued to; prefix letters stay (ל054, ב650)."""
    before = match.string[max(0, match.start() - 4) : match.start()]
    return "" if _PREFIX.search(before) else " "


def _phone(written: str) -> str:
    """Read a phone number digit by digit in groups: a mobile 3-3-4, a landline 2-3-4."""
    star = "כוכבית " if written.startswith("*") else ""
    plain = "".join(char for char in written.replace("(0)", "") if char.isdigit())
    if written.startswith("+972"):
        plain = "0" + plain[3:]
    elif written.startswith("+"):
        return "פלוס " + _in_groups(plain)
    if len(plain) == 9 and plain.startswith("0"):
        groups = [plain[:2], plain[2:5], plain[5:]]
    elif len(plain) == 10:
        groups = [plain[:3] if plain.startswith("0") else plain[:4], "", ""]
        cut = len(groups[0])
        groups[1:] = [plain[cut : cut + 3], plain[cut + 3 :]]
    else:
        return star + digits(plain)
    return ", ".join(digits(group) for group in groups)


def _in_groups(plain: str) -> str:
    """Read a long code digit by digit, a short pause after every third."""
    plain = plain[:_LONGEST_DIGITS]
    return ", ".join(digits(plain[index : index + 3]) for index in range(0, len(plain), 3))


def _hour(hour: int, minute: int, *, period: bool) -> str:
    """Return a time of day as people say it: 10:30 is עשר וחצי, 18:00 is שש בערב."""
    if hour in (0, 24) and minute == 0:
        return "חצות"
    words = cardinal((hour - 1) % 12 + 1)
    if minute:
        words += f" {_minutes(minute)}"
    return f"{words} {_period(hour)}" if period and hour > 12 else words


def _minutes(minute: int) -> str:
    if minute == 30:
        return "וחצי"
    if minute == 15:
        return "ורבע"
    if minute < 20 or minute % 10 == 0:
        return f"ו{cardinal(minute)}" + (" דקות" if minute in (5, 10) else "")
    return cardinal(minute)


def _period(hour: int) -> str:
    if hour < 16:
        return "בצהריים"
    if hour < 18:
        return "אחר הצהריים"
    return "בערב" if hour < 21 else "בלילה"


def _time_range(match: re.Match[str]) -> str:
    first = _hour(int(match[1]), int(match[2]), period=False)
    return f"{first} עד {_hour(int(match[3]), int(match[4]), period=False)}"


def _date(match: re.Match[str]) -> str:
    """Read day and month; a dot without a year is a decimal unless ב or ה or ל stands before it."""
    day, separator, month, year = match.groups()
    if (
        year is None
        and separator == "."
        and not re.search("[בהלמד]$", match.string[: match.start()])
    ):
        return match.group()
    words = f"{cardinal(int(day), 'm')} ב{_MONTHS[int(month) - 1]}"
    if year is not None:
        words += f" {cardinal(int(year) if len(year) == 4 else 2000 + int(year))}"
    return words


def _money(match: re.Match[str]) -> str:
    number = match[2] or match[3] or match[5]
    sign = match[1] or match[4] or "₪"
    one, many, cent = _CURRENCIES.get(sign, ("שקל", "שקלים", "אגורות"))
    whole, fraction = _split(number)
    if len(fraction) > 2:
        return f"{_decimal(whole, fraction, 'm')} {many}"
    cents = int(fraction.ljust(2, "0")) if fraction else 0
    gender: Gender = "m" if cent == "סנט" else "f"
    part = counted(cents, cent, gender, singular="אגורה" if cent == "אגורות" else None)
    if int(whole) == 0 and cents:
        return part
    words = counted(int(whole), many, "m", singular=one)
    return f"{words} ו{part}" if cents else words


def _percent(match: re.Match[str]) -> str:
    whole, fraction = _split(match[1])
    if fraction:
        return f"{_decimal(whole, fraction, 'm')} אחוז"
    value = int(whole)
    return counted(value, "אחוזים" if 2 <= value <= 10 else "אחוז", "m")


def _range(match: re.Match[str]) -> str:
    first, last, sign, noun = match.groups()
    unit = "" if sign is None else " אחוז" if sign == "%" else " שקלים"
    gender: Gender = "m" if unit else gender_of(noun) if noun else "f"
    return f"{cardinal(int(first), gender)} עד {cardinal(int(last), gender)}{unit}"


def _plain(match: re.Match[str]) -> str:
    number, noun = match.groups()
    whole, fraction = _split(number)
    if noun is None:
        return _bare(whole, fraction, "f")
    gender = gender_of(noun)
    if not fraction and whole in ("1", "2"):
        return counted(int(whole), noun, gender)
    return f"{_bare(whole, fraction, gender)} {noun}"


def _bare(whole: str, fraction: str, gender: Gender) -> str:
    if fraction:
        return _decimal(whole, fraction, gender)
    if len(whole) > 9:
        return _in_groups(whole)
    return cardinal(int(whole), gender)


def _split(number: str) -> tuple[str, str]:
    """Split a written number into whole part and fraction, without thousands separators."""
    whole, _, fraction = number.replace(",", "").partition(".")
    return whole[:_LONGEST_DIGITS], fraction


def _decimal(whole: str, fraction: str, gender: Gender) -> str:
    """Return a decimal number: 2.5 is שתיים וחצי, 1.25 is אחת נקודה עשרים וחמש."""
    words = cardinal(int(whole), gender)
    if fraction in ("5", "50"):
        return f"{words} וחצי" if int(whole) else "חצי"
    if not int(fraction):
        return words
    spoken = digits(fraction) if fraction.startswith("0") else cardinal(int(fraction))
    return f"{words} נקודה {spoken}"
