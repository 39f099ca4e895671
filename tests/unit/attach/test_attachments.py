"""However a client comes, it is greeted, goes on from its cursor, and hears what follows."""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

from chat.accounts.access import AccessControl
from chat.accounts.rate_limits import Limits
from chat.attach.attachment import Attachment, AttachRequest
from chat.attach.attachments import Attachments
from chat.attach.catch_up import PAGE_LIMIT
from chat.attach.feed_listener import FeedListener
from chat.backplane.directory import Directory
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.records import Page
from chat.errors import Refused, Unavailable
from chat.hub.heartbeats import TURN_S
from chat.hub.hub import Hub
from chat.metrics.counters import DETACH_REASONS, DetachReason, Metrics
from chat.negotiation.evidence import NetworkEvidence
from chat.protocol import codes, commands
from chat.protocol.codes import Code
from chat.protocol.cursor import Position, parse_cursor
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Person, Presence, PresentPerson
from chat.rooms import LOBBY
from chat.service.service import Service
from chat.sessions.states import State
from chat.settings.settings import Settings
from tests.unit.fakes import ADA, BOB, WAIT_S, FakeSink, SetClock

HERE = "192.0.2.1"

SECRET = b"a secret of tests"


class WatchedBackplane(EmbeddedBackplane):
    """The real one; tells who is said to be present, and fails to read when told to."""

    is_broken = False

    def __init__(self, data_dir: Path, *, keep: int | None = None) -> None:
        super().__init__(data_dir, clock=SetClock(), keep=keep)
        self.present: dict[str, tuple[str, ...]] = {}
        self.changed = asyncio.Event()
        self.announced: list[tuple[str, str]] = []
        self.positions_asked = 0

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        self.positions_asked += 1
        return await super().positions(rooms)

    async def announce(self, user: str, session: str, attachment: str) -> None:
        self.announced.append((session, attachment))
        await super().announce(user, session, attachment)

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        self.present[session] = tuple(rooms)
        self.changed.set()
        await super().set_present(session, person, rooms)

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        if self.is_broken:
            raise Unavailable(Code.UNAVAILABLE, "out of order", retry_ms=1)
        return await super().read(room, since, limit=limit)


class AttachTest(IsolatedAsyncioTestCase):
    keep: int | None = None
    settings = Settings(presence_grace_s=60.0)

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.hub = Hub(unsent_limit_bytes=1 << 20, jitter=lambda: 0.0)
        self.backplane = WatchedBackplane(Path(folder.name), keep=self.keep)
        self.clock = SetClock()
        self.metrics, self.evidence = Metrics(), NetworkEvidence(self.clock.monotonic)
        self.attachments = Attachments(
            self.settings,
            hub=self.hub,
            backplane=self.backplane,
            secret=SECRET,
            metrics=self.metrics,
            evidence=self.evidence,
        )
        self.live = FeedListener(
            self.attachments,
            hub=self.hub,
            backplane=self.backplane,
            directory=(directory := Directory(self.backplane, SetClock())),
            access=AccessControl(self.clock, SECRET),
        )
        limits = Limits(Settings(has_rate_limits=False), SetClock(), Metrics().limited)
        self.service = Service(self.backplane, clock=SetClock(), limits=limits, directory=directory)
        await self.backplane.start(self.live)
        self.addAsyncCleanup(self.backplane.stop)
        self.addAsyncCleanup(self.attachments.stop)
        self._count = 0

    async def attach(
        self,
        person: Person = BOB,
        *,
        transport: Transport = Transport.WEBSOCKET,
        session: str | None = None,
        cursor: Mapping[str, Position] | str = "",
        rooms: Collection[str] = (),
        has_hello: bool = True,
        heartbeat_s: int | None = None,
        is_newcomer: bool = False,
    ) -> tuple[Attachment, FakeSink]:
        positions = parse_cursor(cursor) if isinstance(cursor, str) else cursor
        sink = FakeSink()
        attachment = self.attachments.open(sink, person, transport, session)
        request = AttachRequest(
            session=session,
            cursor=positions,
            rooms=rooms,
            has_hello=has_hello,
            heartbeat_s=heartbeat_s,
            is_newcomer=is_newcomer,
        )
        await self.attachments.start(attachment, request)
        self.hub.flush()
        return attachment, sink

    async def say(self, *texts: str, room: str = LOBBY, by: Person = ADA) -> list[Position]:
        """Say all of ``texts`` in one turn; return where they stand."""
        self._count += 1
        keys = [f"{self._count}-{n}" for n in range(len(texts))]
        replies = await asyncio.gather(
            *(
                self.service.perform(by, commands.Send(room=room, text=text, key=key), HERE)
                for text, key in zip(texts, keys, strict=True)
            )
        )
        return [Position(reply.epoch, reply.offset) for reply in replies]

    async def join(self, room: str, *people: Person) -> None:
        for person in people:
            await self.service.perform(person, commands.Join(room=room), HERE)

    async def top(self, room: str = LOBBY) -> Position:
        return (await self.backplane.positions([room]))[room]


