import asyncio
from typing import Any

import pytest

from chat.client.address import Address
from chat.client.http import Http
from chat.client.transports.sse import SseTransport
from chat.client.transports.transport import AttachRequest, Ended, Terms
from tests.unit.client.fakes import FakeServer, answer

STREAM = b'data: {"type":"hello"}\n\ndata: {"type":"message"}\n\n'
REQUEST: dict[str, Any] = {
    "http": Http(Address.parse("http://chat.example")),
    "url": "/events",
    "send_url": "/send",
    "session": "s1",
    "cursor": "dev:e:1",
    "rooms": ("dev",),
    "terms": Terms(heartbeat_s=6),
}


async def read(arrivals: list[None]) -> list[str]:
    """Return the types of the pushes until the stream ends."""
    request = AttachRequest(**REQUEST, on_data=lambda: arrivals.append(None))
    types = []
    with pytest.raises(Ended):
        async for push in SseTransport(request).pushes():
            types.append(push["type"])
    return types


def test_the_events_of_a_stream_are_pushes(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer(monkeypatch, answer(STREAM, "200 OK", "Content-Type: text/event-stream"))
    arrivals: list[None] = []
    assert asyncio.run(read(arrivals)) == ["hello", "message"]
    assert arrivals
    line = server.received[0].partition(b"\r\n")[0].decode()
    assert line == "GET /events?session=s1&cursor=dev:e:1&room=dev&heartbeat_s=6 HTTP/1.1"
    assert server.aborted == 1


@pytest.mark.parametrize(
    "data", [answer(STREAM, "200 OK", "Content-Type: text/html"), answer(b"", "403 Forbidden")]
)
def test_what_is_no_stream_ends_it(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    FakeServer(monkeypatch, data)
    assert asyncio.run(read([])) == []


def test_commands_go_by_post(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [b'{"replies": [{"type": "ok"}]}', b'{"replies": []}', b'{"type": "error"}', b"[]"]
    server = FakeServer(monkeypatch, *map(answer, answers))
    transport = SseTransport(AttachRequest(**REQUEST))

    async def ask() -> None:
        for type_ in ("ok", "ok", "error"):
            assert (await transport.ask({"type": "typing"}))["type"] == type_
        with pytest.raises(Ended):
            await transport.ask({"type": "typing"})

    asyncio.run(ask())
    assert all(data.startswith(b"POST /send HTTP/1.1") for data in server.received)
