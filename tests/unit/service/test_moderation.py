"""Moderators and owners keep order, and nobody among their equals."""

import asyncio
import json

from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from tests.unit.service.rooms_test import ADA, BOB, CY, HERE, ROOT, STRANGER, RoomsTest

LATER = "1970-01-12T14:00:00Z"


class TestRemoving(RoomsTest):
    async def test_who_is_kicked_is_out_and_the_entry_says_by_whom_and_why(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "kick", room=room, user="bob", reason=" too  loud ")
        entry = self.entries(room)[-1]
        self.assertEqual((entry["type"], entry["user"], entry["name"]), ("left", "bob", "Bob"))
        self.assertEqual(
            (entry["by"], entry["by_name"], entry["reason"]), ("ada", "Ada", "too loud")
        )
        await self.hidden(BOB, "send", room, text="t", key="k")
        self.assertEqual(self.audit(), [("ada", "kick", "bob", "too loud")])

    async def test_names_that_were_changed_a_moment_ago_are_stored_as_they_are_now(self) -> None:
        ada = Person(user="ada", name="Adam", device="phone")
        room = await self.create()
        self.people.old_names = {"ada": "Adam", "bob": "Bobby"}
        for type_, by, whom in (("invite", "by_name", "name"), ("kick", "by_name", "name")):
            await self.ok(ada, type_, room=room, user="bob")
            entry = self.entries(room)[-1]
            self.assertEqual((entry[by], entry[whom]), ("Ada", "Bob"), type_)
        await self.ok(ada, "mute", room=room, user="bob")
        entry = self.entries(room)[-1]
        self.assertEqual((entry["name"], entry["members"][0]["name"]), ("Ada", "Bob"))
        direct = await self.ok(ada, "direct", users=["bob"])
        joined = [entry["name"] for entry in self.entries(direct["room"])]
        self.assertEqual(joined, ["Ada", "Bob"])

    async def test_from_a_public_room_one_may_come_back(self) -> None:
        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "kick", room=room, user="bob")
        await self.refused(Code.NOT_MEMBER, BOB, "send", room=room, text="t", key="k")
        await self.ok(BOB, "join", room=room)

    async def test_who_is_banned_is_out_and_stays_out_until_it_is_lifted(self) -> None:
        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "ban", room=room, user="bob", reason="spam")
        self.assertEqual(self.entries(room)[-1]["type"], "left")
        message = await self.refused(Code.BANNED, BOB, "join", room=room)
        self.assertEqual(message, "You are banned from tea: spam.")
        await self.ok(ADA, "unban", room=room, user="bob")
        self.assertEqual(
            self.entries(room)[-1]["members"], [{"user": "bob", "name": "Bob", "banned_until": ""}]
        )
        await self.ok(BOB, "join", room=room)
        self.assertEqual([act[1] for act in self.audit()], ["create", "ban", "unban"])

    async def test_owners_of_the_server_also_keep_addresses_out_and_nobody_else(self) -> None:
        await self.create(BOB, access="public", room="tea")
        await self.refused(Code.FORBIDDEN, ADA, "ban", room="tea", user="bob", addresses_s=60)
        assert self.feed.blocks == []
        await self.ok(ROOT, "join", room="tea")
        for most in (-1, 86_401):
            about = {"user": "bob", "addresses_s": most}
            await self.refused(Code.BAD_COMMAND, ROOT, "ban", room="tea", **about)
        await self.ok(ROOT, "ban", room="tea", user="bob", reason="spam", addresses_s=60)
        (block,) = self.feed.blocks
        assert (block.who, block.reason, block.addresses_s) == ("bob", "spam", 60)
        assert block.until_s == self.clock.time() + 60
        await self.refused(Code.BANNED, BOB, "join", room="tea")
        assert ("root", "ban_addresses", "bob", "spam") in self.audit()

    async def test_who_is_not_there_can_be_banned_and_not_kicked(self) -> None:
        await self.create(access="public", room="tea")
        await self.refused(Code.NOT_MEMBER, ADA, "kick", room="tea", user="bob")
        await self.ok(ADA, "ban", room="tea", user=STRANGER.user, until=LATER)
        await self.refused(Code.BANNED, STRANGER, "join", room="tea")
        await self.refused(Code.BAD_COMMAND, ADA, "ban", room="tea", user="nobody")

    async def test_a_ban_that_is_over_is_no_ban(self) -> None:
        await self.create(access="public", room="tea")
        for until in ("1970-01-01T00:00:00Z", "", "soon"):
            await self.refused(Code.BAD_COMMAND, ADA, "ban", room="tea", user="bob", until=until)

    async def test_nobody_is_removed_from_the_lobby(self) -> None:
        for type_ in ("kick", "ban"):
            await self.refused(Code.FORBIDDEN, ROOT, type_, room=LOBBY, user="bob")

    async def test_a_banned_moderator_has_no_role_when_they_are_back(self) -> None:
        room = await self.create(BOB, access="public", room="tea")
        await self.ok(ADA, "role", room=room, user="bob", role="moderator")
        await self.ok(ADA, "ban", room=room, user="bob")
        await self.ok(ADA, "unban", room=room, user="bob")
        await self.ok(BOB, "join", room=room)
        await self.refused(Code.FORBIDDEN, BOB, "kick", room=room, user="cy")