class TestBeginning(AttachTest):
    async def test_hello_comes_first_and_says_who_and_where_one_is(self) -> None:
        (at,) = await self.say("before")
        attachment, sink = await self.attach()
        hello = sink.pushes[0]
        self.assertEqual(hello["type"], "hello")
        self.assertEqual((hello["user"], hello["name"]), ("bob", "Bob"))
        self.assertEqual(hello["session"], attachment.session.id)
        self.assertEqual(hello["transport"], "websocket")
        self.assertEqual(hello["instance"], self.attachments.instance)
        self.assertEqual(hello["heartbeat_s"], self.settings.heartbeat_s)
        self.assertEqual(
            hello["rooms"], [{"room": LOBBY, "epoch": at.epoch, "offset": 1, "unread": 0}]
        )

    async def test_who_is_here_comes_with_the_hello(self) -> None:
        _, sink = await self.attach()
        (presence,) = sink.of_type("presence")
        self.assertEqual((presence["room"], presence["count"]), (LOBBY, 1))
        self.assertEqual(presence["users"], [{"user": "bob", "name": "Bob"}])

    async def test_without_a_cursor_one_hears_what_is_said_from_now_on(self) -> None:
        await self.say("before")
        _, sink = await self.attach()
        await self.say("after")
        await sink.until(lambda sink: sink.offsets == [2])

    async def test_with_a_cursor_one_goes_on_behind_it(self) -> None:
        first, _ = await self.say("one", "two")
        _, sink = await self.attach(cursor={LOBBY: first})
        await self.say("three")
        await sink.until(lambda sink: sink.offsets == [2, 3])

    async def test_a_room_missing_in_the_cursor_begins_now(self) -> None:
        await self.join("dev", ADA, BOB)
        await self.say("before", room="dev")
        _, sink = await self.attach(cursor={LOBBY: Position((await self.top()).epoch, 0)})
        await self.say("after", room="dev")
        await sink.until(lambda sink: len(sink.of_type("message")) == 1)
        self.assertEqual(sink.of_type("message")[0]["text"], "after")

    async def test_only_the_rooms_asked_for_are_read_joined_or_not(self) -> None:
        await self.join("dev", ADA)
        _, sink = await self.attach(rooms=["dev"])
        await self.say("not for this stream")
        await self.say("for it", room="dev")
        await sink.until(lambda sink: len(sink.of_type("message")) == 1)
        self.assertEqual(sink.of_type("message")[0]["room"], "dev")
        self.assertEqual([room["room"] for room in sink.pushes[0]["rooms"]], ["dev"])

    async def test_a_room_that_is_not_there_is_refused_before_anything_is_written(self) -> None:
        sink = FakeSink()
        attachment = self.attachments.open(sink, BOB, Transport.SSE, None)
        with self.assertRaises(Refused) as caught:
            await self.attachments.start(attachment, AttachRequest(cursor={}, rooms=["nowhere"]))
        self.assertEqual(caught.exception.code, Code.NO_SUCH_ROOM)
        self.hub.flush()
        self.assertEqual(sink.chunks, [])
        attachment.detach()

    async def test_a_store_that_fails_leaves_nothing_behind(self) -> None:
        sink = FakeSink()
        attachment = self.attachments.open(sink, BOB, Transport.SSE, None)
        self.backplane.is_broken = True
        with self.assertRaises(Unavailable):
            await self.attachments.start(attachment, AttachRequest(cursor={}))
        attachment.detach()
        self.backplane.is_broken = False
        await self.say("to nobody")
        self.assertEqual(sink.chunks, [])
        self.assertNotIn(attachment.session.id, self.backplane.present)

    async def test_what_went_wrong_is_said_with_the_advice_whether_to_come_back(self) -> None:
        for error, disconnect, types, retry_ms in (
            (Unavailable(Code.UNAVAILABLE, "later", retry_ms=5), codes.FAILED, ["goodbye"], 5),
            (Refused(Code.NO_SUCH_ROOM, "no"), codes.REFUSED, ["error", "goodbye"], 0),
        ):
            sink = FakeSink()
            attachment = self.attachments.open(sink, BOB, Transport.WEBSOCKET, None)
            self.attachments.fail(attachment, error)
            attachment.detach()
            self.assertEqual([push["type"] for push in sink.pushes], types)
            self.assertIn(sink.pushes[0]["code"], (error.code, disconnect.code))
            self.assertEqual(sink.pushes[-1]["retry_ms"], retry_ms)
            self.assertEqual(sink.ended, disconnect)


