"""The TwiML documents, read as Twilio reads them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.telephony import twiml
from server.telephony.stream_token import stream_token

STREAM = "wss://phone.example.com/ws/twilio-media"
STATUS = "https://phone.example.com/webhook/twilio/stream_status"
AFTER = "https://phone.example.com/webhook/twilio/after_stream"


def read(document: str) -> ET.Element:
    assert document.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    root = ET.fromstring(document.encode())  # noqa: S314 - our own document
    assert root.tag == "Response"
    return root


def verbs(document: str) -> list[str]:
    return [verb.tag for verb in read(document)]


def test_the_stream_is_connected_and_something_follows_it() -> None:
    root = read(twiml.connect_stream(STREAM, STATUS, AFTER, {"call_sid": "CA1"}))
    assert [verb.tag for verb in root] == ["Connect", "Redirect"]
    (stream,) = root[0]
    assert stream.tag == "Stream"
    assert stream.attrib == {"url": STREAM, "statusCallback": STATUS}
    assert [(p.tag, p.attrib) for p in stream] == [
        ("Parameter", {"name": "call_sid", "value": "CA1"})
    ]
    assert root[1].attrib == {"method": "POST"}
    assert root[1].text == AFTER


XML_LETTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
XML_TEXT = st.text(XML_LETTERS, max_size=60)


@given(st.dictionaries(XML_TEXT, XML_TEXT, max_size=5))
def test_parameters_arrive_as_they_were_given(parameters: dict[str, str]) -> None:
    root = read(twiml.connect_stream(STREAM, STATUS, AFTER, parameters))
    found = {p.attrib["name"]: p.attrib["value"] for p in root[0][0]}
    assert found == parameters


def test_a_hostile_parameter_cannot_leave_its_attribute() -> None:
    hostile = '"/></Stream></Connect><Dial>+1900</Dial>&amp;<!--'
    root = read(twiml.connect_stream(STREAM, STATUS, AFTER, {"call_sid": hostile}))
    assert [verb.tag for verb in root] == ["Connect", "Redirect"]
    assert root[0][0][0].attrib["value"] == hostile


def test_the_token_fits_into_a_parameter() -> None:
    """Twilio: name and value together stay below 500 characters."""
    assert len("token") + len(stream_token("secret" * 20, "C" * 64)) < 500


@pytest.mark.parametrize("language", ["he-IL", "he", "en-US", "en-GB", "ar-IL", "", "xx"])
def test_a_message_is_asked_for_and_recorded_once(language: str) -> None:
    root = read(twiml.take_message("https://h/after", "https://h/done", language))
    assert [verb.tag for verb in root] == ["Say", "Record"]
    record = root[1].attrib
    assert record["action"] == "https://h/after"  # without one the document runs again, for ever
    assert record["method"] == "POST"
    assert record["recordingStatusCallback"] == "https://h/done"
    assert record["playBeep"] == "true"
    assert 10 <= int(record["maxLength"]) <= 3600


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (twiml.hang_up(), ["Hangup"]),
        (twiml.unknown_number(), ["Say", "Hangup"]),
        (twiml.unknown_number("en-US"), ["Say", "Hangup"]),
        (twiml.thanks("he-IL"), ["Say", "Hangup"]),
        (twiml.thanks("en-US"), ["Say", "Hangup"]),
    ],
)
def test_the_others_say_their_sentence_and_hang_up(document: str, expected: list[str]) -> None:
    assert verbs(document) == expected


def test_hebrew_is_said_by_googles_voice_and_stays_hebrew() -> None:
    say = read(twiml.take_message("https://h/a", "https://h/b", "he-IL"))[0]
    assert say.attrib == {"voice": "Google.he-IL-Wavenet-A", "language": "he-IL"}
    assert say.text is not None
    assert "הצליל" in say.text


def test_english_is_said_by_an_english_voice() -> None:
    say = read(twiml.thanks("en-GB"))[0]
    assert say.attrib["language"] == "en-US"
    assert say.attrib["voice"].startswith("Google.en-US-")
    assert say.text is not None
    assert say.text.isascii()
