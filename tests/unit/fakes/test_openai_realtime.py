"""The Realtime stand-in: main flow through the SDK's client, strictness over a raw websocket."""

import base64
import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from openai import OpenAI
from openai.types.realtime import realtime_server_event
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.fakes.openai_realtime import (
    FIXED_SENTENCE,
    EnvelopeRecogniser,
    FakeRealtime,
    RealtimeOptions,
    Reply,
    ReplyContext,
    SessionRecord,
    ToolCall,
    default_reply,
    quoted_text,
    scripted_replies,
)
from tests.fakes.openai_realtime import mulaw as g711
from tests.fakes.openai_realtime.schema import CLIENT_EVENTS, ClientError, check_shape

MODEL = "gpt-realtime-2.1"
ROOT = Path(__file__).parents[3]
RECORDINGS = ROOT / "tests" / "data" / "audio"
TOOL = {"type": "function", "name": "save_lead", "parameters": {"type": "object"}}
Json = dict[str, Any]


def phone_session(**fields: Any) -> Json:
    """A session configuration the product would send."""
    pcmu = {"type": "audio/pcmu"}
    audio_input = {
        "format": pcmu,
        "turn_detection": None,
        "noise_reduction": None,
        "transcription": {"model": "gpt-transcribe", "languages": ["he"]},
    }
    audio = {"input": audio_input, "output": {"format": pcmu, "voice": "marin"}}
    return {"type": "realtime", "audio": audio, **fields}


class Client:
    """A client on a raw websocket: sends anything, remembers everything it received."""

    def __init__(self, fake: FakeRealtime, socket: ClientConnection) -> None:
        self.fake = fake
        self.socket = socket
        self.received: list[Json] = []

    @property
    def session(self) -> SessionRecord:
        return self.fake.sessions[-1]

    def send(self, event_type: str, **fields: Any) -> Self:
        return self.send_raw(json.dumps({"type": event_type, **fields}))

    def send_raw(self, message: str | bytes) -> Self:
        self.socket.send(message)
        return self

    def next(self, timeout: float = 5) -> Json:
        event: Json = json.loads(self.socket.recv(timeout))
        self.received.append(event)
        return event

    def until(self, event_type: str, timeout: float = 5) -> Json:
        """The next event of that type; an unexpected error event fails the test."""
        while (event := self.next(timeout))["type"] != event_type:
            assert event["type"] != "error", event
        return event

    def silence(self, seconds: float) -> None:
        with pytest.raises(TimeoutError):
            self.next(seconds)

    def types(self) -> list[str]:
        return [event["type"] for event in self.received]

    def start(self, **fields: Any) -> Self:
        self.until("session.created")
        self.send("session.update", session=phone_session(**fields))
        self.until("session.updated")
        return self

    def append(self, audio: bytes) -> Self:
        return self.send("input_audio_buffer.append", audio=base64.b64encode(audio).decode())

    def say(self, audio: bytes = b"\x7f" * 1600) -> Json:
        self.append(audio).send("input_audio_buffer.commit")
        return self.until("input_audio_buffer.committed")

    def respond(self, **response: Any) -> Self:
        return self.send("response.create", response=response)

    def refusal(self, event_type: str, **fields: Any) -> Json:
        """Send an event that must be refused; the error body, checked against the record."""
        before = len(self.session.violations)
        error: Json = self.send(event_type, event_id="mine", **fields).until_error()
        assert error["type"] == "invalid_request_error"
        assert error["event_id"] == "mine"
        assert len(self.session.violations) == before + 1
        assert self.session.violations[-1].code == error["code"]
        return error

    def until_error(self) -> Json:
        while (event := self.next())["type"] != "error":
            pass
        error: Json = event["error"]
        return error


@contextmanager
def dialled(
    options: RealtimeOptions | None = None, *, started: bool = True, path: str = "", key: str = "k"
) -> Iterator[Client]:
    with (
        FakeRealtime(options or RealtimeOptions()) as fake,
        connect(
            fake.base_url.replace("http", "ws") + (path or f"/realtime?model={MODEL}"),
            additional_headers={"Authorization": f"Bearer {key}"} if key else {},
            compression=None,
        ) as socket,
    ):
        client = Client(fake, socket)
        yield client.start() if started else client


@pytest.fixture
def client() -> Iterator[Client]:
    """A started session whose answers come at once."""
    with dialled(RealtimeOptions(first_audio_delay_ms=0, audio_pace=0)) as started:
        yield started


def audio_of(client: Client, response_id: str | None = None) -> bytes:
    return b"".join(
        base64.b64decode(event["delta"])
        for event in client.received
        if event["type"] == "response.output_audio.delta"
        and response_id in (None, event["response_id"])
    )


# --- main flow, through the SDK


def test_a_turn_through_the_sdk_client() -> None:
    options = RealtimeOptions(transcripts=["מה המחיר?"], audio_pace=0)
    with FakeRealtime(options) as fake:
        sdk = OpenAI(api_key="x", base_url=fake.base_url)
        with sdk.realtime.connect(model=MODEL) as connection:
            assert connection.recv().type == "session.created"
            connection.session.update(session=phone_session())  # type: ignore[arg-type]
            updated = connection.recv()
            assert updated.type == "session.updated"
            assert updated.session.audio.input.format.type == "audio/pcmu"  # type: ignore[union-attr]
            connection.input_audio_buffer.append(audio=base64.b64encode(b"\x7f" * 1600).decode())
            connection.input_audio_buffer.commit()
            connection.response.create()
            heard, spoken, done = "", b"", None
            while done is None or not heard:
                event = connection.recv()
                if event.type == "conversation.item.input_audio_transcription.completed":
                    heard = event.transcript
                elif event.type == "response.output_audio.delta":
                    spoken += base64.b64decode(event.delta)
                elif event.type == "response.done":
                    done = event.response
            assert fake.open_sessions == 1
        session = fake.wait_for_session(1)
        assert session.wait_closed() == 1000
        assert not session.open
        assert fake.open_sessions == 0
        assert heard == "מה המחיר?"
        assert done.status == "completed"
        assert done.usage is not None
        assert done.usage.output_token_details is not None
        assert done.usage.output_token_details.audio_tokens == session.responses[0].audio_ms // 50
        assert session.responses[0].text == "הבנתי. מה המחיר?"
        assert len(spoken) == 3 * g711.WORD_MS * 8 == session.responses[0].audio_ms * 8
        assert session.audio == b"\x7f" * 1600 == session.commits[0].audio
        assert session.commits[0].transcript == "מה המחיר?"
        assert session.violations == []
        assert session.script_errors == []