class TestCatchingUp(AttachTest):
    async def test_many_pages_and_what_is_said_meanwhile_come_once_in_order(self) -> None:
        count = 2 * PAGE_LIMIT + 50
        await self.say(*(f"old {n}" for n in range(count)))
        start = {LOBBY: Position((await self.top()).epoch, 0)}
        attaching = asyncio.create_task(self.attach(cursor=start))
        for n in range(20):  # each in a turn of its own, between the pages
            await self.say(f"new {n}")
        _, sink = await attaching
        await sink.until(lambda sink: len(sink.offsets) >= count + 20)
        self.assertEqual(sink.offsets, list(range(1, count + 21)))
        self.assertIsNone(sink.ended)

    async def test_exactly_one_page_is_caught_up_with(self) -> None:
        await self.say(*(str(n) for n in range(PAGE_LIMIT)))
        _, sink = await self.attach(cursor={LOBBY: Position((await self.top()).epoch, 0)})
        self.assertEqual(sink.offsets, list(range(1, PAGE_LIMIT + 1)))

    async def test_an_offset_past_the_end_is_a_resync_and_the_stream_goes_on(self) -> None:
        (at,) = await self.say("one")
        _, sink = await self.attach(cursor={LOBBY: at._replace(offset=2)})
        self.assertEqual(
            sink.of_type("resync"),
            [{"type": "resync", "room": LOBBY, "epoch": at.epoch, "offset": 1}],
        )
        await self.say("two")
        await sink.until(lambda sink: sink.offsets == [2])

    async def test_another_epoch_is_a_resync_of_that_room_alone(self) -> None:
        await self.join("dev", BOB)
        (at,) = await self.say("one")
        cursor = {LOBBY: Position("other", 1), "dev": await self.top("dev")}
        _, sink = await self.attach(cursor=cursor)
        self.assertEqual([push["room"] for push in sink.of_type("resync")], [LOBBY])
        await self.say("two")
        await self.say("three", room="dev", by=BOB)
        await sink.until(lambda sink: len(sink.of_type("message")) == 2)

    async def test_a_cursor_that_is_up_to_date_brings_nothing(self) -> None:
        (at,) = await self.say("one")
        _, sink = await self.attach(cursor={LOBBY: at})
        self.assertEqual(sink.offsets, [])
        self.assertEqual(sink.of_type("resync"), [])


class TestTrimmed(AttachTest):
    keep = 100

    async def test_a_range_that_was_trimmed_is_a_resync_and_never_a_partial_refill(self) -> None:
        await self.say(*(str(n) for n in range(192)))  # a trim is due at every 64th: 92 go
        epoch = (await self.top()).epoch
        _, lost = await self.attach(cursor={LOBBY: Position(epoch, 91)})
        _, kept = await self.attach(cursor={LOBBY: Position(epoch, 92)})
        self.assertEqual((len(lost.of_type("resync")), lost.offsets), (1, []))
        self.assertEqual((kept.of_type("resync"), kept.offsets), ([], list(range(93, 193))))


class TestSessions(AttachTest):
    async def test_the_newest_attach_wins_and_the_older_one_is_told(self) -> None:
        older, old_sink = await self.attach()
        newer, new_sink = await self.attach(
            session=older.session.id, transport=Transport.SSE, cursor=older.cursor()
        )
        self.assertIs(newer.session, older.session)
        self.assertEqual(old_sink.ended, codes.REPLACED)
        older.detach()  # when its transport has noticed
        self.assertIs(newer.session.state, State.ATTACHED)
        await self.say("one")
        await new_sink.until(lambda sink: b"event: message" in sink.data)
        self.assertEqual(old_sink.offsets, [])

    async def test_a_session_is_carried_on_by_its_own_user_only(self) -> None:
        mine, sink = await self.attach(BOB)
        theirs, _ = await self.attach(ADA, session=mine.session.id)
        self.assertNotEqual(theirs.session.id, mine.session.id)
        self.assertIsNone(sink.ended)

    async def test_a_newcomer_reads_with_the_others_and_only_the_first_one_asks_from_where(
        self,
    ) -> None:
        await self.say("before")
        _, first = await self.attach(BOB, is_newcomer=True)
        asked = self.backplane.positions_asked
        (said,) = await self.say("between")
        await first.until(lambda sink: len(sink.offsets) > 0)
        _, second = await self.attach(Person(user="eve", name="Eve"), is_newcomer=True)
        self.assertEqual(self.backplane.positions_asked, asked)
        (after,) = await self.say("after")
        await second.until(lambda sink: len(sink.offsets) > 0)
        await first.until(lambda sink: len(sink.offsets) > 1)
        self.assertEqual(first.offsets, [said.offset, after.offset])
        self.assertEqual(second.offsets, [after.offset])

    async def test_an_id_that_another_instance_gave_is_carried_on(self) -> None:
        session = self.attachments.new_session("bob")
        attachment, _ = await self.attach(session=session)
        self.assertEqual(attachment.session.id, session)

    async def test_instances_are_told_of_a_session_that_they_may_have(self) -> None:
        session = self.attachments.new_session("bob")
        carried_on, _ = await self.attach(session=session)
        await self.attach()  # nobody else can have what was made just now
        self.assertEqual(self.backplane.announced, [(session, carried_on.id)])

    async def test_ids_that_we_did_not_make_are_replaced(self) -> None:
        for id in ("", "x", "x" * 24, "\u00e9" * 24, "../../etc/passwd", "x" * 5000):
            attachment, _ = await self.attach(session=id)
            self.assertNotEqual(attachment.session.id, id)

    async def test_detaching_again_does_nothing(self) -> None:
        attachment, sink = await self.attach()
        attachment.detach()
        attachment.detach()
        self.assertIs(attachment.session.state, State.DETACHED)
        await self.say("one")
        self.assertEqual(sink.offsets, [])

    async def test_who_comes_back_within_the_grace_was_never_away(self) -> None:
        first, _ = await self.attach()
        first.detach()
        second, _ = await self.attach(session=first.session.id)
        self.assertIs(second.session, first.session)
        self.assertIs(second.session.state, State.ATTACHED)
        self.assertEqual(self.backplane.present, {first.session.id: (LOBBY,)})

    async def test_a_shutdown_sends_everybody_elsewhere(self) -> None:
        _, one = await self.attach(ADA)
        _, two = await self.attach(BOB)
        self.attachments.dismiss()
        for sink in (one, two):
            self.assertEqual(sink.ended, codes.SHUTDOWN)
            self.assertEqual(sink.pushes[-1]["type"], "goodbye")


