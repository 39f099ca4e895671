"""Whom a request is taken to be from: a proxy is believed where there is one, and nobody else."""

import pytest

from chat.http.messages import Header
from chat.http.remote import Client, client_of
from chat.net.proxies import Proxies

PEER = "10.0.0.7"


def asked(*headers: Header, proxies: str = "on") -> Client:
    return client_of(headers, PEER, Proxies.parse(proxies))


@pytest.mark.parametrize(
    "header",
    [
        (b"X-Forwarded-For", b"1.2.3.4"),
        (b"X-Real-Ip", b"1.2.3.4"),
        (b"X-Forwarded-Proto", b"https"),
        (b"X-Scheme", b"https"),
    ],
)
def test_without_a_proxy_only_the_socket_is_believed(header: Header) -> None:
    assert asked(header, proxies="off") == Client(PEER, "http")


def test_a_proxy_is_believed_in_what_it_has_added_itself() -> None:
    client = asked(
        (b"X-Forwarded-For", b"6.6.6.6, 1.2.3.4"),
        (b"x-forwarded-proto", b"http, HTTPS"),
    )
    assert client == Client("1.2.3.4", "https", is_direct=False)


@pytest.mark.parametrize("name", [b"X-Real-Ip", b"X-Scheme", b"Forwarded"])
def test_headers_that_proxies_let_through_are_not_believed(name: bytes) -> None:
    assert asked((name, b"1.2.3.4")) == Client(PEER, "http", is_direct=False)


@pytest.mark.parametrize("said", [b"", b"<script>", b"1.2.3", b"unknown", b"1.2.3.4, "])
def test_what_is_no_address_is_not_taken_for_one(said: bytes) -> None:
    assert asked((b"X-Forwarded-For", said)).remote_ip == PEER


def test_an_ipv6_address_is_one() -> None:
    assert asked((b"X-Forwarded-For", b"2001:db8::1")).remote_ip == ("2001:db8::1")


@pytest.mark.parametrize(
    "node,address",
    [
        (b"203.0.113.7:51234", "203.0.113.7"),
        (b'"203.0.113.7:51234"', "203.0.113.7"),
        (b"[2001:db8::1]:4711", "2001:db8::1"),
        (b'"[2001:db8::1]:4711"', "2001:db8::1"),
        (b"[2001:db8::1]", "2001:db8::1"),
        (b"2001:DB8:0::1", "2001:db8::1"),
        (b"::ffff:203.0.113.7", "203.0.113.7"),
        (b"[::ffff:203.0.113.7]:80", "203.0.113.7"),
    ],
)
def test_an_address_may_come_with_its_port(node: bytes, address: str) -> None:
    assert asked((b"X-Forwarded-For", node)).remote_ip == address
    chain = node + b", 10.1.1.1:80"
    assert asked((b"X-Forwarded-For", chain), proxies="10.0.0.0/8").remote_ip == address


@pytest.mark.parametrize(
    "node",
    [
        b"[203.0.113.7]:80", b"203.0.113.7:", b"203.0.113.7:x", b"203.0.113.7:123456", b"[]:80",
        b"[2001:db8::1", b"2001:db8::1]:80", b"[2001:db8::1]80", b":80", b"host:80", b"_hidden",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_with_its_port_is_none(node: bytes) -> None:
    assert asked((b"X-Forwarded-For", node)).remote_ip == PEER


def test_several_lines_are_one_list() -> None:
    lines = (b"X-Forwarded-For", b"6.6.6.6"), (b"x-forwarded-for", b"1.2.3.4, 10.2.2.2")
    assert asked(*lines, (b"X-FORWARDED-FOR", b"10.1.1.1")).remote_ip == "10.1.1.1"
    whole = asked(*lines, (b"X-Forwarded-For", b"10.1.1.1"), proxies="10.0.0.0/8")
    assert whole.remote_ip == "1.2.3.4"
    schemes = (b"X-Forwarded-Proto", b"https"), (b"X-Forwarded-Proto", b"http")
    assert asked(*schemes).protocol == "http"
    assert asked(*reversed(schemes)).protocol == "https"


@pytest.mark.parametrize("proxies", ["10.0.0.7", "10.0.0.0/8", "192.0.2.0/24, 10.0.0.7"])
def test_a_proxy_that_is_declared_by_its_address_is_believed(proxies: str) -> None:
    said = (b"X-Forwarded-For", b"1.2.3.4"), (b"X-Forwarded-Proto", b"https")
    assert asked(*said, proxies=proxies) == Client("1.2.3.4", "https", is_direct=False)


@pytest.mark.parametrize("proxies", ["10.0.0.8", "2001:db8::/32"])
def test_who_is_not_declared_is_a_client(proxies: str) -> None:
    said = (b"X-Forwarded-For", b"1.2.3.4"), (b"X-Forwarded-Proto", b"https")
    assert asked(*said, proxies=proxies) == Client(PEER, "http")


@pytest.mark.parametrize(
    "said,address",
    [
        (b"6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4"),
        (b"10.2.2.2, 10.1.1.1", "10.2.2.2"),
        (b"1.2.3.4, nonsense, 10.1.1.1", "10.1.1.1"),
    ],
)
def test_proxies_behind_proxies_are_passed_over(said: bytes, address: str) -> None:
    assert asked((b"X-Forwarded-For", said), proxies="10.0.0.0/8").remote_ip == address


def test_a_proxy_over_ipv4_is_known_on_a_socket_of_both_kinds() -> None:
    headers = [(b"X-Forwarded-For", b"1.2.3.4")]
    assert client_of(headers, "::ffff:10.0.0.7", Proxies.parse("10.0.0.7")).remote_ip == "1.2.3.4"
    assert client_of(headers, "", Proxies.parse("10.0.0.7")).remote_ip == ""
