"""The base of tests that send bad input and check that other clients are not affected."""

import asyncio
import json
from contextlib import AsyncExitStack
from unittest import IsolatedAsyncioTestCase

from tests.support.client import Client
from tests.support.server import ServerProcess
from tests.support.wire import TRANSPORTS, WAIT_S, Answer, Push, Socket


def faults(server: ServerProcess) -> list[str]:
    """Return the log lines that show a fault of the server."""
    return [
        line
        for line in server.log
        if any(word in line for word in ("Traceback", "ERROR", "CRITICAL", "Warning:"))
    ]


class SecurityTest(IsolatedAsyncioTestCase):
    server: ServerProcess
    count = 0

    async def asyncSetUp(self) -> None:
        self.url = self.server.url
        stack = await self.enterAsyncContext(AsyncExitStack())
        self.client = await stack.enter_async_context(Client(self.url))
        self.receivers = [
            await stack.enter_async_context(Client(self.url).reading(transport))
            for transport in TRANSPORTS
        ]

    async def asyncTearDown(self) -> None:
        """Check that other clients are not affected."""
        SecurityTest.count += 1
        text = f"good message {self.count}"
        async with Client(self.url) as other:
            reply = await other.command(type="send", room="general", text=text, key=text)
            self.assertEqual(reply["type"], "ok")
            for receiver in self.receivers:
                await receiver.until(lambda push: push.get("text") == text)
            self.assertEqual((await other.get("/healthz")).code, 200)
        self.assertEqual(faults(self.server), [])

    def check_refusal(self, response: Answer, status: int, code: str) -> None:
        self.assertEqual(response.code, status, response.body)
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        error = json.loads(response.body)
        self.assertEqual((error["type"], error["code"]), ("error", code))
        self.assertTrue(error["message"])


async def reply_of(socket: Socket) -> Push:
    """Return the next reply; pushes may come before it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            push = await socket.read()
            assert push is not None, f"closed with {socket.close_code}"
            if push["type"] in ("ok", "error", "pong"):
                return push
