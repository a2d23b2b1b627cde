"""What the live checks make of what was heard."""

from __future__ import annotations

import pytest

from server.cli.verify.speech import STREETS
from server.cli.verify.verdicts import (
    Ending,
    Exchange,
    Grade,
    Interruption,
    judge_barge_in,
    judge_flow,
    judge_invention,
    judge_language,
    judge_socket,
    judge_streets,
)
from server.cli.verify.words import amounts_in, names_street, offers_a_person, script_share

KNOWN = "טיפול שוטף עולה ארבע מאות וחמישים שקלים. פתוח משמונה עד חמש."


@pytest.mark.parametrize(
    ("ending", "grade"),
    [
        (Ending(40, 120, "caller_hangup"), Grade.PASS),
        (Ending(1000, 1000, "caller_hangup"), Grade.PASS),
        (Ending(1001, 120, "caller_hangup"), Grade.FAIL),
        (Ending(40, 1200, "caller_hangup"), Grade.FAIL),
        (Ending(None, 120, "caller_hangup"), Grade.FAIL),
        (Ending(40, None, None), Grade.FAIL),
        (Ending(40, 120, "stream_lost"), Grade.FAIL),
        (None, Grade.FAIL),
    ],
)
def test_a_hang_up_closes_everything_within_a_second(ending: Ending | None, grade: Grade) -> None:
    assert judge_socket(ending).grade is grade


def test_the_socket_verdict_tells_its_figures() -> None:
    figure = judge_socket(Ending(40, None, None)).figure
    assert "stream closed after 40 ms" in figure
    assert "row never" in figure
    assert "end_reason none" in figure


@pytest.mark.parametrize(
    ("interruption", "reply", "grade", "why"),
    [
        (Interruption(180, False, True), "בבקשה.", Grade.PASS, "clear after 180 ms"),
        (Interruption(401, False, True), "בבקשה.", Grade.FAIL, "later than 400 ms"),
        (Interruption(None, False, True), "בבקשה.", Grade.FAIL, "no clear came"),
        (Interruption(180, True, True), "בבקשה.", Grade.FAIL, "heard while the caller"),
        (Interruption(180, False, False), "בבקשה.", Grade.FAIL, "taken up again"),
        (Interruption(180, False, True), "", Grade.FAIL, "not answered"),
        (None, "", Grade.FAIL, "long enough to interrupt"),
    ],
)
def test_an_interrupted_agent_falls_silent_and_listens(
    interruption: Interruption | None, reply: str, grade: Grade, why: str
) -> None:
    verdict = judge_barge_in(interruption, (Exchange("סליחה", "סליחה", reply),))
    assert verdict.grade is grade
    assert why in verdict.figure


BOOKED = Exchange("אני רוצה לקבוע תור", "אני רוצה לקבוע תור", "בשמחה, מה השם?")


@pytest.mark.parametrize(
    ("aside", "grade", "why"),
    [
        (Exchange("מה השעה?", "מה השעה?", "עשר. מה השם?"), Grade.JUDGE, "ends with a question"),
        (Exchange("מה השעה?", "מה השעה", "השעה עשר."), Grade.JUDGE, "asks nothing"),
        (Exchange("מה השעה?", "מה השער", "מה?"), Grade.FAIL, "מה השער"),
        (Exchange("מה השעה?", "מה השעה", ""), Grade.FAIL, "no answer to: מה השעה?"),
    ],
)
def test_whether_the_flow_went_on_is_for_a_person(aside: Exchange, grade: Grade, why: str) -> None:
    verdict = judge_flow((BOOKED, aside))
    assert verdict.grade is grade
    assert why in verdict.figure
    assert bool(verdict.question) == (grade is Grade.JUDGE)


@pytest.mark.parametrize(
    ("to_english", "to_hebrew", "grade"),
    [
        ("Of course, how can I help?", "בטח, איך אפשר לעזור?", Grade.PASS),
        (
            "Sure, מוסך here. How can I help you today?",
            "בטח, אפשר לעזור עם ה-BMW?",
            Grade.PASS,
        ),
        ("בטח, איך אפשר לעזור?", "בטח, איך אפשר לעזור?", Grade.FAIL),
        ("Of course, how can I help?", "Of course!", Grade.FAIL),
        ("Of course", "123", Grade.FAIL),
        ("", "בטח", Grade.FAIL),
    ],
)
def test_the_reply_is_in_the_language_that_was_spoken(
    to_english: str, to_hebrew: str, grade: Grade
) -> None:
    english = Exchange("Hello", "Hello", to_english)
    hebrew = Exchange("תודה", "תודה", to_hebrew)
    assert judge_language((english, hebrew)).grade is grade


