"""Rooms are made with an owner, or for some people alone."""

import asyncio

from chat.backplane.records import SITE
from chat.protocol.codes import Code
from chat.protocol.commands import MAX_DIRECT_OTHERS
from chat.rooms.access import Access, access_of
from chat.rooms.permissions import Guests
from tests.unit.service.rooms_test import ADA, BOB, CY, HERE, STRANGER, RoomsTest


class TestCreating(RoomsTest):
    async def test_a_private_room_has_a_name_that_nobody_guesses_and_its_maker_as_owner(
        self,
    ) -> None:
        reply = await self.ok(ADA, "create", title=" Tea  time ", topic="hot", access="private")
        room = reply["room"]
        self.assertIs(access_of(room), Access.PRIVATE)
        joined, changed = self.entries(room)
        self.assertEqual((joined["type"], joined["user"]), ("joined", "ada"))
        self.assertEqual(changed["type"], "room_changed")
        self.assertEqual(
            (changed["title"], changed["topic"], changed["access"]), ("Tea time", "hot", "private")
        )
        self.assertEqual(reply["offset"], changed["offset"])
        details = await self.service.reading.details(ADA.user, room)
        self.assertEqual(details.standing.role, "owner")
        self.assertEqual(details.standing.settings.title, "Tea time")

    async def test_a_public_room_has_the_name_that_is_asked_for_or_that_of_its_title(self) -> None:
        self.assertEqual(await self.create(access="public", room="tea"), "tea")
        reply = await self.ok(ADA, "create", title="Rust & Go", access="public")
        self.assertEqual(reply["room"], "rust-go")
        await self.refused(Code.BAD_ROOM, ADA, "create", title="\u5929\u6c17", access="public")

    async def test_a_name_that_is_taken_is_refused_whoever_made_the_room(self) -> None:
        await self.ok(BOB, "join", room="tea")
        for person in (ADA, BOB):
            await self.refused(
                Code.NAME_TAKEN, person, "create", title="Tea", access="public", room="tea"
            )
        await self.refused(
            Code.NAME_TAKEN, ADA, "create", title="Tea", access="public", room="general"
        )

    async def test_the_same_key_makes_one_room_for_each_who_asks_and_one_of_each_access(
        self,
    ) -> None:
        room = await self.create(key="k")
        assert await self.create(key="k") == room
        self.service = self.another_instance()
        assert await self.create(key="k") == room
        others = {
            await self.create(key="l"),
            await self.create(),
            await self.create(access="unlisted", key="k"),
            (await self.ok(BOB, "create", title="Tea", access="private", key="k"))["room"],
        }
        assert len(others - {room}) == 4
        assert (await self.backplane.positions([room]))[room].offset == 2

    async def test_a_public_room_is_taken_also_for_who_made_it(self) -> None:
        await self.create(access="public", key="k")
        await self.refused("name_taken", ADA, "create", title="Tea", access="public", key="k")

    async def test_of_two_who_make_it_at_once_one_owns_it(self) -> None:
        other = self.another_instance()
        command = '{"type":"create","title":"Tea","access":"public","room":"tea"}'
        replies = await asyncio.gather(
            self.service.answer(ADA, command, HERE), other.answer(BOB, command, HERE)
        )
        self.assertEqual(sorted(type(reply).__name__ for reply in replies), ["Error", "Ok"])

    async def test_names_that_say_another_access_are_not_chosen(self) -> None:
        for name in ("p-abc", "u-abc", "d-abc"):
            await self.refused(Code.BAD_ROOM, ADA, "create", title="t", access="public", room=name)
        await self.refused(Code.BAD_ROOM, ADA, "create", title="t", access="private", room="A B")

    async def test_it_needs_a_title(self) -> None:
        await self.refused(Code.EMPTY, ADA, "create", title=" ", access="private")
        await self.refused(Code.TOO_LONG, ADA, "create", title="t" * 81, access="private")
        await self.refused(
            Code.TOO_LONG, ADA, "create", title="t", topic="t" * 251, access="private"
        )
        await self.refused(Code.BAD_COMMAND, ADA, "create", title="\u202et", access="private")

    async def test_guests_who_may_only_read_make_none(self) -> None:
        self.guests = Guests.READ
        await self.refused(Code.FORBIDDEN, STRANGER, "create", title="t", access="private")
        await self.refused(Code.FORBIDDEN, STRANGER, "direct", users=["ada"])
        self.assertTrue(await self.create())

    async def test_a_public_room_is_in_the_audit_log_and_others_are_not(self) -> None:
        await self.create()
        await self.create(access="unlisted")
        await self.create(access="public", room="tea")
        self.assertEqual(self.audit(), [("ada", "create", "", "")])


