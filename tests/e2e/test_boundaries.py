"""Bad input at the edges: a clear answer, a log line, and nothing lost."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from server.caller.caller import new_call_sid, ring
from server.caller.line import MediaLine, StreamOffer, Webhooks, stream_offer
from server.telephony.signature import sign
from tests.e2e.calling import DEMO_NUMBER, answered_call, hear_greeting, stored_call
from tests.e2e.conftest import StartServer
from tests.e2e.server_process import ServerProcess

VOICE = "/webhook/twilio/voice"


def offer_for(server: ServerProcess, call_sid: str, *, auth_token: str = "") -> StreamOffer:
    answer = Webhooks(server.base_url, auth_token).post(
        VOICE, {"CallSid": call_sid, "From": "+972541234567", "To": DEMO_NUMBER}
    )
    offer = stream_offer(answer.body)
    assert offer is not None, answer
    return offer


def close_code_of(line: MediaLine) -> int | None:
    while line.inbox.get(timeout=10) is not None:
        pass
    return line.close_code


# The owner's three checks, as typed


def test_the_owners_three_checks(local_server: ServerProcess) -> None:
    def curl(path: str, body: str) -> tuple[int, str]:
        request = urllib.request.Request(local_server.base_url + path, body.encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()

    status, twiml = curl(VOICE, "CallSid=CA_test&From=+1555&To=+1555")
    assert status == 200
    assert "<Connect><Stream" in twiml
    assert "/webhook/twilio/after_stream</Redirect>" in twiml
    body = "CallSid=CA_test&RecordingUrl=https://api.twilio.com/recording"
    assert curl("/webhook/twilio/recording_done", body)[0] == 200
    assert curl("/webhook/twilio/recording_done", body)[0] == 200
    stored = local_server.eventually("/api/calls/CA_test", lambda call: call.get("call_sid"))
    assert stored["from"] == "+1555"
    lead = local_server.get(f"/api/leads/{stored['lead_id']}")
    assert lead["call_sid"] == "CA_test"


# Webhooks


def test_a_number_of_no_business_gets_a_sentence_and_a_hangup(local_server: ServerProcess) -> None:
    call = ring(Webhooks(local_server.base_url), to="+97239999999")
    assert call.caller is None
    assert call.answer.status == 200
    assert "<Say" in call.answer.body
    assert "<Hangup" in call.answer.body
    assert "of no business" in local_server.log()
    assert "+97239999999" not in local_server.log()


def test_a_recording_of_an_unknown_call_is_kept_and_answered_204(
    local_server: ServerProcess,
) -> None:
    webhooks = Webhooks(local_server.base_url)
    fields = {"CallSid": new_call_sid(), "RecordingUrl": "https://api.twilio.com/x"}
    assert webhooks.post("/webhook/twilio/recording_done", fields).status == 204


@pytest.mark.parametrize("path", ["call_status", "stream_status", "stream_ended"])
def test_what_is_only_told_is_answered_204(local_server: ServerProcess, path: str) -> None:
    answer = Webhooks(local_server.base_url).post(
        f"/webhook/twilio/{path}", {"CallSid": new_call_sid(), "CallStatus": "completed"}
    )
    assert answer == type(answer)(204, "")


@pytest.mark.parametrize(
    "path", ["voice", "after_stream", "call_status", "recording_done", "stream_status"]
)
def test_a_webhook_without_a_call_is_refused(local_server: ServerProcess, path: str) -> None:
    answer = Webhooks(local_server.base_url).post(f"/webhook/twilio/{path}", {"To": DEMO_NUMBER})
    assert answer.status == 400
    assert "CallSid" in answer.body


def test_after_record_thanks_and_hangs_up(local_server: ServerProcess) -> None:
    answer = Webhooks(local_server.base_url).post(
        "/webhook/twilio/after_record", {"CallSid": new_call_sid(), "To": DEMO_NUMBER}
    )
    assert "<Say" in answer.body
    assert "<Hangup" in answer.body


def test_a_repeated_webhook_binds_once(local_server: ServerProcess) -> None:
    call_sid = new_call_sid()
    offer_for(local_server, call_sid)
    offer = offer_for(local_server, call_sid)
    line = MediaLine(offer, call_sid, {})
    assert line.inbox.get(timeout=10) is not None
    line.hang_up()
    calls = local_server.eventually(
        "/api/calls/" + call_sid, lambda call: call.get("end_reason") == "caller_hangup"
    )
    assert calls["call_sid"] == call_sid


@pytest.mark.parametrize(
    "header",
    [("Host", "phone.example.com"), ("X-Forwarded-For", "3.4.5.6"), ("Forwarded", "for=1")],
)
def test_without_an_auth_token_only_this_machine_is_served(
    local_server: ServerProcess, header: tuple[str, str]
) -> None:
    call_sid = new_call_sid()
    body = f"CallSid={call_sid}&From=%2B1555&To=%2B1555".encode()
    request = urllib.request.Request(local_server.base_url + VOICE, body, method="POST")
    request.add_header(*header)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403
    time.sleep(0.3)
    with pytest.raises(urllib.error.HTTPError) as absent:
        local_server.get(f"/api/calls/{call_sid}")
    assert absent.value.code == 404


def test_signatures(start_server: StartServer) -> None:
    token = "twilio-auth-token"
    server = start_server(TWILIO_AUTH_TOKEN=token)
    call_sid = new_call_sid()
    fields = {"CallSid": call_sid, "From": "+972541234567", "To": DEMO_NUMBER}
    assert Webhooks(server.base_url).post(VOICE, fields).status == 403
    assert Webhooks(server.base_url, "another").post(VOICE, fields).status == 403
    offer = offer_for(server, call_sid, auth_token=token)
    # The socket is checked as well: no signature, a wrong one, and one of the https form.
    for headers in (
        {},
        Webhooks(server.base_url, "another").socket_headers(offer.url),
        Webhooks(server.base_url, token).socket_headers(offer.url.replace("ws://", "http://")),
    ):
        with pytest.raises(InvalidStatus) as refused:
            connect(offer.url, additional_headers=headers, proxy=None, legacy=True)
        assert refused.value.response.status_code == 403
    caller = answered_call(server, auth_token=token)
    hear_greeting(caller)
    caller.hang_up()
    assert stored_call(server, caller.line.call_sid)["end_reason"] == "caller_hangup"


def test_signatures_behind_a_proxy(start_server: StartServer) -> None:
    token, origin = "twilio-auth-token", "https://phone.example.com"
    server = start_server(TWILIO_AUTH_TOKEN=token, PUBLIC_BASE_URL=origin)
    fields = {"CallSid": new_call_sid(), "From": "+972541234567", "To": DEMO_NUMBER}

    def post(url_signed: str) -> tuple[int, str]:
        request = urllib.request.Request(
            server.base_url + VOICE, urllib.parse.urlencode(fields).encode(), method="POST"
        )
        request.add_header("X-Twilio-Signature", sign(token, url_signed, fields))
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    assert post(server.base_url + VOICE)[0] == 403
    status, twiml = post(origin + VOICE)
    assert status == 200
    assert 'url="wss://phone.example.com/ws/twilio-media"' in twiml


# The media socket


def test_garbage_on_the_stream_costs_nothing(local_server: ServerProcess) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    stream = caller.line.stream_sid
    for message in (
        "not json",
        "[]",
        '"media"',
        "{}",
        '{"event":"media"}',
        f'{{"event":"media","streamSid":"{stream}","media":{{"payload":"***"}}}}',
        f'{{"event":"media","streamSid":"{stream}","media":7}}',
        '{"event":"media","streamSid":"MZother","media":{"payload":"//8="}}',
        '{"event":"mark","streamSid":"MZother","mark":{"name":"r1:end"}}',
        f'{{"event":"mark","streamSid":"{stream}"}}',
        '{"event":"nonsense"}',
        '{"event":"media","x":"' + "y" * (70 << 10) + '"}',
        b"\x00\x01\x02",
        b"\xff\xfe",
    ):
        caller.line.raw(message)
    caller.wait_for("agent_stops")
    caller.type_words("מה המחיר?")
    answer = caller.wait_for("agent_starts", after=caller.now - 0.5)
    caller.wait_for("agent_stops", after=answer.at)
    caller.hang_up()
    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "caller_hangup"
    assert stored["turns"][-1]["path"] == "FAQ_FASTPATH"
    assert "code=malformed_message" in local_server.log()
    assert "code=wrong_stream" in local_server.log()
    assert "code=message_too_long" in local_server.log()


def test_a_message_beyond_the_sockets_limit_ends_only_its_own_call(
    local_server: ServerProcess,
) -> None:
    other = answered_call(local_server)
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    with pytest.raises(ConnectionClosed):
        for _ in range(3):
            caller.line.raw("x" * (5 << 20))
            time.sleep(0.2)
    caller.wait_for("closed")
    assert stored_call(local_server, caller.line.call_sid)["end_reason"] == "stream_lost"
    assert not other.over
    hear_greeting(other)
    other.hang_up()


def test_a_second_start_changes_nothing(local_server: ServerProcess) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    line = caller.line
    line._start({"direction": "outbound", "token": "x"})
    line._start({"direction": "inbound"})
    caller.wait_for("agent_stops")
    caller.hang_up()
    assert stored_call(local_server, line.call_sid)["direction"] == "inbound"
    log = local_server.log()
    assert log.count(f"[CALL_DIRECTION_SET] call={line.call_sid}") == 1
    assert log.count(f"[CALL_DIRECTION_CHANGE_BLOCKED] call={line.call_sid}") == 1
    assert f"second start ignored call={line.call_sid}" in log


def test_a_token_admits_once_and_for_its_own_call(local_server: ServerProcess) -> None:
    call_sid, other_sid = new_call_sid(), new_call_sid()
    offer = offer_for(local_server, call_sid)
    stolen = StreamOffer(offer.url, {**offer.parameters, "call_sid": other_sid}, None)
    assert close_code_of(MediaLine(stolen, other_sid, {})) == 1008
    without = StreamOffer(offer.url, {}, None)
    assert close_code_of(MediaLine(without, call_sid, {})) == 1008
    first = MediaLine(offer, call_sid, {})
    assert first.inbox.get(timeout=10) is not None
    assert close_code_of(MediaLine(offer, call_sid, {})) == 1008
    first.hang_up()


def test_a_socket_that_never_starts_a_stream_is_closed(local_server: ServerProcess) -> None:
    url = local_server.base_url.replace("http", "ws") + "/ws/twilio-media"
    with connect(url, proxy=None) as silent:
        for _ in range(30):
            silent.send('{"event":"connected"}')
        with pytest.raises(ConnectionClosed) as closed:
            silent.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_silent_socket_is_closed(local_server: ServerProcess) -> None:
    url = local_server.base_url.replace("http", "ws") + "/ws/twilio-media"
    with connect(url, proxy=None) as silent, pytest.raises(ConnectionClosed):
        silent.recv(timeout=20)


def test_the_media_address_is_no_web_page(local_server: ServerProcess) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        local_server.get("/ws/twilio-media")
    assert refused.value.code in (400, 426)


def test_a_full_house_takes_messages_and_makes_leads(start_server: StartServer) -> None:
    server = start_server(MAX_CONCURRENT_CALLS="1")
    first = answered_call(server)
    first.wait_for("agent_starts")
    second = ring(Webhooks(server.base_url), to=DEMO_NUMBER)
    assert second.caller is None
    assert "<Record" in second.answer.body
    assert "/webhook/twilio/after_record" in second.answer.body
    first.hang_up()
    business = server.get("/api/businesses")["items"][0]["id"]
    leads = server.eventually(
        f"/api/businesses/{business}/leads", lambda page: len(page.get("items", [])) == 2
    )
    assert len(leads["items"]) == 2
    stored_call(server, first.line.call_sid)
    third = answered_call(server)
    third.wait_for("agent_starts")
    third.hang_up()


def test_a_stream_that_breaks_leads_to_message_taking(local_server: ServerProcess) -> None:
    caller = answered_call(local_server)
    caller.wait_for("agent_starts")
    caller.line._socket.socket.close()
    stored = stored_call(local_server, caller.line.call_sid)
    assert stored["end_reason"] == "stream_lost"
    after = caller.after_stream({"To": DEMO_NUMBER})
    assert after is not None
    assert "<Record" in after.body


def test_health_says_what_works(local_server: ServerProcess) -> None:
    health = local_server.get("/healthz")
    assert health["ok"] is True
    assert health["database"] == {"ok": True, "kind": "sqlite"}
    assert health["providers"]["agent"]["why"] == "OPENAI_API_KEY is empty"
    assert health["providers"]["synthesiser"]["name"] == "espeak"
    lanes = {"download", "transcription", "summary", "webhook", "upkeep", "mail"}
    assert set(health["jobs"]) == lanes
    assert local_server.get("/version")["name"] == "maane"