class TestGrace(AttachTest):
    settings = Settings(presence_grace_s=0.0)

    async def test_who_does_not_come_back_in_the_grace_is_gone(self) -> None:
        attachment, _ = await self.attach()
        self.backplane.changed.clear()
        attachment.detach()
        async with asyncio.timeout(WAIT_S):
            await self.backplane.changed.wait()
        self.assertEqual(self.backplane.present, {attachment.session.id: ()})
        self.assertIs(attachment.session.state, State.CLOSED)

    async def test_the_presence_of_a_room_is_known_until_its_last_session_is_closed(self) -> None:
        await self.join("dev", BOB)
        attached = [(await self.attach(person))[0] for person in (BOB, BOB, ADA)]
        known = []
        for attachment in attached:
            known.append(set(self.attachments.presences.rooms))
            self.backplane.changed.clear()
            attachment.detach()
            async with asyncio.timeout(WAIT_S):
                await self.backplane.changed.wait()
            self.live.on_room_push("dev", Presence(room="dev", count=1))
        self.assertEqual(known, [{LOBBY, "dev"}, {LOBBY, "dev"}, {LOBBY}])
        self.assertEqual(set(self.attachments.presences.rooms), set())

    async def test_an_id_is_good_for_a_new_session_after_that(self) -> None:
        attachment, _ = await self.attach()
        self.backplane.changed.clear()
        attachment.detach()
        async with asyncio.timeout(WAIT_S):
            await self.backplane.changed.wait()
        again, sink = await self.attach(session=attachment.session.id)
        self.assertEqual(again.session.id, attachment.session.id)
        self.assertEqual(sink.pushes[0]["type"], "hello")


class TestMembership(AttachTest):
    async def test_joining_adds_the_room_to_all_of_the_users_transports(self) -> None:
        _, one = await self.attach()
        _, two = await self.attach()
        _, other = await self.attach(ADA)
        await self.join("dev", BOB)
        for sink in (one, two):
            await sink.until(lambda sink: len(sink.of_type("joined")) == 1)
        await self.say("one", room="dev", by=BOB)
        for sink in (one, two):
            await sink.until(lambda sink: len(sink.of_type("message")) == 1)
        self.assertEqual(other.of_type("joined") + other.of_type("message"), [])

    async def test_a_stream_of_chosen_rooms_stays_with_them(self) -> None:
        _, sink = await self.attach(rooms=[LOBBY])
        _, all_rooms = await self.attach()
        await self.join("dev", BOB)
        await all_rooms.until(lambda sink: len(sink.of_type("joined")) == 1)
        self.assertEqual(sink.of_type("joined"), [])

    async def test_leaving_ends_with_the_entry_that_says_so(self) -> None:
        await self.join("dev", ADA, BOB)
        attachment, sink = await self.attach()
        await self.service.perform(BOB, commands.Leave(room="dev"), HERE)
        await self.say("without bob", room="dev")
        await self.say("with bob")
        await sink.until(lambda sink: len(sink.of_type("message")) == 1)
        self.assertEqual(len(sink.of_type("left")), 1)
        self.assertEqual(sink.of_type("message")[0]["text"], "with bob")
        self.assertEqual(list(attachment.reader.positions), [LOBBY])

    async def test_a_room_joined_while_one_attaches_is_read_too(self) -> None:
        sink = FakeSink()
        attachment = self.attachments.open(sink, BOB, Transport.WEBSOCKET, None)
        await self.join("dev", BOB)  # after the attach began, before its rooms were asked for
        await self.attachments.start(attachment, AttachRequest(cursor={}))
        await self.say("one", room="dev", by=BOB)
        await sink.until(lambda sink: len(sink.of_type("message")) == 1)
        self.assertEqual(sink.pushes[0]["type"], "hello")

    async def test_a_room_left_while_one_attaches_is_not_read(self) -> None:
        await self.join("dev", BOB)
        memberships = self.backplane.memberships

        async def then_left(user: str) -> Any:
            self.backplane.memberships = memberships  # type: ignore[method-assign]
            found = await memberships(user)
            await self.service.perform(BOB, commands.Leave(room="dev"), HERE)
            return found

        self.backplane.memberships = then_left  # type: ignore[method-assign]
        attachment, sink = await self.attach()
        await sink.until(lambda sink: bool(sink.of_type("rooms")))
        (hello,) = sink.of_type("hello")
        self.assertEqual([room["room"] for room in hello["rooms"]], [LOBBY, "dev"])
        self.assertEqual(list(attachment.reader.rooms), [LOBBY])
        (told,) = sink.of_type("rooms")
        self.assertEqual((told["room"], told["is_member"]), ("dev", False))
        self.assertNotIn("dev", self.hub.rooms)

    async def test_what_concerns_a_user_reaches_all_of_their_sessions_and_nobody_else(
        self,
    ) -> None:
        await self.say("one")
        _, one = await self.attach()
        _, two = await self.attach()
        _, other = await self.attach(ADA)
        await self.service.perform(BOB, commands.Read(room=LOBBY, offset=1), HERE)
        for sink in (one, two):
            await sink.until(lambda sink: len(sink.of_type("read")) == 1)
        self.assertEqual(other.of_type("read"), [])


