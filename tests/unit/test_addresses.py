"""Which addresses may be called that somebody else names."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from precompute.addresses import literal, may_call, networks, refusal_of
from precompute.batch import Trigger, check_addresses
from precompute.errors import BadParameters, DeclarationError
from precompute.events import VideoUploaded
from precompute.settings import Settings

LOOPBACK = networks("127.0.0.0/8,::1")


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "2606:4700::1111", "2001:4860::8"]
)
def test_public_addresses_may_be_called(text: str) -> None:
    """Those of the internet, right up to the borders of private networks."""
    assert may_call(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.1", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "169.254.169.254"),
        *("172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.19.0.1"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("168.63.129.16", "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("2001:db8::1", "2001::1", "3fff::1", "5f00::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:10.0.0.1", "2002:7f00:1::", "2002:808:808::"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
    ],
)
def test_all_others_may_not(text: str) -> None:
    """Private, loopback, link-local, shared, multicast, reserved, of metadata, and those that wrap an IPv4 address."""
    assert not may_call(ip_address(text))
    assert not may_call(ip_address(text), allowed=networks("9.9.9.9"))


def test_what_is_allowed_may_be_called() -> None:
    """The networks that are set, and no more of them."""
    allowed = networks("10.1.0.0/16, ::1")
    assert [may_call(ip_address(text), allowed=allowed) for text in ("10.1.255.1", "10.2.0.1", "::1", "127.0.0.1")] == [
        *(True, False, True, False)
    ]


def test_what_an_allowed_gateway_goes_on_to_is_judged_too() -> None:
    """An IPv6-only network may reach the public IPv4 internet through NAT64, and nothing private through it."""
    nat64 = networks("64:ff9b::/96")
    assert may_call(ip_address("64:ff9b::808:808"), allowed=nat64)
    assert not may_call(ip_address("64:ff9b::7f00:1"), allowed=nat64)
    assert may_call(ip_address("64:ff9b::7f00:1"), allowed=[*nat64, ip_network("127.0.0.0/8")])


@pytest.mark.parametrize(
    ("host", "address"),
    [
        *((host, "127.0.0.1") for host in ("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1")),
        *(
            (host, "127.0.0.1")
            for host in ("0177.0.0.1", "017700000001", "127.0.0.1.", "127。0。0。1", "1\uff127.0.0.1")
        ),
        *(
            ("0.1", "0.0.0.1"),
            ("0x.0X1", "0.0.0.1"),
            ("1.256", "1.0.1.0"),
            ("::1", "::1"),
            ("::FFFF:7F00:1", "::ffff:127.0.0.1"),
        ),
        *((host, None) for host in ("example.com", "127.0.0.1.nip.io", "256.0.0.1", "1.2.3.4.5", "09", "", ".", "a:b")),
    ],
)
def test_every_spelling_of_an_address_is_read(host: str, address: str | None) -> None:
    """Decimal, octal, hexadecimal, short, wide; names are none."""
    assert literal(host) == (None if address is None else ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://2130706433/", "http://0x7f.1:80/a", "http://127.1/", "http://[::1]:8080/"),
        *("https://localhost/", "http://LOCALHOST.:80/", "http://a.localhost/", "http://[::ffff:10.0.0.1]/"),
        *("http://169.254.169.254/latest/meta-data", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/"),
        *("http://user:pass@example.com/", "http://user@example.com/", "http://@example.com/", "http://127%2e0.0.1/"),
        *("http://example.com\\@127.0.0.1/", "http://[::1"),
        # Where readers of URLs differ on which host and port is meant, or none can be.
        *(
            "http://exa mple.com",
            "http://exam\u00a0ple.com",
            "http:///x",
            "http:x",
            "http://..",
            "http://ex..ample.com",
        ),
        *("http://example.com:0", "http://example.com:65536", "http://example.com:\uff18\uff10/", "http://a:80:80/"),
        *("http://256.1.1.1", "http://1.2.3.4.5", "http://09.1.1.1", "http://4294967296", "http://\u0668.8.8.8"),
        *("http://\uff18.8.8.8/", "http://8\u30028.8.8/", "http://[v1.a]/", "http://[8.8.8.8]/", "http://[2606::1]x/"),
        *("http://ex\ud800.com", "http://\u200bexample.com", "http://exa\u00admple.com", "http://ex\u2024com"),
        *("http://-a.com", "http://*.com", "http://exa<mple>.com", "http://xn--/", f"http://{'a' * 64}.com"),
        *(f"http://{'a.' * 127}com", "http://example.com/\u202e", "http://example.com/\x85a", "file://example.com/a"),
        f"http://example.com/{'a' * 4096}",
    ],
)
def test_urls_are_refused_without_a_lookup(url: str) -> None:
    """Where it can be told from the text alone."""
    assert refusal_of(url)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/a@b", "https://8.8.8.8/", "http://localhost.example.com:8080/?a=b%20c"),
        *(
            "HTTP://EXAMPLE.COM./",
            "http://b\u00fccher.example/\u00fc",
            "http://xn--bcher-kva.example",
            "http://a_b.com:/",
        ),
        *("http://[2606:4700::1111]:8080/a b", "http://1.1/", "http://134744072/", "http://media-server/v.mp4"),
    ],
)
def test_other_urls_are_looked_up_later(url: str) -> None:
    """A name may still turn out to lead somewhere private."""
    assert refusal_of(url) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://localhost/", "http://[::1]/", "http://127.1/"])
def test_urls_of_allowed_addresses_are_taken(url: str) -> None:
    """A developer's own machine, for one; logins are refused all the same."""
    assert refusal_of(url, allowed=LOOPBACK) is None
    assert refusal_of(url.replace("//", "//u:p@"), allowed=LOOPBACK)


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"data": {"url": "http://10.0.0.1/v.mp4"}}, "video_data.url"),
        ({"data": {"url": " HTTP://[::1]/v.mp4"}}, "video_data.url"),
        ({"data": {"url": "https://user:pass@example.com/v.mp4"}}, "video_data.url"),
        ({"callback_url": "http://127.1/"}, "callback_url"),
        ({"callback_url": "https://user:pass@example.com/"}, "callback_url"),
    ],
)
def test_a_trigger_is_refused_by_field(trigger: dict[str, Any], field: str) -> None:
    """At once, and with no more than the field's own trouble."""
    with pytest.raises(BadParameters) as raised:
        check_addresses(Trigger(kind=VideoUploaded, subject_id="v1", user_id="u1", **trigger), allowed=[])
    assert list(raised.value.fields) == [field]
    assert "pass" not in raised.value.message


