"""Who is named as the host, and what is said to what is no request."""

import json

import pytest

from chat.http.messages import Refusal, is_well_addressed


@pytest.mark.parametrize(
    "host", [b"a", b"a.b:80", b"127.0.0.1:8000", b"[::1]:8000", b"localhost:", b""]
)
def test_one_host_is_well_addressed(host: bytes) -> None:
    assert is_well_addressed([host], "1.1")


@pytest.mark.parametrize(
    "host", [b"a b", b"a\tb", b"a/b", b"a:b", b"[::1", b"a@b", b"a:123456", b"a;b", b"a,b", b"*"]
)
def test_what_is_no_host_is_not(host: bytes) -> None:
    assert not is_well_addressed([host], "1.1")


def test_two_hosts_are_not_and_none_is_only_by_http_1_0() -> None:
    assert not is_well_addressed([b"a", b"a"], "1.1")
    assert not is_well_addressed([], "1.1")
    assert is_well_addressed([], "1.0")


def test_a_refusal_is_a_whole_answer_that_says_why() -> None:
    head, _, body = Refusal(413, "Too much.", code="too_long").encode().partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    assert status.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in headers
    assert f"Content-Length: {len(body)}".encode() in headers
    assert json.loads(body) == {"type": "error", "code": "too_long", "message": "Too much."}