class TestEnding(AttachTest):
    async def test_every_end_is_counted_once_with_its_reason(self) -> None:
        for disconnect, reason in DETACH_REASONS.items():
            attachment, _ = await self.attach()
            self.hub.end(attachment.reader, disconnect)
            attachment.detach()
            attachment.detach()
            self.assertEqual(self.metrics.detaches.pop(("websocket", reason)), 1)
        attachment, _ = await self.attach()
        attachment.detach()
        self.assertEqual(dict(self.metrics.detaches), {("websocket", "closed"): 1})
        self.assertEqual(self.metrics.attaches, {"websocket": len(DETACH_REASONS) + 1})
        self.assertEqual(self.attachments.registry.readers, 0)

    async def test_an_attach_that_fails_is_counted_as_what_it_failed_with(self) -> None:
        attachment = self.attachments.open(FakeSink(), BOB, Transport.LONGPOLL, None)
        self.backplane.is_broken = True
        with self.assertRaises(Unavailable):
            await self.attachments.start(attachment, AttachRequest(cursor={}))
        attachment.detach(DetachReason.ANSWERED)
        self.assertEqual(dict(self.metrics.detaches), {("longpoll", "failed"): 1})
        self.assertTrue(self.evidence.is_store_away)

    async def test_who_reads_now_is_counted_by_transport(self) -> None:
        one, _ = await self.attach()
        await self.attach(ADA, transport=Transport.SSE)
        self.assertEqual(+Counter(self.metrics.readers()), {"websocket": 1, "sse": 1})
        self.assertEqual(self.attachments.registry.readers, 2)
        one.detach()
        self.assertEqual(+Counter(self.metrics.readers()), {"sse": 1})


class SlowReaderTest(AttachTest):
    async def shed_twice(self) -> str:
        """Return a session whose streams have twice been too fast for it."""
        session = self.attachments.new_session("bob")
        for _ in range(2):
            attachment, sink = await self.attach(session=session)
            self.assertIsNone(sink.ended)
            self.hub.end(attachment.reader, codes.SLOW_CONSUMER)
            attachment.detach()
        return session


class TestNoAdviceWithoutPolls(SlowReaderTest):
    settings = Settings(presence_grace_s=60.0, transports=("websocket", "sse"))

    async def test_what_is_switched_off_is_not_advised(self) -> None:
        _, sink = await self.attach(session=await self.shed_twice())
        self.assertIsNone(sink.ended)


class TestAdvice(SlowReaderTest):
    async def test_a_session_shed_twice_is_advised_to_poll_at_its_next_stream(self) -> None:
        session = await self.shed_twice()
        attachment, sink = await self.attach(session=session)
        (goodbye,) = sink.pushes
        self.assertEqual((goodbye["code"], goodbye["advice"]), (4004, "longpoll"))
        self.assertEqual(sink.ended, codes.ADVISED)
        attachment.detach()

    async def test_it_is_told_once_and_who_streams_on_may(self) -> None:
        session = await self.shed_twice()
        for is_advised in (True, False):
            attachment, sink = await self.attach(session=session)
            self.assertEqual(sink.ended is codes.ADVISED, is_advised)
            attachment.detach()

    async def test_a_poll_needs_no_advice(self) -> None:
        session = await self.shed_twice()
        _, sink = await self.attach(session=session, transport=Transport.LONGPOLL)
        self.assertIsNone(sink.ended)

    async def test_another_goodbye_has_no_advice(self) -> None:
        attachment, sink = await self.attach()
        self.hub.end(attachment.reader, codes.GAP)
        self.assertNotIn("advice", sink.pushes[-1])