def test_every_event_sent_is_one_the_sdk_types_describe() -> None:
    unions = realtime_server_event.RealtimeServerEvent.__args__[0].__args__  # type: ignore[attr-defined]
    known = {union.model_fields["type"].annotation.__args__[0]: union for union in unions}

    def reply(context: ReplyContext) -> Reply:
        return Reply("שלום לך", tool_calls=(ToolCall("save_lead", {"name": "דנה"}),))

    options = RealtimeOptions(
        reply=reply, transcripts=["אחת", None], first_audio_delay_ms=0, audio_pace=0
    )
    with dialled(options) as client:
        first = client.say()
        client.until("conversation.item.input_audio_transcription.completed")
        client.say()
        client.until("conversation.item.input_audio_transcription.failed")
        client.respond(tools=[TOOL])
        item = client.until("response.output_item.added")["item"]
        client.until("response.done")
        client.respond(output_modalities=["text"], tools=[TOOL]).until("response.done")
        place = {"item_id": item["id"], "content_index": 0}
        client.send("conversation.item.truncate", **place, audio_end_ms=100)
        client.until("conversation.item.truncated")
        client.send("conversation.item.retrieve", item_id=item["id"])
        client.until("conversation.item.retrieved")
        client.send("conversation.item.delete", item_id=first["item_id"])
        client.until("conversation.item.deleted")
        client.send("input_audio_buffer.clear").until("input_audio_buffer.cleared")
        client.send("response.cancel").until_error()
    for event in client.received:
        TypeAdapter(known[event["type"]]).validate_python(event)
    assert len(set(client.types())) == 28


def test_events_of_a_spoken_response_come_in_the_service_order(client: Client) -> None:
    client.respond(instructions='אמרי: "שלום"')
    client.until("response.done")
    start = client.types().index("response.created")
    order = [kind for kind in client.types()[start:] if not kind.endswith(".delta")]
    assert order == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    item = client.received[-2]["item"]
    assert item["status"] == "completed"
    assert item["content"] == [{"type": "output_audio", "transcript": "שלום"}]
    added = next(e for e in client.received if e["type"] == "response.output_item.added")
    assert added["item"]["content"] == []


def test_session_updated_shows_the_whole_effective_configuration(client: Client) -> None:
    config = client.received[-1]["session"]
    assert config["model"] == MODEL
    assert config["audio"]["input"]["turn_detection"] is None
    assert config["audio"]["output"]["speed"] == 1.0
    client.send("session.update", session={"type": "realtime", "instructions": "קצר"})
    later = client.until("session.updated")["session"]
    assert later == {**config, "instructions": "קצר"} == client.session.config


