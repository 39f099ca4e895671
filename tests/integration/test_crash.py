"""What was acknowledged before a crash is there after it, once."""

import asyncio
import json
from pathlib import Path

from tests.faults.people import talkers_at, talking
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.server import run_server

TALKERS = 8
ACKNOWLEDGED_BEFORE_THE_CRASH = 300


async def history(url: str) -> dict[str, list[int]]:
    """Return the offsets under which each key stands in the log."""
    found: dict[str, list[int]] = {}
    after, more = 0, True
    async with Client(url) as client:
        while more:
            answer = await client.get(f"/api/rooms/general/messages?after={after}&limit=200")
            page = json.loads(answer.body)
            for message in page["messages"]:
                found.setdefault(message["key"], []).append(message["offset"])
                after = message["offset"]
            more = page["more"]
    return found


@in_a_loop(60)
async def test_what_was_acknowledged_before_kill_9_is_there_once_after_a_restart(
    tmp_path: Path,
) -> None:
    with run_server(tmp_path, RATE_LIMITS="off") as server:
        async with talkers_at(server.url, TALKERS) as talkers:

            def acknowledged() -> dict[str, int]:
                places = [place for talker in talkers for place in talker.acknowledged.items()]
                return {key: offset for key, (_, offset) in places}

            async with talking(talkers, [server.url]):  # each goes on until it is answered
                while len(acknowledged()) < ACKNOWLEDGED_BEFORE_THE_CRASH:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.01)
                server.kill()
                before = acknowledged()
                await asyncio.to_thread(server.start)
            after = acknowledged()
        assert before.items() <= after.items()
        assert await history(server.url) == {key: [offset] for key, offset in after.items()}
        assert sorted(after.values()) == list(range(1, len(after) + 1))
