"""A connection through the hostile network: requests go up, responses come down."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

from tests.support.hostile.delay_line import DelayLine
from tests.support.hostile.flow import Flow
from tests.support.hostile.http_heads import Head, until_closed
from tests.support.hostile.modes import DIES_AFTER_S, Habits, Mode

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NO_WEBSOCKETS = {Mode.WEBSOCKET_REFUSED, Mode.HTTP_1_0}


class Connection:
    """A client's connection, and the connection to the server that belongs to it."""

    def __init__(
        self,
        habits: Habits,
        target_port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._habits = habits
        self._target_port = target_port
        self._transport = writer.transport
        self._loop = asyncio.get_running_loop()
        self._asked: deque[tuple[Head, bool]] = deque()  # requests; whether as HTTP/1.0
        self._flows: dict[str, Flow] = {}  # "up" and "down"
        self._lines: list[DelayLine] = []
        self._is_upgraded = False
        # When the head of the present response reaches the client.
        self._head_at: float | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.task = self._loop.create_task(self._run(reader, writer))
        self.look_again()

    def cut(self) -> "asyncio.Task[None]":
        """End the connection at once; return the task to wait for."""
        self._transport.abort()  # the task may not have begun, and then it never will
        self.task.cancel()
        return self.task

    def look_again(self) -> None:
        """Apply the present mode to this open connection; look again when a cut is due later."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for flow in self._flows.values():
            flow.pass_on(self._habits.mode)
        cut_at = self._cut_at()
        if cut_at is None:
            return
        if cut_at <= self._loop.time():
            self.cut()
        else:
            self._watch = self._loop.call_at(cut_at, self.look_again)

    def _cut_at(self) -> float | None:
        """Return when the present mode cuts this connection; None is never."""
        mode = self._habits.mode
        if mode is Mode.DOWN or mode in _NO_WEBSOCKETS and self._is_upgraded:
            return 0.0
        if mode is Mode.IDLE_CUT and self._lines:
            return max(line.put_at for line in self._lines) + self._habits.idle_s
        if self._head_at is None:
            return None
        if mode is Mode.WEBSOCKET_DIES and self._is_upgraded:
            return self._head_at + DIES_AFTER_S
        return self._head_at + self._habits.cut_after_s if mode is Mode.CUT_AFTER else None

    async def _run(
        self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter
    ) -> None:
        opens_at = self._loop.time() + self._habits.rtt_s
        writers = [client_writer]
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._habits.is_alive.wait()
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self._target_port
            )
            writers.append(server_writer)
            up, down = (
                DelayLine(
                    writer,
                    self._habits.rtt_s / 2,
                    opens_at=opens_at,
                    is_alive=self._habits.is_alive,
                    on_passed=on_passed,
                )
                for writer, on_passed in (
                    (server_writer, lambda: None),
                    (client_writer, self._habits.note_down),
                )
            )
            self._lines = [up, down]
            self.look_again()
            ways = [up.run(), down.run()]
            pumps = [
                _until_over(self._requests(client_reader, up, down), up),
                _until_over(self._responses(server_reader, down), down),
            ]
            tasks = [self._loop.create_task(way) for way in (*ways, *pumps)]
            # A side that closes neither sends nor reads any more: either end is the end of both.
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
            if tasks[1].done():
                client_writer.close()
                await client_writer.wait_closed()
        except (OSError, asyncio.CancelledError):
            pass  # the server is away, or this was cut
        finally:
            if self._watch is not None:
                self._watch.cancel()
            for task in tasks:
                task.cancel()
            for writer in writers:
                writer.transport.abort()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                    raise outcome

    async def _requests(self, reader: asyncio.StreamReader, up: DelayLine, down: DelayLine) -> None:
        habits = self._habits
        while (head := await Head.read(reader)) is not None:
            habits.requests[head.path] += 1
            if habits.mode is Mode.COOKIES_DROPPED:
                head = Head(head.start, head.without("cookie"))
            is_post = head.start[0] == "POST"
            is_http_1_0 = habits.mode is Mode.HTTP_1_0
            if head.is_upgrade and not is_http_1_0:
                return await self._upgrade(head, reader, up, down)
            if is_post and habits.mode is Mode.POSTS_SWALLOWED and head.path == "/send":
                return await _swallow(reader)
            if is_post and habits.mode is Mode.POSTS_DELAYED:
                await asyncio.sleep(habits.post_delay_s)
            self._asked.append((head, is_http_1_0))
            up.put(bytes(_as_http_1_0_request(head) if is_http_1_0 else head))
            async for chunk in head.request_body(reader):
                if habits.mode is Mode.UPLOADS_CUT and head.path == "/api/uploads":
                    return up.put(chunk[: len(chunk) // 2])
                up.put(chunk)
                await up.has_room()

    async def _upgrade(
        self, head: Head, reader: asyncio.StreamReader, up: DelayLine, down: DelayLine
    ) -> None:
        match self._habits.mode:
            case Mode.WEBSOCKET_REFUSED:
                down.put(REFUSAL)
                down.put(None)
                await _swallow(reader)
            case Mode.WEBSOCKET_SWALLOWED:
                await _swallow(reader)
            case _:
                self._asked.append((head, False))
                up.put(bytes(head))
                flow = Flow(up, is_down=False, is_upgraded=True)
                await self._pass("up", flow, until_closed(reader), up)

    async def _responses(self, reader: asyncio.StreamReader, down: DelayLine) -> None:
        while (head := await Head.read(reader)) is not None:
            if 100 <= head.status < 200 and head.status != 101:
                down.put(bytes(head))
                continue
            if not self._asked:  # 408: the server has waited too long for a request
                down.put(bytes(head))
                return
            request, is_http_1_0 = self._asked.popleft()
            down.put(bytes(_as_http_1_0_response(head) if is_http_1_0 else head))
            self._is_upgraded = head.status == 101
            self._habits.upgrades += self._is_upgraded
            self._head_at = self._loop.time() + self._habits.rtt_s / 2
            self.look_again()
            method = request.start[0]
            if self._is_upgraded:
                flow = Flow(down, is_down=True, is_upgraded=True)
                body = until_closed(reader)
            else:
                is_stream = head.get("content-type").startswith("text/event-stream")
                flow = Flow(down, is_down=True, is_stream=is_stream)
                body = head.response_body(reader, method)
            await self._pass("down", flow, body, down)
            if self._is_upgraded:
                return  # without the held data: this was no normal end
            flow.end()
            self._head_at = None
            if is_http_1_0 or request.is_upgrade or head.is_last(method):
                return

    async def _pass(
        self, way: str, flow: Flow, body: AsyncIterator[bytes], line: DelayLine
    ) -> None:
        self._flows[way] = flow
        async for chunk in body:
            flow.take(chunk, self._habits.mode)
            await line.has_room()
        del self._flows[way]


async def _until_over(pump: Coroutine[Any, Any, None], line: DelayLine) -> None:
    """Run ``pump``, and put the end on ``line`` when it is over, also after an error."""
    try:
        with suppress(asyncio.IncompleteReadError, OSError):
            await pump
    finally:
        line.put(None)


async def _swallow(reader: asyncio.StreamReader) -> None:
    async for _ in until_closed(reader):
        pass


def _as_http_1_0_request(head: Head) -> Head:
    method, target, _ = head.start
    fields = head.without("connection", "keep-alive", "upgrade")
    return Head((method, target, "HTTP/1.0"), (*fields, ("Via", "1.0 hostile")))


def _as_http_1_0_response(head: Head) -> Head:
    fields = head.without("connection", "keep-alive")
    return Head(("HTTP/1.0", *head.start[1:]), (*fields, ("Connection", "close")))