def test_a_session_starts_with_the_service_defaults() -> None:
    with dialled(started=False) as client:
        config = client.until("session.created")["session"]
        assert config["audio"]["input"]["turn_detection"]["type"] == "server_vad"
        assert config["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
        assert config["audio"]["input"]["transcription"] is None


def test_commit_makes_a_user_item_and_links_it_to_the_one_before(client: Client) -> None:
    first, second = client.say(), client.say()
    assert first["previous_item_id"] is None
    assert second["previous_item_id"] == first["item_id"]
    client.until("conversation.item.added")
    done = client.until("conversation.item.done")
    assert done["item"]["id"] == second["item_id"]
    assert [item.id for item in client.session.items] == [first["item_id"], second["item_id"]]
    assert client.session.wait_for_commit(2).item_id == second["item_id"]


def test_clear_empties_the_buffer_but_not_the_record(client: Client) -> None:
    client.append(b"\x01" * 1600).send("input_audio_buffer.clear")
    client.until("input_audio_buffer.cleared")
    client.say(b"\x02" * 800)
    client.session.wait_for_commit()
    assert client.session.commits[0].audio == b"\x02" * 800
    assert client.session.audio == b"\x01" * 1600 + b"\x02" * 800


def test_the_scripts_see_the_conversation() -> None:
    seen: list[ReplyContext] = []
    asked: list[tuple[int, int]] = []

    def reply(context: ReplyContext) -> Reply:
        seen.append(context)
        return Reply("כן")

    def transcribe(session: SessionRecord, audio: bytes, index: int) -> str:
        asked.append((len(audio), index))
        return f"משפט {index}"

    options = RealtimeOptions(
        reply=reply, transcribe=transcribe, first_audio_delay_ms=0, audio_pace=0
    )
    with dialled(options) as client:
        client.say(b"\x7f" * 800)
        client.say(b"\x7f" * 1600)
        client.respond(metadata={"turn": "7"}).until("response.done")
        client.respond(instructions="אחרת", conversation="none", input=[]).until("response.done")
    assert asked == [(800, 0), (1600, 1)]
    turn, rendering = seen
    assert turn.last_user_text == "משפט 1"
    assert [item.text for item in turn.items] == ["משפט 0", "משפט 1"]
    assert turn.metadata == {"turn": "7"}
    assert turn.instructions == client.session.config["instructions"]
    assert not turn.out_of_band
    assert rendering.out_of_band
    assert rendering.items == ()
    assert rendering.instructions == "אחרת"


def test_transcript_comes_late_in_pieces_and_only_when_configured() -> None:
    with dialled(RealtimeOptions(transcripts=["אחת שתיים", "שלוש"])) as client:
        client.fake.configure(transcript_delay_ms=200)
        client.say()
        began = time.monotonic()
        done = client.until("conversation.item.input_audio_transcription.completed")
        assert 0.15 < time.monotonic() - began < 1.5
        deltas = [e["delta"] for e in client.received if e["type"].endswith("transcription.delta")]
        assert deltas == ["אחת ", "שתיים"]
        assert done["transcript"] == "אחת שתיים"
        assert done["usage"] == {"type": "duration", "seconds": 0.2}
        off = {"type": "realtime", "audio": {"input": {"transcription": None}}}
        client.send("session.update", session=off).until("session.updated")
        client.say()
        client.until("conversation.item.done")
        client.silence(0.4)
        assert client.session.commits[1].transcript == "שלוש"


@pytest.mark.parametrize("failure", ["script", "switch"])
def test_failed_transcription(failure: str) -> None:
    options = RealtimeOptions(transcripts=[None if failure == "script" else "כן"])
    options.fail_transcription = failure == "switch"
    with dialled(options) as client:
        committed = client.say()
        failed = client.until("conversation.item.input_audio_transcription.failed")
        assert failed["item_id"] == committed["item_id"]
        assert client.session.commits[0].transcript == (None if failure == "script" else "כן")


def test_written_response(client: Client) -> None:
    client.respond(output_modalities=["text"], instructions="«שתי מילים»")
    done = client.until("response.output_text.done")
    assert done["text"] == "שתי מילים"
    deltas = [e["delta"] for e in client.received if e["type"] == "response.output_text.delta"]
    assert deltas == ["שתי ", "מילים"]
    output = client.until("response.done")["response"]["output"]
    assert output[0]["content"] == [{"type": "output_text", "text": "שתי מילים"}]
    assert audio_of(client) == b""


def test_function_call_and_its_output() -> None:
    def reply(context: ReplyContext) -> Reply:
        if context.last_tool_output is not None:
            return Reply(f"נשמר: {context.last_tool_output}")
        return Reply(tool_calls=(ToolCall("save_lead", {"name": "דנה"}),))

    with dialled(RealtimeOptions(reply=reply, first_audio_delay_ms=0, audio_pace=0)) as client:
        client.send("session.update", session={"type": "realtime", "tools": [TOOL]})
        client.until("session.updated")
        client.send("response.create")
        arguments = client.until("response.function_call_arguments.done")
        item = client.until("response.output_item.done")["item"]
        assert item["type"] == "function_call"
        assert item["status"] == "completed"
        assert json.loads(arguments["arguments"]) == {"name": "דנה"}
        pieces = [e["delta"] for e in client.received if e["type"].endswith("arguments.delta")]
        assert len(pieces) == 2
        assert "".join(pieces) == item["arguments"]
        client.until("response.done")
        output = {"type": "function_call_output", "call_id": item["call_id"], "output": "כן"}
        client.send("conversation.item.create", item=output).until("conversation.item.done")
        client.send("response.create").until("response.done")
        assert client.session.responses[1].text == "נשמר: כן"


def test_interrupted_arguments_look_done_but_the_item_is_incomplete() -> None:
    def reply(context: ReplyContext) -> Reply:
        return Reply(tool_calls=(ToolCall("save_lead", '{"name": "דנה"}'),))

    options = RealtimeOptions(reply=reply, first_audio_delay_ms=0, tool_argument_delay_ms=5000)
    with dialled(options) as client:
        client.respond(tools=[TOOL]).until("response.function_call_arguments.delta")
        client.send("response.cancel")
        half = client.until("response.function_call_arguments.done")["arguments"]
        assert half
        assert half != '{"name": "דנה"}'
        assert client.until("response.output_item.done")["item"]["status"] == "incomplete"


def test_a_script_that_calls_a_tool_not_offered_is_reported() -> None:
    def reply(context: ReplyContext) -> Reply:
        return Reply(tool_calls=(ToolCall("save_lead"),))

    with dialled(RealtimeOptions(reply=reply)) as client:
        client.send("response.create")
        assert client.until("response.done")["response"]["status"] == "failed"
        assert "save_lead" in client.session.script_errors[0]


def test_out_of_band_response_runs_beside_the_default_one() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=0, audio_pace=4)) as client:
        client.respond(instructions="«" + "מילה " * 10 + "»")
        own = client.until("response.created")["response"]
        client.respond(
            conversation="none", metadata={"topic": "greeting"}, input=[], instructions="«היי»"
        )
        aside = client.until("response.created")["response"]
        assert aside["metadata"] == {"topic": "greeting"}
        assert aside["conversation_id"] is None
        first_done = client.until("response.done")["response"]
        assert first_done["id"] == aside["id"]
        assert first_done["metadata"] == {"topic": "greeting"}
        assert client.until("response.done")["response"]["id"] == own["id"]
        assert len(audio_of(client, aside["id"])) == g711.WORD_MS * 8
        assert len(client.session.items) == 1
        assert [response.out_of_band for response in client.session.responses] == [False, True]


def test_input_items_and_references_make_the_context() -> None:
    seen: list[ReplyContext] = []

    def reply(context: ReplyContext) -> Reply:
        seen.append(context)
        return Reply("כן")

    options = RealtimeOptions(reply=reply, transcripts=["שמור"], first_audio_delay_ms=0)
    with dialled(options) as client:
        kept = client.say()["item_id"]
        client.say()
        typed = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "תקציר"}],
        }
        client.respond(input=[{"type": "item_reference", "id": kept}, typed])
        client.until("response.done")
        assert [item.text for item in seen[0].items] == ["שמור", "תקציר"]
        unknown = client.refusal(
            "response.create", response={"input": [{"type": "item_reference", "id": "nope"}]}
        )
        assert unknown["code"] == "item_reference_invalid_item_id"


def test_cancel_stops_at_once() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=0, audio_pace=1)) as client:
        client.respond(instructions="«" + "מילה " * 30 + "»")
        client.until("response.output_audio.delta")
        asked = time.monotonic()
        client.send("response.cancel")
        item = client.until("response.output_item.done")["item"]
        done = client.until("response.done")["response"]
        assert time.monotonic() - asked < 0.15
        assert done["status"] == "cancelled"
        assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert item["status"] == "incomplete" == client.session.items[0].status
        assert item["content"][0]["transcript"] == "מילה"
        assert len(audio_of(client)) == 200 * 8 == client.session.responses[0].audio_ms * 8
        client.silence(0.3)
        client.respond(instructions="«שוב»").until("response.created")


