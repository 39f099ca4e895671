"""A chat in a terminal: lines in are messages out, messages in are lines out.

What others wrote goes to stdout, what happens to the connection to stderr. Text of others is
printed without anything that a terminal would obey.
"""

import asyncio
import codecs
import contextlib
import os
import sys
import threading
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chat.client import Parley, Refused, State, Unavailable, connect
from chat.client.story import NAMES

# A screenful's tail, as a start.
SHOWN: Final = 10
# What answers "is anybody there?" soon enough, where the last messages can't be read at once.
_RETRY_S: Final = 2.0


def printable(text: str) -> str:
    """Return ``text`` with all that could steer a terminal replaced.

    That is: controls (ECMA-48's escapes begin with one), line and paragraph separators, what is
    invisible or turns the direction of writing (Unicode TR 9), and halves of surrogate pairs.
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if _is_steering(character) else character for character in text
    )


def _is_steering(character: str) -> bool:
    # U+200D joins emoji and several scripts' letters; the rest of Cf is invisible mischief.
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d"


def line_of(message: dict[str, Any]) -> str:
    """Return a message as it is printed; its further lines are indented, and so nobody's own."""
    time = datetime.fromisoformat(message["time"]).astimezone()
    lines = str(message.get("text") or "(deleted)").split("\n")
    text = "\n      ".join(printable(line) for line in lines)
    return f"{time:%H:%M} {printable(message['name'])}: {text}"


def status_of(parley: Parley) -> str:
    """Return what is to be said of the connection."""
    match parley.state:
        case State.CONNECTED if parley.transport is not None:
            reason = f": {parley.reason}" if parley.reason else ""
            return f"connected over {NAMES[parley.transport]}{reason}"
        case State.WAITING:
            return f"not connected: {parley.reason}; trying again in {parley.wait_s:.0f} s"
        case State.CLOSED:
            return f"closed: {parley.reason}"
    return "connecting …"


async def chat(
    url: str, room: str, *, name: str | None, transports: Sequence[str], proxy: str | None = None
) -> None:
    """Chat in ``room`` until stdin ends, or for ever where it has no end. Raises Refused."""
    told = ""

    def tell(parley: Parley) -> None:
        nonlocal told
        status = status_of(parley)
        # Between two attempts it connects each time; the wait has said so.
        is_again = parley.state is State.CONNECTING and told
        if status != told and not is_again and parley.state is not State.CLOSED:
            told = status
            print(f"* {printable(status)}", file=sys.stderr, flush=True)

    talk = connect(url, room, name=name, transports=transports, proxy=proxy, on_change=tell)
    async with talk as parley:
        print(f"* you are {printable(parley.name)} in {room}", file=sys.stderr, flush=True)
        shown = await _show_last(parley, room)
        reading = asyncio.create_task(_read(parley, room, shown))
        writing = asyncio.create_task(_write(parley, room))
        try:
            await asyncio.wait([reading, writing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, writing):
                task.cancel()
            await asyncio.wait([reading, writing])
        for task in (reading, writing):
            if not task.cancelled():
                task.result()


async def _read(parley: Parley, room: str, shown: tuple[str, int]) -> None:
    """Print what comes behind ``shown``."""
    async for push in parley:
        match push:
            case {"type": "message", "room": str(where), "offset": int(offset)} if where == room:
                is_shown = push["epoch"] == shown[0] and offset <= shown[1]
                if push["user"] != parley.user and not is_shown:
                    print(line_of(push), flush=True)
            case {"type": "resync", "room": str(where)} if where == room:
                print("* messages may be missing here; the last are:", file=sys.stderr, flush=True)
                shown = await _show_last(parley, room)


async def _show_last(parley: Parley, room: str) -> tuple[str, int]:
    """Print the last messages; return the place of the newest."""
    while True:
        try:
            messages = (await parley.history(room, limit=SHOWN))["messages"]
        except Unavailable:
            await asyncio.sleep(_RETRY_S)
            continue
        for message in messages:
            print(line_of(message), flush=True)
        return (messages[-1]["epoch"], messages[-1]["offset"]) if messages else ("", 0)


async def _write(parley: Parley, room: str) -> None:
    """Send what is typed, line by line, until it ends."""
    lines = Lines()
    while (line := await lines.next()) is not None:
        if not line.strip():
            continue
        try:
            await parley.send(room, line)
        except Refused as error:
            if parley.state is State.CLOSED:
                raise
            print(f"* not sent: {printable(error.message)}", file=sys.stderr, flush=True)


class Lines:
    """Lines from stdin, be it a terminal, a pipe or a file.

    Read in a thread, as a file can't be waited for; with os.read, as a thread that waits in
    sys.stdin keeps the interpreter from ending in peace.
    """

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        # One line ahead of the reader: a file of gigabytes stays where it is.
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    async def next(self) -> str | None:
        """Return the next line without its end; None where there is none."""
        return await self._lines.get()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        # The loop is gone, or its tasks are, when we are to end: so are we then.
        with contextlib.suppress(RuntimeError, asyncio.CancelledError, OSError):
            while data := os.read(self._fd, 1 << 16):
                *lines, rest = (rest + decoder.decode(data)).split("\n")
                for line in lines:
                    self._put(line.removesuffix("\r"))
            if rest:
                self._put(rest)
            self._put(None)

    def _put(self, line: str | None) -> None:
        asyncio.run_coroutine_threadsafe(self._lines.put(line), self._loop).result()
