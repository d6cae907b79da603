"""SIP addresses, and the tones of keys, without a telephone."""

import numpy as np
import pytest

from reelroom.telephones.address import read_address
from reelroom.telephones.tones import frames
from reelroom.telephones.wish import Dialling


@pytest.mark.parametrize(
    ("uri", "host", "port", "transport", "name"),
    [
        ("sip:peer@example.org", "example.org", 5060, "udp", "peer"),
        ("sip:+15128675309@acme.pstn.example.com;transport=tls", "acme.pstn.example.com", 5061, "tls", "…5309"),
        ("sips:peer@example.org", "example.org", 5061, "tls", "peer"),
        ("sip:1234@192.0.2.7:5070;transport=TCP;x=y", "192.0.2.7", 5070, "tcp", "1234"),
        ("SIP:[2001:db8::1]:5062", "2001:db8::1", 5062, "udp", "2001:db8::1"),
    ],
)
def test_an_address_leads_somewhere(uri: str, host: str, port: int, transport: str, name: str) -> None:
    read = read_address(uri)
    assert (read.host, read.port, read.transport, read.name) == (host, port, transport, name)


@pytest.mark.parametrize(
    "uri",
    [
        *("", "peer@example.org", "tel:+15128675309", "sip:", "sip:a@b\r\nX-Y: z", "sip:peer@example.org:0"),
        *("sip:peer@example.org:65536", "sip:peer@example.org;transport=ws", "sips:peer@example.org;transport=udp"),
        *("sip:pe er@example.org", "sip:peer@-example.org", "sip:peer@example.org?X-A=7", "sip:a@b@c"),
    ],
)
def test_what_is_no_address_is_not_called(uri: str) -> None:
    with pytest.raises(ValueError, match="a SIP address"):
        read_address(uri)


def test_a_wish_comes_through_to_the_process_and_its_password_into_no_log() -> None:
    wish = Dialling("sip:a@b", "c@d", {"X-A": "7"}, "me", "secret", secure=True, tracks=["TR_a"])
    assert Dialling.from_json(wish.to_json()) == wish
    assert "secret" not in repr(wish).replace("secure", "")


def test_a_key_has_its_two_tones_and_a_rest_after_it() -> None:
    sound = np.frombuffer(b"".join(frames("5p")), dtype="<i2").astype(float)
    assert len(sound) == 160 * (5 + 5 + 25)
    tone, moments = sound[:800], np.arange(800) / 8000
    loud = {hz: abs(np.mean(tone * np.exp(-2j * np.pi * hz * moments))) for hz in (697, 770, 1209, 1336)}
    assert {hz for hz, much in loud.items() if much > 3000} == {770, 1336}
    assert not sound[800:].any()