def test_cancel_before_the_first_audio() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=5000)) as client:
        client.send("response.create").until("response.created")
        client.send("response.cancel")
        done = client.until("response.done")["response"]
        assert done["status"] == "cancelled"
        assert done["output"] == []


def test_cancel_by_id_reaches_an_out_of_band_response() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=5000)) as client:
        client.respond(conversation="none", instructions="«היי»")
        aside = client.until("response.created")["response"]["id"]
        assert client.refusal("response.cancel")["code"] == "response_cancel_not_active"
        client.send("response.cancel", response_id=aside)
        assert client.until("response.done")["response"]["id"] == aside


@pytest.mark.parametrize(
    ("reply", "status", "detail"),
    [
        (Reply("חצי", status="incomplete"), "incomplete", {"reason": "max_output_tokens"}),
        (
            Reply(status="failed", error_code="rate_limit_exceeded", error_message="לאט"),
            "failed",
            {
                "error": {
                    "type": "rate_limit_error",
                    "code": "rate_limit_exceeded",
                    "message": "לאט",
                }
            },
        ),
    ],
)
def test_scripted_endings(reply: Reply, status: str, detail: Json) -> None:
    options = RealtimeOptions(reply=lambda context: reply, first_audio_delay_ms=0, audio_pace=0)
    with dialled(options) as client:
        client.send("response.create")
        done = client.until("response.done")["response"]
        assert done["status"] == status == client.session.responses[0].status
        assert done["status_details"] == {"type": status, **detail}
        assert [item["status"] for item in done["output"]] == ["incomplete"] * bool(reply.text)


def test_scripted_audio_is_sent_as_it_is() -> None:
    recording = bytes(range(256)) * 20
    options = RealtimeOptions(
        reply=lambda context: Reply("מוקלט", audio=recording), first_audio_delay_ms=0, delta_ms=100
    )
    with dialled(options) as client:
        client.send("response.create").until("response.done")
        assert audio_of(client) == recording


def test_pcm_output_when_the_test_allows_it() -> None:
    options = RealtimeOptions(require_pcmu=False, first_audio_delay_ms=0, audio_pace=0)
    with dialled(options, started=False) as client:
        client.until("session.created")
        client.respond(instructions="«שלום»").until("response.done")
        assert len(audio_of(client)) == g711.WORD_MS * 48
        assert client.session.violations == []


# --- strictness: shapes


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "session.upgrade"}, "invalid_value", "type"),
        ({"session": {}}, "missing_required_parameter", "type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        ({"type": "response.create", "now": True}, "unknown_parameter", "now"),
        ({"type": "response.cancel", "event_id": 5}, "invalid_type", "event_id"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
        ({"type": "input_audio_buffer.append", "audio": [1]}, "invalid_type", "audio"),
        (
            {"type": "response.create", "response": {"modalities": ["text"]}},
            "unknown_parameter",
            "response.modalities",
        ),
        (
            {"type": "response.create", "response": {"metadata": {"turn": 1}}},
            "invalid_type",
            "response.metadata.turn",
        ),
        (
            {
                "type": "conversation.item.truncate",
                "item_id": "x",
                "content_index": 0,
                "audio_end_ms": "12",
            },
            "invalid_type",
            "audio_end_ms",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "x", "lang": "he"}],
                },
            },
            "unknown_parameter",
            "item.content.0.lang",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "text"}]},
            },
            "invalid_value",
            "item.content.0.type",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "c", "output": {"ok": True}},
            },
            "invalid_type",
            "item.output",
        ),
    ],
)
def test_ill_formed_events_are_refused(event: Json, code: str, param: str) -> None:
    with pytest.raises(ClientError) as caught:
        check_shape(event)
    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"x": 1}, "session.x"),
        ({"audio": {"x": 1}}, "session.audio.x"),
        ({"audio": {"input": {"x": 1}}}, "session.audio.input.x"),
        ({"audio": {"input": {"format": {"type": "audio/pcmu", "rate": 8000}}}}, "rate"),
        ({"audio": {"input": {"transcription": {"lang": "he"}}}}, "transcription.lang"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "eagerness": "low"}}}},
            "turn_detection.eagerness",
        ),
        ({"audio": {"output": {"voice": {"id": "v", "x": 1}}}}, "voice.x"),
        ({"tools": [{**TOOL, "strict": True}]}, "session.tools.0.strict"),
        (
            {
                "truncation": {
                    "type": "retention_ratio",
                    "retention_ratio": 0.8,
                    "token_limits": {"x": 1},
                }
            },
            "truncation.token_limits.x",
        ),
    ],
)
def test_unknown_keys_are_refused_at_every_depth(fields: Json, param: str) -> None:
    with pytest.raises(ClientError) as caught:
        check_shape({"type": "session.update", "session": {"type": "realtime", **fields}})
    assert caught.value.code == "unknown_parameter"
    assert str(caught.value.param).endswith(param)


def test_well_formed_events_pass() -> None:
    reasoning = {"effort": "low"}
    events: list[Json] = [
        {"type": "session.update", "session": phone_session(tools=[TOOL], reasoning=reasoning)},
        {"type": "response.create"},
        {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "x"}]}},
        {"type": "response.cancel", "response_id": "r", "event_id": "e"},
        {
            "type": "conversation.item.create",
            "previous_item_id": "root",
            "item": {
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": "x"}],
            },
        },
    ]
    for event in events:
        assert check_shape(event) is event
    assert len(CLIENT_EVENTS) == 11


@pytest.mark.parametrize("message", ["{", "[]", "null", '"x"', b"\x00\x01"])
def test_messages_that_are_no_events_are_recorded_and_refused(
    client: Client, message: str | bytes
) -> None:
    error = client.send_raw(message).until_error()
    assert error["type"] == "invalid_request_error"
    assert error["event_id"] is None
    assert len(client.session.violations) == 1
    assert len(client.session.events) == 2


def test_a_refused_event_is_recorded_and_changes_nothing(client: Client) -> None:
    before = client.session.config
    error = client.refusal("session.update", session=phone_session(instructions=5))
    assert error["param"] == "session.instructions"
    assert client.session.config == before
    violation = client.session.violations[0]
    assert violation.event["session"]["instructions"] == 5
    assert client.session.hard_violations == [violation]


