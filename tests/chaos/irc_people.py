"""People with IRC clients, while things break: they come back, and ask for what they missed."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.support.irc_roamer import IrcRoamer
from tests.support.record import Place

LOST = (OSError, EOFError, TimeoutError, AssertionError)
# How soon a client comes back, as others of these tests.
RETURN_S = 0.1


class IrcPerson(IrcRoamer):
    """Reads and writes in the lobby; ``faults`` says what went wrong, in words."""

    def __init__(self, name: str, urls: Sequence[str], ports: Sequence[int]) -> None:
        super().__init__(urls, ports)
        self.name = name
        self.faults: list[str] = []
        self.told: dict[int, str] = {}  # texts that came back to their writer, by offset
        self._began = 0

    async def begin(self, top: Place) -> None:
        await self.join()
        self.skip_to("general", f"general:{top[0]}:{top[1]}", top[1])
        self._began = top[1]

    async def read(self, is_over: Callable[[], bool], dice: random.Random) -> None:
        """Read until ``is_over``, over as many connections as it takes."""
        while not is_over():
            with suppress(*LOST):
                async with self.connected(dice, "reader") as client:
                    await self.catch_up(client)
                    last = 0
                    while not is_over():
                        place = await self.show(await client.line())
                        if place is not None and place <= last:
                            self.faults.append(f"{self.name}: {place} came after {last}")
                        last = place or last
            await asyncio.sleep(RETURN_S)

    async def write(self, is_over: Callable[[], bool], dice: random.Random) -> None:
        """Send one message after the other until ``is_over``; what has no answer is let go."""
        number = 0
        while not is_over():
            with suppress(*LOST):
                async with self.connected(dice, "writer") as client:
                    while not is_over():
                        number += 1
                        text = f"{self.name}-{number}"
                        _, offset = await self.say(client, "general", text)
                        self.told[offset] = text
                        # A random pace, not a wait for an event.
                        await asyncio.sleep(dice.uniform(0, 0.1))
            await asyncio.sleep(RETURN_S)

    async def judge(self, kept: Sequence[int], end: Place, dice: random.Random) -> None:
        """Read to the ``end``, and compare with the log of what is there and was not deleted."""
        is_read = False
        while not is_read:
            with suppress(*LOST):
                async with self.connected(dice, "reader") as client:
                    await self.catch_up(client)
                    is_read = True
        shown = [offset for _, offset, _ in self.received]
        due = {offset for offset in kept if self._began < offset <= end[1]}
        self.faults += [f"{self.name}: {offset} was lost" for offset in sorted(due - set(shown))]
        if shown != sorted(set(shown)):
            self.faults.append(f"{self.name}: out of order, or twice")
        texts = {offset: text for _, offset, text in self.received}
        for offset, text in self.told.items():
            if texts.get(offset, text) != text:
                self.faults.append(f"{self.name}: {text} was acknowledged as another message")


@dataclass
class ByIrc:
    """What IRC clients wrote and were shown, and what was wrong."""

    written: int
    shown: int
    faults: list[str]

    @classmethod
    def of(cls, people: Sequence[IrcPerson]) -> Self:
        return cls(
            written=sum(len(person.told) for person in people),
            shown=sum(len(person.received) for person in people),
            faults=[fault for person in people for fault in person.faults],
        )

    def __str__(self) -> str:
        return (
            f"{self.written} messages acknowledged to IRC clients, {self.shown} shown by them: "
            f"{len(self.faults)} lost, repeated or out of order"
        )
