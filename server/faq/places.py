"""Names of towns, so that an answer that lists where a business serves covers all of them."""

from __future__ import annotations

from server.faq.morphology import spelling, without_prefixes
from server.faq.normalize import normalize

_LISTED = """
אילת אופקים אשדוד אשקלון באר_שבע בארשבע בית_שמש ביתשמש בת_ים בתים בני_ברק גבעתיים גדרה דימונה
הוד_השרון הרצליה זכרון חדרה חולון חיפה טבריה יבנה יהוד יקנעם ירושלים כרמיאל לוד מודיעין מבשרת
מעלות נהריה נוף_הגליל נס_ציונה נצרת נשר נתיבות נתניה סכנין עכו עפולה ערד פתח_תקווה פתח צפת קיסריה
קרית קריית קריות קריתגת ראשון_לציון ראש_העין רחובות רמלה רמת רמתגן רעננה שדרות שוהם תל_אביב תל
אביב פרדס קדימה כפר_סבא כפר סבא אריאל אפרת עתלית בנימינה גליל גולן נגב שרון גוש מרכז צפון דרום
השפלה קצרין מטולה ערבה
"""
TWO_WORD_PLACES = (
    "באר שבע", "בית שמש", "בת ים", "בני ברק", "הוד השרון", "נוף הגליל", "נס ציונה", "פתח תקווה",
    "פתח תקוה", "קרית גת", "קריית גת", "קרית אונו", "קריית אונו", "קרית אתא", "קריית אתא",
    "קרית ביאליק", "קריית ביאליק", "קרית ים", "קריית ים", "קרית מוצקין", "קריית מוצקין",
    "קרית שמונה", "קריית שמונה", "קרית מלאכי", "קריית מלאכי", "קרית טבעון", "קריית טבעון",
    "ראש העין", "רמת גן", "רמת השרון", "רמת ישי", "תל אביב", "כפר סבא", "כפר יונה", "אבן יהודה",
    "אור יהודה", "אור עקיבא", "גבעת שמואל", "גני תקווה", "מגדל העמק", "מעלה אדומים", "זכרון יעקב",
    "זיכרון יעקב", "פרדס חנה", "בית שאן", "טירת כרמל", "באר יעקב", "תל מונד", "יהוד מונוסון",
)  # fmt: skip
"""Names of two words, read as one. "ראשון לציון" is none: its first word is a day, too."""
_TOWNS = frozenset(
    spelling(normalize(name).replace(" ", "")) for name in TWO_WORD_PLACES
) | frozenset(spelling(normalize(name.replace("_", ""))) for name in _LISTED.split())


def is_place(word: str) -> bool:
    """Tell whether ``word`` (a key) names a town, with prefixes or without."""
    if word in _TOWNS or (word[1:] in _TOWNS and word[0] in "בלמהו"):
        return True
    return any(rest in _TOWNS for _, rest in without_prefixes(word))
