"""What a program does with the Python client besides sending: files, replies, changes, searches."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chat.client import Parley, Refused, Unavailable, connect
from tests.support.aio import in_a_loop
from tests.support.server import ServerProcess, run_server

LIMIT_S = 30
ROOM = "workshop"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off", FILE_MB="1") as server:
        yield server


@asynccontextmanager
async def talking(server: ServerProcess) -> AsyncIterator[Parley]:
    async with connect(server.url, ROOM, name="Ann") as parley:
        yield parley


async def current(parley: Parley, offset: int) -> dict[str, object]:
    """Return the message at ``offset`` as history has it now."""
    page = await parley.history(ROOM, before=offset + 1, limit=1)
    return dict(page["messages"][0])


@in_a_loop(LIMIT_S)
async def test_a_message_has_files_and_answers_another(
    server: ServerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "two words & more.txt"
    path.write_bytes(b"line\n" * 100_000)  # in several pieces
    async with talking(server) as parley:
        first = await parley.send(ROOM, "Here?")
        file = await parley.upload(path)
        assert (file["name"], file["bytes"]) == (path.name, 500_000)
        sent = await parley.send(ROOM, files=[file], reply_to=first["offset"])
        found = await current(parley, sent["offset"])
        assert found["reply_to"] == first["offset"]
        assert found["files"] == [file]
        with pytest.raises(Refused) as refused:  # it belongs to that message
            await parley.send(ROOM, files=[file])
        assert refused.value.code == "no_such_file"


@in_a_loop(LIMIT_S)
async def test_a_file_that_is_too_large_or_not_there_is_said_so(
    server: ServerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(3_000_000))
    async with talking(server) as parley:
        with pytest.raises(Refused) as refused:
            await parley.upload(path)
        assert refused.value.code == "too_long"
        with pytest.raises(FileNotFoundError):
            await parley.upload(tmp_path / "none")


@in_a_loop(LIMIT_S)
async def test_messages_are_edited_reacted_to_and_deleted(server: ServerProcess) -> None:
    async with talking(server) as parley:
        offset = (await parley.send(ROOM, "teh"))["offset"]
        await parley.edit(ROOM, offset, "the")
        await parley.react(ROOM, offset, "👍")
        found = await current(parley, offset)
        assert (found["text"], found["reactions"]) == ("the", {"👍": [parley.user]})
        await parley.react(ROOM, offset, "👍", on=False)
        assert "reactions" not in await current(parley, offset)
        await parley.delete(ROOM, offset)
        assert (await current(parley, offset))["deleted"]
        for again in (parley.delete(ROOM, offset), parley.edit(ROOM, offset, "it")):
            with pytest.raises(Refused) as refused:
                await again
            assert refused.value.code == "forbidden"


@in_a_loop(LIMIT_S)
async def test_what_was_said_is_found_and_rooms_are_listed(server: ServerProcess) -> None:
    async with talking(server) as parley:
        offset = (await parley.send(ROOM, "The kettle & the pot"))["offset"]
        found: dict[str, Any] = {"results": []}
        while not found["results"]:
            await asyncio.sleep(0.05)  # the index is some tenths of a second behind
            found = await parley.search('kettle "the pot"', room=ROOM)
        assert [result["offset"] for result in found["results"]] == [offset]
        with pytest.raises(Refused) as refused:
            await parley.search("kettle", room="nowhere")
        assert refused.value.code == "no_such_room"
        assert ROOM in [room["room"] for room in await parley.rooms()]
        await asyncio.to_thread(server.stop)
        with pytest.raises(Unavailable):
            await parley.search("kettle")
        await asyncio.to_thread(server.start)