class TestMuting(RoomsTest):
    async def test_who_is_muted_does_not_speak_until_it_is_over(self) -> None:
        room = await self.create(BOB)
        offset = await self.send(BOB, room)
        await self.ok(ADA, "mute", room=room, user="bob", until=LATER, reason="loud")
        (change,) = self.entries(room)[-1]["members"]
        self.assertEqual(change["muted_until"], LATER)
        for type_, fields in {
            "send": {"text": "t", "key": "k2"},
            "edit": {"offset": offset, "text": "t"},
            "react": {"offset": offset, "emoji": "\U0001f44d", "on": True},
            "invite": {"user": "cy"},
            "typing": {},
        }.items():
            message = await self.refused(Code.MUTED, BOB, type_, room=room, **fields)
            self.assertEqual(message, "You are muted here until 1970-01-12 14:00 UTC: loud.")
        await self.ok(BOB, "delete", room=room, offset=offset)
        self.pass_time(3600)
        await self.send(BOB, room, "k3")

    async def test_a_mute_is_ended_by_one_that_is_over(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "mute", room=room, user="bob")
        await self.refused(Code.MUTED, BOB, "send", room=room, text="t", key="k")
        await self.ok(ADA, "mute", room=room, user="bob", until="")
        self.assertEqual(self.entries(room)[-1]["members"][0]["muted_until"], "")
        await self.send(BOB, room)
        self.assertEqual([act[1] for act in self.audit()], ["mute", "unmute"])

    async def test_people_are_muted_in_the_lobby_by_the_servers_owners(self) -> None:
        await self.refused(Code.FORBIDDEN, ADA, "mute", room=LOBBY, user="bob")
        await self.ok(ROOT, "mute", room=LOBBY, user="bob")
        await self.refused(Code.MUTED, BOB, "send", room=LOBBY, text="t", key="k")
        await self.ok(BOB, "join", room="dev")  # elsewhere one may speak
        await self.send(BOB, "dev")


