"""The HTTP stand-in: what the SDK's client gets from it, and what it refuses."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from server.audio import mulaw
from server.audio.framing import mulaw_to_wav
from tests.fakes.openai_http import (
    Answer,
    FakeOpenAIHttp,
    HttpOptions,
    ResponseRequest,
    TranscriptionRequest,
    normalised,
    text_vector,
)
from tests.fakes.openai_realtime import FakeRealtime

SOUND = b"\x00\x80" * 4000
WAV = mulaw_to_wav(SOUND)
MODEL = "gpt-transcribe"


@pytest.fixture
def fake() -> Iterator[FakeOpenAIHttp]:
    with FakeOpenAIHttp() as running:
        yield running
    assert running.script_errors == []


@pytest.fixture
def client(fake: FakeOpenAIHttp) -> Iterator[OpenAI]:
    with sdk(fake) as made:
        yield made


def sdk(fake: FakeOpenAIHttp | FakeRealtime) -> OpenAI:
    return OpenAI(base_url=fake.base_url, api_key="key", max_retries=0, timeout=5)


def transcribe(client: OpenAI, **changes: Any) -> Any:
    request = {"file": ("a.wav", WAV, "audio/wav"), "model": MODEL} | changes
    return client.audio.transcriptions.create(**request)


class Summary(BaseModel):
    intent: str
    urgent: bool
    slots: list[str]
    phone: str | None


# Transcriptions


def test_a_recording_arrives_whole_and_its_words_come_back(
    fake: FakeOpenAIHttp, client: OpenAI
) -> None:
    fake.options.transcripts = ["מה המחיר?", "תודה"]
    answer = transcribe(
        client, languages=["he", "en"], keywords=["הרצל", "רמת גן"], response_format="json"
    )
    assert answer.text == "מה המחיר?"
    assert [found.code for found in answer.languages] == ["he"]
    assert transcribe(client).text == "תודה"
    assert transcribe(client).text == ""
    first = fake.transcriptions[0]
    assert (first.model, first.languages, first.keywords) == (
        MODEL,
        ["he", "en"],
        ["הרצל", "רמת גן"],
    )
    assert (first.file_name, first.sample_rate, first.seconds) == ("a.wav", 8000, 1.0)
    assert first.pcm is not None
    assert np.array_equal(first.pcm, mulaw.decode(SOUND))
    assert fake.violations == []


def test_the_words_may_depend_on_the_recording(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.options.transcribe = lambda request: f"{request.seconds} {request.languages[0]}"
    assert transcribe(client, languages=["he"]).text == "1.0 he"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"file": ("a.wav", b"", "audio/wav")}, "empty_file", "file"),
        ({"file": ("a.wav", b"no wave", "audio/wav")}, "invalid_file", "file"),
        ({"file": ("a", WAV, "audio/wav")}, "unsupported_format", "file"),
        ({"file": ("a.wav", mulaw_to_wav(SOUND[:400]))}, "audio_too_short", "file"),
        ({"language": "he"}, "unsupported_parameter", "language"),
        ({"model": "whisper-1", "languages": ["he"]}, "unsupported_parameter", "languages"),
        ({"keywords": ["x"] * 101}, "array_above_max_length", "keywords"),
        ({"response_format": "text"}, "unsupported_value", "response_format"),
        ({"response_format": "yaml"}, "invalid_value", "response_format"),
        ({"extra_body": {"hints": "x"}}, "unknown_parameter", "hints"),
    ],
)
def test_a_faulty_form_is_refused(
    fake: FakeOpenAIHttp, client: OpenAI, changes: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        transcribe(client, **changes)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert [(fault.code, fault.param) for fault in fake.violations] == [(code, param)]
    assert fake.transcriptions == []


@pytest.mark.parametrize("missing", ["file", "model"])
def test_a_form_without_what_it_needs_is_refused(
    fake: FakeOpenAIHttp, client: OpenAI, missing: str
) -> None:
    form: dict[str, Any] = {"file": ("a.wav", WAV), "model": (None, MODEL)}
    del form[missing]
    headers = {"Authorization": "Bearer key"}
    url = f"{fake.base_url}/audio/transcriptions"
    answer = client._client.post(url, files=form, headers=headers)
    assert answer.status_code == 400
    [fault] = fake.violations
    assert (fault.code, fault.param) == ("missing_required_parameter", missing)


# Embeddings


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_the_same_text_has_the_same_vector(
    fake: FakeOpenAIHttp, client: OpenAI, encoding: Any
) -> None:
    answer = client.embeddings.create(
        model="text-embedding-3-small",
        input=["מה  המחיר?", "מה הַמחיר", "שעות פתיחה"],
        dimensions=64,
        encoding_format=encoding,
    )
    raw = [item.embedding for item in answer.data]
    if encoding == "base64":
        raw = [np.frombuffer(base64.b64decode(str(text)), "<f4").tolist() for text in raw]
    one, same, other = (np.asarray(vector) for vector in raw)
    assert one.shape == (64,)
    assert one @ same == pytest.approx(1.0, abs=1e-5)
    assert abs(one @ other) < 0.5
    assert fake.violations == []


def test_vectors_may_be_scripted(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.options.embed = lambda text, dimensions: [float(len(text))] * dimensions
    answer = client.embeddings.create(model="text-embedding-3-small", input="abc")
    assert answer.data[0].embedding == [3.0] * 1536


@pytest.mark.parametrize(
    "request_body",
    [
        {"model": "text-embedding-3-small"},
        {"model": "text-embedding-3-small", "input": ""},
        {"model": "text-embedding-3-small", "input": []},
        {"model": "text-embedding-3-small", "input": ["a", ""]},
        {"model": "text-embedding-3-small", "input": "a", "dimensions": 4000},
        {"model": "text-embedding-3-small", "input": "a", "dimension": 4},
        {"model": "gpt-6-luna", "input": "a"},
    ],
)
def test_a_faulty_request_for_vectors_is_refused(
    fake: FakeOpenAIHttp, client: OpenAI, request_body: dict[str, Any]
) -> None:
    with pytest.raises(openai.APIStatusError):
        client.post("/embeddings", body=request_body, cast_to=object)
    assert len(fake.violations) == 1


def test_normalised_forgets_what_does_not_matter() -> None:
    assert normalised(" Héllo,  שָׁלוֹם! ") == "hello שלום"
    assert text_vector("a", 8) == text_vector("A.", 8) != text_vector("b", 8)


# Responses


def test_structured_output_fits_the_callers_model(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    def respond(request: ResponseRequest) -> dict[str, Any]:
        assert request.schema is not None
        assert request.instructions == "Summarise."
        return {"intent": request.text, "urgent": True, "slots": ["10:00"], "phone": None}

    fake.options.respond = respond
    answer = client.responses.parse(
        model="gpt-6-luna",
        instructions="Summarise.",
        input=[{"role": "user", "content": "פגישה"}],
        text_format=Summary,
        store=False,
    )
    assert answer.output_parsed == Summary(intent="פגישה", urgent=True, slots=["10:00"], phone=None)
    assert answer.usage is not None
    assert fake.violations == []


def test_without_a_script_the_answer_is_empty_but_fits(client: OpenAI) -> None:
    answer = client.responses.parse(model="m", input="שלום", text_format=Summary)
    assert answer.output_parsed == Summary(intent="", urgent=False, slots=[], phone=None)
    assert client.responses.create(model="m", input="שלום").output_text == "Understood."


def test_a_refusal_and_an_answer_that_breaks_off(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.options.respond = lambda _: Answer("לא אוכל", refusal=True)
    refused = client.responses.parse(model="m", input="a", text_format=Summary)
    assert refused.output_parsed is None
    fake.options.respond = lambda _: Answer("half", incomplete=True)
    broken = client.responses.create(model="m", input="a")
    assert (broken.status, broken.output_text) == ("incomplete", "half")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input": "a"}, "missing_required_parameter"),
        ({"model": "m"}, "missing_required_parameter"),
        ({"model": "m", "input": "a", "messages": []}, "unknown_parameter"),
        ({"model": "m", "input": "a", "max_output_tokens": "9"}, "invalid_type"),
        (
            {
                "model": "m",
                "input": "a",
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "s",
                        "strict": True,
                        "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                    }
                },
            },
            "invalid_json_schema",
        ),
    ],
)
def test_a_faulty_request_for_a_response_is_refused(
    fake: FakeOpenAIHttp, client: OpenAI, body: dict[str, Any], code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/responses", body=body, cast_to=object)
    assert refused.value.code == code
    assert [fault.code for fault in fake.violations] == [code]


# The rest of the service


def test_models_tell_when_they_are_shut_down(client: OpenAI) -> None:
    dates = {model.id: model.to_dict()["shutdown_date"] for model in client.models.list()}
    assert dates["whisper-1"] == "2027-02-26"
    assert dates["gpt-transcribe"] is None


def test_requests_are_recorded_without_the_key(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    client.embeddings.create(model="text-embedding-3-small", input="abc")
    [request] = fake.requests_to("/embeddings")
    assert request.authorized
    assert "authorization" not in request.headers
    assert json.loads(request.body)["input"] == "abc"


def test_unknown_addresses_and_missing_keys(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.get("/nothing", cast_to=object)
    with pytest.raises(openai.AuthenticationError):
        client.get("/models", cast_to=object, options={"headers": {"Authorization": ""}})
    assert [fault.code for fault in fake.violations] == ["not_found", "missing_api_key"]
    assert not fake.requests[-1].authorized


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_refusals_come_and_go(
    fake: FakeOpenAIHttp, client: OpenAI, status: int, kind: type[openai.APIStatusError]
) -> None:
    fake.configure(refuse=status, retry_after_seconds=7)
    with pytest.raises(kind) as refused:
        client.models.list()
    assert refused.value.response.headers.get("retry-after") == ("7" if status == 429 else None)
    fake.configure(refuse=None)
    assert client.models.list().data
    assert fake.violations == []


def test_a_fault_may_be_kept_to_one_path(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.configure(refuse=500, fault_path="/embeddings")
    assert client.models.list().data
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model="text-embedding-3-small", input="abc")


def test_a_dropped_connection_and_a_broken_body(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.configure(drop_connection=True)
    with pytest.raises(openai.APIConnectionError):
        client.models.list()
    fake.configure(drop_connection=False, malformed_body=True)
    with pytest.raises(json.JSONDecodeError):
        transcribe(client)


def test_a_slow_answer_and_a_dripping_one(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    fake.configure(delay_seconds=30)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.05).models.list()
    fake.configure(delay_seconds=0, drip_seconds=0.001)
    started = time.monotonic()
    assert transcribe(client).text == ""
    assert time.monotonic() - started > 0.02


def test_an_unknown_switch_is_an_error(fake: FakeOpenAIHttp) -> None:
    with pytest.raises(AttributeError):
        fake.configure(delay=1)


def test_a_broken_script_is_reported() -> None:
    def fail(_: TranscriptionRequest) -> str:
        raise ValueError("mistake")

    with FakeOpenAIHttp(HttpOptions(transcribe=fail)) as fake, sdk(fake) as client:
        with pytest.raises(openai.InternalServerError):
            transcribe(client)
        assert fake.script_errors == ["ValueError('mistake')"]


def test_waiting_for_a_request(fake: FakeOpenAIHttp, client: OpenAI) -> None:
    with pytest.raises(TimeoutError, match="not within"):
        fake.wait_until(lambda running: running.requests, timeout=0.01)
    asking = threading.Thread(target=client.models.list)
    asking.start()
    fake.wait_until(lambda running: running.requests)
    asking.join()


def test_stopping_ends_threads_and_idle_connections() -> None:
    before = threading.active_count()
    fake = FakeOpenAIHttp(HttpOptions(delay_seconds=30))
    address = (fake.host, fake.port)
    with socket.create_connection(address) as idle, socket.create_connection(address) as busy:
        busy.sendall(b"GET /v1/models HTTP/1.1\r\nAuthorization: Bearer k\r\n\r\n")
        fake.wait_until(lambda running: running.requests)
        fake.stop()
        fake.stop()
        assert idle.recv(1) == b""
    assert threading.active_count() == before


# Together with the Realtime stand-in


def test_one_address_serves_sessions_and_requests() -> None:
    with FakeOpenAIHttp() as http, FakeRealtime(http=http) as fake, sdk(fake) as client:
        assert client.models.list().data
        headers = {"Authorization": "Bearer key"}
        url = f"ws://{fake.host}:{fake.port}/v1/realtime?model=m"
        with connect(url, additional_headers=headers) as session:
            assert json.loads(session.recv(5))["type"] == "session.created"
            assert transcribe(client).text == ""
        with pytest.raises(InvalidStatus):
            connect(f"ws://{fake.host}:{fake.port}/v1/elsewhere", additional_headers=headers)
        assert [fault.code for fault in http.violations] == ["not_found"]
        assert len(fake.handshakes) == 1


def test_both_stop_with_connections_open() -> None:
    before = threading.active_count()
    with FakeOpenAIHttp() as http:
        with FakeRealtime(http=http) as fake:
            silent = socket.create_connection((fake.host, fake.port))
            kept = sdk(fake)
            kept.models.list()
        assert silent.recv(1) == b""
        silent.close()
    kept.close()
    assert threading.active_count() == before