# --- strictness: meaning


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-realtime-2.1-mini"}, "session.model"),
        ({"type": "transcription"}, "session.type"),
        ({"output_modalities": ["audio", "text"]}, "session.output_modalities"),
        ({"max_output_tokens": 5000}, "session.max_output_tokens"),
        ({"tools": [{"type": "function"}]}, "session.tools.0.name"),
        ({"audio": {"output": {"speed": 2.0}}}, "session.audio.output.speed"),
        (
            {"audio": {"input": {"transcription": {"language": "he", "languages": ["he"]}}}},
            "session.audio.input.transcription.languages",
        ),
    ],
)
def test_session_updates_the_service_refuses(client: Client, fields: Json, param: str) -> None:
    error = client.refusal("session.update", session={"type": "realtime", **fields})
    assert error["param"] == param


def test_naming_the_same_model_is_fine(client: Client) -> None:
    client.send("session.update", session={"type": "realtime", "model": MODEL})
    client.until("session.updated")


def test_reasoning_needs_a_reasoning_model() -> None:
    with dialled(path="/realtime?model=gpt-realtime-mini") as client:
        error = client.refusal(
            "session.update", session={"type": "realtime", "reasoning": {"effort": "low"}}
        )
        assert error["param"] == "session.reasoning"


def test_voice_is_fixed_after_the_first_audio(client: Client) -> None:
    voice = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    client.send("session.update", session=voice).until("session.updated")
    client.respond(instructions="«שלום»").until("response.done")
    assert client.refusal("session.update", session=voice)["code"] == "cannot_update_voice"
    other = {"audio": {"output": {"voice": "marin"}}}
    assert client.refusal("response.create", response=other)["code"] == "cannot_update_voice"


def test_speed_is_fixed_while_a_response_runs() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=5000)) as client:
        speed = {"type": "realtime", "audio": {"output": {"speed": 1.1}}}
        client.send("session.update", session=speed).until("session.updated")
        client.send("response.create").until("response.created")
        assert client.refusal("session.update", session=speed)["param"].endswith("speed")


def test_audio_before_the_telephone_format_is_a_violation() -> None:
    with dialled(started=False) as client:
        client.until("session.created")
        client.append(b"\x00" * 480).append(b"\x00" * 480)
        client.send("input_audio_buffer.clear")
        while client.next()["type"] != "input_audio_buffer.cleared":
            pass
        assert [fault.param for fault in client.session.violations] == [
            "session.audio.input.turn_detection",
            "session.audio.input.format",
            "session.audio.output.format",
        ]
        assert client.types().count("error") == 3


def test_a_spoken_response_in_another_format_is_a_violation() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=0), started=False) as client:
        client.until("session.created")
        assert client.refusal("response.create")["param"] == "session.audio.output.format"


def test_server_vad_is_a_violation(client: Client) -> None:
    vad = {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}
    client.send("session.update", session=vad).until("session.updated")
    assert [fault.code for fault in client.session.violations] == ["turn_detection_not_emulated"]


@pytest.mark.parametrize("payload", ["***", "QQ", "שלום", "-_-_"])
def test_append_takes_base64_only(client: Client, payload: str) -> None:
    assert client.refusal("input_audio_buffer.append", audio=payload)["param"] == "audio"
    assert client.session.audio == b""


def test_commit_needs_100_ms(client: Client) -> None:
    assert client.refusal("input_audio_buffer.commit")["code"] == "input_audio_buffer_commit_empty"
    client.append(b"\xff" * 799)
    error = client.refusal("input_audio_buffer.commit")
    assert error["code"] == "input_audio_buffer_commit_empty"
    client.append(b"\xff").send("input_audio_buffer.commit")
    client.until("input_audio_buffer.committed")


def test_one_response_at_a_time_in_the_conversation() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=200, audio_pace=0)) as client:
        client.send("response.create").until("response.created")
        error = client.refusal("response.create")
        assert error["code"] == "conversation_already_has_active_response"
        client.until("response.done")
        client.silence(0.3)
        assert len(client.session.responses) == 1
        assert client.types().count("response.created") == 1
        assert client.session.hard_violations == []
        client.send("response.create").until("response.done")


def test_cancel_with_nothing_active(client: Client) -> None:
    assert client.refusal("response.cancel")["code"] == "response_cancel_not_active"
    assert client.session.hard_violations == []
    unknown = client.refusal("response.cancel", response_id="resp_unknown")
    assert unknown["code"] == "response_cancel_not_active"
    assert len(client.session.hard_violations) == 1
    client.send("response.create").until("response.done")