class TestAskingForHeartbeats(AttachTest):
    settings = Settings(presence_grace_s=60.0, heartbeat_s=15.0)

    async def test_what_is_asked_for_holds_within_the_bounds_and_hello_says_it(self) -> None:
        asked = {None: 15, 0: 5, 4: 5, 5: 5, 6: 6, 14: 14, 15: 15, 16: 15, 10**9: 15}
        for heartbeat_s, expected_s in asked.items():
            before = asyncio.get_running_loop().time()
            attachment, sink = await self.attach(heartbeat_s=heartbeat_s)
            after = asyncio.get_running_loop().time()
            self.assertEqual(sink.pushes[0]["heartbeat_s"], expected_s)
            due = attachment.heartbeat.turn * TURN_S
            self.assertTrue(before + expected_s / 2 - TURN_S <= due <= after + expected_s)
            attachment.detach()

    async def test_those_who_came_at_once_are_not_told_at_once(self) -> None:
        attached = [(await self.attach())[0] for _ in range(20)]
        dues = [
            attachment.heartbeat.turn * TURN_S for attachment in attached if attachment.heartbeat
        ]
        self.assertEqual(len(dues), 20)
        self.assertGreater(max(dues) - min(dues), 1.0)  # of 7.5 s; by chance less once in 10^16
        for attachment in attached:
            attachment.detach()


class TestHeartbeats(AttachTest):
    settings = Settings(presence_grace_s=60.0, heartbeat_s=0.001)

    async def test_a_heartbeat_tells_the_newest_positions(self) -> None:
        attachment, sink = await self.attach()
        (at,) = await self.say("one")
        await sink.until(
            lambda sink: {LOBBY: f"{at.epoch}:1"} in [p["tops"] for p in sink.of_type("heartbeat")]
        )
        attachment.detach()

    async def test_heartbeats_end_with_the_reader(self) -> None:
        attachment, sink = await self.attach()
        await sink.until(lambda sink: bool(sink.of_type("heartbeat")))
        self.hub.end(attachment.reader, codes.SLOW_CONSUMER)
        await self.say("one")
        attachment.detach()

    async def test_a_reader_shed_at_its_heartbeat_is_just_gone(self) -> None:
        attachment, sink = await self.attach()
        sink.is_stuck = True
        self.hub.send(attachment.reader, _big_push())
        await sink.until(lambda sink: sink.ended is not None)
        self.assertEqual(sink.ended, codes.SLOW_CONSUMER)
        await self.say("one")
        attachment.detach()


