"""An IRC client that changes its instance at random moments, and asks for what it has missed."""

import asyncio
import random
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Self

from tests.support.irc import IrcClient
from tests.support.members import PASSWORD, Member

CAPS = "message-tags batch echo-message labeled-response server-time draft/chathistory"
LONG_AGO = "timestamp=2020-01-01T00:00:00.000Z"
_MESSAGE = re.compile(r"msgid=([^:;]+):[^:;]+:(\d+)[^ ]* :[^ ]+ PRIVMSG #[^ ]+ :?(.*)")
_PAGE = 200


class IrcRoamer:
    """A member; ``received`` are the messages that its client has shown, with room and offset."""

    def __init__(self, urls: Sequence[str], ports: Sequence[int]) -> None:
        self._member = Member(urls[0])
        self._ports = ports
        self._seen: list[tuple[str, int, str]] = []
        self._ids: dict[str, str] = {}  # of the last message, by room
        self._last: dict[str, int] = {}
        self._rooms: Sequence[str] = ()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self._member.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._member.__aexit__(None, None, None)

    async def join(self, *rooms: str) -> None:
        await self._member.sign_up()
        for room in rooms:
            await self._member.command(type="join", room=room)
        self._rooms = ("general", *rooms)

    def skip_to(self, room: str, msgid: str, offset: int) -> None:
        """Begin to read ``room`` after a message."""
        self._ids[room], self._last[room] = msgid, offset

    async def roam(self, dice: random.Random, switches: list[str]) -> None:
        """Change the connection repeatedly, sometimes without a goodbye."""
        while True:
            switches.append("irc")
            async with self.connected(dice, "reader") as client:
                await self.catch_up(client)
                # A random stay, not a wait for an event: the moment of the switch is tested.
                reading = asyncio.create_task(self._read(client))
                try:
                    await asyncio.wait([reading], timeout=dice.uniform(0.2, 0.6))
                finally:
                    reading.cancel()
                await asyncio.wait([reading])
                if dice.random() < 0.5:
                    client.writer.transport.abort()

    async def talk(self, dice: random.Random, texts: list[str]) -> list[tuple[str, int, str]]:
        """Send ``texts`` in order, each to a random room; return the room and offset of each."""
        said = []
        async with self.connected(dice, "writer") as client:
            for text in texts:
                said.append((*await self.say(client, dice.choice(self._rooms), text), text))
        return said

    async def say(self, client: IrcClient, room: str, text: str) -> tuple[str, int]:
        """Send ``text``; return its room and offset when it comes back."""
        client.send(f"PRIVMSG #{room} :{text}")
        found = _MESSAGE.search(await client.expect(f"PRIVMSG #{room} :?{text}$"))
        assert found is not None
        return found[1], int(found[2])

    @property
    def received(self) -> list[tuple[str, int, str]]:
        return self._seen

    @property
    def heard(self) -> int:
        return len(self._seen)

    def check_unbroken(self) -> None:
        for room in self._rooms:
            offsets = [offset for in_room, offset, _ in self._seen if in_room == room]
            assert offsets == sorted(set(offsets))

    async def until_messages(self, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: len(self._seen) >= count)

    def connected(self, dice: random.Random, device: str) -> AbstractAsyncContextManager[IrcClient]:
        return IrcClient.member(
            dice.choice(self._ports), f"{self._member.name}@{device}", PASSWORD, caps=CAPS
        )

    async def catch_up(self, client: IrcClient) -> None:
        """Show what was missed in each room, then what has come there meanwhile."""
        live: list[str] = []
        for number, room in enumerate(self._rooms, 1):
            while await self._page(client, room, live) == _PAGE:
                pass
            for line in live:
                found = _MESSAGE.search(line)
                if found is not None and found[1] in self._rooms[:number]:  # others are to be read
                    await self.show(line)
            live.clear()

    async def _page(self, client: IrcClient, room: str, live: list[str]) -> int:
        """Show a page of what was missed, and return its length; all else goes to ``live``."""
        after = f"msgid={self._ids[room]}" if room in self._ids else LONG_AGO
        client.send(f"CHATHISTORY AFTER #{room} {after} {_PAGE}")
        count, reference = 0, ""
        while True:
            line = await client.line()
            if not reference and f" chathistory #{room}" in line:
                reference = line.split(" BATCH +")[1].split(" ")[0]
            elif " FAIL CHATHISTORY " in line:
                raise ConnectionError(line)
            elif reference and line.endswith(f" BATCH -{reference}"):
                return count
            elif reference and f"batch={reference}" in line:
                count += 1
                await self.show(line)
            else:
                live.append(line)

    async def _read(self, client: IrcClient) -> None:
        while True:
            await self.show(await client.line())

    async def show(self, line: str) -> int | None:
        """Show the message in ``line``, unless it was shown; return its offset."""
        found = _MESSAGE.search(line)
        if found is None:
            return None
        room, offset = found[1], int(found[2])
        if offset <= self._last.get(room, 0):
            return offset
        self._ids[room] = line.split("msgid=")[1].split(";")[0].split(" ")[0]
        self._last[room] = offset
        self._seen.append((room, offset, found[3]))
        async with self._news:
            self._news.notify_all()
        return offset
