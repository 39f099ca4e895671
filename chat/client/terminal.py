"""A chat in a terminal: sends each input line as a message, and prints each message as a line.

Messages of others go to stdout, news of the connection to stderr. In others' text,
characters that could steer the terminal are replaced.
"""

import asyncio
import math
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from chat.client import Parley, Refused, State, Unavailable, connect
from chat.client.console import Console, open_console
from chat.client.history import NAMES

# How many messages to show at the start: less than a screenful.
SHOWN: Final = 10
# How long to wait before reading the last messages again, if that failed; people are waiting.
_RETRY_S: Final = 2.0


def printable(text: str) -> str:
    """Return ``text`` with all characters replaced that could steer a terminal.

    These are controls (ECMA-48's escapes begin with one), line and paragraph separators, halves of
    surrogate pairs, and what is invisible or changes the direction of writing (Unicode TR 9).
    """
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if _is_steering(character) else character for character in text
    )


def _is_steering(character: str) -> bool:
    # U+200D joins emoji and letters of several scripts; the rest of Cf is invisible, to deceive.
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d"


def line_of(message: dict[str, Any], site: str = "") -> str:
    """Return a message as printed; further lines, indented, can't pass for somebody else's.

    ``site`` is the address of the server, at which there are the message's files.
    """
    time = datetime.fromisoformat(message["time"]).astimezone()
    files = [_file_line(file, site) for file in message.get("files", ())]
    said = str(message.get("text") or ("" if files else "(deleted)"))
    lines = [*(said.split("\n") if said else ()), *files]
    text = "\n      ".join(printable(line) for line in lines)
    return f"{time:%H:%M} {printable(message['name'])}: {text}"


def _file_line(file: dict[str, Any], site: str) -> str:
    name, path = file["name"], f"/files/{quote(file['id'])}/{quote(file['name'], safe='')}"
    return f"{name} ({file['type']}, {_size(file['bytes'])}) {site}{path}"


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    size = float(count)
    if count < 1000:
        return f"{count} byte{'s' * (count != 1)}"
    size /= 1000
    for unit in ("KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def status_of(parley: Parley) -> str:
    match parley.state:
        case State.CONNECTED if parley.transport is not None:
            reason = f": {parley.reason}" if parley.reason else ""
            return f"connected over {NAMES[parley.transport]}{reason}"
        case State.WAITING:
            wait_s = max(1, math.ceil(parley.wait_s))
            return f"not connected: {parley.reason}; trying again in {wait_s} s"
        case State.CLOSED:
            return f"closed: {parley.reason}"
    return "connecting …"


async def chat(
    url: str, room: str, *, name: str | None, transports: Sequence[str], proxy: str | None = None
) -> None:
    """Chat in ``room`` until stdin ends. Raises Refused."""
    told = ""

    def tell(parley: Parley) -> None:
        nonlocal told
        status = status_of(parley)
        # Each attempt is "connecting" again; the line about the wait has announced it.
        is_again = parley.state is State.CONNECTING and told
        if status != told and not is_again and parley.state is not State.CLOSED:
            told = status
            console.tell(f"* {printable(status)}")

    talk = connect(url, room, name=name, transports=transports, proxy=proxy, on_change=tell)
    console = open_console()
    async with console, talk as parley:
        await _talk(parley, room, console, url.rstrip("/"))


async def _talk(parley: Parley, room: str, console: Console, site: str) -> None:
    console.tell(f"* you are {printable(parley.name)} in {room}")
    shown = await _show_last(parley, room, console, site)
    tasks = [
        asyncio.create_task(_read(parley, room, console, site, shown)),
        asyncio.create_task(_write(parley, room, console)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _read(
    parley: Parley, room: str, console: Console, site: str, shown: tuple[str, int]
) -> None:
    async for push in parley:
        match push:
            case {"type": "message", "room": str(where), "offset": int(offset)} if where == room:
                is_shown = push["epoch"] == shown[0] and offset <= shown[1]
                if push["user"] != parley.user and not is_shown:
                    console.show(line_of(push, site))
            case {"type": "resync", "room": str(where)} if where == room:
                console.tell("* messages may be missing here; the last are:")
                shown = await _show_last(parley, room, console, site)


async def _show_last(parley: Parley, room: str, console: Console, site: str) -> tuple[str, int]:
    while True:
        try:
            messages = (await parley.history(room, limit=SHOWN))["messages"]
        except Unavailable:
            await asyncio.sleep(_RETRY_S)
            continue
        for message in messages:
            console.show(line_of(message, site))
        return (messages[-1]["epoch"], messages[-1]["offset"]) if messages else ("", 0)


async def _write(parley: Parley, room: str, console: Console) -> None:
    while (line := await console.next()) is not None:
        if not line.strip():
            continue
        try:
            await parley.send(room, line)
        except Refused as error:
            if parley.state is State.CLOSED:
                raise
            console.tell(f"* not sent: {printable(error.message)}")
