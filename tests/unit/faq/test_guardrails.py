"""Sentences that get no automatic answer, whatever words they hold."""

from __future__ import annotations

import pytest

from tests.unit.faq.sentences import SALON, found


@pytest.mark.parametrize(
    "text",
    [
        "תקבעי לי תספורת",  # an order
        "תסדרי לי החלקה",
        "תשלחו את הכתובת בסמס",
        "שלח לי אישור",
        "קבאי לי תספורת",  # garbled
        "אני רוצה לב טל",
        "אני רוצה תספורת, כמה עולה",  # a wish
        "בא לי החלקה",
        "אני צריכה החלקה",
        "הזמנתי תספורת",  # deeds
        "חייבתם אותי על תספורת",
        "יש פנוי ביום שלישי ב-18?",  # free places
        "יש תור לתספורת?",
        "נשאר מקום להחלקה?",
        "יש מקום לתספורת עכשיו?",
        "אפשר תספורת היום?",
        "אפשר תספורת לעוד שעה?",
        "אפשר לקבוע תספורת?",  # bookings
        "אפשר לקבוע תספורת, כמה עולה?",
        "מתי התור שלי",  # one's own case
        "הספרית לא הגיעה",
        "אפשר לקבל חשבונית על התספורת",
        "אני רוצה לדבר עם המנהלת",  # people
        "תעבירי אותי לנציג",
        "יש לי תלונה על התספורת",  # complaints
    ],
)
def test_what_is_to_be_done_is_for_the_agent(text: str) -> None:
    assert found(SALON, text) == "-action"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("אתם פתוחים ביום שלישי ב-18?", "hours"),
        ("אתם פתוחים היום?", "hours"),
        ("אני רוצה לדעת כמה עולה תספורת", "price"),
        ("רציתי לשאול איפה אתם", "address"),
        ("תגידי לי מה הכתובת", "address"),
        ("יש מקום לחנות?", "parking"),
        ("כמה זמן מראש אפשר לבטל?", "cancellation_policy"),
        ("לא הבנתי, מתי פתוחים?", "hours"),
    ],
)
def test_what_only_resembles_it_is_answered(text: str, intent: str) -> None:
    assert found(SALON, text) == intent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("לא שאלתי כמה עולה תספורת", "-negation"),
        ("עזבי את החניה", "-negation"),
        ("אני לא צריכה חניה", "-negation"),
        ("אוקיי אז תספורת", "-backchannel"),
        ("הבנתי, תודה על הכתובת", "-backchannel"),
        ("יש לי שלושה ילדים", "-statement"),
        ("הכתובת שלי זה הרצל 3", "-statement"),
        ("זה בשביל הילדים", "-statement"),
        ("דרושים עובדים?", "-job"),
    ],
)
def test_what_is_no_question_is_not_answered(text: str, reason: str) -> None:
    assert found(SALON, text) == reason


@pytest.mark.parametrize(
    "text",
    ["I want to book a haircut", "Can I cancel my appointment", "send me the address", "call me",
     "I need a haircut tomorrow", "I need a haircut"],
)  # fmt: skip
def test_english_requests_are_for_the_agent(text: str) -> None:
    from tests.unit.faq.sentences import faq, row

    english = faq(
        row("price", "haircut", "how much", answer="A haircut is 90 shekels.", lang="en-US"),
        row("address", "address", answer="15 Herzl street.", lang="en-US"),
        row("cancel", "cancel appointment", answer="Free until a day before.", lang="en-US"),
    )
    assert found(english, text, "en-US") == "-action"
    assert found(english, "how much is a haircut?", "en-US") == "price"
