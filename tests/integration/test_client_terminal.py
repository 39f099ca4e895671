"""The client in a terminal that somebody types at: a real pseudo-terminal of 80 by 24."""

import asyncio
import fcntl
import os
import re
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from chat.client import Parley, Push, connect
from tests.support.aio import in_a_loop
from tests.support.server import ROOT, ServerProcess, run_server

LIMIT_S = 30
ENTER, CTRL_A, CTRL_C, CTRL_D, UP = "\r", "\x01", "\x03", "\x04", "\x1b[A"
PASTED = "\x1b[200~{}\x1b[201~"  # as terminals mark it
# What steers the terminal: moves, colours, modes (ECMA-48 section 5.4); and of that, what takes
# away all that stands from the cursor on.
STEERING = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x08")
ERASED = "\x1b[J"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server


class Terminal:
    """What a person does at a terminal, and sees."""

    def __init__(self, fd: int, process: asyncio.subprocess.Process) -> None:
        self.seen = ""
        self.process = process
        self._fd = fd
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(fd, self._read)

    async def type(self, text: str) -> None:
        """Type as fast as it is taken."""
        data = text.encode()
        while data:
            written = await asyncio.to_thread(os.write, self._fd, data)
            data = data[written:]

    async def sees(self, pattern: str) -> None:
        """Wait until something that matches has been printed; forget what came up to there."""
        while not (found := re.search(pattern, self.text, re.DOTALL)):
            self._changed.clear()
            await self._changed.wait()
        self.seen = self.text[found.end() :]

    @property
    def text(self) -> str:
        return STEERING.sub("", self.seen.replace(ERASED, "(erased)"))

    @property
    def edits_by_itself(self) -> bool:
        return bool(termios.tcgetattr(self._fd)[3] & termios.ICANON)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)

    def _read(self) -> None:
        with suppress(OSError):  # nobody is at the other end any more
            if data := os.read(self._fd, 1 << 16):
                self.seen += data.decode(errors="replace")
                self._changed.set()
                return
        self.close()


@asynccontextmanager
async def terminal(url: str, room: str) -> AsyncIterator[Terminal]:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat.client", room, "--url", url),
        cwd=ROOT,
        # A terminal that answers nothing, as ours.
        env={**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    person = Terminal(ours, process)
    try:
        yield person
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        person.close()
        os.close(theirs)
        os.close(ours)


async def said(parley: Parley) -> Push:
    """Return the next message of somebody else."""
    async for push in parley:
        if push["type"] == "message" and push["user"] != parley.user:
            return push
    raise AssertionError("closed")


async def message(parley: Parley) -> str:
    return str((await said(parley))["text"])


@in_a_loop(LIMIT_S)
async def test_a_line_arrives_whole_however_long_it_is(server: ServerProcess) -> None:
    async with (
        connect(server.url, "long", name="Bob") as bob,
        terminal(server.url, "long") as person,
    ):
        await person.sees(r"\n\(erased\)>")
        longest = "ä" * 3_999 + "!"  # in characters; 7,999 bytes
        await person.type(f"first{ENTER}{PASTED.format(longest)}{ENTER}")
        assert await message(bob) == "first"
        assert await message(bob) == longest
        # The longest that a terminal keeps by itself has 4,095 bytes: it is not cut to that.
        await person.type(PASTED.format("x" * 5_000) + ENTER)
        await person.sees("not sent: A message has at most 4000 characters")
        await person.type(f"{UP}{CTRL_A}ä: {ENTER}")  # it has not gone
        await person.sees("not sent: A message has at most 4000 characters")
        await person.type(f"last{ENTER}{CTRL_D}")
        assert await message(bob) == "last"
        assert await person.process.wait() == 0


@in_a_loop(LIMIT_S)
async def test_a_message_that_arrives_leaves_a_half_typed_line_whole(
    server: ServerProcess,
) -> None:
    async with (
        connect(server.url, "half", name="Bob") as bob,
        terminal(server.url, "half") as person,
    ):
        await person.sees(r"\n\(erased\)>")
        await person.type("half a line")
        await person.sees("half a line")
        await bob.send("half", "Hello!")
        # In its place, and the line that is typed is there again below.
        await person.sees(r"\(erased\)\d\d:\d\d Bob: Hello!  #\d+\r+\n.*> half a line")
        await person.type(", and the rest" + ENTER)
        assert await message(bob) == "half a line, and the rest"


@in_a_loop(LIMIT_S)
async def test_a_person_answers_changes_and_reacts_by_commands_and_is_completed(
    server: ServerProcess,
) -> None:
    async with (
        connect(server.url, "acts", "other", name="Bob Jones") as bob,
        terminal(server.url, "acts") as person,
    ):
        await person.sees(r"\n\(erased\)>")
        first = (await bob.send("acts", "Who comes?"))["offset"]
        await person.sees(f"Bob Jones: Who comes\\?  #{first}")
        await person.type("/reply I don't @Bo\t")
        await person.sees("@Bob Jones")
        await person.type(ENTER)
        await person.sees("┌ Bob Jones: Who comes")
        push = await said(bob)
        assert (push["text"], push["reply_to"]) == ("I don't @Bob Jones", first)
        assert push["mentions"] == [bob.user]
        await person.sees(f"  #{push['offset']}")
        await person.type(f"/edit I do{ENTER}")
        await person.sees(f"has changed #{push['offset']}: I do")
        await person.type(f"/react #{first} :tada:{ENTER}")
        await person.sees(f"🎉 #{first}")
        await person.type(f"/delete{ENTER}/reply{ENTER}")
        await person.sees(f"has deleted #{push['offset']}")
        await person.sees("not done: ")
        await person.type(f"/join other{ENTER}//usr{ENTER}")
        await person.sees("you are in other")
        assert await message(bob) == "/usr"
        await person.type(f"/help{ENTER}/quit{ENTER}")
        await person.sees("/search WORDS")
        assert await person.process.wait() == 0


@in_a_loop(LIMIT_S)
async def test_who_is_offline_types_on_and_is_told_why_in_words() -> None:
    with run_server() as server:
        async with terminal(server.url, "talk") as person:
            await person.sees(r"\n\(erased\)>")
            await asyncio.to_thread(server.stop)
            await person.sees(
                r"\* not connected: the server can't be reached: connection refused; "
                r"trying again in [1-9]\d* s\r+\n"
            )
            await person.type(f"one{ENTER}two{ENTER}{CTRL_D}")
            await person.sees("waiting until all is sent; Ctrl-C gives up")
            await asyncio.to_thread(server.start)
            await person.sees("connected over WebSocket")
            assert await person.process.wait() == 0
            async with connect(server.url, "talk") as late:
                messages = (await late.history("talk"))["messages"]
                assert [each["text"] for each in messages] == ["one", "two"]


@pytest.mark.parametrize("how", ["Ctrl-C", "a signal"])
@in_a_loop(LIMIT_S)
async def test_it_ends_and_leaves_the_terminal_as_it_was(server: ServerProcess, how: str) -> None:
    async with terminal(server.url, "end") as person:
        await person.sees(r"\n\(erased\)>")
        await person.type("half")
        await person.sees("half")
        assert not person.edits_by_itself
        if how == "Ctrl-C":
            await person.type(CTRL_C)
        else:
            person.process.send_signal(signal.SIGTERM)
        assert await person.process.wait() == 0
        assert person.edits_by_itself
        assert "Traceback" not in person.seen
