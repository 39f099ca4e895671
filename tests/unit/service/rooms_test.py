"""A service with people who have accounts, and what tests of rooms say and ask there."""

import json
from typing import Any

from chat.backplane.directory import FRESH_S
from chat.backplane.records import SITE
from chat.protocol.codes import Code
from chat.protocol.entries import AuditBody
from chat.protocol.pushes import Notification, Person
from chat.rooms import LOBBY
from chat.rooms.permissions import Guests
from chat.rooms.roles import ServerRole
from chat.rooms.search import Index
from chat.service.service import Service
from tests.unit.fakes import ADA, BOB
from tests.unit.service.test_service import HERE, ServiceTest

CY = Person(user="cy", name="Cy")
ROOT = Person(user="root", name="Root")
STRANGER = Person(user="guest-0123456789abcdef", name="guest-0123")


class FakePeople:
    """Ada, Bob and Cy are members, and Root owns the server."""

    def __init__(self) -> None:
        self.names = {person.user: person.name for person in (ADA, BOB, CY, ROOT)}
        self.old_names: dict[str, str] = {}  # those that this instance still takes for theirs
        self.roles = dict.fromkeys(self.names, ServerRole.MEMBER) | {"root": ServerRole.OWNER}

    async def role_of(self, user: str) -> ServerRole:
        return self.roles.get(user, ServerRole.GUEST)

    async def name_of(self, user: str, *, is_fresh: bool = False) -> str | None:
        return (self.names if is_fresh else self.names | self.old_names).get(user)

    async def owners(self) -> list[str]:
        return [user for user, role in self.roles.items() if role is ServerRole.OWNER]


class RoomsTest(ServiceTest):
    index: Index | None = None

    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.guests = Guests.ON
        self.people = FakePeople()
        self.service = self.another_instance()

    def another_instance(self) -> Service:
        """Return a service over the same log, with a directory of its own."""
        return Service(
            self.backplane,
            clock=self.clock,
            limits=self.limits,
            metrics=self.metrics,
            people=self.people,
            guests=lambda: self.guests,
            index=self.index,
        )

    def pass_time(self, seconds: float = FRESH_S) -> None:
        """Let ``seconds`` pass, by default until changes of other instances are known."""
        self.clock.now += seconds

    async def ok(self, person: Person, type_: str, **fields: Any) -> dict[str, Any]:
        reply = await self.do(person, type_, **fields)
        assert reply is not None and reply["type"] == "ok", reply
        return reply

    async def create(self, *members: Person, access: str = "private", **fields: Any) -> str:
        """Return the name of a new room of Ada's with ``members``."""
        reply = await self.ok(ADA, "create", title="Tea", access=access, **fields)
        room = str(reply["room"])
        for member in members:
            await self.ok(ADA, "invite", room=room, user=member.user)
        return room

    async def send(self, person: Person, room: str, key: str = "k", text: str = "hi") -> int:
        reply = await self.ok(person, "send", room=room, text=text, key=key)
        return int(reply["offset"])

    async def refused(self, code: str, person: Person, type_: str, **fields: Any) -> str:
        """Return the message of the error that the command must get."""
        return str((await self.fails(code, person, type_, **fields))["message"])

    async def hidden(self, person: Person, type_: str, room: str, **fields: Any) -> None:
        """Check that ``room`` is answered as one that is not there."""
        message = await self.refused(Code.NO_SUCH_ROOM, person, type_, room=room, **fields)
        self.assertEqual(message, f"There is no room {room}.")

    def entries(self, room: str = LOBBY) -> list[dict[str, Any]]:
        return [json.loads(entry.encode()) for entry in self.feed.entries if entry.room == room]

    def notified(self) -> list[tuple[str, Notification]]:
        """Return who was notified, and of what."""
        return [
            (user, push) for user, push in self.feed.user_pushes if isinstance(push, Notification)
        ]

    def audit(self) -> list[tuple[str, str, str, str]]:
        """Return who did what to whom, and why; what is no act of order is left out."""
        bodies = [entry.decode() for entry in self.feed.entries if entry.room == SITE]
        return [
            (body.user, body.action, body.whom, body.reason)
            for body in bodies
            if isinstance(body, AuditBody) and body.user
        ]

    async def member_since(self, person: Person, room: str) -> int | None:
        return await self.backplane.member_since(person.user, room)


__all__ = ["ADA", "BOB", "CY", "HERE", "ROOT", "STRANGER", "RoomsTest"]
