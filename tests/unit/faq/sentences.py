"""Rows and sentences for the tests of the matcher."""

from __future__ import annotations

from server.faq.matcher import Hit, Miss, match
from server.faq.snapshot import FaqRow, FaqSnapshot, build_snapshot

HE = "he-IL"


def row(
    key: str,
    *patterns: str,
    answer: str = "",
    lang: str = HE,
    priority: int = 0,
    row_id: int = 0,
    label: str = "",
) -> FaqRow:
    return FaqRow(row_id, key, label, patterns, answer or f"answer {key}", lang, priority)


def faq(*rows: FaqRow) -> FaqSnapshot:
    return build_snapshot(1, rows)


def found(snapshot: FaqSnapshot, text: str, lang: str = HE) -> str:
    """Return the intent of a hit, or the reason of a miss behind a dash."""
    result = match(snapshot, text, lang)
    return result.row.intent_key if isinstance(result, Hit) else f"-{result.reason}"


def missed(snapshot: FaqSnapshot, text: str, lang: str = HE) -> Miss:
    result = match(snapshot, text, lang)
    assert isinstance(result, Miss), result
    return result


SALON = faq(
    row("price", "כמה עולה תספורת", "מחיר.*תספורת", answer="תספורת עולה 90 שקלים, לא כולל פן.",
        label="מחיר", row_id=1),
    row("hours", "מתי פתוחים", "שעות פתיחה", label="שעות", row_id=2,
        answer="פתוחים ראשון עד חמישי מתשע עד שמונה, ובשישי עד שתיים."),
    row("address", "איפה אתם", "כתובת", answer="רחוב הרצל 15, רחובות.", label="כתובת", row_id=3),
    row("parking", "חניה", "איפה חונים", answer="יש חניה חינם מאחורי הבניין.", label="חניה",
        row_id=4),
    row("kids", "ילדים", answer="מספרים ילדים מגיל שנתיים ב-50 שקלים.", row_id=5),
    row("keratin", "החלקה", "קרטין", answer="החלקת קרטין עולה 900 שקלים ונמשכת כשלוש שעות.",
        row_id=6),
    row("pets", "להביא כלב", "חיות מחמד", answer="אפשר להביא כלב קטן.", row_id=7),
    row("payment_methods", "אשראי", "אמצעי תשלום", answer="אפשר באשראי, במזומן או בביט.", row_id=8),
    row("cancellation_policy", "דמי ביטול", "מדיניות ביטול", row_id=9,
        answer="ביטול תור עד 24 שעות מראש הוא בלי חיוב."),
    row("delivery", "משלוחים", answer="יש משלוחים של מוצרים ברחובות ובנס ציונה.", row_id=10),
)  # fmt: skip
"""A small business whose answers hold facts of many kinds."""
