"""Which network addresses a message may go to."""

import pytest

from zhiyin.messaging.rules.addresses import is_inside, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),  # NAT64 of 127.0.0.1
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),  # Teredo
        ("not an address", False),
        ("0x7f000001", False),
        ("", False),
    ],
)
def test_only_what_is_out_in_the_world(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("gateway.example.com", False),
        ("93.184.216.34", False),
        ("2606:2800:220:1:248:1893:25c8:1946", False),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("sms.localhost", True),
        ("10.1.2.3", True),
        ("127.1", True),
        ("0x7f000001", True),
        ("2130706433", True),
        ("0177.0.0.1", True),
        ("::1", True),
        ("::ffff:169.254.169.254", True),
        ("fe80::1%eth0", True),
        ("intranet", False),  # a name tells nothing until it is looked up
        ("nul\0", False),
        ("", False),
    ],
)
def test_a_host_that_can_only_be_inside_shows_it_in_every_spelling(host: str, inside: bool) -> None:
    assert is_inside(host) is inside