def test_a_trigger_may_name_what_is_allowed() -> None:
    """And paths, other schemes and names are judged elsewhere."""
    for url in ("http://127.0.0.1:9000/v.mp4", "ads/a@b.mp4", "ftp://10.0.0.1/", "http://example.com/v.mp4", 17):
        trigger = Trigger(kind=VideoUploaded, subject_id="v1", user_id="u1", data={"url": url})
        check_addresses(trigger, allowed=LOOPBACK)


def test_networks_are_read_from_the_environment() -> None:
    """Separated by commas; a wrong one stops the process with a line that says what is taken."""
    taken = Settings.from_environ({"PRECOMPUTE_ALLOW_ADDRESSES": "127.0.0.0/8, 10.0.0.1,::1,"})
    assert [str(network) for network in taken.allow_addresses] == ["127.0.0.0/8", "10.0.0.1/32", "::1/128"]
    assert Settings().allow_addresses == ()
    with pytest.raises(DeclarationError, match=r"^PRECOMPUTE_ALLOW_ADDRESSES takes .*, not '127\.0\.0\.1/8'$"):
        Settings.from_environ({"PRECOMPUTE_ALLOW_ADDRESSES": "127.0.0.1/8"})


def test_secrets_are_shown_nowhere() -> None:
    """Neither in a message nor in a repr; two may stand side by side while they are exchanged."""
    with pytest.raises(DeclarationError) as raised:
        Settings.from_environ({"PRECOMPUTE_CALLBACK_SECRET": "hunter2"})
    assert "hunter2" not in str(raised.value)
    taken = Settings.from_environ({"PRECOMPUTE_CALLBACK_SECRET": "new-hunter2 old-hunter2"})
    assert taken.callback_secrets == ("new-hunter2", "old-hunter2")
    assert "hunter2" not in repr(taken)
