"""A room for members alone, in which people come and go while things break."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.chaos.privacy import Given, LogEntry, Privacy, judge
from tests.support.client import RETURN_S, Client
from tests.support.site import Site
from tests.support.wire import LOST, Push

# How often somebody is made a member, or removed, on average.
PAUSE_S = 0.15
# What an act says that was done already, by an earlier try of which no answer came.
_DONE = frozenset({"not_member"})


class ClosedRoom:
    """Its owner says something all the time, and invites and removes the others."""

    def __init__(self, owner: Client, others: Sequence[Client]) -> None:
        self.room = ""
        self._owner = owner
        self._others = others
        self._given: list[Given] = []
        self._reading: set[str] = set()  # users who know where they stand in it
        self._members: set[str] = set()
        # What each was told of it, and from where each asked, in order.
        self.history: list[dict[str, Any]] = []

    async def create(self) -> None:
        reply = await self._owner.ask(type="create", title="Behind the door", access="private")
        assert reply["type"] == "ok", reply
        self.room = reply["room"]

    def note(self, client: Client, push: Push) -> None:
        """Note a push that one of the others was sent."""
        if not self.room:
            return
        user, type_ = client.seen.user, push["type"]
        if type_ == "hello":
            offsets = {state["room"]: state["offset"] for state in push["rooms"]}
            self._record(client, "hello", offsets.get(self.room))
            self._note_hello(user, offsets)
            return
        if push.get("room") != self.room or type_ in ("read", "notification"):
            return
        self._record(client, type_, push.get("offset", push.get("is_member")), push.get("user"))
        if "offset" in push:
            self._given.append(Given(user, push["offset"], is_resync=type_ == "resync"))
            self._reading.add(user)
            if type_ == "left" and push["user"] == user:
                client.seen.positions.pop(self.room, None)  # a cursor must not come from before
                self._reading.discard(user)
        elif type_ == "rooms" and not push["is_member"]:
            self._reading.discard(user)

    def note_ask(self, client: Client) -> None:
        """Note that one of the others asks for pushes, from where it stands."""
        if self.room:
            self._record(client, "asks", None)

    def _record(self, client: Client, type_: str, value: Any, about: str | None = None) -> None:
        user = client.seen.user
        self.history.append(
            {
                "at": round(time.monotonic(), 3),
                "who": user,
                "heard": type_,
                "value": value,
                "about": about,
                "stands": client.seen.positions.get(self.room),
                "reads": user in self._reading,
                "transport": client.transport,
                "server": client.url,
            }
        )

    def _note_hello(self, user: str, offsets: Mapping[str, int]) -> None:
        """Note where a reader begins that was made a member while it was not attached."""
        if self.room not in offsets:
            self._reading.discard(user)
        elif user not in self._reading:
            self._given.append(Given(user, offsets[self.room], is_resync=True))
            self._reading.add(user)

    async def live(self, is_over: Callable[[], bool], dice: random.Random) -> None:
        """Talk, invite and remove until ``is_over``; at the end half of the people are members."""
        number = 0
        while not is_over():
            number += 1
            await self._owner.say(f"closed-{number}", room=self.room)
            person = dice.choice(self._others).seen.user
            await self._turn(person, is_member=person not in self._members)
            await asyncio.sleep(dice.uniform(0, 2 * PAUSE_S))
        for number, other in enumerate(self._others):
            await self._turn(other.seen.user, is_member=number % 2 == 0)
        await self._owner.say("closed-last", room=self.room)

    async def _turn(self, user: str, *, is_member: bool) -> None:
        """Make ``user`` a member, or no longer one; try again until that is answered."""
        while True:
            try:
                act = "invite" if is_member else "kick"
                reply = await self._owner.ask(type=act, room=self.room, user=user)
            except LOST:
                await asyncio.sleep(RETURN_S)
                continue
            if reply["type"] == "ok" or reply["code"] in _DONE:
                break
            assert reply["code"] == "unavailable", reply
            await asyncio.sleep(reply["retry_ms"] / 1000)
        (self._members.add if is_member else self._members.discard)(user)

    async def until_caught_up(self, site: Site) -> None:
        """Wait until all who are members at the end stand at the end of the log."""
        end = site.top(self.room)
        for other in self._others:
            if other.seen.user in self._members:
                while other.seen.positions.get(self.room) != end:
                    await other.change()

    def judge(self, site: Site) -> Privacy:
        return judge(self._given, _log(site, self.room), [c.seen.user for c in self._others])


def _log(site: Site, room: str) -> list[LogEntry]:
    with site.redis.client() as client:
        entries = client.hgetall(f"parley:{{{room}}}:entries")
    found = []
    for offset, entry in entries.items():
        kind, _, body = entry.partition(b" ")
        found.append(LogEntry(int(offset), kind.decode(), json.loads(body)["user"]))
    return sorted(found)
