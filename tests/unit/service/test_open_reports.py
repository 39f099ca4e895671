"""Who keeps order in a room reads the reports that nobody has dealt with, and nobody else does."""

from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.service.open_reports import MAX_OPEN
from tests.unit.service.rooms_test import ADA, BOB, CY, ROOT, RoomsTest


class TestOpenReports(RoomsTest):
    async def reports(self, person: Person, room: str) -> list[tuple[int, str, str, str]]:
        found = await self.service.open_reports.all(person, room)
        return [
            (each.offset, each.whom.user, each.report.user, each.report.reason) for each in found
        ]

    async def test_moderators_and_owners_read_them_also_later(self) -> None:
        room = await self.create(BOB, CY)
        offset = await self.send(BOB, room)
        await self.ok(CY, "report", room=room, offset=offset, reason="rude")
        await self.ok(ADA, "report", room=room, offset=offset, reason="very rude")
        assert await self.reports(ADA, room) == [(offset, "bob", "cy", "rude")]
        for stranger in (BOB, CY):
            with self.assertRaises(Refused) as caught:
                await self.reports(stranger, room)
            self.assertEqual(caught.exception.code, Code.FORBIDDEN)
        with self.assertRaises(Refused) as caught:
            await self.reports(ROOT, room)  # the site's owner is not in it
        self.assertEqual(caught.exception.code, Code.NO_SUCH_ROOM)
        await self.ok(ADA, "role", room=room, user="cy", role="moderator")
        assert await self.reports(CY, room) == [(offset, "bob", "cy", "rude")]

    async def test_one_is_closed_by_hand_or_with_its_message(self) -> None:
        room = await self.create(BOB)
        first, second = await self.send(BOB, room), await self.send(BOB, room, key="k2")
        for offset in (first, second):
            await self.ok(ADA, "report", room=room, offset=offset)
        with self.assertRaises(Refused):
            await self.service.open_reports.close(BOB, room, first)
        await self.service.open_reports.close(ADA, room, first)
        with self.assertRaises(Refused):
            await self.service.open_reports.close(ADA, room, first)
        assert [each[0] for each in await self.reports(ADA, room)] == [second]
        await self.ok(ADA, "delete", room=room, offset=second)
        assert await self.reports(ADA, room) == []
        assert [act[1] for act in self.audit()][-3:] == ["close_report", "delete", "reports_over"]
        await self.reports(ADA, room)
        assert self.audit()[-1][1] == "reports_over"  # once

    async def test_who_came_later_does_not_read_of_messages_before(self) -> None:
        room = await self.create(BOB)
        offset = await self.send(BOB, room)
        await self.ok(ADA, "report", room=room, offset=offset)
        await self.ok(ADA, "invite", room=room, user="cy")
        await self.ok(ADA, "role", room=room, user="cy", role="moderator")
        assert await self.reports(CY, room) == []

    async def test_a_room_keeps_so_many_and_no_more_and_takes_them_with_it(self) -> None:
        room = await self.create(BOB)
        for number in range(MAX_OPEN + 1):
            offset = await self.send(BOB, room, key=f"k{number}")
            await self.ok(ADA, "report", room=room, offset=offset)
        assert len(await self.reports(ADA, room)) == MAX_OPEN
        await self.service.remove_room(ADA, room, "192.0.2.1")
        assert await self.backplane.scan("!site", "report/", limit=9) == []
