"""Twilio's REST API, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from server.errors import ProviderError
from server.telephony import rest as module
from server.telephony.rest import TwilioRest
from tests.fakes.twilio_rest import ACCOUNT_SID, AUTH_TOKEN, FakeTwilioRest, TwilioOptions

CALLBACK = "https://phone.example.com/webhook/twilio/recording_done"


@pytest.fixture
def twilio() -> Iterator[FakeTwilioRest]:
    with FakeTwilioRest() as fake:
        yield fake


@pytest.fixture
def rest(twilio: FakeTwilioRest) -> Iterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)
    yield rest
    rest.close()


def fetched(rest: TwilioRest, url: str, channels: int | None = None) -> bytes:
    with rest.open_media(url, channels) as chunks:
        return b"".join(chunks)


def test_a_recording_is_started_in_two_channels_and_untrimmed(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    sid = rest.start_recording("CA1", CALLBACK)
    assert twilio.started == [("CA1", sid)]
    form = twilio.requests[0].form
    assert form["RecordingChannels"] == ["dual"]
    assert form["Trim"] == ["do-not-trim"]
    assert form["RecordingStatusCallback"] == [CALLBACK]
    assert form["RecordingStatusCallbackEvent"] == ["completed", "absent"]
    assert twilio.violations == []


def test_a_recording_is_deleted_once_and_a_second_time_is_fine(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    sid = twilio.add_recording(mono=b"x")
    rest.delete_recording(sid)
    rest.delete_recording(sid)
    assert twilio.deleted == [sid]


@pytest.mark.parametrize("ending", ["", ".wav", ".mp3", ".json", "?x=1"])
def test_both_channels_are_asked_for(rest: TwilioRest, twilio: FakeTwilioRest, ending: str) -> None:
    sid = twilio.add_recording(mono=b"mono", stereo=b"stereo")
    assert fetched(rest, twilio.recording_url(sid) + ending) == b"stereo"


def test_a_recording_of_one_channel_is_fetched_all_the_same(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    sid = twilio.add_recording(mono=b"mono")
    assert fetched(rest, twilio.recording_url(sid)) == b"mono"
    assert fetched(rest, twilio.recording_url(sid), 1) == b"mono"
    assert [r.query for r in twilio.requests] == [{"RequestedChannels": ["2"]}, {}, {}]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com/x",
        "http://127.0.0.1:1/x",
        "http://localhost:{port}/x",
        "http://127.0.0.1:{port}@evil.example.com/x",
        "http://user@127.0.0.1:{port}/x",
        "https://127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}\\@evil.example.com/x",
        "file:///etc/passwd",
        "http://[::1/x",
        "http://127.0.0.1:99999/x",
        "/x",
        "",
    ],
)
def test_no_other_host_is_asked(rest: TwilioRest, twilio: FakeTwilioRest, url: str) -> None:
    with pytest.raises(ProviderError) as refused:
        fetched(rest, url.format(port=twilio.port))
    assert refused.value.code == "address"
    assert twilio.requests == []


def test_the_api_itself_may_be_named_with_its_port() -> None:
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN)
    for url in ("https://api.twilio.com/2010-04-01/x", "https://API.twilio.com:443/2010-04-01/x"):
        assert rest.media_address(url) == "https://api.twilio.com:443/2010-04-01/x.wav"


def test_the_credentials_follow_no_redirect(rest: TwilioRest, twilio: FakeTwilioRest) -> None:
    with FakeTwilioRest() as elsewhere:
        twilio.options.redirect_to = elsewhere.base_url
        with pytest.raises(ProviderError) as refused:
            fetched(rest, twilio.recording_url(twilio.add_recording(mono=b"x")))
        assert refused.value.code == "refused"
        assert elsewhere.requests == []
        assert elsewhere.violations == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "credentials"), (403, "credentials"), (404, "not_found"), (429, "unavailable"),
     (500, "unavailable"), (503, "unavailable"), (409, "refused")],
)  # fmt: skip
def test_what_an_answer_means(
    rest: TwilioRest, twilio: FakeTwilioRest, status: int, code: str
) -> None:
    twilio.options = TwilioOptions(refuse=status)
    for ask in (
        lambda: rest.start_recording("CA1", CALLBACK),
        lambda: fetched(rest, twilio.recording_url("RE1")),
    ):
        with pytest.raises(ProviderError) as refused:
            ask()
        assert refused.value.code == code
        assert AUTH_TOKEN not in refused.value.message


def test_wrong_credentials_are_told(twilio: FakeTwilioRest) -> None:
    with pytest.raises(ProviderError) as refused:
        TwilioRest(ACCOUNT_SID, "wrong", twilio.base_url).delete_recording("RE1")
    assert refused.value.code == "credentials"


def test_a_transfer_that_breaks_off_is_no_recording(
    rest: TwilioRest, twilio: FakeTwilioRest
) -> None:
    twilio.options.drop_after = 1000
    with pytest.raises(ProviderError) as broken:
        fetched(rest, twilio.recording_url(twilio.add_recording(stereo=b"x" * 100_000)))
    assert broken.value.code == "unavailable"


def test_a_server_that_does_not_answer_is_not_waited_for(
    twilio: FakeTwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", httpx2.Timeout(0.1))
    twilio.options.delay_seconds = 1
    rest = TwilioRest(ACCOUNT_SID, AUTH_TOKEN, twilio.base_url)
    with pytest.raises(ProviderError) as late:
        rest.start_recording("CA1", CALLBACK)
    assert late.value.code == "unavailable"


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(ProviderError) as refused:
        TwilioRest(ACCOUNT_SID, AUTH_TOKEN, "http://127.0.0.1:9").start_recording("CA1", CALLBACK)
    assert refused.value.code == "unavailable"
