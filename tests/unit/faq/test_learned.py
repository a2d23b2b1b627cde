"""What callers ask again and again, grouped by meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from server.faq import learned
from server.faq.learned import Exchange, LearnedGroup, Learner
from server.faq.snapshot import FaqSnapshot
from tests.unit.faq.sentences import HE, SALON, faq

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY = faq()


def asked(
    *sentences: str,
    answer: str = "כן, בטח.",
    snapshot: FaqSnapshot = EMPTY,
    settled: tuple[str, ...] = (),
    min_count: int = 1,
    taken: tuple[str, ...] = (),
) -> list[LearnedGroup]:
    learner = Learner(snapshot, [(HE, sentence) for sentence in settled])
    for minute, sentence in enumerate(sentences):
        at = NOON + timedelta(minutes=minute)
        learner.add(Exchange(sentence, answer, True, HE, f"CA{minute}", at))
    return learner.groups(min_count, taken)


def answered(*answers: tuple[str, bool]) -> str:
    learner = Learner(EMPTY)
    for minute, (answer, whole) in enumerate(answers):
        at = NOON + timedelta(minutes=minute)
        learner.add(Exchange("יש חניה?", answer, whole, HE, "CA", at))
    (group,) = learner.groups(1, ())
    return group.draft.answer_text


def test_wordings_of_one_question_are_one_group() -> None:
    (group,) = asked("יש חניה?", "יש לכם חנייה במקום", "יש חניה?", "החניה?")
    assert (group.count, group.calls) == (4, 4)
    assert group.question == "יש חניה?"
    assert group.last_asked == NOON + timedelta(minutes=3)
    assert set(group.examples) == {"יש חניה?", "יש לכם חנייה במקום", "החניה?"}


def test_another_kind_of_answer_is_another_question() -> None:
    assert len(asked("יש חניה?", "כמה עולה החניה?", "איפה חונים?")) == 3
    assert len(asked("יש חניה?", "יש מעלית?")) == 2


def test_words_that_nobody_knows_are_told_by_their_form() -> None:
    (group,) = asked("יש לכם קרפוליות?", "יש קרפולית?")
    assert group.count == 2
    assert group.draft.intent_key.startswith("question_")
    assert len(asked("יש לכם קרפוליות?", "יש בורגולים?")) == 2


def test_what_is_rare_is_left_out_and_the_most_frequent_comes_first() -> None:
    groups = asked("יש חניה?", "יש מעלית?", "יש חניה?", "זה כשר?", "זה כשר?", min_count=2)
    assert [group.question for group in groups] == ["זה כשר?", "יש חניה?"]


def test_requests_and_persons_are_left_out() -> None:
    assert not asked(
        "אני רוצה לקבוע תור",
        "יש פנוי מחר בעשר?",
        "תעבירו אותי לנציג",
        "השם שלי דוד לוי",
        "דוד לוי",
        "הטלפון הוא 0541234567?",
        "אפשר לשלוח ל david@example.com?",
        "זה אפס חמש ארבע שבע שמונה תשע?",
        "כן תודה",
        "יום שלישי",
        "מתי?",
        "",
        "?",
        "יש " + "חניה " * 60,
    )


def test_what_the_rows_answer_by_now_is_not_learned() -> None:
    assert not asked("יש חניה?", "מתי פתוחים?", snapshot=SALON)
    assert asked("יש מעלית?", snapshot=SALON)


def test_what_the_owner_has_decided_on_does_not_come_back_in_other_words() -> None:
    assert not asked("יש חניה?", "יש לכם חנייה במקום", settled=("האם יש חניה",))
    assert asked("יש מעלית?", settled=("האם יש חניה", "דוד"))


def test_a_keyword_that_the_agent_asked_back_about_is_no_question() -> None:
    assert not asked("תספורת", answer="לאיזה יום?")
    assert asked("תספורת", answer="תספורת עולה תשעים שקלים.")


def test_the_draft_can_be_saved_as_it_is() -> None:
    (group,) = asked("סליחה, יש (אולי) חניה?", "יש חניה בחינם..?", "יש לכם חנייה?")[:1]
    draft = group.draft
    assert draft.intent_key == "parking"
    assert draft.label == "חנייה"
    assert "סליחה יש אולי חניה" in draft.patterns
    assert draft.answer_text == "כן, בטח."
    assert asked("כמה זה עולה?")[0].draft.intent_key == "price"
    assert asked("איפה אתם?")[0].draft.intent_key == "address"
    assert asked("יש מעלית?")[0].draft.intent_key == "accessibility"


def test_the_draft_takes_no_key_that_is_in_use() -> None:
    (group,) = asked("יש חניה?", taken=("parking", "parking_2"))
    assert group.draft.intent_key == "parking_3"


def test_the_most_frequent_answer_is_drafted_and_of_those_the_latest() -> None:
    assert answered(("יש.", True), ("אין.", True), ("יש!", True)) == "יש!"
    assert answered(("יש.", True), ("אין.", True)) == "אין."
    assert answered(("יש חניה חינם.", True), ("יש חני", False), ("יש חני", False)) == (
        "יש חניה חינם."
    )


def test_what_the_agent_asked_back_is_no_answer() -> None:
    assert answered(("יש חניה חינם. לקבוע לך תור?", True)) == "יש חניה חינם."
    assert answered(("לאיזה סניף?", True)) == ""
    assert answered(("", True)) == ""


def test_a_long_answer_is_cut_behind_a_sentence_or_a_word() -> None:
    one = "החניה נמצאת מאחורי הבניין ועולה 3.5 שקלים לשעה."
    assert answered((" ".join([one] * 9), True)) == " ".join([one] * 5)
    cut = answered(("מילה " * 100, True))
    assert len(cut) <= 240
    assert cut.endswith("מילה…")
    assert len(answered(("א" * 500, True))) <= 240


def test_the_number_of_groups_is_bounded() -> None:
    learner = Learner(EMPTY)
    for number in range(learned.MAX_GROUPS + 50):
        word = "".join(chr(ord("א") + int(digit)) for digit in f"{number:05}")
        learner.add(Exchange(f"יש לכם {word}ץ?", "כן.", True, HE, "CA", NOON))
    assert len(learner.groups(1, ())) <= learned.MAX_GROUPS


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=600))
def test_hostile_text_costs_itself_only(sentences: list[str], answer: str) -> None:
    for group in asked(*sentences, answer=answer, snapshot=SALON):
        assert group.draft.patterns
        assert len(group.draft.answer_text) <= 240
        assert all(len(pattern) <= 200 for pattern in group.draft.patterns)


def test_the_label_is_a_callers_word_without_prefix() -> None:
    assert asked("איפה המעליות?")[0].draft.label == "מעליות"