class TestPolls(AttachTest):
    async def poll(
        self, attachment: Attachment | None, cursor: str, *, has_hello: bool = False
    ) -> tuple[Attachment, FakeSink]:
        if attachment is not None:
            attachment.detach()
        polling = await self.attach(
            transport=Transport.LONGPOLL,
            session=attachment.session.id if attachment else None,
            cursor=cursor,
            has_hello=has_hello,
        )
        for _ in range(2):  # it is told who is here at the end of the turn after this
            await asyncio.sleep(0)
        return polling

    async def test_the_first_poll_is_answered_at_once_with_hello(self) -> None:
        _, sink = await self.poll(None, "", has_hello=True)
        self.assertEqual([push["type"] for push in _answer(sink)], ["hello", "presence"])

    async def test_what_came_between_two_polls_is_there_for_the_next(self) -> None:
        await self.join("dev", ADA, BOB)
        first, _ = await self.poll(None, "", has_hello=True)
        cursor = first.cursor()
        first.detach()
        await self.say("one", "two")
        await self.say("three", room="dev")
        second, sink = await self.poll(first, cursor)
        found = sorted((push["room"], push["offset"]) for push in _answer(sink))
        self.assertEqual(found, [("dev", 3), (LOBBY, 1), (LOBBY, 2)])
        self.assertEqual(parse_cursor(second.cursor())[LOBBY].offset, 2)

    async def test_a_poll_with_nothing_to_say_waits(self) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        _, sink = await self.poll(first, first.cursor())
        self.assertEqual(sink.chunks, [])
        await self.say("one")
        await sink.until(lambda sink: bool(sink.chunks))
        self.assertEqual([push["offset"] for push in _answer(sink)], [1])

    async def test_a_poll_that_missed_who_came_hears_it_and_is_not_told_twice(self) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        first.detach()
        self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=2))
        second, sink = await self.poll(first, first.cursor())
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])
        _, third_sink = await self.poll(second, second.cursor())
        self.assertEqual(third_sink.chunks, [])

    async def test_a_poll_that_ends_while_who_came_waits_to_be_written_leaves_it_to_the_next(
        self,
    ) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        waiting, sink = await self.poll(first, first.cursor())
        # It is written at the end of this turn.
        self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=2))
        waiting.park()
        self.hub.flush()
        self.assertEqual(sink.chunks, [])
        self.assertFalse(waiting.resume())
        _, sink = await self.poll(waiting, waiting.cursor())
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])

    async def test_a_poll_that_ends_before_all_are_told_of_who_came_leaves_it_to_the_next(
        self,
    ) -> None:
        """Who comes is shown who is here before the others are told of them."""
        first, _ = await self.poll(None, "", has_hello=True)
        waiting, sink = await self.poll(first, first.cursor())
        _, came = await self.attach(ADA)
        (presence,) = came.of_type("presence")
        self.assertEqual(presence["count"], 2)
        await self.say("one")
        await sink.until(lambda sink: bool(sink.chunks))
        self.assertEqual([push["type"] for push in _answer(sink)], ["message"])
        waiting.park()
        self.assertFalse(waiting.resume())
        _, sink = await self.poll(waiting, waiting.cursor())
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])

    async def test_a_poll_that_was_told_otherwise_elsewhere_meanwhile_hears_how_it_is_now(
        self,
    ) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        cursor = first.cursor()
        first.detach()
        for count in (2, 1):  # another instance may have answered with the first
            people = [BOB, ADA][:count]
            push = Presence(
                room=LOBBY,
                count=count,
                users=[PresentPerson(user=p.user, name=p.name) for p in people],
            )
            self.live.on_room_push(LOBBY, push)
        self.hub.flush()
        second, sink = await self.poll(first, cursor)
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])
        _, sink = await self.poll(second, second.cursor())
        self.assertEqual(sink.chunks, [])

    async def test_a_poll_of_a_session_that_another_instance_has_carried_hears_who_is_here(
        self,
    ) -> None:
        top = await self.top()
        cursor = f"{LOBBY}:{top.epoch}:{top.offset}"
        poll = partial(self.attach, transport=Transport.LONGPOLL, cursor=cursor, has_hello=False)
        session = self.attachments.new_session(BOB.user)
        first, sink = await poll(session=session)
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])
        first.detach()
        _, sink = await poll(session=session)
        self.assertEqual(sink.chunks, [])
        # A client that names no session has one of its own for each poll, and would never wait.
        _, sink = await poll(session=None)
        self.assertEqual(sink.chunks, [])

    async def test_a_poll_that_is_answered_while_presence_is_read_leaves_it_to_the_next(
        self,
    ) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        first.detach()
        self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=2))
        read = self.backplane.presence

        async def slow(room: str) -> Presence:
            second.park()
            return await read(room)

        second = self.attachments.open(FakeSink(), BOB, Transport.LONGPOLL, first.session.id)
        with patch.object(self.backplane, "presence", slow):
            request = AttachRequest(
                session=first.session.id, cursor=parse_cursor(first.cursor()), has_hello=False
            )
            await self.attachments.start(second, request)
        _, sink = await self.poll(second, first.cursor())
        self.assertEqual([push["type"] for push in _answer(sink)], ["presence"])

    async def test_a_poll_replaced_by_another_is_answered_with_goodbye(self) -> None:
        first, _ = await self.poll(None, "", has_hello=True)
        waiting, sink = await self.poll(first, first.cursor())
        await self.attach(session=waiting.session.id)
        (goodbye,) = _answer(sink)
        self.assertEqual(goodbye["code"], codes.REPLACED.code)

    async def test_a_poll_with_a_resync_goes_on_behind_it(self) -> None:
        (at,) = await self.say("one")
        first, sink = await self.poll(None, f"{LOBBY}:other:9")
        self.assertEqual([push["type"] for push in _answer(sink)], ["resync"])
        self.assertEqual(first.cursor(), f"{LOBBY}:{at.epoch}:1")


