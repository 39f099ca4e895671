import asyncio

import pytest

from chat.client.address import Address
from chat.client.dialer import Dialer, LoginWanted, Unreachable
from chat.client.proxies import parse
from tests.unit.client.fakes import FakeServer, answer

ADDRESS = Address.parse("http://chat.example:8000")
PROXY = parse("http://proxy.example:3128")


def tunnel(proxy: str = "http://proxy.example:3128") -> None:
    dialer = Dialer(ADDRESS, tls=None, proxy=parse(proxy))
    asyncio.run(dialer.open(is_tunnelled=True))


def test_a_tunnel_is_asked_for_where_a_request_is_not_forwarded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeServer(monkeypatch, b"HTTP/1.1 200 Connection established\r\n\r\n", b"", b"")
    tunnel()
    assert server.opened == [("proxy.example", 3128)]
    assert server.received[0].startswith(b"CONNECT chat.example:8000 HTTP/1.1\r\n")
    dialer = Dialer(ADDRESS, tls=None, proxy=PROXY)
    asyncio.run(dialer.open(is_tunnelled=False))
    assert server.received[1] == b"" and dialer.forwarder(is_tunnelled=False) is PROXY
    asyncio.run(Dialer(ADDRESS, tls=None, proxy=None).open(is_tunnelled=True))
    assert server.opened[2] == ("chat.example", 8000)


def test_who_refuses_a_tunnel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer(monkeypatch, answer(b"no", "403 Forbidden"), b"")
    with pytest.raises(Unreachable, match="refuses CONNECT to chat.example:8000: 403 Forbidden"):
        tunnel()
    with pytest.raises(Unreachable, match="gave no answer to CONNECT"):
        tunnel()
    assert server.aborted == 2


@pytest.mark.parametrize(
    ("login", "reason"), [("", "wants a user"), ("ann:secret@", "does not accept the user")]
)
def test_a_proxy_that_wants_a_password_says_which(
    monkeypatch: pytest.MonkeyPatch, login: str, reason: str
) -> None:
    FakeServer(monkeypatch, answer(b"", "407 Proxy Authentication Required"))
    with pytest.raises(LoginWanted, match=reason) as wanted:
        tunnel(f"http://{login}proxy.example:3128")
    assert "secret" not in str(wanted.value)


def test_who_can_t_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError(111, "Connect call failed")

    monkeypatch.setattr(asyncio, "open_connection", refuse)
    with pytest.raises(Unreachable, match="the server can't be reached: connection refused"):
        asyncio.run(Dialer(ADDRESS, tls=None, proxy=None).open(is_tunnelled=False))
    with pytest.raises(Unreachable, match="the proxy proxy.example:3128 can't be reached"):
        tunnel()
