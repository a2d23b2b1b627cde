"""Which of two rows a sentence is about, and what no row is."""

from __future__ import annotations

import pytest

from tests.unit.faq.sentences import faq, found, row

VISITS = faq(
    row("hours", "מתי עובדים", answer="עובדים ראשון עד חמישי משבע עד שבע, ובשישי עד אחת."),
    row("duty", "בלילה", "עובדים בשבת", answer="בלילה ובשבת יש תורן."),
    row("price", "מחיר", "כמה עולה ביקור", answer="ביקור עולה 250 שקלים."),
    row("home_visit", "עד הבית", answer="מגיעים עד הבית בחיפה, בתוספת של 80 שקלים."),
    row("companies", "חברות", answer="אנחנו מלווים חברות מ-1,200 שקלים לחודש."),
    row("cancellation_policy", "דמי ביטול", answer="ביטול עד יום מראש ללא חיוב, אחר כך 100 שקלים."),
    row("bring", "מה להביא", answer="צריך להביא מגבת."),
    row("age", "מאיזה גיל", answer="מתאים מגיל שלוש."),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("עובדים גם בשבת?", "duty"),
        ("מה קורה אם אני מבטלת?", "cancellation_policy"),
        ("אתם מגיעים לקריית ביאליק?", "home_visit"),
        ("אתם מלווים חברה?", "companies"),
        ("מתאים לילד בן 4?", "-no_match"),
        ("מתאים בגיל 4?", "age"),
        ("מתי אתם מגיעים?", "-no_match"),
        ("יש מגבות אצלכם?", "-no_match"),
        ("כמה עולה ביקור לחברה?", "-uncovered"),
        ("מה קורה עם הביטול שלי?", "-no_match"),
    ],
)
def test_what_rows_are_about(text: str, expected: str) -> None:
    assert found(VISITS, text) == expected