class TestWhoIsHere(AttachTest):
    """Everybody is told who is here when that changes, and nobody the same twice in a row."""

    async def asyncSetUp(self) -> None:
        # Else a second passes between two news of a room.
        at_once = patch("chat.backplane.presence_pushes.presence_interval_s", lambda count: 0.0)
        at_once.start()
        self.addCleanup(at_once.stop)
        await super().asyncSetUp()

    async def test_who_comes_is_shown_it_once_and_told_who_comes_after_that(self) -> None:
        _, bobs = await self.attach(BOB)
        await bobs.until(lambda sink: len(sink.of_type("presence")) == 1)
        _, adas = await self.attach(ADA)
        await bobs.until(lambda sink: len(sink.of_type("presence")) > 1)
        _, eves = await self.attach(Person(user="eve", name="Eve"))
        await adas.until(lambda sink: len(sink.of_type("presence")) > 1)
        found = [[p["count"] for p in sink.of_type("presence")] for sink in (bobs, adas, eves)]
        self.assertEqual(found, [[1, 2, 3], [2, 3], [3]])

    async def test_who_went_and_came_back_is_told_of_both(self) -> None:
        await self.attach(BOB)
        _, adas = await self.attach(ADA)
        for count in (1, 2, 1, 2):
            self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=count))
        self.hub.flush()
        told = [push["count"] for push in adas.of_type("presence")]
        self.assertEqual(told, [2, 1, 2, 1, 2])

    async def test_a_poll_is_not_answered_with_what_the_one_before_it_was_told(self) -> None:
        news = Presence(room=LOBBY, count=1, users=[BOB])
        for is_resumed in (False, True):
            poll = Transport.LONGPOLL
            first, sink = await self.attach(transport=poll)
            self.assertEqual([push["type"] for push in _answer(sink)], ["hello", "presence"])
            if is_resumed:
                first.park()
                self.assertTrue(first.resume())
            else:
                session, cursor = first.session.id, first.cursor()
                first.detach()
                _, sink = await self.attach(
                    transport=poll, session=session, cursor=cursor, has_hello=False
                )
            sink.chunks.clear()
            self.live.on_room_push(LOBBY, news)
            self.hub.flush()
            self.assertEqual(sink.chunks, [])
            self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=2))
            self.hub.flush()
            self.assertEqual([push["count"] for push in _answer(sink)], [2])

    async def test_what_is_told_to_all_while_one_begins_is_not_shown_to_it_again(self) -> None:
        _, other = await self.attach(ADA)
        sink = FakeSink()
        attachment = self.attachments.open(sink, BOB, Transport.WEBSOCKET, None)
        told = self.backplane.set_present

        async def tell_first(session: str, person: Person, rooms: Collection[str]) -> None:
            await told(session, person, rooms)
            for _ in range(3):  # as with a store that is asked over the network
                await asyncio.sleep(0)
            self.assertEqual(sink.chunks, [])
            self.assertEqual(other.pushes[-1]["count"], 2)  # the news went out meanwhile

        with patch.object(self.backplane, "set_present", tell_first):
            await self.attachments.start(attachment, AttachRequest(cursor={}))
        self.hub.flush()
        self.assertEqual([push["type"] for push in sink.pushes], ["hello", "presence"])

    async def test_what_is_told_to_all_while_one_reads_the_log_is_not_shown_to_it_again(
        self,
    ) -> None:
        await self.say("before")
        await self.attach(BOB)
        read = self.backplane.read

        async def tell_first(room: str, since: Position, *, limit: int) -> Page:
            self.live.on_room_push(LOBBY, Presence(room=LOBBY, count=1, users=[BOB]))
            self.hub.flush()
            return await read(room, since, limit=limit)

        since = Position((await self.top()).epoch, 0)
        for transport in (Transport.WEBSOCKET, Transport.LONGPOLL):
            with patch.object(self.backplane, "read", tell_first):
                _, sink = await self.attach(BOB, transport=transport, cursor={LOBBY: since})
            pushes = _answer(sink) if transport is Transport.LONGPOLL else sink.pushes
            self.assertEqual([push["type"] for push in pushes], ["hello", "message", "presence"])


class TestEventIds(AttachTest):
    """Of all the cursors that a client gives, the newest of each room counts."""

    async def test_the_newest_that_the_log_can_be_continued_from_counts(self) -> None:
        await self.say("1", "2", "3", "4")
        epoch = (await self.top()).epoch
        for cursor, ids, expected in [
            ("1", ["3"], [4]),
            ("3", ["1"], [4]),
            ("1", ["2", "3"], [4]),
            ("1", ["3", "2"], [4]),
            ("999", ["3"], [4]),  # there is no such entry
            ("3", ["999"], [4]),
            ("3", ["other:9"], [4]),  # from before the log's life
            ("other:9", ["3"], [4]),
            ("3", [""], [4]),
            ("", ["3"], [4]),
        ]:
            with self.subTest(cursor=cursor, ids=ids):
                sink = FakeSink()
                attachment = self.attachments.open(sink, BOB, Transport.WEBSOCKET, None)
                positions = [_cursor(epoch, text) for text in (cursor, *ids)]
                request = AttachRequest(cursor=positions[0], event_ids=positions[1:])
                await self.attachments.start(attachment, request)
                self.hub.flush()
                self.assertEqual(sink.offsets, expected)
                self.assertEqual(sink.of_type("resync"), [])
                attachment.detach()

    async def test_rooms_that_only_one_of_them_has_go_on_too(self) -> None:
        await self.join("dev", ADA, BOB)
        await self.say("1", "2")
        await self.say("a", "b", room="dev")
        general, dev = await self.top(), await self.top("dev")
        sink = FakeSink()
        attachment = self.attachments.open(sink, BOB, Transport.WEBSOCKET, None)
        request = AttachRequest(
            cursor={"dev": Position(dev.epoch, dev.offset - 1)},
            event_ids=[{LOBBY: Position(general.epoch, 1)}],
        )
        await self.attachments.start(attachment, request)
        self.hub.flush()
        self.assertEqual(sorted(push["text"] for push in sink.of_type("message")), ["2", "b"])


def _cursor(epoch: str, text: str) -> dict[str, Position]:
    where = text if ":" in text else f"{epoch}:{text}"
    return parse_cursor(f"{LOBBY}:{where}") if text else {}


def _answer(sink: FakeSink) -> list[dict[str, object]]:
    return list(json.loads(b"[" + sink.data + b"]"))


def _big_push() -> Outgoing:
    return Outgoing("ok", b"x" * (2 << 20))
