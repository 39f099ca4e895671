"""The contract of chat.backplane.base, as tests that every backplane must pass.

A subclass provides ``open_backplane``, which returns a new handle on the same store.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from chat.accounts.blocklist import Block, Why
from chat.backplane.base import Backplane, BlocklistAdmin
from chat.backplane.limits import (
    DEDUPE_S,
    LIFTED_KEPT_S,
    MAX_PRESENT_LISTED,
    PAGE_BYTES,
    PRESENCE_INTERVAL_S,
    REPORT_S,
)
from chat.backplane.records import Draft
from chat.clock import Clock
from chat.errors import ChatError, Refused, ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, EditedBody, Entry, JoinedBody, LeftBody, MessageBody
from chat.protocol.pushes import Person, Presence, PresentPerson, Push, Read, Typing
from chat.rooms import LOBBY
from chat.rooms.folding import fold
from chat.rooms.texts import digest

ADA, BOB = Person(user="ada", name="Ada"), Person(user="bob", name="Bob")
WAIT_S = 60  # the events come at once; only a failing test waits so long


class SetClock(Clock):
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


class Recorder:
    """A listener that records all calls, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self._changed = asyncio.Event()

    def on_entries(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._note("entry", entry)

    def on_reset(self, room: str, position: Position) -> None:
        self._note("reset", room, position)

    def on_room_push(self, room: str, push: Push) -> None:
        self._note("room", room, push)

    def on_user_push(self, user: str, push: Push) -> None:
        self._note("user", user, push)

    def on_joined(
        self, user: str, room: str, since: Position, *, is_repeated: bool = False
    ) -> None:
        self._note("joined again" if is_repeated else "joined", user, room, since)

    def on_left(self, user: str, room: str) -> None:
        self._note("left", user, room)

    def on_removed(self, room: str) -> None:
        self._note("removed", room)

    def on_missed(self, user: str, *, left: str | None = None) -> None:
        if left is None:
            self._note("missed", user)
        else:
            self.on_left(user, left)  # Redis tells it so: the user may be back

    def on_block(self, block: Block) -> None:
        self._note("bar", block)

    def on_attached(self, user: str, session: str, attachment: str) -> None:
        self._note("attached", user, session, attachment)

    @property
    def blocks(self) -> list[Block]:
        return [note[1] for note in self.heard if note[0] == "bar"]

    @property
    def entries(self) -> list[Entry]:
        return [note[1] for note in self.heard if note[0] == "entry"]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _note(self, *note: Any) -> None:
        self.heard.append(note)
        self._changed.set()


def message(text: str, *, room: str = LOBBY, person: Person = ADA, key: str | None = None) -> Draft:
    """Return a draft of a message; its text is its key unless one is given."""
    key = text if key is None else key
    body = MessageBody(user=person.user, name=person.name, time="t", key=key, text=text, html=text)
    return Draft(room=room, user=person.user, body=body, key=key, digest=digest(text))


def joining(room: str, person: Person = ADA) -> Draft:
    body = JoinedBody(user=person.user, name=person.name, time="t")
    return Draft(room=room, user=person.user, body=body)


def leaving(room: str, person: Person = ADA) -> Draft:
    body = LeftBody(user=person.user, name=person.name, time="t")
    return Draft(room=room, user=person.user, body=body)


class BackplaneContract:
    """The promises of every backplane; a mixin of an IsolatedAsyncioTestCase."""

    keep: int = 128  # messages of a room that trimming keeps, and as many other entries

    open_backplane: Callable[[Clock], Backplane]  # the subclass provides a handle on the store
    open_book: Callable[[], Awaitable[BlocklistAdmin]]  # and one for another process

    async def asyncSetUp(self) -> None:
        self.clock = SetClock()
        self.listener = Recorder()
        self.backplane = self.open_backplane(self.clock)
        await self.backplane.start(self.listener)
        await self.backplane.follow([LOBBY])
        await self.backplane.follow_user("ada")

    async def asyncTearDown(self) -> None:
        await self.backplane.stop()

    async def restart(self) -> None:
        await self.backplane.stop()
        self.backplane = self.open_backplane(self.clock)
        await self.backplane.start(self.listener)

    async def purge(self) -> None:
        """Run the backplane's periodic purge now."""
        raise NotImplementedError

    async def lobby(self) -> Position:
        return (await self.backplane.positions([LOBBY]))[LOBBY]

    # Appending

    async def test_offsets_begin_at_one_and_have_no_holes(self) -> None:
        for expected in (1, 2, 3):
            appended = await self.backplane.append(message(f"m{expected}"))
            assert appended.position.offset == expected
            assert appended.is_new

    async def test_drafts_of_one_turn_are_appended_in_the_order_of_the_calls(self) -> None:
        texts = [f"m{number}" for number in range(50)]
        appended = await asyncio.gather(*(self.backplane.append(message(t)) for t in texts))
        assert [a.position.offset for a in appended] == list(range(1, 51))
        page = await self.backplane.read(LOBBY, await self._before_all(), limit=100)
        assert [entry.decode().text for entry in page.entries] == texts

    async def test_each_entry_is_published_once_and_in_order(self) -> None:
        await asyncio.gather(*(self.backplane.append(message(f"m{n}")) for n in range(20)))
        await self.listener.until(lambda: len(self.listener.entries) >= 20)
        offsets = [entry.position.offset for entry in self.listener.entries]
        assert offsets == list(range(1, 21))

    async def test_what_is_published_is_what_is_read(self) -> None:
        await self.backplane.append(message("hello"))
        page = await self.backplane.read(LOBBY, await self._before_all(), limit=10)
        await self.listener.until(lambda: bool(self.listener.entries))
        assert list(page.entries) == self.listener.entries

    async def test_drafts_appended_together_have_the_answers_they_have_one_by_one(self) -> None:
        for room in ("dev", "ops", "bob's"):
            await self.backplane.join(joining(room, BOB if room == "bob's" else ADA))
        await self.backplane.append(message("earlier"))
        drafts = [
            message("a"),
            message("b"),
            message("a"),  # a key of this very step
            message("other", key="b"),
            message("earlier"),
            message("not a member", room="bob's"),
            message("c", room="dev"),
            message("nowhere", room="none"),
            message("d", room="dev"),
            message("e"),
            message("f", room="ops"),
        ]
        answers = await self.backplane.append_all(drafts)
        found = [
            a.code if isinstance(a, ChatError) else (a.position.offset, a.is_new) for a in answers
        ]
        assert found == [
            (2, True), (3, True), (2, False), Code.KEY_CONFLICT, (1, False), Code.NOT_MEMBER,
            (2, True), Code.NO_SUCH_ROOM, (3, True), (4, True), (2, True),
        ]  # fmt: skip
        again = await self.backplane.append_all(drafts)
        assert [
            a.code if isinstance(a, ChatError) else (a.position.offset, False) for a in again
        ] == [f if isinstance(f, Code) else (f[0], False) for f in found]
        await self.listener.until(lambda: len(self.listener.entries) >= 4)  # those of the lobby
        page = await self.backplane.read(LOBBY, await self._before_all(), limit=100)
        assert [e.decode().text for e in page.entries] == ["earlier", "a", "b", "e"]
        read = {m.room: (m.read_offset, m.unread) for m in await self.backplane.memberships("ada")}
        assert read == {LOBBY: (4, 0), "dev": (3, 0), "ops": (2, 0)}

    async def test_what_is_appended_together_is_trimmed_as_one_by_one(self) -> None:
        for step in range(5):
            await self.backplane.append_all([message(f"m{step}-{n}") for n in range(64)])
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=1000)
        assert [e.position.offset for e in page.entries] == list(range(320 - self.keep + 1, 321))

    async def test_rooms_count_their_offsets_apart(self) -> None:
        await self.backplane.join(joining("dev"))
        first = await self.backplane.append(message("m", room="dev"))
        other = await self.backplane.append(message("m"))
        assert (first.position.offset, other.position.offset) == (2, 1)

    async def test_acknowledged_entries_outlive_a_restart(self) -> None:
        appended = await self.backplane.append(message("kept"))
        await self.restart()
        assert await self.lobby() == appended.position
        again = await self.backplane.append(message("next"))
        assert again.position == Position(appended.position.epoch, 2)

    async def test_a_cancelled_append_is_stored_and_published_all_the_same(self) -> None:
        task = asyncio.create_task(self.backplane.append(message("m")))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await self.listener.until(lambda: bool(self.listener.entries))
        assert (await self.backplane.append(message("m"))).is_new is False

    # Keys

    async def test_the_same_key_gives_the_same_answer_and_one_entry(self) -> None:
        first = await self.backplane.append(message("m", key="k"))
        again = await self.backplane.append(message("m", key="k"))
        assert again.position == first.position
        assert (first.is_new, again.is_new) == (True, False)
        await self.listener.until(lambda: bool(self.listener.entries))
        assert len(self.listener.entries) == 1

    async def test_the_same_key_many_times_at_once_makes_one_entry(self) -> None:
        appended = await asyncio.gather(
            *(self.backplane.append(message("m", key="k")) for _ in range(50))
        )
        assert len({a.position for a in appended}) == 1
        assert sum(a.is_new for a in appended) == 1

    async def test_the_same_key_with_another_text_is_a_conflict_and_stores_nothing(self) -> None:
        await self.backplane.append(message("m", key="k"))
        with self.assertRaises(Refused) as caught:
            await self.backplane.append(message("other", key="k"))
        assert caught.exception.code == Code.KEY_CONFLICT
        assert (await self.lobby()).offset == 1

    async def test_keys_are_the_users_and_the_rooms_own(self) -> None:
        await self.backplane.join(joining("dev"))
        assert (await self.backplane.append(message("m", key="k"))).is_new
        assert (await self.backplane.append(message("m", key="k", person=BOB))).is_new
        assert (await self.backplane.append(message("m", key="k", room="dev"))).is_new

    async def test_a_key_counts_for_24_hours_and_no_longer(self) -> None:
        first = await self.backplane.append(message("m", key="k"))
        self.clock.now += DEDUPE_S - 1
        assert (await self.backplane.append(message("m", key="k"))).position == first.position
        self.clock.now += 1
        assert (await self.backplane.append(message("m", key="k"))).is_new

    async def test_a_key_outlives_a_restart(self) -> None:
        first = await self.backplane.append(message("m", key="k"))
        await self.restart()
        assert (await self.backplane.append(message("m", key="k"))).position == first.position

    async def test_a_key_is_answered_alike_after_its_user_has_left(self) -> None:
        await self.backplane.join(joining("dev"))
        first = await self.backplane.append(message("m", key="k", room="dev"))
        await self.backplane.leave(leaving("dev"))
        again = await self.backplane.append(message("m", key="k", room="dev"))
        assert again.position == first.position

    # Reading

    async def test_the_rooms_that_are_asked_for_may_change_while_the_store_answers(self) -> None:
        rooms = {LOBBY: None}
        asking = asyncio.create_task(self.backplane.positions(rooms))
        await asyncio.sleep(0)
        rooms["other"] = None
        assert set(await asking) == {LOBBY}

    async def test_reading_goes_on_behind_a_position_page_by_page(self) -> None:
        for number in range(5):
            await self.backplane.append(message(f"m{number}"))
        since, seen = await self._before_all(), []
        while True:
            page = await self.backplane.read(LOBBY, since, limit=2)
            seen += [entry.position.offset for entry in page.entries]
            if not page.more:
                break
            since = page.entries[-1].position
        assert seen == [1, 2, 3, 4, 5]

    async def test_a_page_of_long_entries_ends_with_the_one_that_fills_it(self) -> None:
        text = "x" * 4000  # stored twice: as text and as HTML
        count = 3 * PAGE_BYTES // (2 * len(text))
        await asyncio.gather(
            *(self.backplane.append(message(text, key=f"{n}")) for n in range(count))
        )
        since, pages = await self._before_all(), []
        while not pages or pages[-1].more:
            pages.append(await self.backplane.read(LOBBY, since, limit=count))
            since = pages[-1].entries[-1].position
        offsets = [entry.position.offset for page in pages for entry in page.entries]
        assert offsets == list(range(1, count + 1))
        for page in pages:
            *first, last = (len(entry.body) for entry in page.entries)
            assert sum(first) < PAGE_BYTES
            assert sum(first) + last >= PAGE_BYTES or not page.more

    async def test_reading_at_the_top_gives_nothing(self) -> None:
        top = (await self.backplane.append(message("m"))).position
        assert await self.backplane.read(LOBBY, top, limit=10) == ((), False)

    async def test_reading_past_the_end_needs_a_resync(self) -> None:
        top = (await self.backplane.append(message("m"))).position
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read(LOBBY, Position(top.epoch, top.offset + 1), limit=10)

    async def test_reading_in_another_epoch_needs_a_resync(self) -> None:
        await self.backplane.append(message("m"))
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read(LOBBY, Position("other", 0), limit=10)

    async def test_reading_what_was_trimmed_needs_a_resync_and_what_is_left_does_not(self) -> None:
        count = self.keep * 3
        for batch in range(0, count, 64):
            await asyncio.gather(
                *(self.backplane.append(message(f"m{batch + i}")) for i in range(64))
            )
        epoch = (await self.lobby()).epoch
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read(LOBBY, Position(epoch, 0), limit=10)
        kept = Position(epoch, count - self.keep)
        page = await self.backplane.read(LOBBY, kept, limit=self.keep)
        assert [entry.position.offset for entry in page.entries] == list(
            range(kept.offset + 1, count + 1)
        )

    async def test_a_room_that_is_not_there_is_refused_everywhere(self) -> None:
        calls = [
            self.backplane.append(message("m", room="nope")),
            self.backplane.leave(leaving("nope")),
            self.backplane.read("nope", Position("e", 0), limit=1),
            self.backplane.history("nope", before=None, after=None, limit=1),
            self.backplane.mark_read("ada", "nope", 1),
        ]
        for call in calls:
            with self.assertRaises(Refused) as caught:
                await call
            assert caught.exception.code == Code.NO_SUCH_ROOM
        assert await self.backplane.positions(["nope"]) == {}

    async def test_one_entry_is_found_by_its_offset(self) -> None:
        await self.backplane.append(message("m"))
        found = await self.backplane.entry(LOBBY, 1)
        await self.listener.until(lambda: bool(self.listener.entries))
        assert found == self.listener.entries[0]
        assert await self.backplane.entry(LOBBY, 2) is None

    # History

    async def test_history_is_the_newest_messages_as_they_stand_now(self) -> None:
        for text in ("one", "two", "three"):
            await self.backplane.append(message(text))
        edited = EditedBody(user="ada", name="Ada", time="t", target=2, text="2", html="2")
        await self.backplane.append(Draft(room=LOBBY, user="ada", body=edited))
        deleted = DeletedBody(user="ada", name="Ada", time="t", target=1)
        await self.backplane.append(Draft(room=LOBBY, user="ada", body=deleted))
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=2)
        assert [m.text for m in fold(page.entries, page.reactions)] == ["2", "three"]
        assert page.more

    async def test_history_bounds_are_exclusive_both_ways(self) -> None:
        for number in range(1, 8):
            await self.backplane.append(message(f"m{number}"))

        async def offsets(before: int | None, after: int | None, limit: int) -> tuple[Any, bool]:
            page = await self.backplane.history(LOBBY, before=before, after=after, limit=limit)
            return [entry.position.offset for entry in page.entries], page.more

        assert await offsets(4, None, 2) == ([2, 3], True)
        assert await offsets(3, None, 2) == ([1, 2], False)
        assert await offsets(None, 4, 2) == ([5, 6], True)
        assert await offsets(None, 5, 2) == ([6, 7], False)
        assert await offsets(6, 3, 10) == ([4, 5], False)
        assert await offsets(1, None, 10) == ([], False)
        assert await offsets(None, 7, 10) == ([], False)

    # Memberships

    async def test_everybody_is_in_the_lobby_and_asking_writes_nothing(self) -> None:
        await self.backplane.append(message("m", person=BOB))
        before = await self.lobby()
        (membership,) = await self.backplane.memberships("somebody")
        assert (membership.room, membership.position, membership.unread) == (LOBBY, before, 0)
        assert membership.read_offset is None
        assert await self.lobby() == before
        await self.backplane.mark_read("somebody", LOBBY, 1)
        (membership,) = await self.backplane.memberships("somebody")
        assert membership.read_offset == 1

    async def test_joining_makes_the_room_logs_it_and_tells_the_users_sessions(self) -> None:
        await self.backplane.follow(["dev"])
        joined = await self.backplane.join(joining("dev"))
        assert (joined.position.offset, joined.is_new) == (1, True)
        assert [m.room for m in await self.backplane.memberships("ada")] == [LOBBY, "dev"]
        assert "dev" in [info.room for info in await self.backplane.rooms()]
        await self.listener.until(lambda: self.listener.heard[-1][0] == "joined")
        since = Position(joined.position.epoch, 0)
        assert self.listener.heard[-1] == ("joined", "ada", "dev", since)

    async def test_joining_again_changes_nothing(self) -> None:
        first = await self.backplane.join(joining("dev"))
        again = await self.backplane.join(joining("dev"))
        assert again == (first.position, False)
        assert (await self.backplane.join(joining(LOBBY))).is_new is False

    async def test_leaving_is_logged_first_and_told_then(self) -> None:
        await self.backplane.join(joining("dev"))
        await self.backplane.follow(["dev"])
        left = await self.backplane.leave(leaving("dev"))
        assert left.position.offset == 2
        await self.listener.until(lambda: ("left", "ada", "dev") in self.listener.heard)
        told = self.listener.heard.index(("left", "ada", "dev"))
        assert any(
            note[0] == "entry" and note[1].kind == "left" for note in self.listener.heard[:told]
        )
        assert [m.room for m in await self.backplane.memberships("ada")] == [LOBBY]

    async def test_only_members_write_and_nobody_leaves_the_lobby(self) -> None:
        await self.backplane.join(joining("dev"))
        with self.assertRaises(Refused) as caught:
            await self.backplane.append(message("m", room="dev", person=BOB))
        assert caught.exception.code == Code.NOT_MEMBER
        with self.assertRaises(Refused) as caught:
            await self.backplane.leave(leaving("dev", BOB))
        assert caught.exception.code == Code.NOT_MEMBER
        with self.assertRaises(Refused) as caught:
            await self.backplane.leave(leaving(LOBBY))
        assert caught.exception.code == Code.FORBIDDEN

    # Unused rooms

    async def test_a_room_that_nobody_is_in_and_nobody_said_anything_in_is_removed(self) -> None:
        before = (await self.backplane.join(joining("gone"))).position
        await self.backplane.leave(leaving("gone"))
        await self.purge()
        assert [info.room for info in await self.backplane.rooms()] == [LOBBY]
        assert await self.backplane.positions(["gone"]) == {}
        with self.assertRaises(Refused):
            await self.backplane.read("gone", before, limit=10)
        after = (await self.backplane.join(joining("gone"))).position  # a new room of that name
        assert after.offset == 1 and after.epoch != before.epoch
        with self.assertRaises(ResyncNeeded):
            await self.backplane.read("gone", before, limit=10)

    async def test_a_room_with_a_member_a_message_or_a_reader_stays(self) -> None:
        for room in ("member", "message", "reader"):
            await self.backplane.join(joining(room))
        await self.backplane.append(message("hi", room="message"))
        await self.backplane.follow(["reader"])
        for room in ("message", "reader"):
            await self.backplane.leave(leaving(room))
        before = await self.backplane.rooms()
        await self.purge()
        assert await self.backplane.rooms() == before
        assert [info.room for info in before] == [LOBBY, "member", "message", "reader"]

    # Read markers

    async def test_unread_counts_messages_behind_the_marker_and_nothing_else(self) -> None:
        await self.backplane.join(joining("dev", ADA))
        await self.backplane.join(joining("dev", BOB))
        for text in ("one", "two", "three"):
            await self.backplane.append(message(text, room="dev", person=BOB))
        edited = EditedBody(user="bob", name="Bob", time="t", target=3, text="1", html="1")
        await self.backplane.append(Draft(room="dev", user="bob", body=edited))
        assert await self._unread("ada", "dev") == 3
        await self.backplane.mark_read("ada", "dev", 4)
        assert await self._unread("ada", "dev") == 1

    async def test_what_one_says_oneself_is_never_unread(self) -> None:
        await self.backplane.join(joining("dev"))
        await self.backplane.append(message("m", room="dev"))
        assert await self._unread("ada", "dev") == 0

    async def test_a_marker_never_goes_back_nor_past_the_top(self) -> None:
        for text in ("one", "two"):
            await self.backplane.append(message(text, person=BOB))
        await self.backplane.mark_read("ada", LOBBY, 99)
        await self.backplane.mark_read("ada", LOBBY, 1)
        await self.backplane.append(message("three", person=BOB))
        assert await self._unread("ada", LOBBY) == 1

    async def test_a_moved_marker_is_told_to_the_users_sessions_once(self) -> None:
        await self.backplane.append(message("one", person=BOB))
        await self.backplane.mark_read("ada", LOBBY, 1)
        await self.backplane.mark_read("ada", LOBBY, 1)
        expected = ("user", "ada", Read(room=LOBBY, offset=1, unread=0))
        await self.listener.until(lambda: expected in self.listener.heard)
        assert self.listener.heard.count(expected) == 1

    async def test_only_members_mark_as_read(self) -> None:
        await self.backplane.join(joining("dev"))
        with self.assertRaises(Refused) as caught:
            await self.backplane.mark_read("bob", "dev", 1)
        assert caught.exception.code == Code.NOT_MEMBER

    # Pushes and presence, which are in no log

    async def test_announcements_come_back_in_one_order(self) -> None:
        for attachment in ("a1", "a2", "a3"):
            await self.backplane.announce("ada", "s", attachment)
        await self.listener.until(lambda: ("attached", "ada", "s", "a3") in self.listener.heard)
        attached = [note[3] for note in self.listener.heard if note[0] == "attached"]
        assert attached == ["a1", "a2", "a3"]

    async def test_a_room_push_reaches_the_listener(self) -> None:
        push = Typing(room=LOBBY, user="ada", name="Ada")
        await self.backplane.publish(LOBBY, push)
        await self.listener.until(lambda: ("room", LOBBY, push) in self.listener.heard)

    async def test_presence_counts_a_user_once_and_is_told(self) -> None:
        await self.backplane.set_present("s1", ADA, [LOBBY])
        await self.backplane.set_present("s2", ADA, [LOBBY])
        await self.backplane.set_present("s3", BOB, [LOBBY])
        people = [PresentPerson(user=person.user, name=person.name) for person in (ADA, BOB)]
        expected = Presence(room=LOBBY, count=2, users=people)
        assert await self.backplane.presence(LOBBY) == expected
        await self.listener.until(lambda: ("room", LOBBY, expected) in self.listener.heard)

    async def test_who_is_away_in_all_sessions_is_shown_so(self) -> None:
        away = msgspec.structs.replace(ADA, away="lunch")
        await self.backplane.set_present("s1", away, [LOBBY])
        await self.backplane.set_present("s2", away, [LOBBY])
        assert [one.away for one in (await self.backplane.presence(LOBBY)).users or ()] == ["lunch"]
        await self.backplane.set_present("s1", ADA, [LOBBY])
        assert [one.away for one in (await self.backplane.presence(LOBBY)).users or ()] == [""]

    async def test_all_who_are_present_can_be_had_by_name_however_many(self) -> None:
        crowd = [Person(user=f"u{n}", name=f"n{n}") for n in range(MAX_PRESENT_LISTED + 1)]
        for person in crowd:
            await self.backplane.set_present(person.user, person, [LOBBY])
        people = await self.backplane.people(LOBBY)
        assert sorted(people, key=lambda person: int(person.user[1:])) == crowd
        assert not await self.backplane.people("elsewhere")

    async def test_whom_a_message_mentions_is_kept_with_it(self) -> None:
        told = MessageBody(
            user="ada", name="Ada", time="", key="k", text="@bob", html="", mentions=["bob"]
        )
        draft = Draft(room=LOBBY, user="ada", body=told)
        since = (await self.backplane.positions([LOBBY]))[LOBBY]
        await self.backplane.append(draft)
        (entry,) = (await self.backplane.read(LOBBY, since, limit=10)).entries
        assert entry.decode() == told

    async def test_a_user_is_gone_with_the_last_session(self) -> None:
        await self.backplane.set_present("s1", ADA, [LOBBY])
        await self.backplane.set_present("s2", ADA, [LOBBY])
        await self.backplane.set_present("s1", ADA, [])
        assert (await self.backplane.presence(LOBBY)).count == 1
        await self.backplane.set_present("s2", ADA, [])
        assert (await self.backplane.presence(LOBBY)).count == 0

    async def test_many_changes_of_presence_are_told_as_few(self) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for number in range(200):
            person = Person(user=f"u{number}", name=f"U{number}")
            await self.backplane.set_present(f"s{number}", person, [LOBBY])
        last = Presence(room=LOBBY, count=200)  # too many to list
        await self.listener.until(lambda: ("room", LOBBY, last) in self.listener.heard)
        spent_s = loop.time() - began_s
        told = len([note for note in self.listener.heard if note[0] == "room"])
        assert told <= 2 + spent_s / PRESENCE_INTERVAL_S

    # The block list

    def _ban(self, who: str = "ada", *, for_s: float = 60.0) -> Block:
        return Block(who=who, why=Why.BANNED, until_s=self.clock.now + for_s, reason="spam")

    async def test_a_bar_is_heard_before_it_is_acknowledged(self) -> None:
        await self.backplane.block(self._ban())
        assert self.listener.blocks[-1] == self._ban()

    async def test_a_bar_is_heard_by_those_who_start_later_before_they_have_started(self) -> None:
        await self.backplane.block(self._ban())
        self.listener.heard.clear()
        await self.restart()
        assert self.listener.blocks[:1] == [self._ban()]

    async def test_of_one_user_the_last_of_each_kind_is_heard(self) -> None:
        signed_out = Block(who="ada", why=Why.SIGNED_OUT, until_s=self.clock.now + 9)
        lifted = self._ban(for_s=0)
        for block in (self._ban(), signed_out, lifted):
            await self.backplane.block(block)
        assert self.listener.blocks[-1] == lifted
        self.listener.heard.clear()
        await self.restart()
        assert sorted(self.listener.blocks[:2], key=lambda block: block.why) == [lifted, signed_out]

    async def test_what_another_process_puts_there_is_heard(self) -> None:
        book = await self.open_book()
        for block in (self._ban("bob"), self._ban("bob", for_s=0)):
            await book.put(block)
            await self.listener.until(lambda block=block: self.listener.blocks[-1:] == [block])
        assert list(await book.all()) == [self._ban("bob", for_s=0)]
        await book.close()

    async def test_another_process_sees_the_bars_that_hold(self) -> None:
        await self.backplane.block(self._ban())
        book = await self.open_book()
        assert list(await book.all()) == [self._ban()]
        await book.close()

    async def test_a_bar_that_is_long_over_is_forgotten_and_one_that_holds_is_not(self) -> None:
        for who, for_s in (("ada", 60.0), ("bob", 60.0 + LIFTED_KEPT_S)):
            await self.backplane.block(self._ban(who, for_s=for_s))
        kept = self.listener.blocks[-1]
        self.clock.now += LIFTED_KEPT_S + 60.0
        await self.purge()
        self.listener.heard.clear()
        await self.restart()
        assert self.listener.blocks[:1] == [kept]

    async def test_a_store_that_works_passes_its_check(self) -> None:
        await self.backplane.check()

    async def _before_all(self) -> Position:
        return Position((await self.lobby()).epoch, 0)

    async def _unread(self, user: str, room: str) -> int:
        (found,) = [m for m in await self.backplane.memberships(user) if m.room == room]
        return found.unread

    async def test_what_an_instance_reports_is_there_until_it_reports_no_more(self) -> None:
        await self.backplane.report("one", b"1\n{}")
        await self.backplane.report("other", b"2")
        self.clock.now += REPORT_S / 2
        await self.backplane.report("other", b"3")
        assert await self.backplane.reports() == {"one": b"1\n{}", "other": b"3"}
        self.clock.now += REPORT_S / 2
        assert await self.backplane.reports() == {"other": b"3"}
        await self.backplane.report("other", None)
        assert await self.backplane.reports() == {}
