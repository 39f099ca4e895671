"""Readers of rooms that only members may know of: nobody reads a moment more than they may."""

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, Self
from unittest.mock import patch

from chat.attach import memberships as read_memberships
from chat.attach.feed_listener import FeedListener
from chat.errors import Refused, Unavailable
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.negotiation import Transport
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from tests.unit.attach.test_attachments import HERE, AttachTest
from tests.unit.fakes import ADA, FakeSink

CY = Person(user="guest-0123456789abcdef", name="Cy")
UNKNOWN = "p-abcdefghijkmnpqr"
# A few acts in any order show a loss or a repetition in about every tenth seed, if one is possible.
SEEDS, ACTS = 60, 6


class Disorder:
    """Holds back what ``live`` is told, as Redis may: entries in order, the rest in any or never.

    Whoever misses something is told that something was missed, as after a lost connection.
    """

    def __init__(self, live: FeedListener, dice: random.Random) -> None:
        self._live = live
        self._dice = dice
        self._entries: deque[Callable[[], None]] = deque()
        self._others: list[Callable[[], None]] = []
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        on_entries, on_joined = self._live.on_entries, self._live.on_joined
        held = {
            "on_entries": lambda entries: self._entries.append(partial(on_entries, entries)),
            "on_joined": partial(self._hold, on_joined),
            "on_left": lambda user, room: self._hold(self._live.on_missed, user, left=room),
        }
        for name, hold in held.items():
            self._patches.enter_context(patch.object(self._live, name, hold))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()
        while self._entries or self._others:
            self._deliver_one()

    async def deliver_some(self) -> None:
        for _ in range(self._dice.randrange(4)):
            self._deliver_one()
            for _ in range(self._dice.randrange(4)):
                await asyncio.sleep(0)

    def _hold(self, handle: Callable[..., None], user: str, *args: Any, **named: Any) -> None:
        if self._dice.random() < 0.3:
            self._others.append(partial(self._live.on_missed, user))
        else:
            self._others.append(partial(handle, user, *args, **named))

    def _deliver_one(self) -> None:
        if self._others and (not self._entries or self._dice.random() < 0.5):
            self._others.pop(self._dice.randrange(len(self._others)))()
        elif self._entries:
            self._entries.popleft()()


class ClosedRoomTest(AttachTest):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        command = commands.Create(title="Tea", access="private")
        reply = await self.service.perform(ADA, command, HERE)
        self.room = str(reply.room)

    async def invite(self, person: Person = CY) -> None:
        command = commands.Invite(room=self.room, user=person.user)
        await self.service.perform(ADA, command, HERE)

    async def invite_silently(self) -> Position:
        """Invite Cy, of which no reader is told; return where the membership begins."""
        with patch.object(FeedListener, "on_joined"):
            await self.invite()
        position = (await self.backplane.positions([self.room]))[self.room]
        return Position(position.epoch, position.offset - 1)

    async def kick(self, person: Person = CY) -> None:
        await self.service.perform(ADA, commands.Kick(room=self.room, user=person.user), HERE)

    async def texts(self, sink: FakeSink) -> list[str]:
        self.hub.flush()
        return [push["text"] for push in sink.of_type("message")]


