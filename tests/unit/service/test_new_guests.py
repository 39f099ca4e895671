"""Guests who have just come write less, and make fewer rooms, than everybody else."""

from msgspec.structs import replace

from chat.accounts.identity import new_device, new_guest
from chat.accounts.rate_limits import NEW_GUEST_BURST, NEW_GUEST_RATE
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from tests.unit.service.test_service import ServiceTest

MINUTES = 10


class TestNewGuests(ServiceTest):
    has_rate_limits = True
    settings = {"new_guest_minutes": MINUTES, "new_rooms_per_hour": 8}

    def comer(self) -> Person:
        return new_guest(int(self.clock.time()))

    async def written(self, person: Person, count: int) -> int:
        """Send ``count`` messages at once; return how many were let through."""
        replies = [
            await self.do(person, "send", room="general", text="hi", key=f"{self.clock.now} {n}")
            for n in range(count)
        ]
        for reply in replies:
            if reply is not None and reply["type"] == "error":
                self.assertEqual(reply["code"], Code.RATE_LIMITED)
                self.assertGreater(reply["retry_ms"], 0)
        return sum(reply is not None and reply["type"] == "ok" for reply in replies)

    async def test_who_has_just_come_writes_more_slowly(self) -> None:
        comer, most = self.comer(), NEW_GUEST_BURST
        self.assertEqual(await self.written(comer, most + 5), most)
        self.assertEqual(self.metrics.limits[Limit.NEW_GUESTS], 5)
        reply = await self.do(comer, "send", room="general", text="hi", key="early")
        assert reply is not None
        self.clock.now += reply["retry_ms"] / 1000
        self.assertEqual(await self.written(comer, 2), 1)
        self.clock.now += 4 / NEW_GUEST_RATE
        self.assertEqual(await self.written(comer, 9), 4)

    async def test_after_some_minutes_and_with_an_account_one_writes_as_others_do(self) -> None:
        comer = self.comer()
        self.clock.now += 60 * MINUTES - 1
        self.assertEqual(await self.written(comer, NEW_GUEST_BURST + 1), NEW_GUEST_BURST)
        self.clock.now += 2
        self.assertEqual(await self.written(comer, 3 * NEW_GUEST_BURST), 3 * NEW_GUEST_BURST)
        member = replace(self.comer(), device=new_device(is_member=True))
        self.assertEqual(await self.written(member, 3 * NEW_GUEST_BURST), 3 * NEW_GUEST_BURST)

    async def test_they_make_and_begin_a_quarter_of_the_rooms(self) -> None:
        comer = self.comer()
        made = [await self.do(comer, "create", title=f"Room {n}", access="public") for n in "ab"]
        self.assertEqual([reply and reply["type"] for reply in made], ["ok", "ok"])
        for type_, fields in (
            ("create", {"title": "Room c", "access": "private"}),
            ("direct", {"users": [new_guest().user]}),
            ("join", {"room": "one-more"}),
        ):
            reply = await self.do(comer, type_, **fields)
            assert reply is not None
            self.assertEqual(reply["code"], Code.RATE_LIMITED)
            self.assertGreater(reply["retry_ms"], 0)
        old = new_guest()
        made = [await self.do(old, "create", title=f"Old {n}", access="public") for n in range(8)]
        self.assertEqual({reply and reply["type"] for reply in made}, {"ok"})
