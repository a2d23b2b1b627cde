"""Who is Twilio, and who is on this machine?"""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from server.telephony.signature import is_local, is_signed, sign

TOKEN = "12345678901234567890123456789012"
URL = "https://phone.example.com/webhook/twilio/voice"


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("127.0.0.1", "localhost:5000"),
        ("127.0.0.1", "127.0.0.1:5000"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.8.9.1", "LOCALHOST"),
        ("::1", "[::1]:5000"),
        ("::1", "localhost"),
    ],
)
def test_this_machine_asking_for_itself_is_local(peer: str, host: str) -> None:
    assert is_local(peer, host, ["Host", "Content-Type", "Accept"])


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        (None, "localhost"),
        ("", "localhost"),
        ("unix:", "localhost"),
        ("192.168.1.7", "localhost"),
        ("203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "phone.example.com"),
        ("127.0.0.1", "abc.ngrok.app"),
        ("127.0.0.1", "localhost.evil.com"),
        ("127.0.0.1", "127.0.0.1.nip.io"),
        ("127.0.0.1", "evil.com:localhost"),
        ("127.0.0.1", "localhost@evil.com"),
        ("127.0.0.1", "0.0.0.0"),  # noqa: S104 - a Host header, nothing is bound
        ("127.0.0.1", "192.168.1.7:5000"),
        ("127.0.0.1", ""),
        ("127.0.0.1", "אתר.קום"),
    ],
)
def test_everybody_else_is_not(peer: str | None, host: str) -> None:
    assert not is_local(peer, host, ["Host"])


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-REAL-IP", "Via"],
)
def test_whoever_came_through_a_tunnel_is_not(header: str) -> None:
    assert not is_local("127.0.0.1", "localhost", ["Host", header])


@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "X-Forwarded-Port", "CF-Connecting-IP"])
def test_the_other_traces_of_a_proxy_count_too(header: str) -> None:
    assert not is_local("127.0.0.1", "localhost", ["Host", header])


@pytest.mark.parametrize("host", ["[::1", "[", "::1]", "[localhost]"])
def test_a_broken_host_header_is_not_local(host: str) -> None:
    assert not is_local("127.0.0.1", host, ["Host"])


def form(**fields: str | list[str]) -> MultiDict[str, str]:
    given = MultiDict[str, str]()
    for name, value in fields.items():
        given.setlist(name, [value] if isinstance(value, str) else value)
    return given


FORM = form(CallSid="CA1", From="+972541234567", To="+97231234567", CallerName="דנה כהן")


def signature(url: str, parameters: MultiDict[str, str]) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, parameters))


def test_twilios_signature_is_known() -> None:
    assert is_signed(TOKEN, URL, FORM, signature(URL, FORM))


def test_the_signature_of_twilios_own_documentation_is_known() -> None:
    """The worked example of "Webhooks Security"."""
    example = form(
        CallSid="CA1234567890ABCDE",
        Caller="+14158675309",
        Digits="1234",
        From="+14158675309",
        To="+18005551212",
    )
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert is_signed("12345", url, example, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_repeated_and_empty_fields_are_signed_too() -> None:
    several = form(CallSid="CA1", Digits=["2", "1", "2"], Empty="")
    assert is_signed(TOKEN, URL, several, signature(URL, several))
    assert not is_signed(TOKEN, URL, form(CallSid="CA1", Digits="1"), signature(URL, several))


def test_the_media_socket_is_signed_under_its_wss_address() -> None:
    address = "wss://phone.example.com/ws/twilio-media"
    made = signature(address, MultiDict())
    assert is_signed(TOKEN, address, MultiDict(), made)
    assert not is_signed(TOKEN, address.replace("wss", "https"), MultiDict(), made)


@pytest.mark.parametrize(
    "wrong", [None, "", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "חתימה", "\0", "a" * 10_000]
)
def test_no_other_signature_will_do(wrong: str | None) -> None:
    assert not is_signed(TOKEN, URL, FORM, wrong)


def test_nothing_may_be_changed_on_the_way() -> None:
    made = signature(URL, FORM)
    other = form(**{**FORM.to_dict(), "From": "+972540000000"})
    assert not is_signed(TOKEN, URL, other, made)
    assert not is_signed(TOKEN, URL + "?a=1", FORM, made)
    assert not is_signed(TOKEN, "http" + URL.removeprefix("https"), FORM, made)
    assert not is_signed(TOKEN[::-1], URL, FORM, made)
    assert not is_signed(TOKEN, URL, form(), made)


def test_what_the_synthetic_caller_signs_is_accepted() -> None:
    fields = {"CallSid": "CA1", "To": "+1555"}
    assert is_signed(TOKEN, URL, MultiDict(fields), sign(TOKEN, URL, fields))


@pytest.mark.parametrize("host", ["phone.example.com:abc", "[phone", "phone.example.com:99999"])
def test_an_address_from_a_broken_host_header_is_not_signed(host: str) -> None:
    assert not is_signed(TOKEN, f"https://{host}/webhook/twilio/voice", FORM, "x")
