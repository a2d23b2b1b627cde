"""The prepared answers' pages: forms as a browser without JavaScript sends them, and parts."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from server.api.faq_models import FaqQuery
from server.models import BusinessFaq
from server.wiring import Services
from tests.web.conftest import House, audit
from tests.web.pages.conftest import Browser
from tests.web.test_learned import ask

HX = {"HX-Request": "true"}


def typed(prefix: str, **change: Any) -> dict[str, Any]:
    """Return what a person has typed into the form with this prefix."""
    values = {
        "label": "שעות",
        "patterns": "מתי פתוחים\r\n\r\nעד איזו שעה",
        "answer_text": "עד חמש.",
        "lang": "he-IL",
        "channels": "voice",
        "priority": "3",
        "active": "y",
        "intent_key": "",
        "read_at": "",
    } | change
    return {f"{prefix}{name}": value for name, value in values.items() if value is not None}


def stored(parts: Services, house: House) -> list[BusinessFaq]:
    with parts.database.read() as session:
        wanted = select(BusinessFaq).where(BusinessFaq.business_id == house.id)
        return list(session.scalars(wanted.order_by(BusinessFaq.id)))


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field of the page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    assert found, f"no {name}"
    return unescape(found[1])


def test_an_answer_is_made_without_a_technical_name(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    assert "מתי אתם פתוחים" in as_admin.get(f"{faqs}/new?template=hours").text
    answer = as_admin.post(f"{faqs}/new", typed("fnew-"))
    made = stored(parts, garage)[-1]
    assert (answer.status_code, answer.location) == (303, f"{faqs}#faq-{made.id}")
    assert (made.intent_key, made.patterns_json) == ("hours", ["מתי פתוחים", "עד איזו שעה"])
    assert (made.priority, made.active, made.lang) == (3, True, "he-IL")
    page = as_admin.get(faqs).text
    assert "נשמר" in page
    assert "עד חמש." in page
    assert audit(parts)[-1][0].startswith("user:")


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    wrong = typed("fnew-", answer_text="א" * 241, patterns="מתי\n(פתוח", intent_key="Bad Key")
    answer = as_admin.post(f"/b/{garage.id}/faqs/new", wrong)
    assert answer.status_code == 422
    assert "א" * 241 in answer.text
    assert "(פתוח" in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert "שורה 2" in answer.text, "the line of the broken pattern is named"
    assert 'aria-describedby="fnew-answer_text-help fnew-answer_text-wrong"' in answer.text
    assert len(stored(parts, garage)) == 1


def test_the_second_of_two_people_sees_both_versions(
    as_admin: Browser, as_owner: Browser, parts: Services, garage: House
) -> None:
    faq = f"/b/{garage.id}/faqs/{garage.faq_id}"
    prefix = f"f{garage.faq_id}-"
    read_at = hidden(as_admin.get(f"{faq}/edit").text, f"{prefix}read_at")
    mine = typed(prefix, read_at=read_at, answer_text="הראשונה.", intent_key="price")
    assert as_owner.post(faq, mine).status_code == 303
    refused = as_admin.post(faq, mine | {f"{prefix}answer_text": "השנייה."})
    assert refused.status_code == 409
    assert "הראשונה." in refused.text
    assert "השנייה." in refused.text
    assert stored(parts, garage)[0].answer_text == "הראשונה."
    again = mine | {
        f"{prefix}answer_text": "השנייה.",
        f"{prefix}read_at": hidden(refused.text, f"{prefix}read_at"),
    }
    assert as_admin.post(faq, again).status_code == 303
    assert stored(parts, garage)[0].answer_text == "השנייה."


def test_who_moves_rows_while_writing_is_not_taken_for_somebody_else(
    as_admin: Browser, as_owner: Browser, parts: Services, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    as_admin.post(f"{faqs}/new", typed("fnew-", priority="0"))
    one, two = (row.id for row in stored(parts, garage))
    prefix, faq = f"f{two}-", f"{faqs}/{two}"
    form = as_admin.get(f"{faq}/edit").text
    begun = {name: hidden(form, f"{prefix}{name}") for name in ("read_at", "read_priority")}
    mine = typed(prefix, priority=begun["read_priority"], answer_text="עד שש.", **begun)
    as_admin.post(f"{faq}/move", {"to": "up"})
    assert as_admin.post(faq, mine).status_code == 303
    assert [(row.id, row.priority) for row in stored(parts, garage)] == [(one, 0), (two, 1)]
    assert stored(parts, garage)[1].answer_text == "עד שש."

    as_owner.post(f"{faq}/move", {"to": "down"})
    refused = as_admin.post(faq, mine)
    assert refused.status_code == 409, "the words were changed, by the save above"
    again = {name: hidden(refused.text, f"{prefix}{name}") for name in ("read_at", "priority")}
    assert again["priority"] == "0", "the place that it has by now"
    chosen = mine | {f"{prefix}read_at": again["read_at"], f"{prefix}priority": "7"}
    assert as_admin.post(faq, chosen).status_code == 303
    assert stored(parts, garage)[1].priority == 7, "who types another number gets it"


def test_a_row_becomes_a_form_and_a_row_again(as_admin: Browser, garage: House) -> None:
    faq = f"/b/{garage.id}/faqs/{garage.faq_id}"
    part = as_admin.part(f"{faq}/edit").text
    assert "<html" not in part
    assert f'hx-post="{faq}"' in part
    prefix = f"f{garage.faq_id}-"
    saved = as_admin.post(faq, typed(prefix, intent_key="hours"), headers=HX)
    assert (saved.status_code, saved.headers["HX-Trigger-After-Settle"]) == (200, "faqs-changed")
    assert f'id="faq-{garage.faq_id}"' in saved.text
    assert "עד חמש." in saved.text
    assert "<html" not in as_admin.part(faq).text
    assert as_admin.get(faq).location.endswith("/edit")


def test_the_switch_and_the_order_work_as_forms(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    as_admin.post(f"{faqs}/new", typed("fnew-"))
    one, two = (row.id for row in stored(parts, garage))
    assert as_admin.post(f"{faqs}/{two}/switch", {"active": "0"}).status_code == 303
    assert not stored(parts, garage)[1].active
    page = as_admin.get(faqs).text
    assert page.index(f'id="faq-{one}"') < page.index(f'id="faq-{two}"')
    assert as_admin.post(f"{faqs}/{two}/move", {"to": "up"}).location == f"{faqs}#faq-{two}"
    page = as_admin.get(faqs).text
    assert page.index(f'id="faq-{two}"') < page.index(f'id="faq-{one}"')
    assert as_admin.get(f"{faqs}?state=off").text.count("<article") == 1


def test_what_was_deleted_comes_back(as_admin: Browser, parts: Services, garage: House) -> None:
    faqs = f"/b/{garage.id}/faqs"
    gone = as_admin.post(f"{faqs}/{garage.faq_id}/delete")
    assert stored(parts, garage) == []
    assert as_admin.post(f"{faqs}/undo", {"what": hidden(gone.text, "what")}).status_code == 303
    (back,) = stored(parts, garage)
    assert (back.intent_key, back.patterns_json, back.priority) == ("price", ["מה המחיר"], 10)
    assert as_admin.post(f"{faqs}/undo", {"what": "{}"}).status_code == 422
    assert as_admin.post(f"{faqs}/999/delete").status_code == 404


def test_a_row_stops_looking_when_its_answer_is_gone(as_admin: Browser, garage: House) -> None:
    faq = f"/b/{garage.id}/faqs/{garage.faq_id}"
    assert "faq-audio" in as_admin.part(f"{faq}/audio?look=1").text
    as_admin.post(f"{faq}/delete")
    late = as_admin.part(f"{faq}/audio?look=1")
    assert (late.status_code, late.text) == (200, "")
    assert as_admin.get(f"{faq}/audio?look=1").status_code == 404
    assert as_admin.part(f"{faq}/audio").status_code == 404


def test_an_empty_list_says_what_to_do(
    as_admin: Browser, as_operator: Browser, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    as_admin.post(f"{faqs}/{garage.faq_id}/delete")
    page = as_admin.get(faqs).text
    for key in ("price", "hours", "address", "kosher", "parking", "payment"):
        assert f"{faqs}/new?template={key}" in page
    assert "template=" not in as_operator.get(faqs).text


def test_operators_look_and_try_but_change_nothing(
    as_operator: Browser, parts: Services, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    page = as_operator.get(faqs).text
    assert "מאה שקלים." in page
    assert 'role="switch"' not in page
    assert "/edit" not in page
    assert as_operator.get(f"{faqs}/{garage.faq_id}/edit").status_code == 403
    for path in ("new", f"{garage.faq_id}", f"{garage.faq_id}/delete", "import", "pronunciation"):
        assert as_operator.post(f"{faqs}/{path}", {}).status_code == 403, path
    assert "מאה שקלים." in as_operator.get(f"{faqs}/try", query_string={"text": "מה המחיר?"}).text
    assert len(stored(parts, garage)) == 1


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        ("מה המחיר?", "he", "תשובה מהירה"),
        ("מה המחיר?", "en", "Instant answer"),
        ("תקבעו לי תור מחר", "he", "רק הסוכן הקולי יכול לטפל בזה"),
        ("תקבעו לי תור מחר", "en", "only the agent can do that"),
        ("כמה עולה פינגווין", "he", "<bdi>פינגווין</bdi>"),
    ],
)
def test_the_try_line_tells_who_answers_and_why(
    as_admin: Browser, garage: House, text: str, lang: str, said: str
) -> None:
    page = as_admin.speaks(lang).part(f"/b/{garage.id}/faqs/try", query_string={"text": text}).text
    assert said in page
    if "המחיר" in text:
        assert "<meter" in page
        assert f"/faqs/{garage.faq_id}/audio" in page


def test_an_unsaved_answer_is_tried_among_the_others(as_admin: Browser, garage: House) -> None:
    url = f"/b/{garage.id}/faqs/try"
    draft = typed("fnew-", label="חניה", patterns="יש חניה", answer_text="יש חניה בחצר.")
    found = as_admin.post(url, draft | {"try": "יש חניה?"}, headers=HX).text
    assert "תשובה מהירה" in found
    assert "כפי שכתבתם" in found
    assert f"/api/businesses/{garage.id}/faqs/spoken?text=%D7%99" in found, "it can be heard"
    mine = typed(f"f{garage.faq_id}-", patterns="כמה עולה", answer_text="מאתיים שקלים.")
    same = as_admin.post(f"{url}?faq={garage.faq_id}", mine | {"try": "כמה עולה"}, headers=HX)
    assert "מאתיים שקלים." in same.text
    assert "מאה שקלים." not in same.text, "the stored one is not its own rival"
    broken = typed("fnew-", patterns="(((\n" + "x" * 999, priority="9999")
    assert as_admin.post(url, broken | {"try": "מה"}, headers=HX).status_code == 200


def test_ten_thousand_answers_come_fifty_at_a_time(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    with parts.database.write() as session:
        session.add_all(
            BusinessFaq(
                business_id=garage.id,
                intent_key=f"k{number}",
                patterns_json=[f"מילה{number}"],
                answer_text="כן.",
                active=False,
            )
            for number in range(120)
        )
    seen: list[str] = []
    url = f"/b/{garage.id}/faqs"
    page = as_admin.get(url).text
    while True:
        rows = re.findall(r'<article class="card faq[^"]*" id="faq-(\d+)"', page)
        assert len(rows) <= FaqQuery().limit
        seen += rows
        found = re.search(r'class="more"><a class="btn" href="([^"]+)"', page)
        if found is None:
            break
        page = as_admin.part(unescape(found[1])).text
    assert len(seen) == len(set(seen)) == 121


def test_hostile_words_stay_words(as_admin: Browser, parts: Services, garage: House) -> None:
    hostile = "<script>alert(1)</script>"
    as_admin.post(
        f"/b/{garage.id}/faqs/new",
        typed("fnew-", label=hostile, patterns=f"x {hostile}", answer_text=hostile),
    )
    for path in ("", "/try?text=%3Cscript%3Ealert(1)%3C/script%3E", "/conflicts"):
        assert hostile not in as_admin.get(f"/b/{garage.id}/faqs{path}").text


def test_a_warning_stands_beside_its_row_in_both_languages(
    as_admin: Browser, garage: House
) -> None:
    as_admin.post(f"/b/{garage.id}/faqs/new", typed("fnew-", patterns="תקבעו לי תור"))
    assert "תמיד עובר לסוכן הקולי" in as_admin.get(f"/b/{garage.id}/faqs").text
    assert "always goes to the agent" in as_admin.speaks("en").get(f"/b/{garage.id}/faqs").text
    assert "action" not in re.sub(r"<[^>]+>", "", as_admin.get(f"/b/{garage.id}/faqs").text)


def test_rows_that_compete_name_each_other(as_admin: Browser, garage: House) -> None:
    faqs = f"/b/{garage.id}/faqs"
    for label, pattern in (("חניון", "חניה"), ("חצר", "החנייה")):
        as_admin.post(f"{faqs}/new", typed("fnew-", label=label, patterns=pattern))
    assert "מתחרה" not in as_admin.get(faqs).text, "comparing them comes after the page"
    first = as_admin.part(f"{faqs}/conflicts").text
    assert "hx-swap-oob" not in first, "no row is pushed by it"
    page = as_admin.get(faqs).text
    assert page.count("ייתכן שאף אחת לא תענה") == 2, "what is known stands in its row at once"
    part = as_admin.part(f"{faqs}/conflicts?beside=1").text
    assert part.count("hx-swap-oob") == 2
    assert "חניון" in as_admin.get(f"{faqs}/conflicts").text


def test_who_may_not_edit_is_not_sent_to_a_form(
    as_admin: Browser, as_operator: Browser, garage: House
) -> None:
    faqs = f"/b/{garage.id}/faqs"
    for label, pattern in (("חניון", "חניה"), ("חצר", "החנייה")):
        as_admin.post(f"{faqs}/new", typed("fnew-", label=label, patterns=pattern))
    assert as_admin.get(f"{faqs}/conflicts").text.count("/edit") == 2
    page = as_operator.get(f"{faqs}/conflicts").text
    assert "/edit" not in page
    assert page.count(f'href="{faqs}#faq-') == 2


def test_where_nothing_fits_all_can_be_shown(as_operator: Browser, garage: House) -> None:
    faqs = f"/b/{garage.id}/faqs"
    for show in (as_operator.get, as_operator.part):
        page = show(f"{faqs}?q=פינגווין").text
        assert f'<a class="btn btn-primary" href="{faqs}">' in page
    assert f'href="{faqs}"' in as_operator.get(f"{faqs}/pronunciation").text.split("empty-state")[1]


def test_a_sheet_is_looked_at_before_it_is_taken(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    url = f"/b/{garage.id}/faqs/import"
    header = "intent_key,patterns,answer_text"
    assert as_admin.get(url).status_code == 200

    def send(text: str) -> str:
        file = (io.BytesIO(text.encode("utf-8-sig")), "faqs.csv")
        return as_admin.post(url, {"file": file}, content_type="multipart/form-data").text

    wrong = send(f"{header}\nprice,,מאתיים.\n")
    assert "אחת שגויה" in wrong
    assert 'name="confirm"' not in wrong
    assert "unknown" not in send("intent_key,color\n")
    assert "color" in send("intent_key,color\n")

    text = f'{header}\nprice,"מה המחיר\nכמה עולה",מאתיים.\nhours,מתי פתוחים,עד חמש.\n'
    page = send(text)
    assert "אחת חדשה" in page
    assert stored(parts, garage)[0].answer_text == "מאה שקלים.", "nothing is stored yet"
    kept = re.search(r'<textarea name="sheet" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    assert kept
    sheet = unescape(kept[1]).replace("\n", "\r\n")  # as browsers send it
    confirm = {"confirm": "1", "plan": hidden(page, "plan"), "sheet": sheet}
    done = as_admin.post(url, confirm)
    assert (done.status_code, done.location) == (303, f"/b/{garage.id}/faqs")
    assert [row.answer_text for row in stored(parts, garage)] == ["מאתיים.", "עד חמש."]
    assert stored(parts, garage)[0].patterns_json == ["מה המחיר", "כמה עולה"]
    late = as_admin.post(url, confirm)
    assert late.status_code == 409, "the answers are not what was looked at any more"


def test_a_large_sheet_fits_into_the_form(as_admin: Browser, garage: House) -> None:
    url = f"/b/{garage.id}/faqs/import"
    lines = "".join(f"k{number},{'מילה' * 40} {number},כן.\n" for number in range(1900))
    sheet = f"intent_key,patterns,answer_text\n{lines}"
    page = as_admin.post(url, {"sheet": sheet}, content_type="multipart/form-data")
    assert page.status_code == 200
    assert "1,900" in page.text or "1900" in page.text


def test_a_large_form_of_escaped_letters_is_not_read(as_operator: Browser, garage: House) -> None:
    large = {"sheet": "א" * 200_000}  # 1.2 MB of escapes
    assert as_operator.post(f"/b/{garage.id}/faqs/import", large).status_code == 413


def test_no_file_is_asked_for_again(as_admin: Browser, garage: House) -> None:
    answer = as_admin.post(f"/b/{garage.id}/faqs/import", {})
    assert answer.status_code == 422
    assert "יש לבחור קובץ" in answer.text


def test_a_learned_question_is_taken_in_one_click_and_given_back(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    learned = f"/b/{garage.id}/faqs/learned"
    assert "יש חניה" not in as_admin.get(learned).text, "reading comes after the page"
    page = as_admin.get(f"{learned}?now=1").text
    assert "נשאלה 2 פעמים" in page
    form = dict(
        re.findall(r'<input[^>]*name="(l0-[a-z_]+)"[^>]*value="([^"]*)"', page)
    ) | {
        "l0-question": "יש חניה?",
        "l0-label": "חניה",
        "l0-patterns": "יש חניה",
        "l0-answer_text": "יש חניה חינם מאחורי הבניין.",
        "l0-lang": "he-IL",
        "l0-channels": "voice",
        "l0-active": "y",
    }  # fmt: skip
    done = as_admin.post(f"{learned}/accept?form=l0-", form, headers=HX)
    assert done.status_code == 200
    made = stored(parts, garage)[-1]
    assert (made.label, made.answer_text) == ("חניה", "יש חניה חינם מאחורי הבניין.")
    assert "נלמדה מהמתקשרים" in as_admin.get(f"/b/{garage.id}/faqs").text
    assert "יש חניה" not in as_admin.part(learned).text
    back = as_admin.post(f"{learned}/accept/undo", {"faq_id": made.id}, headers=HX)
    assert "יש חניה" in back.text
    assert len(stored(parts, garage)) == 1


def test_a_learned_question_is_dismissed_and_offered_again(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    ask(parts, garage.id, "CA1", "CA2")
    learned = f"/b/{garage.id}/faqs/learned"
    gone = as_admin.post(f"{learned}/dismiss", {"question": "יש חניה?", "lang": "he-IL"})
    assert gone.status_code == 200
    assert "יש חניה?" not in as_admin.part(learned).text
    undo = {"dismissal_id": hidden(gone.text, "dismissal_id")}
    assert as_admin.post(f"{learned}/dismiss/undo", undo).status_code == 303
    assert "יש חניה?" in as_admin.part(learned).text


def test_pronunciations_are_kept_and_removed(
    as_admin: Browser, parts: Services, garage: House
) -> None:
    url = f"/b/{garage.id}/faqs/pronunciation"
    assert as_admin.post(url, {"word": "BMW", "say": "בי אם"}).status_code == 303
    assert as_admin.post(url, {"word": "bmw", "say": "בי אם דאבליו"}).status_code == 303
    profile = parts.directory.by_id(garage.id)
    assert profile is not None
    assert profile.settings.spoken_as == (("bmw", "בי אם דאבליו"),)
    assert "בי אם דאבליו" in as_admin.get(url).text
    wrong = as_admin.post(url, {"word": "", "say": "…"})
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 2
    link = re.search(r'href="([^"]+/remove[^"]+)"', as_admin.get(url).text)
    assert link
    sure = as_admin.get(unescape(link[1]))
    assert "bmw" in sure.text
    assert profile.settings.spoken_as, "asked, not done"
    assert as_admin.get(f"{url}/remove?word=x").location == url
    assert as_admin.post(unescape(link[1])).status_code == 303
    assert as_admin.get(unescape(link[1])).location == url
    assert as_admin.post(f"{url}/remove", {"word": "BMW"}).status_code == 404


def test_another_business_s_answers_do_not_exist(as_admin: Browser, bakery: House) -> None:
    faqs = f"/b/{bakery.id}/faqs"
    for path in ("", f"/{bakery.faq_id}/edit", "/try", "/learned", "/conflicts", "/pronunciation"):
        assert as_admin.get(f"{faqs}{path}").status_code == 404
    assert as_admin.post(f"{faqs}/{bakery.faq_id}", typed("f1-")).status_code == 404


def test_an_answer_of_another_business_is_not_reached_through_ones_own(
    as_admin: Browser, garage: House, bakery: House
) -> None:
    faq = f"/b/{garage.id}/faqs/{bakery.faq_id}"
    assert as_admin.get(f"{faq}/edit").status_code == 404
    assert as_admin.get(f"{faq}/audio").status_code == 404
    for action in ("", "/switch", "/move", "/delete"):
        assert as_admin.post(f"{faq}{action}", typed(f"f{bakery.faq_id}-")).status_code == 404
