"""The contract for records, for who was a member since when, and for the removal of rooms.

Used together with BackplaneContract, whose ``backplane`` and ``listener`` it needs.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from chat.backplane.base import Backplane
from chat.backplane.records import OFFSET, SITE, Change, Draft
from chat.clock import Clock
from chat.errors import Conflict, Refused, ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import AuditBody, DeletedBody, MessageBody, RoomChangedBody
from chat.protocol.pushes import Notification, Person
from chat.rooms import LOBBY
from tests.contract.backplane_contract import ADA, BOB, Recorder, joining, leaving, message

CLOSED = "p-abcdefghjkmnpqrs"


def changing(*changes: Change, room: str = LOBBY) -> Draft:
    body = RoomChangedBody(user="ada", name="Ada", time="t", topic="cats")
    return Draft(room=room, user="ada", body=body, changes=changes)


def audited(*changes: Change) -> Draft:
    body = AuditBody(user="ada", name="Ada", time="t", action="sign_up", whom="bob")
    return Draft(room=SITE, user="ada", body=body, changes=changes)


class RecordsContract:
    """A mixin of an IsolatedAsyncioTestCase, together with BackplaneContract."""

    backplane: Backplane
    open_backplane: Callable[[Clock], Backplane]
    clock: Clock
    listener: Recorder
    assertRaises: Callable[..., Any]
    restart: Callable[[], Any]
    purge: Callable[[], Any]
    lobby: Callable[[], Any]

    # Records

    async def test_a_record_is_made_changed_and_removed_with_an_entry_each(self) -> None:
        await self.backplane.append(changing(Change("settings", None, b'{"a":1}')))
        assert await self.backplane.records(LOBBY, ["settings", "none"]) == {"settings": b'{"a":1}'}
        await self.backplane.append(changing(Change("settings", b'{"a":1}', b'{"a":2}')))
        assert await self.backplane.records(LOBBY, ["settings"]) == {"settings": b'{"a":2}'}
        await self.backplane.append(changing(Change("settings", b'{"a":2}', None)))
        assert await self.backplane.records(LOBBY, ["settings"]) == {}
        assert (await self.lobby()).offset == 3

    async def test_a_record_may_have_the_offset_of_the_entry_that_makes_it(self) -> None:
        await self.backplane.append(message("before"))
        change = Change("file/1", None, OFFSET), Change("other", None, b"1")
        appended = await self.backplane.append(changing(*change))
        found = await self.backplane.records(LOBBY, ["file/1", "other"])
        assert found == {"file/1": b"%d" % appended.position.offset, "other": b"1"}
        with self.assertRaises(Conflict):
            await self.backplane.append(changing(change[0]))

    async def test_a_record_that_is_not_as_expected_stores_nothing(self) -> None:
        await self.backplane.append(changing(Change("a", None, b"1"), Change("b", None, b"1")))
        top = await self.lobby()
        wrong = (
            Change("a", None, b"2"),  # there is one
            Change("a", b"2", b"3"),  # another value
            Change("a", b"2", None),
            Change("c", b"1", b"2"),  # there is none
        )
        for change in wrong:
            with self.assertRaises(Conflict):
                await self.backplane.append(changing(Change("b", b"1", b"2"), change))
        assert await self.backplane.records(LOBBY, "abc") == {"a": b"1", "b": b"1"}
        assert await self.lobby() == top

    async def test_of_many_changes_of_one_record_at_once_one_is_made(self) -> None:
        drafts = [changing(Change("a", None, b"%d" % number)) for number in range(20)]
        results = await asyncio.gather(*map(self.backplane.append, drafts), return_exceptions=True)
        (made,) = [number for number, one in enumerate(results) if not isinstance(one, Exception)]
        assert sum(isinstance(one, Conflict) for one in results) == 19
        assert await self.backplane.records(LOBBY, ["a"]) == {"a": b"%d" % made}
        assert (await self.lobby()).offset == 1

    async def test_records_come_in_the_order_of_their_keys_page_by_page(self) -> None:
        keys = ["a", "user/1", "user/10", "user/2", "user/é", "user0", "z"]
        await self.backplane.append(changing(*(Change(key, None, key.encode()) for key in keys)))
        assert await self.backplane.scan(LOBBY, "user/", limit=3) == [
            ("user/1", b"user/1"), ("user/10", b"user/10"), ("user/2", b"user/2"),
        ]  # fmt: skip
        rest = await self.backplane.scan(LOBBY, "user/", after="user/2", limit=3)
        assert rest == [("user/é", "user/é".encode())]
        assert [key for key, _ in await self.backplane.scan(LOBBY, "", limit=100)] == keys
        assert await self.backplane.scan("nowhere", "", limit=100) == []

    async def test_records_are_the_logs_own(self) -> None:
        await self.backplane.join(joining("dev"))
        await self.backplane.append(changing(Change("a", None, b"1")))
        await self.backplane.append(changing(Change("a", None, b"2"), room="dev"))
        await self.backplane.append(audited(Change("a", None, b"3")))
        found = [await self.backplane.records(room, ["a"]) for room in (LOBBY, "dev", SITE)]
        assert found == [{"a": b"1"}, {"a": b"2"}, {"a": b"3"}]

    async def test_records_outlive_a_restart(self) -> None:
        await self.backplane.append(audited(Change("a", None, b"1")))
        await self.restart()
        assert await self.backplane.records(SITE, ["a"]) == {"a": b"1"}
        with self.assertRaises(Conflict):
            await self.backplane.append(audited(Change("a", None, b"2")))

    async def test_the_log_of_the_site_is_read_like_a_rooms_and_is_none(self) -> None:
        appended = await self.backplane.append(audited(Change("a", None, b"1")))
        position = appended.position
        page = await self.backplane.read(SITE, Position(position.epoch, 0), limit=10)
        assert [entry.kind for entry in page.entries] == ["audit"]
        assert [info.room for info in await self.backplane.rooms()] == [LOBBY]
        await self.purge()
        assert await self.backplane.positions([SITE]) == {SITE: position}
        assert await self.backplane.records(SITE, ["a"]) == {"a": b"1"}

    async def test_a_room_is_made_with_its_records_or_not_at_all(self) -> None:
        made = joining("dev")
        wrong = Draft(room="dev", user="ada", body=made.body, changes=[Change("a", b"0", b"1")])
        with self.assertRaises(Conflict):
            await self.backplane.join(wrong)
        assert await self.backplane.positions(["dev"]) == {}
        assert [m.room for m in await self.backplane.memberships("ada")] == [LOBBY]
        right = Draft(room="dev", user="ada", body=made.body, changes=[Change("a", None, b"1")])
        await self.backplane.join(right)
        assert await self.backplane.records("dev", ["a"]) == {"a": b"1"}

    async def test_a_join_that_appends_nothing_changes_nothing(self) -> None:
        await self.backplane.join(joining("dev"))
        again = Draft(
            room="dev", user="ada", body=joining("dev").body, changes=[Change("a", None, b"1")]
        )
        assert not (await self.backplane.join(again)).is_new
        assert await self.backplane.records("dev", ["a"]) == {}

    async def test_leaving_may_change_records(self) -> None:
        await self.backplane.join(joining("dev"))
        left = Draft(
            room="dev", user="ada", body=leaving("dev").body, changes=[Change("a", None, b"1")]
        )
        await self.backplane.leave(left)
        assert await self.backplane.records("dev", ["a"]) == {"a": b"1"}

    # Retention

    async def test_messages_beyond_those_to_keep_are_removed_step_by_step(self) -> None:
        texts = [f"m{number}" for number in range(60)]
        for text in texts:
            await self.backplane.append(message(text))
        assert not await self.backplane.trim(LOBBY, keep=60, before=None)
        assert len(await self._texts()) == 60
        while await self.backplane.trim(LOBBY, keep=7, before=None):
            pass
        assert await self._texts() == texts[-7:]
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read(LOBBY, Position((await self.lobby()).epoch, 3), limit=10)
        appended = await self.backplane.append(message("goes on"))
        assert appended.position.offset == 61

    async def test_what_is_too_old_is_removed_also_where_nobody_said_anything(self) -> None:
        times = [f"2026-01-0{day}T00:00:00.000Z" for day in (1, 2, 3)]
        for time in times:
            draft = message(time)
            draft.body.time = time
            await self.backplane.append(draft)
            joined = joining("dev", Person(user=f"u-{time}", name='"time":"0"'))
            joined.body.time = time
            await self.backplane.join(joined)
        for room in (LOBBY, "dev"):
            assert not await self.backplane.trim(room, keep=None, before=times[0])
            while await self.backplane.trim(room, keep=None, before=times[2]):
                pass
        assert await self._texts() == times[2:]
        epoch, top = (await self.backplane.positions(["dev"]))["dev"]
        assert top == 3
        assert (await self.backplane.entry("dev", 2)) is None
        page = await self.backplane.read("dev", Position(epoch, 2), limit=10)
        assert [entry.position.offset for entry in page.entries] == [3]

    async def test_a_whole_log_may_be_trimmed_and_goes_on(self) -> None:
        for number in range(100):
            await self.backplane.append(message(f"m{number}"))
        while await self.backplane.trim(LOBBY, keep=0, before=None):
            pass
        assert await self._texts() == []
        await self.backplane.append(message("next"))
        assert await self._texts() == ["next"]
        assert not await self.backplane.trim("nowhere", keep=0, before=None)

    async def _texts(self) -> list[str]:
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=200)
        bodies = [entry.decode() for entry in page.entries]
        return [body.text for body in bodies if isinstance(body, MessageBody)]

    # Members

    async def test_an_open_draft_amends_messages_of_rooms_that_its_user_is_not_in(self) -> None:
        for room in ("dev", CLOSED):
            await self.backplane.join(joining(room))
            said = await self.backplane.append(message("gone", room=room))
            body = DeletedBody(
                user="bob", name="Bob", time="2024-05-01T12:00:00.000Z", target=said.position.offset
            )
            draft = Draft(room=room, user="bob", body=body)
            with self.assertRaises(Refused):
                await self.backplane.append(draft)
            await self.backplane.append(replace(draft, is_open=True))
            page = await self.backplane.history(room, before=None, after=None, limit=1)
            assert [entry.decode().text for entry in page.entries] == [""]

    async def test_an_open_draft_of_a_message_makes_its_user_no_member(self) -> None:
        for room in ("dev", CLOSED):
            await self.backplane.join(joining(room))
            with self.assertRaises(Refused):
                await self.backplane.append(message("shut", room=room, person=BOB))
            drafts = [
                replace(message(text, room=room, person=BOB), is_open=True)
                for text in ("one", "two", "three")
            ]
            await self.backplane.append(drafts[0])
            await self.backplane.append_all(drafts[1:])
            page = await self.backplane.history(room, before=None, after=None, limit=9)
            assert [entry.decode().text for entry in page.entries] == ["one", "two", "three"]
            assert await self.backplane.members(room, limit=9) == ["ada"]
        assert [one.room for one in await self.backplane.memberships("bob")] == [LOBBY]

    async def test_a_member_is_one_since_the_entry_by_which_they_joined(self) -> None:
        for room in ("dev", CLOSED):
            assert await self.backplane.member_since("ada", room) is None
            await self.backplane.join(joining(room, BOB))
            joined = await self.backplane.join(joining(room))
            assert await self.backplane.member_since("ada", room) == joined.position.offset == 2
            await self.backplane.leave(leaving(room))
            assert await self.backplane.member_since("ada", room) is None
            again = await self.backplane.join(joining(room))
            assert await self.backplane.member_since("ada", room) == again.position.offset == 4
            await self.restart()
            assert await self.backplane.member_since("ada", room) == 4
        assert await self.backplane.member_since("ada", LOBBY) == 0

    async def test_members_come_in_the_order_of_their_ids_page_by_page(self) -> None:
        for person in (BOB, ADA):
            await self.backplane.join(joining("dev", person))
        assert await self.backplane.members("dev", limit=1) == ["ada"]
        assert await self.backplane.members("dev", after="ada", limit=9) == ["bob"]
        assert list(await self.backplane.members(LOBBY, limit=9)) == []
        assert list(await self.backplane.members("nowhere", limit=9)) == []

    async def test_members_are_counted_and_those_who_have_left_are_not(self) -> None:
        for person in (BOB, ADA):
            await self.backplane.join(joining("dev", person))
        await self.backplane.mark_read("ada", LOBBY, 0)
        counts = {"dev": 2, LOBBY: 0, "nowhere": 0}
        assert await self.backplane.member_counts(list(counts)) == counts
        await self.backplane.leave(leaving("dev", BOB))
        assert await self.backplane.member_counts(["dev"]) == {"dev": 1}
        assert await self.backplane.member_counts([]) == {}

    # Notifications

    async def test_a_notification_reaches_the_user_s_listeners(self) -> None:
        notification = Notification(
            kind="report", room="dev", offset=1, user="bob", name="Bob", text="spam"
        )
        await self.backplane.notify("ada", notification)
        await self.listener.until(lambda: ("user", "ada", notification) in self.listener.heard)

    # Removing a room

    async def test_a_removed_room_is_gone_with_everything_in_it(self) -> None:
        for person in (ADA, BOB):
            await self.backplane.join(joining("dev", person))
        await self.backplane.follow(["dev"])
        await self.backplane.append(message("hi", room="dev"))
        last = await self.backplane.append(changing(Change("a", None, b"1"), room="dev"))
        await self.backplane.remove("dev")
        await self.listener.until(lambda: ("removed", "dev") in self.listener.heard)
        assert [info.room for info in await self.backplane.rooms()] == [LOBBY]
        assert await self.backplane.positions(["dev"]) == {}
        assert await self.backplane.records("dev", ["a"]) == {}
        assert list(await self.backplane.members("dev", limit=9)) == []
        for user in ("ada", "bob"):
            assert [m.room for m in await self.backplane.memberships(user)] == [LOBBY]
            assert await self.backplane.member_since(user, "dev") is None
        with self.assertRaises(Refused) as caught:
            await self.backplane.append(message("more", room="dev"))
        assert caught.exception.code == Code.NO_SUCH_ROOM
        await self.backplane.remove("dev")  # again: nothing to do
        again = await self.backplane.join(joining("dev"))  # a new room of that name
        assert again.position.offset == 1 and again.position.epoch != last.position.epoch
        assert await self.backplane.records("dev", ["a"]) == {}
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read("dev", last.position, limit=10)

    async def test_the_lobby_cannot_be_removed(self) -> None:
        with self.assertRaises(Refused) as caught:
            await self.backplane.remove(LOBBY)
        assert caught.exception.code == Code.FORBIDDEN
