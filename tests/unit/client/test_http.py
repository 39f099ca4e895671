import asyncio

import pytest

from chat.client.address import Address
from chat.client.exchange import Broken
from chat.client.http import MAX_BODY_BYTES, Http
from chat.client.proxies import parse
from tests.unit.client.fakes import FakeServer, answer

ADDRESS = Address.parse("http://chat.example/base/")


def test_an_identity_is_kept_and_every_request_has_a_connection_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer(
        monkeypatch,
        answer(b'{"a": 1}', "200 OK", "Set-Cookie: uid=1; Path=/", "Set-Cookie: b=2; HttpOnly"),
        answer(b"[]"),
    )
    http = Http(ADDRESS)

    async def ask() -> None:
        response, value = await http.post("/negotiate", {"can": []})
        assert (response.status, value) == (200, {"a": 1})
        assert http.identity == "uid=1; b=2"
        assert (await http.get("/poll"))[1] == []

    asyncio.run(ask())
    first, second = server.received
    assert first.startswith(b"POST /base/negotiate HTTP/1.1\r\nHost: chat.example\r\n")
    assert first.endswith(b'\r\n\r\n{"can":[]}') and b"Cookie" not in first
    assert second.startswith(b"GET /base/poll HTTP/1.1\r\n") and b"Cookie: uid=1; b=2" in second
    assert server.aborted == 2


def test_a_server_that_knows_its_base_path_and_one_that_does_not_are_the_same() -> None:
    http = Http(ADDRESS)
    assert [http.below_base(path) for path in ("/base/chat", "/chat", "/basement")] == [
        "/chat",
        "/chat",
        "/basement",
    ]


def test_a_forward_proxy_gets_whole_addresses_and_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer(monkeypatch, answer(b"{}"))
    proxy = parse("http://ann:secret@proxy.example:3128")
    asyncio.run(Http(ADDRESS, proxy=proxy).get("/poll"))
    assert server.opened == [("proxy.example", 3128)]
    assert server.received[0].startswith(b"GET http://chat.example/base/poll HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " in server.received[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (answer(b"<p>Hello", "503 Busy"), "503 Busy, which is no answer of Parley's"),
        (answer(b"", "302 Found", "Location: https://x/"), "we are sent to https://x/"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(MAX_BODY_BYTES + 1), "an answer without end"),
        (b"SSH-2.0\r\n\r\n", "not HTTP"),
    ],
)
def test_what_is_no_answer_of_parley_s_is_told(
    monkeypatch: pytest.MonkeyPatch, data: bytes, reason: str
) -> None:
    server = FakeServer(monkeypatch, data)
    with pytest.raises(Broken) as broken:
        asyncio.run(Http(ADDRESS).get("/poll"))
    assert str(broken.value).startswith(reason)
    assert server.aborted == 1
