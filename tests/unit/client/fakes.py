"""A clock that jumps to the next timer, and transports that do what a test says."""

import asyncio
import selectors
from collections.abc import AsyncGenerator, Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from chat.client import link as links
from chat.client.positions import Push
from chat.client.transports.transport import AttachRequest, Ended


class _Clock(selectors.SelectSelector):
    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen"
            self.now_s += max(0.0, timeout)
        return ready


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``test`` in an event loop whose clock begins at 0 and does not wait."""
    clock = _Clock()
    loop = asyncio.SelectorEventLoop(clock)
    loop.time = lambda: clock.now_s  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(test())


def hello(session: str = "s1", **rooms: int) -> Push:
    states = [{"room": room, "epoch": "e", "offset": offset} for room, offset in rooms.items()]
    return {
        "type": "hello",
        "session": session,
        "user": "u1",
        "name": "Ann",
        "heartbeat_s": 10,
        "rooms": states,
    }


class FakeTransport:
    """Yields what a test puts, and answers commands while ``is_answering``."""

    def __init__(self, request: AttachRequest) -> None:
        self.request = request
        self.is_answering = True
        self._closed = asyncio.Event()
        self._pushes: asyncio.Queue[Push | Exception] = asyncio.Queue()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def put(self, *pushes: Push | Exception) -> None:
        for push in pushes:
            self._pushes.put_nowait(push)

    async def pushes(self) -> AsyncGenerator[Push, None]:
        try:
            while True:
                push = await self._pushes.get()
                if isinstance(push, Exception):
                    raise push
                self.request.on_data()
                yield push
        finally:
            self._closed.set()

    async def ask(self, command: Push) -> Push:
        if not self.is_answering:
            await self._closed.wait()
            raise Ended("lost before its answer came")
        return {"type": "pong"}


class FakeNetwork:
    """All links of a test attach here; those to transports in ``works`` are proven at once."""

    def __init__(self, patch: pytest.MonkeyPatch, *works: str) -> None:
        self.works = set(works)
        self.attached: list[tuple[str, FakeTransport]] = []
        for name in links.TRANSPORT_TYPES:
            patch.setitem(links.TRANSPORT_TYPES, name, self._type(name))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.attached]

    def last(self, name: str) -> FakeTransport:
        return next(transport for other, transport in reversed(self.attached) if other == name)

    def _type(self, name: str) -> Any:
        def attach(request: AttachRequest) -> FakeTransport:
            transport = FakeTransport(request)
            self.attached.append((name, transport))
            transport.put(hello(f"s{len(self.attached)}") if name in self.works else Ended("403"))
            return transport

        return attach


class FakeServer:
    """Answers each connection that is opened with the next of ``answers``, and then closes it."""

    def __init__(self, patch: pytest.MonkeyPatch, *answers: bytes) -> None:
        self._answers = iter(answers)
        self.opened: list[tuple[str, int]] = []
        self.received: list[bytes] = []  # on each connection
        self.aborted = 0
        patch.setattr(asyncio, "open_connection", self._open)

    async def _open(self, host: str, port: int, **_: Any) -> Any:
        self.opened.append((host, port))
        self.received.append(b"")
        reader = asyncio.StreamReader()
        reader.feed_data(next(self._answers))
        reader.feed_eof()
        return reader, SimpleNamespace(
            write=self._write, transport=SimpleNamespace(abort=self._abort)
        )

    def _write(self, data: bytes) -> None:
        self.received[-1] += data

    def _abort(self) -> None:
        self.aborted += 1


def answer(body: bytes, status: str = "200 OK", *fields: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body
