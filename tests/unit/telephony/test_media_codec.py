"""The Media Streams protocol: every message of Twilio's page, and everything else."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.errors import ProtocolError
from server.telephony.media_codec import (
    MAX_MESSAGE_BYTES,
    MAX_TYPED_CHARS,
    Encoder,
    StreamStart,
    StreamStop,
    decode,
)
from server.turns import events as on

SID = "MZ18ad3ab5a668481ce02b83e7395059f0"
AUDIO = bytes(range(160))
PAYLOAD = base64.b64encode(AUDIO).decode()


def said(event: str, **fields: Any) -> bytes:
    message = {"event": event, "sequenceNumber": "3", "streamSid": SID, **fields}
    return json.dumps(message).encode()


def refusal(message: bytes, stream_sid: str | None = SID) -> str:
    with pytest.raises(ProtocolError) as refused:
        decode(message, stream_sid)
    return refused.value.code


# From Twilio


def test_connected_needs_no_answer() -> None:
    message = b'{"event":"connected","protocol":"Call","version":"1.0.0"}'
    assert decode(message, None) is None


def test_start_brings_the_sids_and_the_parameters() -> None:
    start = {
        "accountSid": "AC1",
        "streamSid": SID,
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "t.o.k", "שם": "ערך"},
    }
    assert decode(said("start", start=start), None) == StreamStart(
        SID, "CA1", {"token": "t.o.k", "שם": "ערך"}
    )


@pytest.mark.parametrize("parameters", [{}, {"customParameters": {}}, {"customParameters": None}])
def test_start_may_come_without_parameters(parameters: dict[str, Any]) -> None:
    start = {"streamSid": SID, "callSid": "CA1", **parameters}
    assert decode(said("start", start=start), None) == StreamStart(SID, "CA1", {})


def test_media_is_the_callers_audio() -> None:
    media = {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": PAYLOAD}
    assert decode(said("media", media=media), SID) == on.CallerAudio(AUDIO)
    assert decode(said("media", media={"payload": ""}), SID) == on.CallerAudio(b"")


def test_our_own_track_is_not_the_caller() -> None:
    assert decode(said("media", media={"track": "outbound", "payload": PAYLOAD}), SID) is None


def test_a_key_a_mark_and_the_stop_are_understood() -> None:
    dtmf = {"track": "inbound_track", "digit": "#"}
    assert decode(said("dtmf", dtmf=dtmf), SID) == on.KeyPressed("#")
    assert decode(said("mark", mark={"name": "r1:end"}), SID) == on.MarkEchoed("r1:end")
    stop = {"accountSid": "AC1", "callSid": "CA1"}
    assert decode(said("stop", stop=stop), SID) == StreamStop()


def test_typed_words_are_cut_at_a_sane_length() -> None:
    decoded = decode(said("typed", typed={"text": "מה? " * 500}), SID)
    assert isinstance(decoded, on.CallerTyped)
    assert len(decoded.text) == MAX_TYPED_CHARS


@pytest.mark.parametrize("event", ["turn", "clear", "", "MEDIA", None, 7, ["media"], {"a": 1}])
def test_events_that_nobody_documented_are_passed_over(event: Any) -> None:
    assert decode(said(event), SID) is None


# Refused


@pytest.mark.parametrize("event", ["media", "mark", "dtmf", "stop", "typed"])
@pytest.mark.parametrize("stream_sid", [None, "MZother"])
def test_messages_of_another_stream_or_before_the_start_are_refused(
    event: str, stream_sid: str | None
) -> None:
    whole = {"media": {"payload": PAYLOAD}, "mark": {"name": "m"}, "dtmf": {"digit": "1"}}
    message = said(event, typed={"text": "מה?"}, stop={}, **whole)
    assert refusal(message, stream_sid) == "wrong_stream"


def test_a_message_without_a_stream_is_of_no_stream() -> None:
    assert refusal(b'{"event":"stop"}') == "wrong_stream"
    assert refusal(b'{"event":"stop","streamSid":null}', None) == "wrong_stream"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xfe",
        b"not json",
        b'{"event":"media"',
        b"null",
        b"7",
        b'"media"',
        b"[]",
        b"{}",
        b"[" * 5000,
        said("media"),
        said("media", media={}),
        said("media", media={"payload": None}),
        said("media", media={"payload": 7}),
        said("media", media={"payload": ["a"]}),
        said("media", media={"payload": "@@@@"}),
        said("media", media={"payload": "YQ="}),
        said("media", media={"payload": "קול"}),
        said("mark"),
        said("mark", mark="m"),
        said("mark", mark={}),
        said("dtmf", dtmf=[]),
        said("dtmf", dtmf={"digits": "1"}),
        said("typed", typed=None),
        said("start"),
        said("start", start=None),
        said("start", start="start"),
        said("start", start={"streamSid": SID}),
        said("start", start={"streamSid": SID, "callSid": "CA1", "customParameters": ["a"]}),
        said("start", start={"streamSid": SID, "callSid": "CA1", "customParameters": "a"}),
    ],
)
def test_what_breaks_the_protocol_is_refused(message: bytes) -> None:
    assert refusal(message) == "malformed_message"


@pytest.mark.parametrize(
    "message",
    [
        said("dtmf", dtmf={"digit": None}),
        said("dtmf", dtmf={"digit": ""}),
        said("mark", mark={"name": None}),
        said("typed", typed={"text": None}),
        said("typed", typed={"text": {"a": 1}}),
        said("start", start={"streamSid": None, "callSid": None}),
        said("start", start={"streamSid": SID, "callSid": ["CA1"]}),
    ],
)
def test_a_field_of_another_type_is_refused(message: bytes) -> None:
    assert refusal(message) == "malformed_message"


def test_the_longest_message_is_64_kib() -> None:
    padding = MAX_MESSAGE_BYTES - len(said("pad", fill=""))
    assert decode(said("pad", fill="x" * padding), SID) is None
    assert refusal(said("pad", fill="x" * (padding + 1))) == "message_too_long"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
events = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "typed", "x"])
bodies = st.dictionaries(
    st.sampled_from(
        ["track", "payload", "name", "digit", "text", "streamSid", "callSid", "customParameters"]
    ),
    json_values,
)


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """Messages with the right names in the right places and anything in them."""
    event = draw(events)
    message = {
        "event": event,
        "streamSid": draw(st.just(SID) | json_values),
        event: draw(bodies | json_values),
    }
    return json.dumps(message).encode()


@given(st.one_of(st.binary(max_size=300), json_values.map(lambda v: json.dumps(v).encode())))
@example(b'{"event":"media","streamSid":"MZ","media":{"payload":"\\ud800"}}')
def test_garbage_is_refused_or_passed_over_and_nothing_else(message: bytes) -> None:
    for stream_sid in (None, SID):
        with contextlib.suppress(ProtocolError):
            decode(message, stream_sid)


@given(nearly_right(), st.sampled_from([None, SID]))
def test_damaged_messages_are_refused_or_understood_and_nothing_else(
    message: bytes, stream_sid: str | None
) -> None:
    try:
        decoded = decode(message, stream_sid)
    except ProtocolError:
        return
    if isinstance(decoded, on.CallerAudio):
        assert isinstance(decoded.audio, bytes)


# To Twilio


@given(st.text(max_size=40), st.binary(max_size=400), st.text(max_size=40))
@example('MZ"},"event":"stop', b"", 'r1:end"}}')
def test_what_is_sent_is_json_as_twilio_documents_it(sid: str, audio: bytes, mark: str) -> None:
    encoder = Encoder(sid)
    media = json.loads(encoder.media(audio))
    assert media == {"event": "media", "streamSid": sid, "media": media["media"]}
    assert list(media["media"]) == ["payload"]
    assert base64.b64decode(media["media"]["payload"], validate=True) == audio
    assert json.loads(encoder.mark(mark)) == {
        "event": "mark",
        "streamSid": sid,
        "mark": {"name": mark},
    }
    assert json.loads(encoder.clear) == {"event": "clear", "streamSid": sid}


def test_a_mark_comes_back_as_it_was_sent() -> None:
    sent = json.loads(Encoder(SID).mark("r12:end"))
    assert decode(said("mark", mark=sent["mark"]), SID) == on.MarkEchoed("r12:end")