@pytest.mark.parametrize(
    ("request_fields", "param"),
    [
        ({"conversation": "main"}, "response.conversation"),
        ({"metadata": {str(n): "" for n in range(17)}}, "response.metadata"),
        ({"metadata": {"k": "v" * 513}}, "response.metadata.k"),
        ({"max_output_tokens": 0}, "response.max_output_tokens"),
        ({"output_modalities": ["text", "audio"]}, "response.output_modalities"),
        (
            {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text"}]}]},
            "response.input.0.content.0.text",
        ),
    ],
)
def test_responses_the_service_refuses(client: Client, request_fields: Json, param: str) -> None:
    assert client.refusal("response.create", response=request_fields)["param"] == param
    assert client.session.responses == []


def test_truncation_within_the_audio(client: Client) -> None:
    client.respond(instructions="«אחת שתיים שלוש»")
    item = client.until("response.output_item.added")["item"]["id"]
    client.until("response.done")
    place = {"item_id": item, "content_index": 0}
    client.send("conversation.item.truncate", **place, audio_end_ms=500)
    assert client.until("conversation.item.truncated")["audio_end_ms"] == 500
    client.send("conversation.item.retrieve", item_id=item)
    part = client.until("conversation.item.retrieved")["item"]["content"][0]
    assert len(base64.b64decode(part["audio"])) == 4000
    assert "transcript" not in part
    client.send("conversation.item.truncate", **place, audio_end_ms=600)
    assert client.until_error()["code"] == "invalid_value"
    assert [cut.accepted for cut in client.session.truncations] == [True, False]


def test_truncation_beyond_the_audio_blames_no_event(client: Client) -> None:
    client.respond(instructions="«אחת»")
    item = client.until("response.output_item.added")["item"]["id"]
    client.until("response.done")
    client.send(
        "conversation.item.truncate",
        event_id="mine",
        item_id=item,
        content_index=0,
        audio_end_ms=g711.WORD_MS + 1,
    )
    error = client.until_error()
    assert error["event_id"] is None
    assert "already shorter" in error["message"]
    assert len(client.session.violations) == 1


@pytest.mark.parametrize(
    ("place", "param"),
    [
        ({"content_index": 1, "audio_end_ms": 10}, "content_index"),
        ({"content_index": 0, "audio_end_ms": -1}, "audio_end_ms"),
    ],
)
def test_truncation_of_nothing(client: Client, place: Json, param: str) -> None:
    client.respond(instructions="«אחת»")
    item = client.until("response.output_item.added")["item"]["id"]
    client.until("response.done")
    error = client.refusal("conversation.item.truncate", item_id=item, **place)
    assert error["param"] == param


def test_only_assistant_audio_can_be_truncated(client: Client) -> None:
    place = {"item_id": client.say()["item_id"], "content_index": 0, "audio_end_ms": 10}
    assert client.refusal("conversation.item.truncate", **place)["param"] == "item_id"


@pytest.mark.parametrize(
    ("verb", "fields"),
    [("truncate", {"content_index": 0, "audio_end_ms": 1}), ("delete", {}), ("retrieve", {})],
)
def test_unknown_items(client: Client, verb: str, fields: Json) -> None:
    error = client.refusal(f"conversation.item.{verb}", item_id="item_x", **fields)
    assert error["code"] == f"item_{verb}_invalid_item_id"


def test_items_are_inserted_where_the_client_says(client: Client) -> None:
    def add(item_id: str, **place: Any) -> None:
        text = {"type": "input_text", "text": item_id}
        item = {"id": item_id, "type": "message", "role": "system", "content": [text]}
        client.send("conversation.item.create", item=item, **place).until("conversation.item.done")

    add("b")
    add("a", previous_item_id="root")
    add("c", previous_item_id="a")
    assert [item.text for item in client.session.items] == ["a", "c", "b"]
    client.send("conversation.item.delete", item_id="c").until("conversation.item.deleted")
    assert [item.id for item in client.session.items] == ["a", "b"]


@pytest.mark.parametrize(
    ("item", "extra", "param"),
    [
        ({"type": "function_call_output", "call_id": "c", "output": ""}, {}, "item.call_id"),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "output_audio"}]},
            {},
            "item.content.0.type",
        ),
        ({"type": "message", "role": "user", "content": [], "id": "i" * 33}, {}, "item.id"),
        (
            {"type": "message", "role": "user", "content": []},
            {"previous_item_id": "nope"},
            "previous_item_id",
        ),
        (
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "audio": "*"}],
            },
            {},
            "item.content.0.audio",
        ),
    ],
)
def test_items_the_service_refuses(client: Client, item: Json, extra: Json, param: str) -> None:
    assert client.refusal("conversation.item.create", item=item, **extra)["param"] == param
    assert client.session.items == ()


def test_an_item_id_is_used_once(client: Client) -> None:
    item = {"id": "mine", "type": "message", "role": "user", "content": []}
    client.send("conversation.item.create", item=item).until("conversation.item.done")
    error = client.refusal("conversation.item.create", item=item)
    assert error["code"] == "item_id_already_exists"


def test_output_audio_buffer_is_not_for_websockets(client: Client) -> None:
    assert client.refusal("output_audio_buffer.clear")["code"] == "invalid_value"


