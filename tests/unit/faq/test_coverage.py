"""Every word explained, and the kind of answer that is asked for."""

from __future__ import annotations

import pytest

from tests.unit.faq.sentences import SALON, faq, found, missed, row


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("מה המחיר של תספורת", "price"),
        ("בכמה תספורת אצלכם", "price"),
        ("עד מתי אתם עובדים", "hours"),
        ("באיזה רחוב אתם", "address"),
        ("איפה אפשר להשאיר את האוטו", "parking"),
        ("יש parking?", "parking"),
        ("כמה עולה keratin", "keratin"),
        ("כמה זמן נמשכת ההחלקה", "keratin"),
        ("מאיזה גיל מספרים ילדים", "kids"),
        ("החניה עולה כסף?", "parking"),
        ("אפשר לשלם במזומן?", "payment_methods"),
        ("יש משלוחים לתל אביב?", "delivery"),
    ],
)
def test_what_the_answer_answers_is_found(text: str, intent: str) -> None:
    assert found(SALON, text) == intent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("החניה מקורה?", "uncovered"),
        ("אפשר להביא חתול", "uncovered"),  # a sibling of the dog
        ("כמה עולה תספורת לכלב", "uncovered"),
        ("כמה כלבים אפשר להביא", "other_question"),
        ("כמה זמן לוקחת תספורת", "other_question"),
        ("כמה עולה משלוח", "other_question"),
        ("למה תספורת עולה כסף", "other_question"),
        ("מי מספר ילדים", "other_question"),
        ("פתוחים בערב פסח?", "uncovered"),
    ],
)
def test_what_it_does_not_answer_is_not(text: str, reason: str) -> None:
    assert missed(SALON, text).reason == reason


def test_what_a_price_does_not_include_costs_something_else() -> None:
    assert found(SALON, "כמה עולה תספורת ופן") == "-uncovered"
    assert found(SALON, "התספורת כוללת פן?") == "price"


def test_of_two_for_choice_one_explained_is_enough() -> None:
    kosher = faq(row("kosher", "כשר", answer="המטבח בשרי, כשר למהדרין."))
    assert found(kosher, "אתם בשרי או חלבי?") == "kosher"
    assert found(kosher, "אתם חלבי?") == "-no_match"


def test_a_number_has_to_be_one_of_the_answer() -> None:
    papers = faq(row("documents", "מסמכים", answer="צריך שלושה תלושי שכר."))
    assert found(papers, "כמה תלושי שכר צריך, 3?") == "documents"
    assert found(SALON, "כמה עולה תספורת ל-4 ילדים") == "-uncovered"


def test_a_day_has_to_be_one_of_the_answer() -> None:
    class_days = faq(row("yoga", "יוגה", answer="יוגה בימי שני ורביעי."))
    assert found(class_days, "יש יוגה ביום רביעי?") == "yoga"
    assert found(class_days, "יש יוגה ביום חמישי?") == "-uncovered"


def test_the_business_by_its_own_name_is_no_subject() -> None:
    hall = faq(
        row("address", "איפה הטירה", answer="רחוב הים 1, עכו.", row_id=1),
        row("wifi", "אינטרנט", answer="יש אינטרנט.", row_id=2),
    )
    assert found(hall, "יש אינטרנט בטירה?") == "wifi"
    assert found(hall, "יש אינטרנט בגינה?") == "-uncovered"


def test_words_of_the_answer_alone_are_enough_when_no_other_row_has_them() -> None:
    assert found(SALON, "אתם מוכרים מוצרים?") == "delivery"
    two = faq(
        row("a", "משלוחים", answer="יש משלוחים של מוצרים.", row_id=1),
        row("b", "ילדים", answer="יש מוצרים לילדים.", row_id=2),
    )
    assert found(two, "יש מוצרים?") == "-no_match"


@pytest.mark.parametrize(
    ("heard", "intent"),
    [("מה הקתובת", "address"), ("כמה עולה טספורת", "price"), ("יש חנייא", "parking"),
     ("כמה עולה תס פורת", "price"), ("שאות פתיחה", "hours"), ("אפשר באשרי", "payment_methods")],
)  # fmt: skip
def test_what_the_line_garbled_is_mended(heard: str, intent: str) -> None:
    assert found(SALON, heard) == intent
