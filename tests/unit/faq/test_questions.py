"""What a sentence asks for."""

from __future__ import annotations

import pytest

from server.faq.questions import Ask, question_of
from server.faq.tokens import split_words
from server.faq.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("כמה עולה תספורת", {Ask.PRICE}),
        ("מה המחיר", {Ask.PRICE}),
        ("בכמה תספורת", {Ask.PRICE}),
        ("תספורת כמה זה", {Ask.PRICE}),
        ("כמה תספורת", {Ask.PRICE}),
        ("כמה אתם לוקחים", {Ask.PRICE}),
        ("how much is it", {Ask.PRICE}),
        ("כמה אתה לוקח על תספורת", {Ask.PRICE}),
        ("ממה מתחילים המחירים", {Ask.PRICE}),
        ("כמה הנחה יש", {Ask.PRICE}),
        ("כמה עובדים יש לכם", {Ask.HOW_MANY}),
        ("בכמה תשלומים", {Ask.LIMIT}),
        ("כמה רחוק הים", {Ask.LIMIT}),
        ("מה משך הטיפול", {Ask.DURATION}),
        ("כמה מהר אתם מגיעים", {Ask.DURATION}),
        ("כמה שעות לפני", {Ask.ADVANCE}),
        ("מה קורה אם מבטלים", {Ask.HOW}),
        ("באיזה מקום אתם", {Ask.WHERE}),
        ("זה עולה כסף", {Ask.COSTS}),
        ("החניה בתשלום", {Ask.COSTS}),
        ("האם זה חינם", {Ask.COSTS}),
        ("כמה זמן זה לוקח", {Ask.DURATION}),
        ("כמה זמן מראש", {Ask.ADVANCE}),
        ("כל כמה זמן", {Ask.FREQUENCY}),
        ("כמה חדרים יש", {Ask.HOW_MANY}),
        ("עד כמה אנשים", {Ask.LIMIT}),
        ("מתי פתוחים", {Ask.WHEN}),
        ("באילו ימים", {Ask.WHEN}),
        ("עד איזו שעה", {Ask.WHEN}),
        ("היכן אתם", {Ask.WHERE}),
        ("מי הספר", {Ask.WHO}),
        ("מאיזה גיל", {Ask.AGE}),
        ("בן כמה צריך להיות", {Ask.AGE}),
        ("איזה מנות יש", {Ask.WHICH}),
        ("איך משלמים", {Ask.HOW}),
        ("איך זה עובד", set()),
        ("המחיר כולל פן", {Ask.PRICE, Ask.INCLUDED}),
        ("יש חניה", set()),
        ("gluten free", set()),
    ],
)
def test_the_kind_of_answer_is_known(text: str, asks: set[Ask]) -> None:
    assert question_of(Vocabulary().read(split_words(text))).asks == asks


def test_what_is_counted_is_known() -> None:
    assert "c:ROOM" in question_of(Vocabulary().read(split_words("כמה חדרים יש"))).counted
