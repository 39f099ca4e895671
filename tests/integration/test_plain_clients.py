"""Three clients written as any tutorial would, without negotiating, chat with each other."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import websocket_connect

from tests.support.server import run_server

WAIT_S = 60


class PlainWebSocket:
    """``new WebSocket(".../chat")``: sends join, then prints what comes."""

    async def run(self, url: str, printed: asyncio.Queue[Any]) -> None:
        socket = await websocket_connect(url.replace("http", "ws") + "/chat")
        await socket.write_message('{"type": "join", "room": "general"}')
        self.socket = socket
        try:
            while (text := await socket.read_message()) is not None:
                await printed.put(json.loads(text))
        finally:
            socket.close()
            while await socket.read_message() is not None:
                pass  # until the server has closed, too

    async def say(self, text: str) -> None:
        command = {"type": "send", "room": "general", "text": text, "key": text}
        await self.socket.write_message(json.dumps(command))


class PlainEventSource:
    """``new EventSource("/events")`` with listeners for ``message`` and ``notification``."""

    async def run(self, url: str, printed: asyncio.Queue[Any]) -> None:
        self.url, self.cookie = url, ""
        async with aclosing(self._events()) as events:
            async for event, data in events:
                if event in ("hello", "message", "notification"):
                    await printed.put(json.loads(data))

    async def say(self, text: str) -> None:
        command = {"type": "send", "room": "general", "text": text, "key": text}
        await post(self.url, self.cookie, command)

    async def _events(self) -> AsyncGenerator[tuple[str, str], None]:
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        try:
            event, data = "message", ""
            while line := (await reader.readline()).decode():
                match line.rstrip("\r\n").partition(": ")[::2]:
                    case "Set-Cookie", value:
                        self.cookie = value.partition(";")[0]
                    case "event", value:
                        event = value
                    case "data", value:
                        data = value
                    case "", _ if data:
                        yield event, data
                        event, data = "message", ""
        finally:
            writer.close()
            await writer.wait_closed()


class PlainPoll:
    """A loop of ``fetch("/poll")`` that reads ``data`` and ``timeout``."""

    async def run(self, url: str, printed: asyncio.Queue[Any]) -> None:
        self.url, self.cookie, cursor = url, "", ""
        http = SimpleAsyncHTTPClient(force_instance=True)
        while True:
            request = HTTPRequest(
                f"{url}/poll?cursor={cursor}",
                headers={"Cookie": self.cookie},
                request_timeout=40,
            )
            response = await http.fetch(request)
            if "Set-Cookie" in response.headers:
                self.cookie = response.headers["Set-Cookie"].partition(";")[0]
            answer = json.loads(response.body)
            cursor = answer["cursor"]
            if not answer["timeout"]:
                for push in answer["data"]:
                    await printed.put(push)

    async def say(self, text: str) -> None:
        command = {"type": "send", "room": "general", "text": text, "key": text}
        await post(self.url, self.cookie, command)


async def post(url: str, cookie: str, command: dict[str, str]) -> None:
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    await AsyncHTTPClient().fetch(
        f"{url}/send", method="POST", headers=headers, body=json.dumps(command)
    )


async def expect(printed: asyncio.Queue[Any], **fields: str) -> dict[str, Any]:
    """Return the next thing printed that has these fields; others may come before it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            push: dict[str, Any] = await printed.get()
            if fields.items() <= push.items():
                return push


async def chat(url: str) -> None:
    clients = [PlainWebSocket(), PlainEventSource(), PlainPoll()]
    printed: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in clients]
    running = [
        asyncio.create_task(client.run(url, queue))
        for client, queue in zip(clients, printed, strict=True)
    ]
    hellos = [await expect(queue, type="hello") for queue in printed]
    assert [hello["transport"] for hello in hellos] == ["websocket", "sse", "longpoll"]
    assert len({hello["user"] for hello in hellos}) == 3

    offsets = []
    for client, hello in zip(clients, hellos, strict=True):
        text = f"hello from {hello['transport']}"
        await client.say(text)
        for queue in printed:
            push = await expect(queue, type="message", text=text, name=hello["name"])
        offsets.append(push["offset"])
    assert offsets == sorted(set(offsets))

    await clients[0].say(f"@{hellos[1]['name']}: are you there?")
    push = await expect(printed[1], type="notification")
    assert (push["kind"], push["room"], push["name"]) == ("mention", "general", hellos[0]["name"])
    for task in running:
        task.cancel()
    await asyncio.wait(running)


def test_three_tutorial_clients_chat_with_each_other() -> None:
    with run_server() as server:
        asyncio.run(chat(server.url))
