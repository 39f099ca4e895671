"""What was acknowledged before a crash is there after it, once."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.server import ServerProcess, run_server

SENDERS = 8
ACKNOWLEDGED_BEFORE_THE_CRASH = 300


class Sender:
    """A guest that sends and keeps account of what was answered."""

    def __init__(self, url: str, name: str) -> None:
        self.acknowledged: dict[str, int] = {}  # key -> offset
        self.unanswered: set[str] = set()
        self._url = url
        self._name = name
        self._http = SimpleAsyncHTTPClient(force_instance=True)
        self._cookie = ""

    async def sign_in(self) -> None:
        answer = await self._http.fetch(f"{self._url}/poll")
        self._cookie = answer.headers["Set-Cookie"].partition(";")[0]

    async def send(self, key: str) -> None:
        self.unanswered.add(key)
        command = {"type": "send", "room": "general", "text": f"text of {key}", "key": key}
        (reply,) = json.loads((await self._post(command)).body)["replies"]
        assert reply["type"] == "ok", reply
        self.unanswered.remove(key)
        self.acknowledged[key] = reply["offset"]

    async def burst(self, enough: asyncio.Event, count: Iterator[int]) -> None:
        """Send one after the other until the server is gone."""
        with suppress(OSError, HTTPError):
            for number in itertools.count():
                await self.send(f"{self._name}-{number}")
                if next(count) == ACKNOWLEDGED_BEFORE_THE_CRASH:
                    enough.set()

    async def _post(self, command: dict[str, str]) -> Any:
        headers = {"Cookie": self._cookie, "Content-Type": "application/json"}
        return await self._http.fetch(
            HTTPRequest(
                f"{self._url}/send", method="POST", headers=headers, body=json.dumps(command)
            )
        )


async def history(url: str) -> dict[str, list[int]]:
    """Return the offsets under which each key stands in the log."""
    http = SimpleAsyncHTTPClient(force_instance=True)
    found: dict[str, list[int]] = {}
    after, more = 0, True
    while more:
        answer = await http.fetch(f"{url}/api/rooms/general/messages?after={after}&limit=200")
        page = json.loads(answer.body)
        for message in page["messages"]:
            found.setdefault(message["key"], []).append(message["offset"])
            after = message["offset"]
        more = page["more"]
    return found


async def crash_in_a_burst(server: ServerProcess) -> None:
    senders = [Sender(server.url, f"s{number}") for number in range(SENDERS)]
    for sender in senders:
        await sender.sign_in()
    enough, count = asyncio.Event(), itertools.count(1)
    bursts = [asyncio.create_task(sender.burst(enough, count)) for sender in senders]
    await asyncio.wait_for(enough.wait(), 60)
    server.kill()
    await asyncio.gather(*bursts)
    acknowledged = {k: offset for sender in senders for k, offset in sender.acknowledged.items()}
    assert len(acknowledged) >= ACKNOWLEDGED_BEFORE_THE_CRASH

    server.start()
    for sender in senders:  # who had no answer asks again, with the same key
        for key in sorted(sender.unanswered):
            await sender.send(key)
        acknowledged |= sender.acknowledged
    found = await history(server.url)
    assert found == {key: [offset] for key, offset in acknowledged.items()}
    assert sorted(acknowledged.values()) == list(range(1, len(acknowledged) + 1))


def test_what_was_acknowledged_before_kill_9_is_there_once_after_a_restart(
    tmp_path: Path,
) -> None:
    with run_server(tmp_path, RATE_LIMITS="off") as server:
        asyncio.run(crash_in_a_burst(server))
