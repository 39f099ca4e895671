"""Whom a request is taken to be from: a proxy is believed where there is one, and nobody else."""

import pytest

from chat.http.clients import Client, client_of
from chat.http.messages import Header

PEER = "10.0.0.7"


def asked(*headers: Header, is_behind_proxy: bool) -> Client:
    return client_of(headers, PEER, is_behind_proxy=is_behind_proxy)


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
    assert asked(header, is_behind_proxy=False) == Client(PEER, "http")


def test_a_proxy_is_believed_in_what_it_has_added_itself() -> None:
    client = asked(
        (b"X-Forwarded-For", b"6.6.6.6, 1.2.3.4"),
        (b"x-forwarded-proto", b"http, HTTPS"),
        is_behind_proxy=True,
    )
    assert client == Client("1.2.3.4", "https")


@pytest.mark.parametrize("name", [b"X-Real-Ip", b"X-Scheme", b"Forwarded"])
def test_headers_that_proxies_let_through_are_not_believed(name: bytes) -> None:
    assert asked((name, b"1.2.3.4"), is_behind_proxy=True) == Client(PEER, "http")


@pytest.mark.parametrize("said", [b"", b"<script>", b"1.2.3", b"unknown", b"1.2.3.4, "])
def test_what_is_no_address_is_not_taken_for_one(said: bytes) -> None:
    assert asked((b"X-Forwarded-For", said), is_behind_proxy=True).remote_ip == PEER


def test_an_ipv6_address_is_one() -> None:
    assert asked((b"X-Forwarded-For", b"2001:db8::1"), is_behind_proxy=True).remote_ip == (
        "2001:db8::1"
    )
