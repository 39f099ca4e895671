"""What people read by asking is what they may know of."""

from collections.abc import Sequence

from chat.backplane.records import History
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.permissions import Action
from tests.unit.service.rooms_test import ADA, BOB, CY, HERE, ROOT, STRANGER, RoomsTest


class ReadingTest(RoomsTest):
    async def history(
        self, person: Person, room: str, before: int | None = None, after: int | None = None,
        limit: int = 50,
    ) -> History:  # fmt: skip
        return await self.service.reading.history(
            person.user, room, before=before, after=after, limit=limit
        )

    async def listed(
        self, person: Person = ADA, *, query: str = "", after: str = "", limit: int = 100
    ) -> tuple[Sequence[str], bool]:
        rooms, more = await self.service.reading.rooms(
            person.user, query=query, after=after, limit=limit, has_details=False
        )
        return [room.info.room for room in rooms], more


class TestHistory(ReadingTest):
    async def test_members_read_what_was_said_since_they_came(self) -> None:
        room = await self.create()
        await self.send(ADA, room, "k1")
        await self.ok(ADA, "invite", room=room, user="bob")
        offsets = [await self.send(ADA, room, f"n{n}") for n in range(3)]
        for before, after, found in (
            (None, None, offsets),
            (offsets[2], None, offsets[:2]),
            (None, 1, offsets),
            (offsets[0], None, []),
        ):
            page = await self.history(BOB, room, before, after)
            self.assertEqual([entry.position.offset for entry in page.entries], found)
            self.assertFalse(page.more)
        self.assertTrue((await self.history(BOB, room, limit=2)).more)
        self.assertEqual(len((await self.history(ADA, room)).entries), 4)

    async def test_others_read_nothing_and_are_told_that_there_is_no_room(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "kick", room=room, user="bob")
        for person in (BOB, CY, ROOT):
            with self.assertRaises(Refused) as caught:
                await self.history(person, room)
            self.assertEqual(caught.exception.code, Code.NO_SUCH_ROOM)
            self.assertFalse(await self.service.reading.exists(person.user, room))
        self.assertTrue(await self.service.reading.exists("ada", room))

    async def test_everybody_reads_open_rooms(self) -> None:
        for access in ("public", "unlisted"):
            room = await self.create(access=access)
            await self.send(ADA, room)
            self.assertEqual(len((await self.history(CY, room)).entries), 1)


class TestDirectory(ReadingTest):
    async def test_public_rooms_and_ones_own_stand_in_natural_order_of_their_titles(self) -> None:
        for name in ("t10", "t2"):
            await self.create(access="public", room=name)
            await self.ok(ADA, "set", room=name, title=name.upper())
        private = await self.create()  # Tea
        await self.create(access="unlisted")
        await self.ok(BOB, "join", room="alpha")
        self.assertEqual((await self.listed(BOB))[0], ["alpha", LOBBY, "t2", "t10"])
        self.assertEqual((await self.listed())[0][:2], ["alpha", LOBBY])
        self.assertIn(private, (await self.listed())[0])

    async def test_it_is_paged(self) -> None:
        names = [f"room{n}" for n in range(1, 12)]
        for name in names:
            await self.ok(BOB, "join", room=name)
        expected = sorted([LOBBY, *names], key=lambda name: (len(name) > 5 and name != LOBBY, name))
        found: list[str] = []
        more = True
        while more:
            page, more = await self.listed(after=found[-1] if found else "", limit=5)
            found += page
        self.assertEqual(found, [LOBBY, *names])
        self.assertEqual(len(found), len(expected))

    async def test_it_is_searched_by_name_and_title_in_any_case(self) -> None:
        await self.create(access="public", room="tea")
        await self.ok(ADA, "set", room="tea", title="Caf\u00e9 10")
        self.pass_time()
        for query in ("TE", "caf\u00c9", "10", "\u00e9 1"):
            self.assertEqual((await self.listed(BOB, query=query))[0], ["tea"], query)
        self.assertEqual((await self.listed(BOB, query="coffee"))[0], [])

    async def test_on_request_it_says_how_many_are_there_and_when_something_was_said(self) -> None:
        await self.create(access="public", room="tea")
        await self.backplane.set_present("s", ADA, ["tea"])
        await self.send(ADA, "tea")
        rooms, _ = await self.service.reading.rooms("bob", query="tea", limit=1, has_details=True)
        self.assertEqual(
            [(room.members, room.present, room.last_said) for room in rooms],
            [(1, 1, "1970-01-12T13:46:40.000Z")],
        )

    async def test_owners_of_the_server_find_unlisted_rooms_and_no_closed_ones(self) -> None:
        unlisted = await self.create(access="unlisted")
        await self.create()
        self.assertEqual((await self.listed(ROOT))[0], [LOBBY, unlisted])
        self.assertEqual((await self.listed(BOB))[0], [LOBBY])

    async def test_a_removed_room_is_not_in_it(self) -> None:
        await self.create(access="public", room="tea")
        await self.service.remove_room(ADA, "tea", HERE)
        self.assertEqual(await self.listed(), ([LOBBY], False))