# --- handshake


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("", "", 401),
        ("", " ", 401),
        ("/realtime", "k", 400),
        (f"/live?model={MODEL}", "k", 404),
    ],
)
def test_handshakes_that_are_refused(path: str, key: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as caught, dialled(path=path, key=key, started=False):
        pass
    assert caught.value.response.status_code == status
    assert "error" in json.loads(caught.value.response.body or b"")


@pytest.mark.parametrize("status", [401, 429, 503])
def test_refuse_switch(status: int) -> None:
    with FakeRealtime(RealtimeOptions(refuse=status)) as fake:
        sdk = OpenAI(api_key="x", base_url=fake.base_url)
        with pytest.raises(InvalidStatus), sdk.realtime.connect(model=MODEL):
            pass
        assert [attempt.status for attempt in fake.handshakes] == [status]
        assert fake.sessions == []
        fake.options.refuse = None
        with sdk.realtime.connect(model=MODEL):
            fake.wait_for_session()
        fake.wait_all_closed()


def test_handshake_delay() -> None:
    began = time.monotonic()
    with dialled(RealtimeOptions(handshake_delay_ms=300)):
        assert time.monotonic() - began >= 0.3


# --- delays and faults


def test_first_audio_delay_and_pace() -> None:
    with dialled(RealtimeOptions(first_audio_delay_ms=250, audio_pace=2.0)) as client:
        client.respond(instructions="«אחת שתיים שלוש»").until("response.done")
        response = client.session.responses[0]
        assert response.first_audio_at is not None
        assert response.done_at is not None
        assert 0.25 <= response.first_audio_at - response.created_at < 0.6
        # 990 ms in five deltas: four pauses of 200 ms at twice real time.
        assert 0.4 <= response.done_at - response.first_audio_at < 0.8


def test_session_update_delay() -> None:
    with dialled(started=False) as client:
        client.until("session.created")
        client.fake.options.session_update_delay_ms = 250
        began = time.monotonic()
        client.send("session.update", session=phone_session()).until("session.updated")
        assert time.monotonic() - began >= 0.25


def test_accept_then_silent() -> None:
    with dialled(RealtimeOptions(accept_then_silent=True), started=False) as client:
        client.send("session.update", session=phone_session())
        client.silence(0.3)
        assert client.session.wait_for_event("session.update").data["session"]["type"] == "realtime"
        assert client.session.sent == []


def test_stall_after_create_until_cancelled() -> None:
    with dialled(RealtimeOptions(stall_after_create=True, first_audio_delay_ms=0)) as client:
        client.send("response.create").until("response.created")
        client.silence(0.4)
        client.send("response.cancel")
        assert client.until("response.done")["response"]["status"] == "cancelled"


def test_drop_mid_answer() -> None:
    options = RealtimeOptions(first_audio_delay_ms=0, drop_mid_answer_after_ms=300)
    with dialled(options) as client:
        client.respond(instructions="«" + "מילה " * 10 + "»")
        with pytest.raises(ConnectionClosed) as caught:
            client.until("response.done")
        assert caught.value.rcvd is None
        assert len(audio_of(client)) == 400 * 8
        assert client.session.wait_closed() == 1006


def test_reject_transcription_model_is_not_the_clients_fault() -> None:
    with dialled(RealtimeOptions(reject_transcription_model="gpt-live-transcribe")) as client:
        transcription = {"model": "gpt-live-transcribe"}
        update = {"type": "realtime", "audio": {"input": {"transcription": transcription}}}
        error = client.send("session.update", event_id="e1", session=update).until_error()
        assert error["param"] == "session.audio.input.transcription.model"
        assert error["event_id"] == "e1"
        assert client.session.violations == []
        shown = client.session.config["audio"]["input"]["transcription"]
        assert shown["model"] == "gpt-transcribe"


def test_rate_limit_switch_can_be_turned_off(client: Client) -> None:
    client.fake.options.rate_limit_responses = True
    client.send("response.create")
    done = client.until("response.done")["response"]
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["code"] == "rate_limit_exceeded"
    client.fake.options.rate_limit_responses = False
    client.send("response.create")
    assert client.until("response.done")["response"]["status"] == "completed"


def test_session_expiry(client: Client) -> None:
    client.fake.configure(expire_session_after_s=0.1)
    assert client.until_error()["code"] == "session_expired"
    with pytest.raises(ConnectionClosed) as caught:
        client.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001
    assert client.session.wait_closed() == 1001


def test_unknown_events_and_fields() -> None:
    options = RealtimeOptions(unknown_events=True, first_audio_delay_ms=0, audio_pace=0)
    with dialled(options) as client:
        client.send("response.create").until("response.done")
        assert client.types().count("session.weather.updated") > 3
        assert all("x_unknown_field" in e for e in client.received if e["type"][:8] == "response")


@pytest.mark.parametrize("spoken_ms", [2000, 300])
def test_late_deltas_after_a_cancel(spoken_ms: int) -> None:
    options = RealtimeOptions(
        reply=lambda context: Reply("ארוך", audio=b"\x10" * spoken_ms * 8),
        first_audio_delay_ms=0,
        audio_pace=0.2,
        late_deltas_after_cancel=3,
    )
    with dialled(options) as client:
        client.send("response.create").until("response.output_audio.delta")
        client.send("response.cancel").until("response.done")
        audio = audio_of(client)
        assert audio[: spoken_ms * 8] == b"\x10" * min(len(audio), spoken_ms * 8)
        assert client.types().count("response.output_audio.delta") == 4
        assert client.types()[-1] == "response.done"


def test_close_code_on_connect() -> None:
    with dialled(RealtimeOptions(close_code_on_connect=1013), started=False) as client:
        with pytest.raises(ConnectionClosed) as caught:
            client.next()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1013
        assert client.received == []
        assert client.session.wait_closed() == 1013


def test_configure_knows_its_options() -> None:
    with FakeRealtime() as fake:
        fake.configure(audio_pace=1.0)
        assert fake.options.audio_pace == 1.0
        with pytest.raises(AttributeError):
            fake.configure(audio_paze=1.0)


# --- records and waiting


def test_events_are_recorded_in_order_with_times(client: Client) -> None:
    before = time.monotonic()
    client.say()
    events = client.session.events
    assert [event.type for event in events] == [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
    ]
    assert events[0].at < before < events[1].at <= events[2].at <= time.monotonic()
    assert events[2].data == {"type": "input_audio_buffer.commit"}


def test_waiting_gives_up_with_a_summary(client: Client) -> None:
    with pytest.raises(TimeoutError, match=r"session\.update"):
        client.session.wait_for_response(timeout=0.05)
    with pytest.raises(TimeoutError):
        client.fake.wait_for_session(2, timeout=0.05)
    client.respond(instructions="«שלום»")
    assert client.session.wait_for_response(done=True).status == "completed"


def test_stopping_the_server_closes_what_is_open() -> None:
    with (
        FakeRealtime() as fake,
        connect(
            f"ws://127.0.0.1:{fake.port}/v1/realtime?model={MODEL}",
            additional_headers={"Authorization": "Bearer k"},
        ) as socket,
    ):
        client = Client(fake, socket).start()
        client.send("response.create").until("response.created")
        fake.stop()
        assert fake.open_sessions == 0
        assert fake.sessions[0].close_code == 1001


def test_many_sessions_do_not_mix() -> None:
    options = RealtimeOptions(
        transcribe=lambda session, audio, index: str(audio[0]),
        first_audio_delay_ms=0,
        audio_pace=0,
    )
    with FakeRealtime(options) as fake, ExitStack() as stack:
        url = f"ws://127.0.0.1:{fake.port}/v1/realtime?model={MODEL}"
        headers = {"Authorization": "Bearer k"}
        clients = [
            Client(fake, stack.enter_context(connect(url, additional_headers=headers)))
            for _ in range(8)
        ]
        for number, client in enumerate(clients):
            client.start().append(bytes([number]) * 800).send("input_audio_buffer.commit")
            client.send("response.create")
        assert fake.open_sessions == 8
        for client in clients:
            client.until("response.done")
            client.socket.close()
        fake.wait_all_closed()
        texts = {session.responses[0].text for session in fake.sessions}
        assert texts == {f"הבנתי. {number}" for number in range(8)}


# --- scripts


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ("אמרי בדיוק: «שלום לכם»", "שלום לכם"),
        ('אמרי בדיוק: "שלום, כאן צה"ל" ולא עוד', 'שלום, כאן צה"ל'),
        ("אמרי: “בוקר טוב”", "בוקר טוב"),
        ('את "מאנה". אמרי: "שלום, הגעתם למספרה"', "שלום, הגעתם למספרה"),
        ('כתבי דו"ח על צה"ל', None),
        ("דברי בקצרה", None),
    ],
)
def test_quoted_text(instructions: str, expected: str | None) -> None:
    assert quoted_text(instructions) == expected


