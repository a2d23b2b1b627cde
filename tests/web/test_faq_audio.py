"""What callers hear: the rendered answer as a file, and words before they are saved."""

from __future__ import annotations

from server.recordings import wav
from server.speech.base import SynthesiserError
from server.wiring import Services
from tests.web.conftest import Api, House, RecordingSynthesiser, audit, wrong_fields

HEADER = wav.header(160, channels=1)


def test_an_answer_is_played_in_whole_and_in_part(
    operator: Api, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    path = f"/api/businesses/{garage.id}/faqs/{garage.faq_id}/audio"
    waiting = operator.get(path)
    assert (waiting.status_code, waiting.json) == (202, {"audio_status": "rendering"})
    assert waiting.headers["Retry-After"] == "1"
    assert synthesiser.has_said("מאה שקלים.", "he-IL"), "asking for it has it rendered"
    whole = operator.get(path)
    while whole.status_code == 202:
        whole = operator.get(path)
    assert (whole.status_code, whole.content_type) == (200, "audio/wav")
    assert whole.data == HEADER + b"\xff" * 160
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert wav.described(whole.data) == (1, 8000)
    part = operator("GET", path, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.data) == (206, whole.data[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(whole.data)}"
    beyond = operator("GET", path, headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416


def test_what_cannot_be_said_is_no_audio(
    admin: Api, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    def fail(text: str, language: str, voice: str, written: str = "") -> bytes:
        raise SynthesiserError("broken")

    synthesiser.synthesise = fail  # type: ignore[method-assign]
    path = f"/api/businesses/{garage.id}/faqs/{garage.faq_id}/audio"
    answer = admin.get(path)
    while answer.status_code == 202:
        answer = admin.get(path)
    assert (answer.status_code, (answer.json or {})["code"]) == (404, "not_rendered")
    unsaved = admin.get(f"/api/businesses/{garage.id}/faqs/spoken", text="שלום")
    assert (unsaved.status_code, (unsaved.json or {})["code"]) == (404, "not_rendered")


def test_words_are_heard_before_they_are_saved(
    admin: Api, operator: Api, garage: House, synthesiser: RecordingSynthesiser
) -> None:
    path = f"/api/businesses/{garage.id}/faqs/spoken"
    heard = admin.get(path, text="אולי כך", lang="he-IL")
    assert (heard.status_code, heard.data) == (200, HEADER + b"\xff" * 160)
    assert ("אולי כך", "he-IL") in synthesiser.said
    assert wrong_fields(admin.get(path)) == ["text"]
    assert wrong_fields(admin.get(path, text="א" * 241)) == ["text"]
    assert operator.get(path, text="x").status_code == 403


def test_a_pronunciation_is_what_callers_hear(
    admin: Api,
    operator: Api,
    parts: Services,
    garage: House,
    synthesiser: RecordingSynthesiser,
) -> None:
    path = f"/api/businesses/{garage.id}/pronunciations"
    assert operator.get(path).json == {"items": [], "next_cursor": None}
    words = {"items": [{"word": " שקלים ", "say": "שְׁקָלִים"}]}
    changed = admin.put(path, words)
    assert changed.json == {"items": [{"word": "שקלים", "say": "שְׁקָלִים"}], "next_cursor": None}
    assert admin.put(path, changed.json).json == changed.json  # what was got can be sent back
    assert operator.get(path).json == changed.json
    assert synthesiser.has_said("מאה שְׁקָלִים.", "he-IL")
    admin.get(f"/api/businesses/{garage.id}/faqs/spoken", text="שקלים")
    assert synthesiser.said[-1][0] == "שְׁקָלִים"
    business = operator.get(f"/api/businesses/{garage.id}").json
    assert business is not None
    assert business["settings"]["pronunciations"] == changed.json["items"]
    assert audit(parts)[-1][1] == "business.pronunciations"


def test_pronunciations_are_checked(admin: Api, operator: Api, garage: House) -> None:
    path = f"/api/businesses/{garage.id}/pronunciations"
    for word, say, field in (
        ("", "x", "word"),
        ("x", "…", "say"),
        ("x" * 61, "x", "word"),
        ("x", "x" * 121, "say"),
    ):
        wrong = admin.put(path, {"items": [{"word": word, "say": say}]})
        assert wrong_fields(wrong) == [f"items.0.{field}"]
    many = [{"word": f"w{number}", "say": "x"} for number in range(201)]
    assert wrong_fields(admin.put(path, {"items": many})) == ["items"]
    assert operator.put(path, {"items": []}).status_code == 403