class TestDirect(RoomsTest):
    async def direct(self, *users: str) -> str:
        return str((await self.ok(ADA, "direct", users=list(users)))["room"])

    async def test_the_same_people_have_the_same_room_whoever_asks_in_what_order(self) -> None:
        room = await self.direct("bob", "cy", "ada")
        self.assertIs(access_of(room), Access.DIRECT)
        self.assertEqual(await self.direct("cy", "bob", "bob"), room)
        reply = await self.ok(CY, "direct", users=["bob", "ada"])
        self.assertEqual(reply["room"], room)
        self.assertNotEqual(await self.direct("bob"), room)
        self.assertEqual(await self.backplane.members(room, limit=9), ["ada", "bob", "cy"])

    async def test_everybody_hears_by_whom_they_were_joined(self) -> None:
        room = await self.direct("bob")
        ada, bob = self.entries(room)
        self.assertEqual((ada["user"], ada.get("by")), ("ada", None))
        self.assertEqual(
            (bob["user"], bob["name"], bob["by"], bob["by_name"]), ("bob", "Bob", "ada", "Ada")
        )

    async def test_two_who_ask_at_once_on_two_instances_get_the_same_room(self) -> None:
        other = self.another_instance()
        replies = await asyncio.gather(
            self.service.answer(ADA, '{"type":"direct","users":["bob"]}', HERE),
            other.answer(BOB, '{"type":"direct","users":["ada"]}', HERE),
        )
        self.assertEqual(len({reply.room for reply in replies}), 1)

    async def test_who_has_left_is_back_when_somebody_asks_again(self) -> None:
        room = await self.direct("bob")
        await self.ok(BOB, "leave", room=room)
        await self.hidden(BOB, "send", room, text="hi", key="k")
        self.assertEqual(await self.direct("bob"), room)
        await self.send(BOB, room)

    async def test_nobody_is_there_without_having_been_asked_for(self) -> None:
        room = await self.direct("bob")
        for type_, fields in {
            "join": {}, "send": {"text": "t", "key": "k"}, "leave": {}, "typing": {},
            "read": {"offset": 0}, "edit": {"offset": 1, "text": "t"}, "delete": {"offset": 1},
            "invite": {"user": "cy"}, "kick": {"user": "bob"}, "set": {"title": "t"},
        }.items():  # fmt: skip
            await self.hidden(CY, type_, room, **fields)

    async def test_nobody_is_removed_or_added(self) -> None:
        room = await self.direct("bob")
        for type_ in ("invite", "kick", "ban", "mute"):
            await self.refused(Code.FORBIDDEN, ADA, type_, room=room, user="bob")
        await self.refused(Code.FORBIDDEN, ADA, "role", room=room, user="bob", role="owner")

    async def test_people_who_may_be_there_are_found_and_others_are_not(self) -> None:
        self.assertTrue(await self.direct(STRANGER.user))
        await self.refused(Code.BAD_COMMAND, ADA, "direct", users=["nobody"])
        await self.refused(Code.BAD_COMMAND, ADA, "direct", users=["ada"])
        many = [f"guest-{n:016x}" for n in range(MAX_DIRECT_OTHERS + 1)]
        await self.refused(Code.BAD_COMMAND, ADA, "direct", users=many)
        self.assertTrue(await self.direct(*many[1:]))

    async def test_whom_people_write_to_is_no_matter_of_the_audit_log(self) -> None:
        await self.direct("bob")
        self.assertEqual(self.audit(), [])
        site = [entry.body for entry in self.feed.entries if entry.room == SITE]
        self.assertTrue(site)
        self.assertFalse(any(b"ada" in body or b"bob" in body for body in site))