class TestReading(ClosedRoomTest):
    async def test_a_member_hears_what_is_said_from_the_invite_on(self) -> None:
        await self.say("before", room=self.room)
        _, sink = await self.attach(CY)
        await self.invite()
        await self.say("after", room=self.room)
        await sink.until(lambda sink: bool(sink.of_type("message")))
        self.assertEqual(await self.texts(sink), ["after"])
        (notification,) = sink.of_type("notification")
        self.assertEqual(
            (
                notification["kind"],
                notification["room"],
                notification["user"],
                notification["name"],
            ),
            ("invite", self.room, ADA.user, ADA.name),
        )
        (told,) = sink.of_type("rooms")
        self.assertEqual((told["room"], told["is_member"]), (self.room, True))

    async def test_who_is_kicked_hears_that_and_nothing_that_comes_after_it(self) -> None:
        await self.invite()
        for rooms in ((), (self.room,)):
            with self.subTest(rooms=rooms):
                _, sink = await self.attach(CY, rooms=rooms)
                kicking = asyncio.create_task(self.kick())
                await self.say(*[f"secret {n}" for n in range(5)], room=self.room)
                await kicking
                await self.say("later", room=self.room)
                await self.say("in the lobby")
                self.hub.flush()
                (left,) = [push for push in sink.of_type("left") if push["room"] == self.room]
                self.assertEqual((left["user"], left["by"]), (CY.user, ADA.user))
                after = [
                    push
                    for push in sink.pushes
                    if push.get("room") == self.room and push.get("offset", 0) > left["offset"]
                ]
                self.assertEqual(after, [])
                self.assertIn(
                    (self.room, False),
                    [(push["room"], push["is_member"]) for push in sink.of_type("rooms")],
                )
                await self.invite()

    async def test_a_room_that_is_removed_while_a_member_attaches_ends_that_reading_alone(
        self,
    ) -> None:
        for access in ("private", "public"):
            with self.subTest(access=access):
                command = commands.Create(title=f"{access} tea", access=access)
                room = str((await self.service.perform(ADA, command, HERE)).room)
                await self.say("before", room=room)
                memberships = self.backplane.memberships

                async def then_removed(
                    user: str, room: str = room, memberships: Any = memberships
                ) -> Any:
                    found = await memberships(user)
                    await self.backplane.remove(room)
                    return found

                self.backplane.memberships = then_removed  # type: ignore[method-assign]
                _, sink = await self.attach(ADA, cursor={room: Position("e", 0)})
                self.backplane.memberships = memberships  # type: ignore[method-assign]
                self.hub.flush()
                (told,) = sink.of_type("rooms")
                self.assertEqual((told["room"], told["is_member"]), (room, False))
                await self.say(f"elsewhere than {access}")
                self.assertEqual(await self.texts(sink), [f"elsewhere than {access}"])

    async def test_a_room_asked_for_by_name_is_not_there_for_others(self) -> None:
        for room in (self.room, UNKNOWN):
            with self.assertRaises(Refused) as caught:
                await self.attach(CY, rooms=[LOBBY, room])
            self.assertEqual(caught.exception.code, Code.NO_SUCH_ROOM)
            self.assertEqual(caught.exception.message, f"There is no room {room}.")
        await self.invite()
        _, sink = await self.attach(CY, rooms=[self.room])
        await self.say("hello", room=self.room)
        self.assertEqual(await self.texts(sink), ["hello"])

    async def test_who_missed_an_invite_reads_the_room_when_it_is_repeated_and_hears_it_once(
        self,
    ) -> None:
        _, sink = await self.attach(CY)
        since = await self.invite_silently()
        for _ in range(2):
            self.live.on_joined(CY.user, self.room, since, is_repeated=True)
            await self.say("for members", room=self.room)
            await sink.until(lambda sink: bool(sink.of_type("message")))
        assert len(sink.of_type("rooms")) == 1

    async def test_who_may_have_missed_an_invite_reads_the_room_although_the_store_was_away(
        self,
    ) -> None:
        _, sink = await self.attach(CY)
        await self.invite_silently()
        real, left = self.backplane.memberships, 2

        async def memberships(user: str) -> Any:
            nonlocal left
            left -= 1
            if left >= 0:
                raise Unavailable(Code.UNAVAILABLE, "out of order", retry_ms=1)
            return await real(user)

        with (
            patch.object(self.backplane, "memberships", memberships),
            patch.object(read_memberships, "COMPARE_AGAIN_S", 0.001),
        ):
            for _ in range(3):
                self.live.on_missed(CY.user)
            await sink.until(lambda sink: bool(sink.of_type("rooms")))
        await self.say("for members", room=self.room)
        await sink.until(lambda sink: bool(sink.of_type("message")))

    async def test_who_was_removed_and_is_back_reads_on_in_whichever_order_that_is_heard(
        self,
    ) -> None:
        """What one instance tells another may come late, in another order, or not at all."""
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                await self.invite()
                attachment, sink = await self.attach(CY)
                with Disorder(self.live, random.Random(seed)) as disorder:
                    for number in range(ACTS):
                        await (self.kick if number % 2 == 0 else self.invite)()
                        await self.say(f"{seed} {number}", room=self.room)
                        await disorder.deliver_some()
                await self.attachments.tasks.finish()
                self.hub.flush()
                self.assertIn(self.room, attachment.reader.rooms)
                await self.say("the last", room=self.room)
                self.hub.flush()
                joined = await self.backplane.member_since(CY.user, self.room)
                assert joined is not None
                top = await self.top(self.room)
                seen = [
                    p["offset"]
                    for p in sink.pushes
                    if "offset" in p and "epoch" in p and p["room"] == self.room
                ]
                self.assertEqual(
                    [at for at in seen if at >= joined], [*range(joined, top.offset + 1)]
                )
                self.attachments.detach(attachment)
                await self.kick()

    async def test_a_cursor_from_before_ones_time_begins_at_ones_time(self) -> None:
        await self.say("before", room=self.room)
        await self.invite()
        await self.say("after", room=self.room)
        since = await self.backplane.member_since(CY.user, self.room)
        assert since is not None
        top = await self.top(self.room)
        for offset in (0, 1, since - 2):
            _, sink = await self.attach(CY, cursor={self.room: Position(top.epoch, offset)})
            (resync,) = sink.of_type("resync")
            self.assertEqual((resync["room"], resync["offset"]), (self.room, since - 1))
            self.assertEqual(await self.texts(sink), ["after"])
        _, sink = await self.attach(CY, cursor={self.room: Position(top.epoch, since - 1)})
        self.assertEqual(sink.of_type("resync"), [])
        self.assertEqual(await self.texts(sink), ["after"])

    async def test_a_cursor_of_a_room_that_one_is_not_in_reads_nothing(self) -> None:
        await self.say("secret", room=self.room)
        top = await self.top(self.room)
        _, sink = await self.attach(CY, cursor={self.room: Position(top.epoch, 1)})
        await self.say("more", room=self.room)
        self.hub.flush()
        self.assertFalse(any(push.get("room") == self.room for push in sink.pushes))

    async def test_a_parked_poll_is_detached_at_once(self) -> None:
        await self.invite()
        attachment, sink = await self.attach(CY, transport=Transport.LONGPOLL, has_hello=False)
        self.hub.flush()
        attachment.park()
        await self.kick()
        self.assertFalse(self.attachments.registry.holds(attachment))

    async def test_a_poll_ends_with_a_new_room_and_the_next_is_told_and_shown_all_of_it(
        self,
    ) -> None:
        """Whether or not the next one comes to the same instance: there, its session is new."""
        for is_elsewhere in (False, True):
            with self.subTest(is_elsewhere=is_elsewhere):
                first, sink = await self.attach(CY, transport=Transport.LONGPOLL)
                session, cursor = first.session.id, first.cursor()
                first.detach()
                polling, sink = await self.attach(
                    CY,
                    transport=Transport.LONGPOLL,
                    session=session,
                    cursor=cursor,
                    has_hello=False,
                )
                await self.invite()
                await sink.until(lambda sink: bool(sink.chunks))
                # Its cursor lacks the room. If the next poll came too late, nothing would tell of
                # its end to whoever had been told of its beginning.
                self.assertEqual(sink.of_type("rooms"), [])
                cursor = polling.cursor()
                polling.park()
                self.assertFalse(polling.resume())
                _, sink = await self.attach(
                    CY,
                    transport=Transport.LONGPOLL,
                    session=None if is_elsewhere else session,
                    cursor=cursor,
                    has_hello=False,
                )
                told = json.loads(b"[" + sink.data + b"]")
                self.assertEqual(
                    [push["type"] for push in told if push["room"] == self.room],
                    ["rooms", "joined", "notification", "presence"],
                )
                await self.kick()

    async def test_a_removed_room_is_read_no_more(self) -> None:
        await self.invite()
        _, sink = await self.attach(CY)
        await self.service.remove_room(ADA, self.room, HERE)
        self.hub.flush()
        self.assertIn(
            (self.room, False),
            [(push["room"], push["is_member"]) for push in sink.of_type("rooms")],
        )
        self.assertNotIn(self.room, self.hub.rooms)


