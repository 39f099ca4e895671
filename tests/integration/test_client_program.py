"""The client as a program: the bot of the docs, and the chat in a terminal."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chat.client import connect
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.server import ROOT, ServerProcess, run_server

LIMIT_S = 30


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server
        assert not [line for line in server.log if " ERROR " in line]


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run Python with ``arguments``; it is killed at the end, if it has not ended."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def terminal(server: ServerProcess, *arguments: str) -> tuple[str, ...]:
    return ("-X", "dev", "-m", "chat.client", *arguments, "--url", server.url)


async def until_line(stream: asyncio.StreamReader | None, text: str) -> str:
    assert stream is not None
    while line := (await stream.readline()).decode():
        if text in line:
            return line
    raise AssertionError(f"it ended without {text}")


def example() -> str:
    """Return the program in docs/clients.md."""
    return (ROOT / "docs/clients.md").read_text().split("```python\n")[1].split("```")[0]


@in_a_loop(LIMIT_S)
async def test_the_bot_of_the_docs_answers(server: ServerProcess, tmp_path: Path) -> None:
    async with running("-c", example(), server.url) as bot:
        assert await until_line(bot.stdout, "connected over websocket")
        async with connect(server.url, "lobby") as parley:
            await parley.send("lobby", "Hello?")
            async for push in parley:
                if push["type"] == "message" and push["user"] != parley.user:
                    assert (push["name"], push["text"]) == ("Echo", "You said: Hello?")
                    break


@in_a_loop(LIMIT_S)
async def test_a_pipe_is_sent_line_by_line_and_then_it_ends(server: ServerProcess) -> None:
    async with running(*terminal(server, "pipe", "--name", "Ann")) as ann:
        out, err = await ann.communicate(b"first\n\nsecond\nlast, unfinished")
        assert (ann.returncode, out) == (0, b"")
        assert b"* connected over WebSocket\n" in err
    async with running(*terminal(server, "pipe", "--transport", "sse")) as late:
        out, err = await late.communicate(b"")
        assert late.returncode == 0
        assert [line[6:] for line in out.decode().splitlines()] == [
            "Ann: first",
            "Ann: second",
            "Ann: last, unfinished",
        ]
        assert b"* connected over Server-Sent Events\n" in err


@in_a_loop(LIMIT_S)
async def test_others_are_printed_without_what_steers_a_terminal(server: ServerProcess) -> None:
    async with running(*terminal(server, "talk")) as reader:
        await until_line(reader.stderr, "you are")
        async with connect(server.url, "talk", name="Eve") as eve:
            await eve.send("talk", "\x1b[2Jboo\nEve: moo")
        assert (await until_line(reader.stdout, "boo"))[5:] == " Eve: \ufffd[2Jboo\n"
        assert await until_line(reader.stdout, "moo") == "      Eve: moo\n"
        reader.send_signal(signal.SIGINT)
        assert await reader.wait() == 0
        assert reader.stderr is not None and b"Traceback" not in await reader.stderr.read()


@in_a_loop(LIMIT_S)
async def test_it_tells_that_the_server_has_gone_and_come_back() -> None:
    with run_server() as server:
        async with running(*terminal(server, "talk")) as reader:
            await until_line(reader.stderr, "* connected over WebSocket")
            await asyncio.to_thread(server.stop)
            await until_line(reader.stderr, "* not connected: ")
            await asyncio.to_thread(server.start)
            await until_line(reader.stderr, "* connected over WebSocket")


@in_a_loop(LIMIT_S)
async def test_what_is_refused_is_told_and_where_nothing_works_it_ends(
    server: ServerProcess,
) -> None:
    async with running("-m", "chat.client", server.url, "talk") as writer:
        _, err = await writer.communicate(b"x" * 5000 + b"\n")
        assert writer.returncode == 0
        assert b"* not sent: A message has at most 4000 characters" in err
    async with running(*terminal(server, "No Room")) as nowhere:
        _, err = await nowhere.communicate(b"")
        assert nowhere.returncode == 1
        assert b"* A room's name has 1 to 64 of" in err


@in_a_loop(LIMIT_S)
async def test_help_tells_of_every_argument(server: ServerProcess) -> None:
    async with running("-m", "chat.client", "--help") as help_:
        out, _ = await help_.communicate()
        for word in ("[URL] ROOM", "--url", "--name", "--transport", "Ctrl-D", "Exit codes"):
            assert word.encode() in out


@in_a_loop(LIMIT_S)
async def test_a_server_that_is_not_parley_is_told_apart(server: ServerProcess) -> None:
    async with Client(server.url) as client:
        assert (await client.get("/healthz")).code == 200
    async with running("-m", "chat.client", "talk", "--url", server.url + "/static") as lost:
        assert await until_line(lost.stderr, "* not connected: 40")
