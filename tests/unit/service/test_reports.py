from chat.accounts.rate_limits import REPORTERS, REPORTS_BURST
from chat.protocol.codes import Code
from chat.rooms.roles import ServerRole
from tests.unit.fakes import ADA, BOB
from tests.unit.service.rooms_test import CY, STRANGER, RoomsTest


class TestReports(RoomsTest):
    async def test_those_who_keep_order_are_told_and_the_audit_log_has_it(self) -> None:
        room = await self.create(BOB, CY)
        await self.ok(ADA, "role", room=room, user=CY.user, role="moderator")
        offset = await self.send(BOB, room, text="a word")
        reporter = await self.create(CY)  # another room of Ada's: its members are not told
        await self.ok(ADA, "report", room=room, offset=offset, reason="rude")
        told = [(user, push.kind, push.room, push.text) for user, push in self.notified()]
        assert sorted(told) == [
            ("cy", "report", room, "rude"),
            ("root", "report", room, "rude"),  # not in the room; who reports it is not told
        ]
        assert reporter != room
        assert ("ada", "report", "bob", "rude") in self.audit()

    async def test_who_is_reported_is_not_told_also_as_an_owner(self) -> None:
        room = await self.create(BOB, access="public")
        offset = await self.send(ADA, room)
        await self.ok(BOB, "report", room=room, offset=offset)
        assert [user for user, _ in self.notified()] == ["root"]

    async def test_only_messages_of_others_that_one_may_read_can_be_reported(self) -> None:
        room = await self.create()
        before = await self.send(ADA, room)
        await self.ok(ADA, "invite", room=room, user=BOB.user)
        own = await self.send(BOB, room, key="own")
        gone = await self.send(ADA, room, key="gone")
        await self.ok(ADA, "delete", room=room, offset=gone)
        for offset in (before, gone, gone + 1, own + 100):
            await self.refused(Code.BAD_COMMAND, BOB, "report", room=room, offset=offset)
        await self.refused(Code.FORBIDDEN, BOB, "report", room=room, offset=own)
        await self.refused(Code.TOO_LONG, BOB, "report", room=room, offset=own, reason="x" * 201)
        await self.hidden(CY, "report", room, offset=own)
        await self.hidden(STRANGER, "report", "p-abcdefghjkmnpqrs", offset=1)
        assert self.notified() == []

    async def test_a_direct_room_has_the_owners_of_the_site_to_keep_order(self) -> None:
        room = str((await self.ok(ADA, "direct", users=[BOB.user]))["room"])
        offset = await self.send(BOB, room)
        await self.ok(ADA, "report", room=room, offset=offset, reason="threats")
        assert [user for user, _ in self.notified()] == ["root"]
        self.people.roles["root"] = ServerRole.MEMBER
        await self.ok(ADA, "report", room=room, offset=offset, reason="threats")
        assert len(self.notified()) == 1


class TestLimits(RoomsTest):
    has_rate_limits = True

    async def test_so_many_reports_and_no_more(self) -> None:
        room = await self.create(BOB, access="public")
        offset = await self.send(ADA, room)
        for _ in range(REPORTS_BURST):
            await self.ok(BOB, "report", room=room, offset=offset)
        await self.refused(Code.RATE_LIMITED, BOB, "report", room=room, offset=offset)
        assert len(self.notified()) == REPORTS_BURST < REPORTERS * REPORTS_BURST
        self.pass_time(60)
        await self.ok(BOB, "report", room=room, offset=offset)