class TestDirect(ClosedRoomTest):
    async def test_a_message_notifies_the_others_live_and_when_they_catch_up(self) -> None:
        command = commands.Direct(users=[CY.user])
        room = str((await self.service.perform(ADA, command, HERE)).room)
        before = await self.top(room)
        _, hers = await self.attach(ADA)
        _, sink = await self.attach(CY)
        await self.say("hello", room=room)
        _, later = await self.attach(CY, cursor={room: before})
        self.hub.flush()
        for his in (sink, later):
            (notification,) = his.of_type("notification")
            self.assertEqual((notification["kind"], notification["text"]), ("direct", "hello"))
        self.assertEqual(hers.of_type("notification"), [])


class TestRaces(ClosedRoomTest):
    """The membership ends between two steps of an attach."""

    async def removed_while_it_reads(self, step: str, cursor_offset: int) -> FakeSink:
        await self.invite()
        await self.say("old", room=self.room)
        original = getattr(self.backplane, step)

        async def slow(*args: object, **options: object) -> object:
            if args and args[0] in (CY.user, self.room):
                setattr(self.backplane, step, original)
                found = await original(*args, **options)
                await self.kick()
                await self.say("secret", room=self.room)
                return found if step == "memberships" else await original(*args, **options)
            return await original(*args, **options)

        setattr(self.backplane, step, slow)
        top = await self.top(self.room)
        since = await self.backplane.member_since(CY.user, self.room)
        assert since is not None
        offset = since if cursor_offset < 0 else top.offset
        _, sink = await self.attach(CY, cursor={self.room: Position(top.epoch, offset)})
        self.hub.flush()
        return sink

    async def test_after_the_memberships_were_read(self) -> None:
        for offset in (-1, 0):
            sink = await self.removed_while_it_reads("memberships", offset)
            self.assertEqual(await self.texts(sink), [])
            self.assertFalse(any(p.get("room") == self.room for p in sink.of_type("presence")))

    async def test_while_the_log_is_read(self) -> None:
        sink = await self.removed_while_it_reads("read", -1)
        self.assertEqual(await self.texts(sink), [])

    async def test_who_was_away_and_is_back_reads_nothing_of_between(self) -> None:
        await self.invite()
        first = await self.top(self.room)
        await self.kick()
        await self.say("secret", room=self.room)
        await self.invite()
        await self.say("hello", room=self.room)
        _, sink = await self.attach(CY, cursor={self.room: first})
        self.assertEqual(await self.texts(sink), ["hello"])