class TestRoles(RoomsTest):
    async def test_owners_give_roles_and_others_do_not(self) -> None:
        room = await self.create(BOB, CY)
        await self.refused(Code.FORBIDDEN, BOB, "role", room=room, user="bob", role="owner")
        await self.ok(ADA, "role", room=room, user="bob", role="moderator")
        self.assertEqual(
            self.entries(room)[-1]["members"], [{"user": "bob", "name": "Bob", "role": "moderator"}]
        )
        await self.refused(Code.FORBIDDEN, BOB, "role", room=room, user="cy", role="moderator")
        await self.ok(BOB, "mute", room=room, user="cy")
        self.assertEqual(self.audit()[0], ("ada", "role moderator", "bob", ""))

    async def test_only_members_have_a_role(self) -> None:
        room = await self.create()
        await self.refused(Code.NOT_MEMBER, ADA, "role", room=room, user="bob", role="owner")

    async def test_moderators_do_nothing_to_each_other_nor_to_themselves(self) -> None:
        room = await self.create(BOB, CY)
        for person in (BOB, CY):
            await self.ok(ADA, "role", room=room, user=person.user, role="moderator")
        for type_ in ("kick", "ban", "mute"):
            for user in ("cy", "ada", "bob"):
                await self.refused(Code.FORBIDDEN, BOB, type_, room=room, user=user)

    async def test_the_last_owner_does_not_step_down(self) -> None:
        room = await self.create(BOB)
        await self.refused(Code.FORBIDDEN, ADA, "role", room=room, user="ada", role="member")
        await self.ok(ADA, "role", room=room, user="bob", role="owner")
        await self.ok(ADA, "role", room=room, user="ada", role="member")
        await self.refused(Code.FORBIDDEN, BOB, "role", room=room, user="bob", role="member")

    async def test_of_two_owners_who_demote_each_other_one_stays(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "role", room=room, user="bob", role="owner")
        commands = [
            json.dumps({"type": "role", "room": room, "user": user, "role": "member"})
            for user in ("bob", "ada")
        ]
        replies = await asyncio.gather(
            self.service.answer(ADA, commands[0], HERE),
            self.another_instance().answer(BOB, commands[1], HERE),
        )
        self.assertEqual(sorted(type(reply).__name__ for reply in replies), ["Error", "Ok"])
        members, _ = await self.service.reading.members("ada", room, limit=9)
        self.assertEqual(sorted(member.state.role for member in members), ["member", "owner"])

    async def test_owners_of_the_server_keep_order_among_owners_and_none_among_them(self) -> None:
        room = await self.create(access="public", room="tea")
        await self.ok(ROOT, "join", room=room)
        for type_ in ("mute", "kick", "ban"):
            await self.refused(Code.FORBIDDEN, ADA, type_, room=room, user="root")
        await self.ok(ROOT, "ban", room=room, user="ada")  # the only one that the room had
        await self.refused(Code.BANNED, ADA, "join", room=room)
        await self.ok(BOB, "join", room=room)
        await self.ok(ROOT, "role", room=room, user="bob", role="owner")
        await self.ok(BOB, "set", room=room, is_locked=True)


class TestMessages(RoomsTest):
    async def test_moderators_delete_messages_of_others_and_nobody_edits_them(self) -> None:
        room = await self.create(BOB, CY)
        offset = await self.send(BOB, room)
        await self.refused(Code.FORBIDDEN, CY, "delete", room=room, offset=offset)
        await self.refused(Code.FORBIDDEN, ADA, "edit", room=room, offset=offset, text="t")
        await self.ok(ADA, "delete", room=room, offset=offset)
        self.assertEqual(self.audit(), [("ada", "delete", "bob", "")])

    async def test_in_a_direct_room_nobody_deletes_what_the_other_said(self) -> None:
        room = str((await self.ok(ADA, "direct", users=["bob"]))["room"])
        offset = await self.send(BOB, room)
        await self.refused(Code.FORBIDDEN, ADA, "delete", room=room, offset=offset)

    async def test_slow_mode_holds_on_all_instances_and_not_for_moderators(self) -> None:
        room = await self.create(BOB)
        await self.ok(ADA, "set", room=room, slow_mode_s=10)
        self.pass_time()
        offset = await self.send(BOB, room, "k1")
        self.service = self.another_instance()
        reply = await self.fails(Code.RATE_LIMITED, BOB, "send", room=room, text="again", key="k2")
        self.assertEqual(reply["retry_ms"], 10_000)
        self.assertEqual(await self.send(BOB, room, "k1"), offset)  # a retry is no second message
        self.pass_time(10)
        await self.send(BOB, room, "k2")
        for n in range(3):
            await self.send(ADA, room, f"a{n}")

    async def test_an_answer_names_a_message_that_its_author_may_read(self) -> None:
        room = await self.create(BOB)
        offset = await self.send(ADA, room)
        await self.ok(BOB, "send", room=room, text="yes", key="k2", reply_to=offset)
        entry = self.entries(room)[-1]
        self.assertEqual((entry["reply_to"], entry["reply_user"]), (offset, "ada"))
        await self.ok(ADA, "invite", room=room, user="cy")
        for wrong in (offset, 1, 999):  # from before Cy came; no message; nothing
            await self.refused(
                Code.BAD_COMMAND, CY, "send", room=room, text="t", key="k", reply_to=wrong
            )
        await self.refused(Code.KEY_CONFLICT, BOB, "send", room=room, text="yes", key="k2")
