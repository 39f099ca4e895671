"""Rooms are joined, left, opened to others, set and removed by those who may."""

import asyncio
import json

from chat.errors import Refused
from chat.protocol.codes import Code
from chat.rooms import LOBBY
from chat.rooms.permissions import Guests
from chat.service.rosters import SPOKEN_MESSAGES
from tests.unit.service.rooms_test import ADA, BOB, CY, HERE, ROOT, STRANGER, RoomsTest


class TestJoining(RoomsTest):
    async def test_a_public_room_that_is_missing_is_made_and_no_other(self) -> None:
        await self.ok(BOB, "join", room="dev")
        for room in ("u-abcdefghijkmnpqr", "p-abcdefghijkmnpqr", "d-abcdefghijkmnpqr"):
            await self.hidden(BOB, "join", room)

    async def test_an_unlisted_room_is_joined_by_who_knows_its_name(self) -> None:
        room = await self.create(access="unlisted")
        await self.ok(BOB, "join", room=room)
        await self.send(BOB, room)

    async def test_a_private_room_is_joined_by_nobody_and_its_members_already_are(self) -> None:
        room = await self.create(BOB)
        await self.hidden(CY, "join", room)
        top = await self.ok(BOB, "join", room=room)
        self.assertEqual(top["offset"], len(self.entries(room)))

    async def test_who_is_banned_does_not_come_back_until_it_is_over(self) -> None:
        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "ban", room=room, user="bob", until="1970-01-12T14:00:00Z")
        message = await self.refused(Code.BANNED, BOB, "join", room=room)
        self.assertIn("until 1970-01-12 14:00", message)
        self.pass_time(3600)
        await self.ok(BOB, "join", room=room)

    async def test_guests_who_may_only_read_do_not_join(self) -> None:
        self.guests = Guests.READ
        await self.refused(Code.FORBIDDEN, STRANGER, "join", room="dev")


class TestLeaving(RoomsTest):
    async def test_a_role_ends_with_the_membership(self) -> None:
        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "role", room=room, user="bob", role="moderator")
        await self.ok(BOB, "leave", room=room)
        await self.ok(BOB, "join", room=room)
        await self.refused(Code.FORBIDDEN, BOB, "set", room=room, is_locked=True)

    async def test_the_last_owner_stays_while_there_are_others(self) -> None:
        room = await self.create(BOB)
        await self.refused(Code.FORBIDDEN, ADA, "leave", room=room)
        await self.ok(ADA, "role", room=room, user="bob", role="owner")
        await self.ok(ADA, "leave", room=room)
        await self.ok(BOB, "leave", room=room)  # the last of all

    async def test_two_owners_do_not_leave_at_once_and_leave_none(self) -> None:
        room = await self.create(BOB, CY)
        await self.ok(ADA, "role", room=room, user="bob", role="owner")
        leave = json.dumps({"type": "leave", "room": room})
        replies = await asyncio.gather(
            self.service.answer(ADA, leave, HERE), self.another_instance().answer(BOB, leave, HERE)
        )
        self.assertEqual(sorted(type(reply).__name__ for reply in replies), ["Error", "Ok"])

    async def test_where_one_is_not_there_is_nothing_to_leave(self) -> None:
        await self.create(access="public", room="tea")
        await self.refused(Code.NOT_MEMBER, BOB, "leave", room="tea")
        await self.refused(Code.NO_SUCH_ROOM, BOB, "leave", room="nowhere")
        await self.refused(Code.FORBIDDEN, BOB, "leave", room=LOBBY)


class TestInviting(RoomsTest):
    async def test_who_was_banned_is_added_and_joins_where_the_end_of_that_is_not_known_yet(
        self,
    ) -> None:
        elsewhere = self.another_instance()

        async def outcomes(room: str) -> list[str]:
            asked = ((ADA, {"type": "invite", "user": "bob"}), (BOB, {"type": "join"}))
            said = [
                await elsewhere.answer(who, json.dumps({"room": room, **command}), HERE)
                for who, command in asked
            ]
            return [type(each).__name__ for each in said]

        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "ban", room=room, user="bob")
        self.assertEqual(await outcomes(room), ["Error", "Error"])
        await self.ok(ADA, "unban", room=room, user="bob")
        self.assertEqual(await outcomes(room), ["Ok", "Ok"])

    async def test_any_member_invites_and_the_entry_says_who_did(self) -> None:
        room = await self.create(BOB)
        await self.ok(BOB, "invite", room=room, user="cy")
        entry = self.entries(room)[-1]
        self.assertEqual((entry["type"], entry["user"], entry["name"]), ("joined", "cy", "Cy"))
        self.assertEqual((entry["by"], entry["by_name"]), ("bob", "Bob"))
        await self.send(CY, room)

    async def test_who_is_in_already_is_not_invited_again(self) -> None:
        room = await self.create(BOB)
        count = len(self.entries(room))
        await self.ok(ADA, "invite", room=room, user="bob")
        self.assertEqual(len(self.entries(room)), count)

    async def test_a_guest_is_invited_by_the_name_they_are_seen_under(self) -> None:
        await self.backplane.set_present("s", STRANGER, [LOBBY])
        room = await self.create(STRANGER)
        self.assertEqual(self.entries(room)[-1]["name"], STRANGER.name)
        await self.refused(Code.BAD_COMMAND, ADA, "invite", room=room, user="nobody")

    async def test_only_members_invite(self) -> None:
        room = await self.create()
        await self.hidden(BOB, "invite", room, user="cy")
        await self.create(access="public", room="tea")
        await self.refused(Code.NOT_MEMBER, BOB, "invite", room="tea", user="cy")
        await self.refused(Code.FORBIDDEN, BOB, "invite", room=LOBBY, user="cy")

    async def test_who_is_banned_is_not_invited(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "ban", room=room, user="bob")
        await self.refused(Code.FORBIDDEN, ADA, "invite", room=room, user="bob")