class TestDetails(ReadingTest):
    async def test_it_says_what_the_one_who_asks_may_do(self) -> None:
        room = await self.create(BOB)
        ada = await self.service.reading.details("ada", room)
        bob = await self.service.reading.details("bob", room)
        self.assertIn(Action.REMOVE, ada.may)
        self.assertNotIn(Action.KICK, bob.may)
        self.assertIn(Action.INVITE, bob.may)
        self.assertEqual((ada.standing.role, bob.standing.role), ("owner", "member"))

    async def test_a_room_that_is_not_there_and_one_of_others_are_told_alike(self) -> None:
        room = await self.create()
        for name in (room, "p-abcdefghijkmnpqr"):
            with self.assertRaises(Refused) as caught:
                await self.service.reading.details("bob", name)
            self.assertEqual(caught.exception.message, f"There is no room {name}.")
        with self.assertRaises(Refused):
            await self.service.reading.details("bob", "nowhere")

    async def test_rooms_are_called_by_their_titles_and_direct_ones_by_who_is_in_them(
        self,
    ) -> None:
        tea = await self.create()
        direct = (await self.ok(ADA, "direct", users=["bob"]))["room"]
        headings = await self.service.reading.headings([LOBBY, tea, direct])
        self.assertEqual([heading.title for heading in headings], ["", "Tea", ""])
        self.assertEqual(
            [[person.name for person in heading.people] for heading in headings],
            [[], [], ["Ada", "Bob"]],
        )

    async def test_members_are_listed_with_their_roles_a_page_at_a_time(self) -> None:
        room = await self.create(BOB, CY)
        members, more = await self.service.reading.members("cy", room, limit=2)
        self.assertEqual(
            [(member.user, member.name, member.state.role.value) for member in members],
            [("ada", "Ada", "owner"), ("bob", "Bob", "member")],
        )
        self.assertTrue(more)
        members, more = await self.service.reading.members("cy", room, after="bob", limit=2)
        self.assertEqual([member.user for member in members], ["cy"])
        self.assertFalse(more)
        with self.assertRaises(Refused):
            await self.service.reading.members(STRANGER.user, room, limit=2)

    async def test_in_the_lobby_they_are_those_who_are_present(self) -> None:
        await self.backplane.set_present("s", BOB, [LOBBY])
        members, _ = await self.service.reading.members("ada", LOBBY, limit=9)
        self.assertEqual([member.name for member in members], ["Bob"])

    async def test_moderators_see_who_is_banned(self) -> None:
        room = await self.create(BOB, CY)
        await self.ok(ADA, "ban", room=room, user="bob", reason="spam")
        people, _ = await self.service.reading.set_apart("ada", room, limit=9)
        self.assertEqual(
            [(person.user, person.state.reason) for person in people],
            [("ada", ""), ("bob", "spam")],
        )
        with self.assertRaises(Refused):
            await self.service.reading.set_apart("cy", room, limit=9)


class TestAudit(ReadingTest):
    async def test_owners_of_the_server_read_it_the_newest_first(self) -> None:
        room = await self.create(BOB)
        for n in range(3):
            await self.ok(ADA, "set", room=room, topic=f"t{n}")
        await self.ok(ADA, "kick", room=room, user="bob")
        found, before, more = [], None, True
        while more:
            entries, more = await self.service.reading.audit(ROOT, before=before, limit=2)
            found += entries
            before = entries[-1].position.offset
        self.assertEqual([entry.position.offset for entry in found], [4, 3, 2, 1])
        with self.assertRaises(Refused) as caught:
            await self.service.reading.audit(ADA, before=None, limit=2)
        self.assertEqual(caught.exception.code, Code.FORBIDDEN)

    async def test_before_anything_was_done_it_is_empty(self) -> None:
        self.assertEqual(await self.service.reading.audit(ROOT, before=None, limit=2), ([], False))
