"""A chat in a terminal: carries out each input line, and prints what happens as lines.

Messages go to stdout, news of the connection to stderr. Through pipes, each line is a message, and
only messages of others are printed.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Final

from chat.client import ChatError, Parley, State, Unavailable, connect
from chat.client.actions import Actions, NotDone, reason
from chat.client.console import Console, open_console
from chat.client.history import NAMES
from chat.client.lines import line_of, lines_for, news
from chat.client.positions import Push
from chat.client.transcript import Transcript

# How many messages to show at the start: less than a screenful.
SHOWN: Final = 10
# How long to wait before reading the last messages again, if that failed; people are waiting.
_RETRY_S: Final = 2.0


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
        status = console.status = status_of(parley)
        # Each attempt is "connecting" again; the line about the wait has announced it.
        is_again = parley.state is State.CONNECTING and told
        if status != told and not is_again and parley.state is not State.CLOSED:
            told = status
            console.tell(news(status))

    talk = connect(url, room, name=name, transports=transports, proxy=proxy, on_change=tell)
    transcript = Transcript(room)
    console = open_console(transcript)
    async with console, talk as parley:
        await Conversation(parley, transcript, console, url.rstrip("/")).run()


class Conversation:
    """One person's conversation at the server ``site``."""

    def __init__(self, parley: Parley, transcript: Transcript, console: Console, site: str) -> None:
        self._parley = parley
        self._transcript = transcript
        self._console = console
        self._site = site
        self._shown: dict[str, tuple[str, int]] = {}  # up to where, by room
        self._actions = Actions(parley, transcript, show=console.show, show_last=self._show_last)

    async def run(self) -> None:
        """Talk until the input ends. Raises Refused."""
        room = self._transcript.room
        self._console.tell(news(f"you are {self._parley.name} in {room}"))
        await self._show_last(room, SHOWN)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _read(self) -> None:
        async for push in self._parley:
            room = push.get("room")
            if push["type"] == "resync" and room == self._transcript.room:
                self._console.tell(news("messages may be missing here; the last are:"))
                await self._show_last(room, SHOWN)
            elif room in (None, self._transcript.room) and not self._is_shown(push):
                self._show(push)
            self._transcript.take(push, self._parley.user)
            self._console.refresh()

    def _is_shown(self, push: Push) -> bool:
        epoch, offset = self._shown.get(str(push.get("room")), ("", 0))
        return push.get("epoch") == epoch and int(push.get("offset", 0)) <= offset

    def _show(self, push: Push) -> None:
        if self._console.is_interactive:
            for line in lines_for(push, self._transcript, self._site, self._parley.user):
                self._console.show(line)
        elif push["type"] == "message" and push["user"] != self._parley.user:
            self._console.show(line_of(push, self._site))

    async def _show_last(self, room: str, count: int) -> None:
        """Show the last messages of ``room``; all that come after them are shown as they come."""
        while True:
            try:
                messages = (await self._parley.history(room, limit=count))["messages"]
                break
            except Unavailable:
                await asyncio.sleep(_RETRY_S)
        for message in messages:
            if self._console.is_interactive:
                for line in lines_for(message, self._transcript, self._site, self._parley.user):
                    self._console.show(line)
            else:
                self._console.show(line_of(message, self._site))
            self._transcript.take(message, self._parley.user)
        self._transcript.unread.pop(room, None)
        if messages:
            self._shown[room] = (messages[-1]["epoch"], messages[-1]["offset"])

    async def _write(self) -> None:
        while (line := await self._console.next()) is not None:
            if not line.strip():
                continue
            try:
                if not self._console.is_interactive:
                    await self._parley.send(self._transcript.room, line)
                elif not await self._actions.do(line):
                    return
            except (ChatError, NotDone, OSError) as error:
                if self._parley.state is State.CLOSED:
                    raise
                is_text = not line.startswith("/")
                self._console.tell(
                    news(f"{'not sent' if is_text else 'not done'}: {reason(error)}")
                )
