"""The Realtime protocol as a pure object; every message it sends is held against OpenAI's types."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.agent.realtime_codec import RealtimeProtocol
from server.agent.realtime_plan import END_CALL, FALLBACK_TRANSCRIBER, SessionPlan
from server.audio import mulaw
from server.turns import events as on
from tests.fakes.openai_realtime.rules import MAX_APPEND_BYTES
from tests.fakes.openai_realtime.schema import check_shape

Json = dict[str, Any]

PLAN = SessionPlan(
    compact_prompt="compact",
    full_prompt="full",
    languages=("he", "en"),
    keywords=("רמת גן", "דיזנגוף"),
    transcribe_model="gpt-live-transcribe",
    voice="marin",
    speed=0.95,
    max_output_tokens=160,
)
TRANSCRIPTION = "conversation.item.input_audio_transcription"


class Session:
    """A session under test and the service at its other end, by hand."""

    def __init__(self, *, confirmed: bool = True, **changes: Any) -> None:
        self.sent: list[Json] = []
        fields = {name: getattr(PLAN, name) for name in SessionPlan.__slots__} | changes
        self.protocol = RealtimeProtocol(SessionPlan(**fields), self._take)
        self.protocol.set_up()
        if confirmed:
            self.hears("session.updated", session={})

    def _take(self, message: bytes) -> None:
        self.sent.append(check_shape(json.loads(message)))

    def hears(self, kind: str, **fields: Any) -> list[on.Event]:
        """Let the service say something; return what it means for the call."""
        event = {"type": kind, "event_id": "event_1", **fields}
        return self.protocol.receive(json.dumps(event).encode())

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.sent]

    def last(self, kind: str) -> Json:
        return next(event for event in reversed(self.sent) if event["type"] == kind)

    def count(self, kind: str) -> int:
        return self.kinds().count(kind)

    # A response's course

    def created(self, response_id: str, reply_id: str | None = None) -> list[on.Event]:
        metadata = None if reply_id is None else {"reply_id": reply_id}
        body = {"id": response_id, "status": "in_progress", "metadata": metadata}
        return self.hears("response.created", response=body)

    def audio(self, response_id: str, ms: int = 100, item_id: str = "item_a") -> list[on.Event]:
        delta = base64.b64encode(mulaw.silence(ms)).decode()
        return self.hears(
            "response.output_audio.delta", response_id=response_id, item_id=item_id, delta=delta
        )

    def done(self, response_id: str, status: str = "completed", **fields: Any) -> list[on.Event]:
        return self.hears("response.done", response={"id": response_id, "status": status, **fields})

    def calls(self, response_id: str, name: str, **fields: Any) -> list[on.Event]:
        item = {"type": "function_call", "name": name, "call_id": "call_1", "arguments": "{}"}
        return self.hears(
            "response.output_item.done",
            response_id=response_id,
            item={**item, "status": "completed", **fields},
        )

    def refuses(self, event: Json, code: str = "invalid_value", **fields: Any) -> list[on.Event]:
        error = {"type": "invalid_request_error", "code": code, "message": "no", "param": None}
        return self.hears("error", error={**error, "event_id": event["event_id"], **fields})

    def replying(self, reply_id: str = "r1", response_id: str = "resp_1") -> Session:
        """Bring the session to where the service has begun a reply."""
        self.protocol.ask(reply_id)
        self.created(response_id, reply_id)
        return self


# Set-up


def test_set_up_asks_for_telephone_audio_manual_turns_and_the_compact_prompt() -> None:
    (event,) = Session().sent
    session = event["session"]
    assert event["type"] == "session.update"
    assert session["type"] == "realtime"
    assert session["instructions"] == "compact"
    assert session["output_modalities"] == ["audio"]
    assert session["max_output_tokens"] == 640
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["input"]["turn_detection"] is None
    assert session["audio"]["output"]["voice"] == "marin"
    assert session["audio"]["output"]["speed"] == 0.95
    assert "tools" not in session


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "gpt-live-transcribe",
            {"languages": ["he", "en"], "keywords": ["רמת גן", "דיזנגוף"]},
        ),
        ("gpt-transcribe", {"languages": ["he", "en"], "keywords": ["רמת גן", "דיזנגוף"]}),
        ("gpt-4o-mini-transcribe", {"language": "he"}),
        ("whisper-1", {"language": "he"}),
    ],
)
def test_each_recogniser_is_told_the_languages_in_its_own_way(model: str, expected: Json) -> None:
    sent = Session(transcribe_model=model).sent[0]
    assert sent["session"]["audio"]["input"]["transcription"] == {"model": model, **expected}


def test_without_hints_no_keywords_are_sent() -> None:
    sent = Session(keywords=()).sent[0]
    assert "keywords" not in sent["session"]["audio"]["input"]["transcription"]


def test_the_upgrade_changes_instructions_and_tools_and_nothing_that_cannot_change() -> None:
    session = Session()
    session.protocol.upgrade()
    update = session.last("session.update")["session"]
    assert update["instructions"] == "full"
    assert [tool["name"] for tool in update["tools"]] == [END_CALL]
    assert not {"audio", "model", "voice"} & set(update)


TRANSCRIBER = "session.audio.input.transcription.model"


def test_a_refused_recogniser_falls_back_once_and_is_named_when_that_was_it() -> None:
    session = Session(confirmed=False)
    assert session.refuses(session.sent[0], param=TRANSCRIBER) == []
    again = session.sent[1]["session"]["audio"]["input"]["transcription"]
    assert again["model"] == FALLBACK_TRANSCRIBER
    assert session.hears("session.updated", session={}) == [on.AgentReady()]
    assert session.protocol.transcriber_refused == "gpt-live-transcribe"


def test_a_set_up_that_is_refused_again_is_a_lost_agent() -> None:
    session = Session(confirmed=False)
    session.refuses(session.sent[0], param=TRANSCRIBER)
    refused = session.refuses(session.sent[1], param=TRANSCRIBER)
    assert refused == [on.AgentLost("setup_refused")]
    assert session.count("session.update") == 2
    assert session.protocol.transcriber_refused is None


def test_an_unknown_voice_costs_the_voice_and_blames_no_recogniser() -> None:
    session = Session(confirmed=False, voice="nobody")
    session.refuses(session.sent[0], param="session.audio.output.voice")
    audio = session.sent[1]["session"]["audio"]
    assert audio["output"]["voice"] == "marin"
    assert audio["input"]["transcription"]["model"] == "gpt-live-transcribe"
    session.hears("session.updated", session={})
    assert session.protocol.transcriber_refused is None


def test_whatever_is_refused_the_session_is_not_set_up_for_ever() -> None:
    session = Session(confirmed=False, voice="nobody")
    for _ in range(5):
        param = ["session.audio.output.voice", TRANSCRIBER, None][len(session.sent) % 3]
        if session.refuses(session.sent[-1], param=param):
            break
    assert len(session.sent) <= 4


def test_no_question_is_asked_before_the_session_is_set_up() -> None:
    session = Session(confirmed=False)
    session.protocol.ask("r1")
    assert session.count("response.create") == 0
    session.hears("session.updated", session={})
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r1"}


def test_no_question_is_asked_before_the_upgrade_is_confirmed() -> None:
    session = Session()
    session.protocol.upgrade()
    session.protocol.ask("r1")
    assert session.count("response.create") == 0
    session.hears("session.updated", session={})
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r1"}


def test_a_refused_upgrade_does_not_silence_the_agent() -> None:
    session = Session()
    session.protocol.upgrade()
    session.protocol.ask("r1")
    session.refuses(session.last("session.update"), param="session.tools")
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r1"}


def test_a_fallback_after_the_upgrade_keeps_the_full_prompt() -> None:
    session = Session(confirmed=False)
    session.protocol.upgrade()
    session.refuses(session.sent[0], param=TRANSCRIBER)
    told = [e["session"]["instructions"] for e in session.sent if "session" in e]
    assert told[-1] == "full"


# The caller


def test_audio_goes_up_in_the_order_in_which_it_was_heard() -> None:
    session = Session()
    session.protocol.append(b"\x01\x02")
    session.protocol.append(b"\xff" * 160)
    appended = [base64.b64decode(event["audio"]) for event in session.sent[1:]]
    assert appended == [b"\x01\x02", b"\xff" * 160]
    assert len(b"".join(appended)) < MAX_APPEND_BYTES


def test_transcripts_find_their_utterances_in_any_order() -> None:
    session = Session()
    for number in (1, 2, 3):
        session.protocol.commit(f"u{number}")
        session.hears("input_audio_buffer.committed", item_id=f"item_{number}")
    for delta, so_far in (("מה ", "מה "), ("המחיר", "מה המחיר")):
        assert session.hears(f"{TRANSCRIPTION}.delta", item_id="item_2", delta=delta) == [
            on.PartialTranscript("u2", so_far)
        ]
    completed = f"{TRANSCRIPTION}.completed"
    assert session.hears(completed, item_id="item_3", transcript="שלוש") == [
        on.Transcript("u3", "שלוש")
    ]
    assert session.hears(completed, item_id="item_1", transcript="") == [on.Transcript("u1", "")]
    assert session.hears(f"{TRANSCRIPTION}.failed", item_id="item_2", error={"code": "x"}) == [
        on.Transcript("u2", None)
    ]


def test_commits_are_confirmed_in_order_however_late() -> None:
    session = Session()
    session.protocol.commit("u1")
    session.protocol.commit("u2")
    session.hears("input_audio_buffer.committed", item_id="item_1")
    session.hears("input_audio_buffer.committed", item_id="item_2")
    completed = f"{TRANSCRIPTION}.completed"
    assert session.hears(completed, item_id="item_2", transcript="ב") == [on.Transcript("u2", "ב")]


def test_a_refused_commit_settles_its_utterance_and_keeps_the_others_in_order() -> None:
    session = Session()
    session.protocol.commit("u1")
    refused = session.sent[-1]
    session.protocol.commit("u2")
    assert session.refuses(refused, "input_audio_buffer_commit_empty") == [on.Transcript("u1", "")]
    session.hears("input_audio_buffer.committed", item_id="item_2")
    completed = f"{TRANSCRIPTION}.completed"
    assert session.hears(completed, item_id="item_2", transcript="ב") == [on.Transcript("u2", "ב")]


def test_a_transcript_is_told_once_and_a_strangers_never() -> None:
    session = Session()
    session.protocol.commit("u1")
    session.hears("input_audio_buffer.committed", item_id="item_1")
    completed = f"{TRANSCRIPTION}.completed"
    assert session.hears(completed, item_id="item_9", transcript="זר") == []
    assert len(session.hears(completed, item_id="item_1", transcript="אחד")) == 1
    assert session.hears(completed, item_id="item_1", transcript="אחד") == []
    assert session.hears("input_audio_buffer.committed", item_id="item_8") == []


def test_a_transcript_of_nothing_is_a_failed_one() -> None:
    session = Session()
    session.protocol.commit("u1")
    session.hears("input_audio_buffer.committed", item_id="item_1")
    heard = session.hears(f"{TRANSCRIPTION}.completed", item_id="item_1", transcript=None)
    assert heard == [on.Transcript("u1", None)]


def test_what_was_said_and_typed_enters_the_conversation() -> None:
    session = Session()
    session.protocol.remember("assistant", "שלום")
    session.protocol.remember("user", "מה?")
    said, typed = [event["item"] for event in session.sent[1:]]
    assert said["role"] == "assistant"
    assert said["content"] == [{"type": "output_text", "text": "שלום"}]
    assert typed["role"] == "user"
    assert typed["content"] == [{"type": "input_text", "text": "מה?"}]


def test_dropping_what_was_heard_clears_the_buffer() -> None:
    session = Session()
    session.protocol.clear()
    assert session.kinds()[-1] == "input_audio_buffer.clear"


# Replies


def test_a_reply_is_asked_for_heard_and_finished() -> None:
    session = Session().replying()
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r1"}
    assert session.audio("resp_1", 40) == [on.AgentAudio("r1", mulaw.silence(40))]
    text = "response.output_audio_transcript.delta"
    assert session.hears(text, response_id="resp_1", delta="שלום ") == [on.AgentText("r1", "שלום ")]
    assert session.done("resp_1") == [on.AgentFinished("r1", completed=True)]
    assert session.audio("resp_1") == []


def test_the_second_question_waits_until_the_first_response_is_over() -> None:
    session = Session().replying()
    session.protocol.cancel("r1")
    session.protocol.ask("r2")
    assert session.count("response.create") == 1
    assert session.done("resp_1", "cancelled") == []
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r2"}
    session.created("resp_2", "r2")
    assert session.audio("resp_2") == [on.AgentAudio("r2", mulaw.silence(100))]


def test_a_reply_that_was_stopped_for_nothing_is_carried_on_under_a_new_name() -> None:
    session = Session().replying()
    session.audio("resp_1")
    session.protocol.cancel("r1")
    session.protocol.carry_on("r2", "שלום, אפשר")
    note = session.last("conversation.item.create")["item"]
    assert note["role"] == "system"
    assert note["content"][0]["text"].endswith("שלום, אפשר")
    session.done("resp_1", "cancelled")
    session.created("resp_2", "r2")
    assert session.audio("resp_1") == []
    assert session.audio("resp_2") == [on.AgentAudio("r2", mulaw.silence(100))]


def test_a_question_that_was_withdrawn_while_it_waited_is_not_asked() -> None:
    session = Session().replying()
    session.protocol.cancel("r1")
    session.protocol.ask("r2")
    session.protocol.cancel("r2")
    session.done("resp_1", "cancelled")
    assert session.count("response.create") == 1
    session.protocol.ask("r3")
    assert session.count("response.create") == 2


def test_of_several_waiting_questions_the_last_is_asked() -> None:
    session = Session().replying()
    session.protocol.cancel("r1")
    session.protocol.ask("r2")
    session.protocol.cancel("r2")
    session.protocol.ask("r3")
    session.done("resp_1", "cancelled")
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r3"}
    assert session.count("response.create") == 2


def test_a_cancel_before_the_response_exists_is_made_up_for() -> None:
    session = Session()
    session.protocol.ask("r1")
    session.protocol.cancel("r1")
    assert session.count("response.cancel") == 0  # it would be lost
    session.created("resp_1", "r1")
    assert session.last("response.cancel")["response_id"] == "resp_1"
    assert session.audio("resp_1") == []
    assert session.done("resp_1", "cancelled") == []


def test_a_cancel_names_its_response_and_is_sent_once() -> None:
    session = Session().replying()
    session.protocol.cancel("r1")
    session.protocol.cancel("r1")
    assert session.count("response.cancel") == 1
    assert session.last("response.cancel")["response_id"] == "resp_1"


def test_nothing_is_cancelled_that_is_over_or_was_never_asked() -> None:
    session = Session().replying()
    session.done("resp_1")
    session.protocol.cancel("r1")
    session.protocol.cancel("r9")
    assert session.count("response.cancel") == 0


def test_a_response_that_was_done_before_the_cancel_arrived_frees_the_way() -> None:
    session = Session().replying()
    session.protocol.cancel("r1")
    session.protocol.ask("r2")
    assert session.done("resp_1", "completed") == []
    assert session.refuses(session.last("response.cancel"), "response_cancel_not_active") == []
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r2"}


@pytest.mark.parametrize(
    "code", ["rate_limit_exceeded", "conversation_already_has_active_response"]
)
def test_a_refused_question_is_a_failed_reply_and_frees_the_way(code: str) -> None:
    session = Session()
    session.protocol.ask("r1")
    refused = session.refuses(session.last("response.create"), code)
    assert refused == [on.AgentFinished("r1", completed=False)]
    session.protocol.ask("r2")
    assert session.count("response.create") == 2


def test_a_refused_question_that_nobody_wants_any_more_lets_the_next_one_through() -> None:
    session = Session()
    session.protocol.ask("r1")
    refused = session.last("response.create")
    session.protocol.cancel("r1")
    session.protocol.ask("r2")
    assert session.refuses(refused, "conversation_already_has_active_response") == []
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r2"}


@pytest.mark.parametrize(
    "details",
    [
        {"status": "failed", "status_details": {"error": {"code": "insufficient_quota"}}},
        {"status": "incomplete", "status_details": {"reason": "max_output_tokens"}},
        {"status": "failed", "status_details": None},
        {"status": "failed", "status_details": {"error": None}},
        {"status": "cancelled"},
        {"status": "something new"},
    ],
)
def test_a_reply_that_was_cut_off_is_finished_but_not_complete(details: Json) -> None:
    session = Session().replying()
    assert session.done("resp_1", **details) == [on.AgentFinished("r1", completed=False)]
    session.protocol.ask("r2")
    assert session.count("response.create") == 2


# Late, foreign and mixed-up events


def test_audio_and_words_of_a_cancelled_response_are_dropped() -> None:
    session = Session().replying()
    session.audio("resp_1")
    session.protocol.cancel("r1")
    assert session.audio("resp_1") == []
    text = "response.output_audio_transcript.delta"
    assert session.hears(text, response_id="resp_1", delta="x") == []
    assert session.calls("resp_1", END_CALL) == []
    session.done("resp_1", "cancelled")
    session.replying("r2", "resp_2")
    assert session.audio("resp_1") == []


def test_audio_of_a_response_that_is_not_ours_is_dropped() -> None:
    session = Session()
    session.created("resp_0")
    assert session.audio("resp_0") == []
    session.replying()
    assert session.audio("resp_0") == []
    assert session.done("resp_0") == []
    assert session.audio("resp_1") != []


def test_a_response_with_another_replys_name_is_not_adopted() -> None:
    session = Session()
    session.protocol.ask("r2")
    session.created("resp_1", "r1")
    assert session.audio("resp_1") == []


def test_a_nameless_response_is_the_one_that_is_awaited() -> None:
    session = Session()
    session.protocol.ask("r1")
    session.created("resp_0")
    assert session.audio("resp_0") != []


def test_audio_before_its_response_is_known_is_dropped() -> None:
    session = Session()
    session.protocol.ask("r1")
    assert session.audio("resp_1") == []


# What was heard


def test_the_models_memory_is_cut_to_what_was_heard() -> None:
    session = Session().replying()
    session.audio("resp_1", 1000)
    session.protocol.cancel("r1")
    session.protocol.truncate("r1", 640)
    cut = session.last("conversation.item.truncate")
    assert (cut["item_id"], cut["content_index"], cut["audio_end_ms"]) == ("item_a", 0, 640)
    assert session.kinds()[-2:] == ["response.cancel", "conversation.item.truncate"]


def test_what_was_not_heard_at_all_is_deleted() -> None:
    session = Session().replying()
    session.audio("resp_1", 1000)
    session.protocol.truncate("r1", 0)
    assert session.last("conversation.item.delete")["item_id"] == "item_a"
    assert session.count("conversation.item.truncate") == 0


@pytest.mark.parametrize("heard_ms", [1000, 1085])
def test_what_was_heard_to_its_end_is_left_alone(heard_ms: int) -> None:
    session = Session().replying()
    session.audio("resp_1", 1000)
    session.done("resp_1")
    before = len(session.sent)
    session.protocol.truncate("r1", heard_ms)
    assert len(session.sent) == before


def test_a_reply_without_audio_and_an_unknown_one_are_not_cut() -> None:
    session = Session().replying()
    before = len(session.sent)
    session.protocol.truncate("r1", 500)
    session.protocol.truncate("r7", 0)
    assert len(session.sent) == before


def test_a_reply_can_be_cut_after_its_response_is_done() -> None:
    session = Session().replying()
    session.audio("resp_1", 3000)
    session.done("resp_1")
    session.protocol.truncate("r1", 1200)
    assert session.last("conversation.item.truncate")["audio_end_ms"] == 1200


def test_a_cancelled_reply_is_cut_even_if_all_that_came_was_heard() -> None:
    session = Session().replying()
    session.audio("resp_1", 400)
    session.protocol.cancel("r1")
    session.audio("resp_1", 600)  # generated all the same, and never heard
    session.protocol.truncate("r1", 400)
    assert session.last("conversation.item.truncate")["audio_end_ms"] == 400


def test_of_a_reply_in_two_items_the_second_is_cut_at_its_own_time() -> None:
    session = Session().replying()
    session.audio("resp_1", 2000, item_id="item_a")
    session.audio("resp_1", 2000, item_id="item_b")
    session.protocol.truncate("r1", 2500)
    cut = session.last("conversation.item.truncate")
    assert (cut["item_id"], cut["audio_end_ms"]) == ("item_b", 500)


# Tools


def test_taking_leave_hangs_up_and_answers_the_tool() -> None:
    session = Session().replying()
    session.calls("resp_1", END_CALL)
    output = session.last("conversation.item.create")["item"]
    assert (output["type"], output["call_id"]) == ("function_call_output", "call_1")
    assert json.loads(output["output"]) == {"ok": True}
    assert session.done("resp_1") == [on.AgentFinished("r1", completed=True, hang_up=True)]
    assert session.count("response.create") == 1


def test_an_unknown_tool_is_refused_and_the_model_goes_on_with_the_same_reply() -> None:
    session = Session().replying()
    session.calls("resp_1", "book_flight")
    output = session.last("conversation.item.create")["item"]["output"]
    assert "error" in json.loads(output)
    assert session.done("resp_1") == []
    assert session.last("response.create")["response"]["metadata"] == {"reply_id": "r1"}
    session.created("resp_2", "r1")
    assert session.audio("resp_2") == [on.AgentAudio("r1", mulaw.silence(100))]
    assert session.done("resp_2") == [on.AgentFinished("r1", completed=True)]


def test_half_written_calls_are_not_carried_out() -> None:
    session = Session().replying()
    before = len(session.sent)
    session.calls("resp_1", END_CALL, status="incomplete")
    session.calls("resp_1", END_CALL, status="in_progress")
    assert len(session.sent) == before
    assert session.done("resp_1") == [on.AgentFinished("r1", completed=True, hang_up=False)]


def test_a_message_is_no_call() -> None:
    session = Session().replying()
    item = {"type": "message", "status": "completed", "role": "assistant", "content": []}
    assert session.hears("response.output_item.done", response_id="resp_1", item=item) == []
    assert session.kinds()[-1] == "response.create"


# Errors


def test_an_expired_session_is_a_lost_agent() -> None:
    session = Session()
    error = {"type": "invalid_request_error", "code": "session_expired", "event_id": None}
    assert session.hears("error", error=error) == [on.AgentLost("session_expired")]


@pytest.mark.parametrize(
    "error",
    [
        {"code": "response_cancel_not_active", "event_id": "maane_1000"},
        {"code": "item_truncate_invalid_item_id", "event_id": None},
        {"code": None, "event_id": "maane_1000"},
        {"type": "server_error", "message": "sorry"},
        {},
    ],
)
def test_other_errors_cost_nothing(error: Json) -> None:
    session = Session().replying()
    assert session.hears("error", error=error) == []
    assert session.audio("resp_1") != []


def test_every_event_has_an_id_of_its_own() -> None:
    session = Session().replying()
    session.protocol.commit("u1")
    session.protocol.upgrade()
    session.protocol.cancel("r1")
    ids = [event["event_id"] for event in session.sent]
    assert len(set(ids)) == len(ids)


# Anything at all

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
ASCII_VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.characters(max_codepoint=127), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
KINDS = st.sampled_from(
    [
        "error",
        "response.created",
        "response.done",
        "response.output_item.done",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "input_audio_buffer.committed",
        f"{TRANSCRIPTION}.delta",
        f"{TRANSCRIPTION}.completed",
        f"{TRANSCRIPTION}.failed",
        "session.created",
        "session.weather.updated",
    ]
)
INNER_FIELDS = [
    "id",
    "status",
    "status_details",
    "metadata",
    "type",
    "name",
    "call_id",
    "code",
    "event_id",
    "reply_id",
    "error",
    "reason",
]
FIELDS = ["response", "response_id", "item_id", "item", "delta", "transcript", "error"]


def bodies(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Return events with the right names in the right places, and any values."""
    known = st.sampled_from(["resp_1", "item_a", "r1", "maane_1", "maane_2", "completed"])
    inner = st.dictionaries(
        st.sampled_from(INNER_FIELDS),
        known | values | st.just("function_call"),
    )
    return st.dictionaries(st.sampled_from(FIELDS), known | inner | values)


