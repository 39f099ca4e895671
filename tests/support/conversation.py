"""A conversation of clients that change transport and instance at random moments.

It checks that no message was lost, repeated or reordered.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tornado.httputil import HTTPHeaders

from tests.support.client import Client
from tests.support.irc_roamer import IrcRoamer
from tests.support.wire import TRANSPORTS

CLIENTS = 8
IRC_CLIENTS = 2
MESSAGES = 2000
ROOMS = ("general", "dev")
# If nothing arrives in this time, it hangs. The total time depends on the machine.
STALL_S = 60


class Roamer(Client):
    """A client that changes its transport, and keeps the cookies of both versions."""

    def _take_cookies(self, headers: HTTPHeaders) -> None:
        if given := headers.get_list("Set-Cookie"):
            self.cookie = "; ".join(cookie.partition(";")[0] for cookie in given)

    @property
    def received(self) -> list[tuple[str, int, str]]:
        """The messages that came, each with its room and offset."""
        return [(p["room"], p["offset"], p["text"]) for p in self.seen.messages]

    @property
    def heard(self) -> int:
        return len(self.seen.heard)

    def check_unbroken(self) -> None:
        self.seen.check_unbroken()

    async def join(self, *rooms: str) -> None:
        """Become a guest and a member of ``rooms``, and begin at their ends."""
        await self.poll()
        for room in rooms:
            await self.command(type="join", room=room)
        await self.poll(hello=True)

    async def roam(self, dice: random.Random, switches: list[str]) -> None:
        """Change transport repeatedly: sometimes before the old one is closed, as an upgrade does,
        sometimes after, as a fallback does."""
        while True:
            transport = dice.choice(TRANSPORTS)
            switches.append(transport)
            if dice.random() < 0.5:
                await self.cut()
            # A random stay, not a wait for an event: the moment of the switch is tested.
            await asyncio.wait([self.attach(transport)], timeout=dice.uniform(0.0, 0.15))
            await self.cut(newest=1)

    async def talk(self, dice: random.Random, texts: list[str]) -> list[tuple[str, int, str]]:
        """Send ``texts`` in order, each to a random room; return the room and offset of each."""
        said = []
        for text in texts:
            room = dice.choice(ROOMS)
            _, offset = await self.say(text, room=room)
            said.append((room, offset, text))
            await asyncio.sleep(0)
        return said


async def until_stalled(clients: Sequence[Roamer | IrcRoamer]) -> None:
    """Raise AssertionError when no client has received anything for STALL_S."""
    before: list[int] = []
    while (came := [client.heard for client in clients]) != before:
        before = came
        await asyncio.sleep(STALL_S)
    raise AssertionError(f"Nothing came for {STALL_S} s; each has had {came} pushes.")


async def converse(
    urls: list[str], seed: int, count: int = MESSAGES, irc_ports: Sequence[int] = ()
) -> None:
    """Let CLIENTS send ``count`` messages, each request to a random one of ``urls``.

    With ``irc_ports``, of the same instances, some of the clients are of IRC.
    """
    dice = random.Random(seed)
    of_irc = IRC_CLIENTS if irc_ports else 0
    clients: list[Roamer | IrcRoamer] = [
        *(Roamer(*urls, dice=dice) for _ in range(CLIENTS - of_irc)),
        *(IrcRoamer(urls, irc_ports) for _ in range(of_irc)),
    ]
    async with AsyncExitStack() as stack:
        for client in clients:
            await (await stack.enter_async_context(client)).join("dev")
        switches: list[str] = []
        roaming = [asyncio.create_task(client.roam(dice, switches)) for client in clients]
        talking = asyncio.gather(
            *(
                client.talk(dice, [f"{number}-{n}" for n in range(count // CLIENTS)])
                for number, client in enumerate(clients)
            )
        )
        arriving = asyncio.gather(*(client.until_messages(count) for client in clients))
        all_done = asyncio.gather(talking, arriving)
        stall = asyncio.create_task(until_stalled(clients))
        await asyncio.wait([all_done, stall, *roaming], return_when=asyncio.FIRST_COMPLETED)
        if not all_done.done():
            all_done.cancel()
        for task in (stall, *roaming):
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()  # raises the error that stopped it
        said, _ = await all_done
    wanted = {message for messages in said for message in messages}
    assert len(wanted) == count, "two messages were told the same place"
    for client in clients:
        assert len(client.received) == count
        assert set(client.received) == wanted
        client.check_unbroken()
    assert set(switches) == {*TRANSPORTS, *(["irc"] if of_irc else [])}
    assert len(switches) > 10 * CLIENTS, "too few switches to prove anything"
