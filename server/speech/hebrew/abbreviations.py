"""Acronyms and short forms of business Hebrew -> the words people say for them."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN_OUT: Final = {
    'ת"ז': "תעודת זהות",
    'בע"מ': "בעירבון מוגבל",
    'חו"ל': "חוץ לארץ",
    'דוא"ל': "דואר אלקטרוני",
    'ע"י': "על ידי",
    'עו"ד': "עורך דין",
    'רו"ח': "רואה חשבון",
    'ד"ר': "דוקטור",
    "פרופ'": "פרופסור",
    'מע"מ': "מַעַם",
    'ק"מ': "קילומטר",
    'קמ"ש': "קילומטר לשעה",
    'ק"ג': "קילוגרם",
    'ס"מ': "סנטימטר",
    'מ"מ': "מילימטר",
    'מ"ר': "מטר רבוע",
    'מ"ל': "מיליליטר",
    'נ"ק': "נקודה",
    'סה"כ': "סך הכול",
    'בד"כ': "בדרך כלל",
    'אח"כ': "אחר כך",
    'כ"כ': "כל כך",
    'לפנה"צ': "לפני הצהריים",
    'אחה"צ': "אחר הצהריים",
    'מוצ"ש': "מוצאי שבת",
    'סופ"ש': "סוף שבוע",
    'יו"ר': "יושב ראש",
    'מנכ"ל': "מַנְכָּל",
    'ח"כ': "חבר כנסת",
    'צה"ל': "צַהַל",
    'ארה"ב': "ארצות הברית",
    'ת"א': "תל אביב",
    'ב"ש': "באר שבע",
    'ראשל"צ': "ראשון לציון",
    'ש"ח': "שקלים",
    'אג"ח': "אגרות חוב",
    'דו"ח': "דוח",
    'חז"ל': "חֲזָל",
    'נדל"ן': "נַדְלָן",
    'שו"ת': "שוּת",
    'א"ב': "אלף בית",
    "רח'": "רחוב",
    "שד'": "שדרות",
    "מס'": "מספר",
    "טל'": "טלפון",
    "דק'": "דקות",
    "שע'": "שעות",
    "עמ'": "עמוד",
    "וכו'": "וכולי",
    "וכד'": "וכדומה",
    "לדוג'": "לדוגמה",
    "חב'": "חברת",
    "גב'": "גברת",
    "יום א'": "יום ראשון",
    "יום ב'": "יום שני",
    "יום ג'": "יום שלישי",
    "יום ד'": "יום רביעי",
    "יום ה'": "יום חמישי",
    "יום ו'": "יום שישי",
    "א'-ה'": "ראשון עד חמישי",
    "א-ה": "ראשון עד חמישי",
    "&": "אנד",
    "%": "אחוז",
    "₪": "שקלים",
    "$": "דולר",
    "€": "אירו",
    "@": "שטרודל",
    "#": "סולמית",
    "*": "כוכבית",
    "+": "פלוס",
    "=": "שווה",
    "°": "מעלות",
}

_LETTERS: Final = "אבגדהוזחטיכלמנסעפצקרשת"
_NAMES: Final = (
    "'alef b'et g'imel d'alet h'ej v'av z'ajin x'et t'et j'od k'af l'amed m'em n'un s'amex 'ajin "
    "p'ej ts'adik k'uf r'ejS S'in t'av"
)
_LETTER_NAMES: Final = dict(zip(_LETTERS, _NAMES.split(), strict=True))

_WORDS = re.compile(
    r"(?<![א-ת\"'])([והבלמשכ]{0,2})("
    + "|".join(
        re.escape(key)
        for key in sorted(_WRITTEN_OUT, key=len, reverse=True)
        if key[0] in _LETTER_NAMES
    )
    + r")(?![א-ת\"'])"
)
_SIGNS = re.compile("[&%₪$€@#*+=°]")
_LONE_LETTER = re.compile(
    "(?<![א-ת\u05b0-\u05c7\"'])([אבגדהוזחטיכלמנסעפצקרשת])(?:'(?![א-ת])|(?![א-ת\u05b0-\u05c7\"']))"
    "(?!(?<=[והבלמשכ])-)"
)


def write_out(text: str) -> str:
    """Return ``text`` with known short forms in words, prefix letters kept (בת"ז: בתעודת זהות)."""
    return _WORDS.sub(lambda match: match[1] + _WRITTEN_OUT[match[2]], text)


def write_out_signs(text: str) -> str:
    """Return ``text`` with signs in words; after numbers, which read some signs their own way."""
    return _SIGNS.sub(lambda match: f" {_WRITTEN_OUT[match.group()]} ", text)


def name_lone_letters(text: str) -> str:
    """Return ``text`` with the phonemes of their names for letters that stand alone (כיתה ב').

    A prefix letter before a hyphen (ו-USB) stays.
    """
    return _LONE_LETTER.sub(lambda match: f"[[{_LETTER_NAMES[match[1]]}]]", text)