class Careless(Session):
    """A session with a service that sends nonsense and may be sent its own nonsense back."""

    def _take(self, message: bytes) -> None:
        self.sent.append(json.loads(message))


def survives(kinds_and_bodies: list[tuple[str, Json]]) -> None:
    session = Careless()
    session.protocol.commit("u1")
    session.replying()
    for kind, body in kinds_and_bodies:
        assert isinstance(session.hears(kind, **body), list)
    session.protocol.ask("r2")
    session.protocol.truncate("r1", 10)
    session.protocol.cancel("r1")


@given(st.lists(st.tuples(KINDS, bodies(ASCII_VALUES)), max_size=6))
def test_no_event_whatever_breaks_the_session(script: list[tuple[str, Json]]) -> None:
    survives(script)


@given(st.one_of(st.binary(max_size=200), VALUES.map(lambda v: json.dumps(v).encode())))
@example(b"[" * 3000)
@example(b'{"type":["response.done"]}')
@example(b'{"type":"response.done","response":{"id":"\xd7')
def test_no_message_whatever_breaks_the_session(message: bytes) -> None:
    session = Session().replying()
    assert session.protocol.receive(message) == []
    assert session.audio("resp_1") != []


def test_audio_that_is_no_base64_is_dropped() -> None:
    session = Session().replying()
    delta = {"response_id": "resp_1", "item_id": "item_a", "delta": "קול"}
    assert session.hears("response.output_audio.delta", **delta) == []


@pytest.mark.parametrize("details", ["x", ["x"], {"error": "quota"}])
def test_a_failure_with_odd_details_is_still_a_failure(details: Any) -> None:
    session = Session().replying()
    finished = session.done("resp_1", "failed", status_details=details)
    assert finished == [on.AgentFinished("r1", completed=False)]