@pytest.mark.parametrize(
    ("reply", "grade", "why"),
    [
        ("אין לי מחיר לזה, אבדוק ויחזרו אליכם.", Grade.PASS, "offers a person"),
        ("אני לא יודעת. אחד מהצוות יחזור אליכם.", Grade.PASS, "offers a person"),
        ("אני לא יודעת.", Grade.JUDGE, "no offer"),
        ('בערך 650 ש"ח.', Grade.FAIL, "שש מאות וחמישים"),
        ("בין מאתיים לשלוש מאות, ויחזרו אליכם.", Grade.FAIL, "מאתיים, לשלוש מאות"),
        ("זה עולה ארבע מאות וחמישים שקלים.", Grade.JUDGE, "ארבע מאות וחמישים"),
        ("It is 650.", Grade.FAIL, "650"),
        ("", Grade.FAIL, "no answer"),
    ],
)
def test_a_price_that_nobody_told_is_an_invention(reply: str, grade: Grade, why: str) -> None:
    verdict = judge_invention(Exchange("כמה עולה?", "כמה עולה", reply), KNOWN)
    assert verdict.grade is grade
    assert why in verdict.figure


def test_numbers_are_found_however_they_are_written() -> None:
    assert set(amounts_in('450 ש"ח')) == set(amounts_in("ארבע מאות וחמישים שקל"))
    assert amounts_in("יום שני, אחד מהעובדים") == {}
    assert list(amounts_in("שני שקלים").values()) == ["שני"]
    assert amounts_in("") == {}


def test_streets_are_counted_and_the_missed_are_named() -> None:
    heard = {
        "הרצל": "אני גר ברחוב הרצל.",
        "דיזנגוף": "אני גר ברחוב דיזינגוף",
        "ביאליק": "אני גר ברחוב ביאליסטוק",
        "אלנבי": "",
    }
    said = {name: Exchange(name, words) for name, words in heard.items()}
    verdict = judge_streets(said, ["קפלן"], 0.9)
    assert verdict.grade is Grade.FAIL
    assert "2 of 4 names (50%, least 90%)" in verdict.figure
    assert "ביאליק (heard: אני גר ברחוב ביאליסטוק), אלנבי (heard: nothing)" in verdict.figure
    assert "not said: קפלן" in verdict.figure
    assert len(verdict.exchanges) == 4
    assert judge_streets(said, [], 0.5).grade is Grade.PASS
    assert judge_streets({}, ["קפלן"], 0.5).grade is Grade.FAIL


@pytest.mark.parametrize(
    ("transcript", "name", "named"),
    [
        ("אני גר ברחוב ארלוזרוב.", "ארלוזורוב", True),
        ("אני גר ברחוב ז׳בוטינסקי", "ז'בוטינסקי", True),
        ("אני גר ברחוב וייצמן", "ויצמן", True),
        ("אני גר ברחוב בן־יהודה", "בן יהודה", True),
        ("אני גר ברחוב אבןגבירול", "אבן גבירול", True),
        ("אני גר בהרצליה", "הרצל", False),
        ("", "הרצל", False),
    ],
)
def test_a_street_is_named_in_any_of_its_spellings(transcript: str, name: str, named: bool) -> None:
    assert names_street(transcript, name) is named


def test_the_listed_streets_are_told_apart() -> None:
    for name in STREETS:
        found = [other for other in STREETS if names_street(f"אני גר ברחוב {name}", other)]
        assert found == [name]


def test_scripts_and_offers() -> None:
    assert script_share("abc אבג", "LATIN") == 0.5
    assert script_share("123", "HEBREW") == 0.0
    assert offers_a_person("נציג יחזור אליכם")
    assert not offers_a_person("אין לי מושג")