class TestSetting(RoomsTest):
    async def test_what_is_given_changes_and_everybody_hears_of_it(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "set", room=room, topic="green", slow_mode_s=10, keep_days=None)
        entry = self.entries(room)[-1]
        self.assertEqual((entry["topic"], entry["slow_mode_s"]), ("green", 10))
        self.assertNotIn("title", entry)
        self.assertNotIn("keep_days", entry)  # it was so already
        settings = (await self.service.reading.details("bob", room)).standing.settings
        self.assertEqual(
            (settings.title, settings.topic, settings.slow_mode_s), ("Tea", "green", 10)
        )
        self.assertEqual(self.audit()[-1], ("ada", "set", "", ""))

    async def test_what_changes_nothing_is_not_stored(self) -> None:
        room = await self.create()
        count = len(self.feed.entries)
        reply = await self.ok(ADA, "set", room=room, title="Tea")
        self.assertEqual(reply["offset"], len(self.entries(room)))
        await self.ok(ADA, "set", room=room)
        self.assertEqual(len(self.feed.entries), count)

    async def test_members_set_nothing_moderators_most_owners_all(self) -> None:
        room = await self.create(BOB, CY)
        await self.ok(ADA, "role", room=room, user="bob", role="moderator")
        await self.refused(Code.FORBIDDEN, CY, "set", room=room, title="mine")
        await self.refused(Code.FORBIDDEN, CY, "set", room=room)
        await self.ok(BOB, "set", room=room, title="ours", is_locked=True)
        await self.refused(Code.FORBIDDEN, BOB, "set", room=room, is_archived=True)
        await self.refused(Code.FORBIDDEN, BOB, "set", room=room, title="t", keep_days=1)
        await self.ok(ADA, "set", room=room, is_archived=True, keep_messages=100)

    async def test_in_a_room_that_nobody_made_the_servers_owners_set(self) -> None:
        await self.ok(BOB, "join", room="dev")
        await self.refused(Code.FORBIDDEN, BOB, "set", room="dev", topic="t")
        await self.refused(Code.NOT_MEMBER, ROOT, "set", room="dev", topic="t")
        await self.ok(ROOT, "join", room="dev")
        await self.ok(ROOT, "set", room="dev", topic="t")
        await self.ok(ROOT, "set", room=LOBBY, title="Hello")

    async def test_two_settings_at_once_both_hold(self) -> None:
        room = await self.create()
        commands = [
            json.dumps({"type": "set", "room": room, "topic": "green"}),
            json.dumps({"type": "set", "room": room, "slow_mode_s": 5}),
        ]
        services = [self.service, self.another_instance()]
        await asyncio.gather(
            *(service.answer(ADA, c, HERE) for service, c in zip(services, commands, strict=True))
        )
        self.pass_time()
        settings = (await self.service.reading.details("ada", room)).standing.settings
        self.assertEqual((settings.topic, settings.slow_mode_s), ("green", 5))

    async def test_locked_and_archived_rooms_keep_those_out_who_may_not_write(self) -> None:
        room = await self.create(BOB)
        offset = await self.send(BOB, room)
        await self.ok(ADA, "set", room=room, is_locked=True)
        await self.refused(Code.FORBIDDEN, BOB, "send", room=room, text="t", key="k2")
        await self.send(ADA, room, "k3")
        await self.ok(ADA, "set", room=room, is_archived=True)
        await self.refused(Code.FORBIDDEN, ADA, "send", room=room, text="t", key="k4")
        await self.ok(BOB, "delete", room=room, offset=offset)


class TestRemoving(RoomsTest):
    async def test_only_owners_remove_a_room_and_then_it_was_never_there(self) -> None:
        room = await self.create(BOB)
        for person in (BOB, CY):
            with self.assertRaises(Refused):
                await self.service.remove_room(person, room, HERE)
        await self.service.remove_room(ADA, room, HERE)
        for person in (ADA, BOB):
            await self.hidden(person, "send", room, text="t", key="k")
        self.assertEqual(self.audit()[-1][:2], ("ada", "remove"))
        self.assertIsNone(await self.member_since(ADA, room))


class TestMentions(RoomsTest):
    def mentions(self, room: str) -> list[str]:
        return list(self.entries(room)[-1].get("mentions", []))

    async def test_members_are_mentioned_however_long_they_were_silent(self) -> None:
        room = await self.create(BOB)
        for number in range(SPOKEN_MESSAGES + 1):
            await self.ok(ADA, "send", room=room, text=f"{number}", key=f"{number}")
        await self.ok(ADA, "send", room=room, text="@bob and @cy, look", key="k")
        self.assertEqual(self.mentions(room), ["bob"])
        await self.ok(ADA, "send", room=LOBBY, text="@cy, look", key="k2")
        self.assertEqual(self.mentions(LOBBY), ["cy"])