def test_default_reply_renders_what_it_is_told(client: Client) -> None:
    client.respond(conversation="none", input=[], instructions="אמרי: «ערב טוב»")
    client.until("response.done")
    client.respond(conversation="none", input=[], instructions="ברכי את המתקשר")
    client.until("response.done")
    client.send("response.create").until("response.done")
    texts = [response.text for response in client.session.responses]
    assert texts == ["ערב טוב", FIXED_SENTENCE, FIXED_SENTENCE]


def test_scripted_replies_skip_renderings() -> None:
    options = RealtimeOptions(
        reply=scripted_replies(["אחת", Reply("שתיים")], then=default_reply),
        first_audio_delay_ms=0,
        audio_pace=0,
    )
    with dialled(options) as client:
        for request in ({}, {"instructions": "«ברכה»"}, {}, {}):
            client.respond(**request).until("response.done")
        texts = [response.text for response in client.session.responses]
        assert texts == ["אחת", "ברכה", "שתיים", FIXED_SENTENCE]


# --- audio and recognition


def test_mulaw_round_trip() -> None:
    codes = bytes(range(256))
    again = g711.encode(g711.decode(codes))
    # 0x7F and 0xFF are both zero; every other code is its own image.
    assert again == codes.replace(b"\x7f", b"\xff")
    assert g711.decode(b"\xff\x00\x80").tolist() == [0.0, -32124 / 32768, 32124 / 32768]


def test_the_voice_is_audible_and_as_long_as_its_words() -> None:
    voice = g711.speak("שלום לכם")
    assert len(voice) == 2 * g711.WORD_MS * 8
    assert voice == g711.speak("שלום לכם") != g711.speak("שלום להם")
    words = g711.decode(voice).reshape(2, -1)
    assert (np.sqrt((words**2).mean(axis=1)) > 0.05).all()
    assert g711.speak("") == b""


def recordings() -> dict[str, tuple[bytes, str]]:
    """Spoken words of the test data, or bursts of noise where there are none."""
    found: dict[str, tuple[bytes, str]] = {}
    for path in sorted(RECORDINGS.glob("word_*.wav")):
        with wave.open(str(path)) as recording:
            frames = recording.readframes(recording.getnframes())
        samples = np.frombuffer(frames, "<i2") / 32768
        found[path.stem] = (g711.encode(samples), path.stem)
    return found or bursts()


def bursts() -> dict[str, tuple[bytes, str]]:
    random = np.random.default_rng(7)
    made: dict[str, tuple[bytes, str]] = {}
    for number in range(6):
        levels = np.repeat(10 ** random.uniform(-2.5, -0.7, 12), 800)
        made[f"burst_{number}"] = (g711.encode(levels * random.normal(size=9600)), f"רעש {number}")
    return made


SOURCES = {"recordings": recordings(), "bursts": bursts()}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "change", ["as it is", "silence around", "cut start", "cut end", "quieter", "hiss", "shifted"]
)
def test_recogniser_tells_recordings_apart(source: str, change: str) -> None:
    known = SOURCES[source]
    recogniser = EnvelopeRecogniser(known)
    random = np.random.default_rng(1)
    for name, (audio, text) in known.items():
        heard = {
            "as it is": audio,
            "silence around": b"\xff" * 4000 + audio + b"\xff" * 9000,
            "cut start": audio[len(audio) // 8 :],
            "cut end": audio[: -len(audio) // 8],
            "quieter": g711.encode(g711.decode(audio) * 0.3),
            "hiss": g711.encode(g711.decode(audio) + random.normal(scale=0.001, size=len(audio))),
            "shifted": b"\xff" * 77 + audio,
        }[change]
        assert recogniser(None, heard, 0) == text, (name, recogniser.best(heard))  # type: ignore[arg-type]


@pytest.mark.parametrize("source", SOURCES)
def test_recogniser_says_nothing_of_the_unknown(source: str) -> None:
    known = SOURCES[source]
    for name, (audio, _) in known.items():
        others = EnvelopeRecogniser({n: entry for n, entry in known.items() if n != name})
        assert others(None, audio, 0) == "", (name, others.best(audio))  # type: ignore[arg-type]
    recogniser = EnvelopeRecogniser(known)
    assert recogniser(None, b"\xff" * 8000, 0) == ""  # type: ignore[arg-type]
    assert recogniser(None, b"", 0) == ""  # type: ignore[arg-type]


def test_recogniser_serves_as_transcriber() -> None:
    known = SOURCES["recordings"]
    audio, text = next(iter(known.values()))
    with dialled(RealtimeOptions(transcribe=EnvelopeRecogniser(known))) as client:
        client.say(b"\xff" * 3200 + audio + b"\xff" * 4800)
        done = client.until("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == text


def test_recogniser_refuses_a_silent_recording() -> None:
    with pytest.raises(ValueError, match="empty"):
        EnvelopeRecogniser({"empty": (b"\xff" * 8000, "")})


# --- command line


def test_command_line() -> None:
    command = [sys.executable, "-m", "tests.fakes.openai_realtime", "--port", "0"]
    command += ["--first-audio-ms", "0", "--transcript", "מה שלומך", "--reply", "מצוין"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        [*command, "--verbose"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            name, _, base_url = process.stdout.readline().strip().partition("=")
            assert name == "OPENAI_BASE_URL"
            with OpenAI(api_key="x", base_url=base_url).realtime.connect(model=MODEL) as connection:
                connection.session.update(session=phone_session())  # type: ignore[arg-type]
                connection.send({"type": "no.such.event"})  # type: ignore[arg-type, misc, typeddict-item]
                connection.response.create()
                while (event := connection.recv()).type != "response.done":
                    if event.type == "response.output_audio_transcript.done":
                        assert event.transcript == "מצוין"
        finally:
            process.terminate()
        errors = process.communicate(timeout=10)[1]
    assert "VIOLATION invalid_value" in errors
    assert "<- response.create" in errors
