"""Recorded calls on the real server: from the call's own stream, and by Twilio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.caller.caller import new_call_sid, ring
from server.caller.line import Webhooks
from server.recordings import wav
from tests.e2e.calling import DEMO_NUMBER, answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.recorded import (
    Mouth,
    channels_of,
    decoded,
    frames_that_differ,
    jobs_of,
    last_sound_ms,
    offset_ms,
    recording_of,
    recordings_when,
)
from tests.e2e.server_process import SECRET, ServerProcess
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest

Speech = Callable[[str], bytes]
DONE = "/webhook/twilio/recording_done"
STEREO = wav.header(32000) + b"\x01\x02" * 16000


def have_calls_recorded(server: ServerProcess) -> None:
    business = server.get("/api/businesses")["items"][0]["id"]
    server.send("PATCH", f"/api/businesses/{business}", {"settings": {"recording": True}})


@pytest.fixture
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        yield fake


def test_a_recorded_call_is_what_was_said_and_heard_in_step(
    start_server: StartServer, speech: Speech
) -> None:
    server = start_server()
    have_calls_recorded(server)
    caller = answered_call(server)
    mouth = Mouth(caller)
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    asked_until = caller.say(speech("word_1.wav"), "איפה אתם?")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.say(speech("word_3.wav") * 2, "רגע אחד")  # interrupts
    cut = caller.wait_for("clear", after=answer.at)
    goes_on = caller.wait_for("agent_starts", after=cut.at)
    caller.hang_up()
    stored = stored_call(server, caller.line.call_sid)
    assert any(turn["interrupted"] for turn in stored["turns"])

    row = recording_of(server, caller.line.call_sid)
    assert (row["state"], row["source"], row["channels"]) == ("stored", "bridge", 2)
    assert row["lead_id"] == stored["lead_id"]
    assert abs(row["duration"] - caller.now) <= 3
    left, right = channels_of(server, row)
    said, heard = mouth.samples(), decoded(bytes(caller.ear.heard))
    caller_late, agent_late = offset_ms(left, said), offset_ms(right, heard)
    assert abs(caller_late - agent_late) <= 60
    assert abs(caller_late) <= 60
    # Everything is as loud as it was, where it was.
    assert frames_that_differ(left, said, caller_late) < 0.01
    assert frames_that_differ(right, heard, agent_late) < 0.01
    # What the interruption has cut off is not there.
    around = (cut.at - 0.5, goes_on.at - 0.05)
    assert abs(last_sound_ms(right, *around) - last_sound_ms(heard, *around)) <= 60
    (transcribe,) = jobs_of(server, "transcribe")
    assert transcribe["key"] == f"transcribe:{row['id']}"
    assert transcribe["lead_id"] == stored["lead_id"]


def test_a_business_that_does_not_record_has_no_recordings(local_server: ServerProcess) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    caller.hang_up()
    stored_call(local_server, caller.line.call_sid)
    media = Path(local_server.environment["MEDIA_DIR"])
    assert not list(media.rglob(f"{caller.line.call_sid}*"))


def test_a_full_disk_costs_the_recording_and_not_the_call(
    start_server: StartServer, rendered_media: Path, tmp_path: Path, speech: Speech
) -> None:
    media = tmp_path / "media"
    under_way = media / "recordings" / ".under-way"
    under_way.mkdir(parents=True)
    (media / "clips").symlink_to(rendered_media / "clips")
    server = start_server(MEDIA_DIR=str(media))
    have_calls_recorded(server)
    call_sid = new_call_sid()
    (under_way / f"{call_sid}.new").symlink_to("/dev/full")
    call = ring(Webhooks(server.base_url), to=DEMO_NUMBER, call_sid=call_sid, test_secret=SECRET)
    caller = call.caller
    assert caller is not None
    hear_greeting(caller)
    asked_until = caller.say(speech("word_4.wav"), "מה המחיר?")
    answer = caller.wait_for("agent_starts", after=asked_until)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(server, call_sid)
    assert [turn["path"] for turn in stored["turns"]] == ["GREETING", None, "FAQ_FASTPATH"]
    row = recording_of(server, call_sid)
    assert (row["state"], row["error"]) == ("failed", "the disk is full")
    assert "[RECORDING] lost" in server.log()


def with_twilio(start_server: StartServer, twilio: FakeTwilioRest, **more: str) -> ServerProcess:
    return start_server(
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TWILIO_API_BASE_URL=twilio.base_url,
        **more,
    )


def test_twilio_records_where_it_is_told_to(
    start_server: StartServer, twilio: FakeTwilioRest
) -> None:
    server = with_twilio(start_server, twilio, RECORDING_SOURCE="twilio")
    have_calls_recorded(server)
    caller = answered_call(server, auth_token=AUTH_TOKEN, test=False)
    caller.wait_for("agent_starts")
    twilio.wait_until(lambda fake: fake.started)
    (call_sid, recording_sid) = twilio.started[0]
    assert call_sid == caller.line.call_sid
    assert twilio.requests[0].form["RecordingStatusCallback"] == [server.base_url + DONE]
    under_way = recordings_when(server, call_sid, lambda row: bool(row["recording_sid"]))
    assert (under_way["recording_sid"], under_way["state"]) == (recording_sid, "announced")
    caller.hang_up()
    assert twilio.violations == []


def test_announcements_are_answered_at_once_and_worked_on_once(
    start_server: StartServer, twilio: FakeTwilioRest
) -> None:
    server = with_twilio(start_server, twilio)
    webhooks = Webhooks(server.base_url, AUTH_TOKEN)
    caller = answered_call(server, auth_token=AUTH_TOKEN, test=False)
    caller.wait_for("agent_starts")
    caller.hang_up()
    call_sid = caller.line.call_sid
    stored_call(server, call_sid)
    sid = twilio.add_recording(stereo=STEREO)
    twilio.options.late = 2
    fields = {"CallSid": call_sid, "RecordingUrl": twilio.recording_url(sid)}
    for _ in range(2):
        assert webhooks.post(DONE, {**fields, "RecordingSid": sid}).status == 200
    row = recording_of(server, call_sid)
    assert (row["state"], row["bytes"], row["channels"]) == ("stored", len(STEREO), 2)
    assert len(jobs_of(server, "download_recording")) == 1
    assert len(jobs_of(server, "transcribe")) == 1
    assert twilio.violations == []

    # Without a SID it is the address that tells recordings apart.
    other = twilio.add_recording(mono=STEREO)
    for _ in range(2):
        url = twilio.recording_url(other)
        assert webhooks.post(DONE, {"CallSid": call_sid, "RecordingUrl": url}).status == 200
    newest = recordings_when(server, call_sid, lambda row: not row["recording_sid"])
    assert newest["key"].startswith(f"{call_sid}:")
    assert recording_of(server, call_sid)["state"] == "stored"
    assert len(jobs_of(server, "download_recording")) == 2


def test_an_announcement_before_its_call_is_kept_for_it(
    start_server: StartServer, twilio: FakeTwilioRest
) -> None:
    server = with_twilio(start_server, twilio)
    webhooks = Webhooks(server.base_url, AUTH_TOKEN)
    call_sid, sid = new_call_sid(), twilio.add_recording(mono=STEREO)
    fields = {
        "CallSid": call_sid,
        "RecordingSid": sid,
        "RecordingUrl": twilio.recording_url(sid),
        "RecordingChannels": "1",
    }
    assert webhooks.post(DONE, fields).status == 204
    assert webhooks.post(DONE, fields).status == 204
    assert jobs_of(server, "download_recording") == []
    ring(webhooks, to=DEMO_NUMBER, call_sid=call_sid)
    row = recording_of(server, call_sid)
    assert (row["state"], row["channels"]) == ("stored", 2)  # as its own header says
    assert row["lead_id"] is not None
    assert len(jobs_of(server, "download_recording")) == 1


def test_the_reason_is_shown_where_a_recording_cannot_be_fetched(
    start_server: StartServer,
) -> None:
    server = start_server()
    webhooks = Webhooks(server.base_url)
    call_sid = new_call_sid()
    webhooks.post("/webhook/twilio/voice", {"CallSid": call_sid, "From": "+1555", "To": "+1555"})
    url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
    assert webhooks.post(DONE, {"CallSid": call_sid, "RecordingUrl": url}).status == 200
    row = recording_of(server, call_sid)
    assert row["state"] == "failed"
    assert "TWILIO_ACCOUNT_SID" in row["error"]
