"""sockjs-client from npm, in its own process."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.wire import WAIT_S

FOLDER = Path(__file__).parents[1] / "sockjs"
TRANSPORTS = ("websocket", "xhr-streaming", "eventsource", "xhr-polling")
Event = dict[str, Any]


class SockJsClient:
    """Sends and receives through sockjs-client; keeps what it receives."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self.heard: list[Event] = []  # the events of client.js, in its order
        self._in, self._out = process.stdin, process.stdout

    def send(self, **command: Any) -> None:
        self._in.write(json.dumps(command).encode() + b"\n")

    def close(self) -> None:
        """Close the connection from the client's side."""
        self._in.close()

    async def until(self, is_it: Callable[[Event], bool]) -> Event:
        """Return the first event for which ``is_it`` is true; wait for it if necessary."""
        async with asyncio.timeout(WAIT_S):
            while not (found := [event for event in self.heard if is_it(event)]):
                line = await self._out.readline()
                assert line, f"sockjs-client ended without it; it told {self.heard}"
                self.heard.append(json.loads(line))
        return found[0]

    async def until_message(self, **fields: Any) -> Event:
        """Return the first push or reply that has these ``fields``."""
        event = await self.until(
            lambda event: fields.items() <= event.get("message", {"type": None}).items()
        )
        return dict(event["message"])


@asynccontextmanager
async def sockjs_client(url: str, transport: str) -> AsyncIterator[SockJsClient]:
    """Run a client that connects to ``url`` by ``transport``; it is killed at the end."""
    node = Path(sys.executable).with_name("node")
    process = await asyncio.create_subprocess_exec(
        node,
        "client.js",
        url,
        transport,
        cwd=FOLDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # PyPI's node is a script that starts another process
    )
    try:
        yield SockJsClient(process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
