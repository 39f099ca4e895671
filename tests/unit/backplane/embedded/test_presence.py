"""Who is here is told at once, then at most once an interval, and only when it has changed."""

import asyncio
from contextlib import contextmanager
from typing import Any
from unittest import TestCase
from unittest.mock import patch

from chat.backplane.embedded.presence import LocalPresence
from chat.backplane.limits import MAX_PRESENT_LISTED, PRESENCE_INTERVAL_S
from chat.backplane.presence import presence_interval_s
from chat.protocol.pushes import Person, Presence
from tests.unit.backplane.set_loop import SetLoop
from tests.unit.fakes import ADA, BOB

ROOM = "dev"


class PresenceTest(TestCase):
    def setUp(self) -> None:
        self.loop = SetLoop()
        self.told: list[Presence] = []
        self.book = LocalPresence(lambda room, presence: self.told.append(presence))
        self.enterContext(patch.object(asyncio, "get_running_loop", lambda: self.loop))

    def users(self) -> list[list[str]]:
        return [[person.user for person in presence.users or ()] for presence in self.told]

    @contextmanager
    def telling(self, *users: list[str]) -> Any:
        self.told.clear()
        yield
        self.assertEqual(self.users(), list(users))

    def test_the_first_change_is_told_at_the_turns_end(self) -> None:
        with self.telling(["ada", "bob"]):
            self.book.set("s1", ADA, [ROOM])
            self.book.set("s2", BOB, [ROOM])
            self.assertEqual(self.told, [])
            self.loop.pass_time(0)

    def test_the_changes_of_an_interval_are_told_at_its_end_in_one(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(0)
        with self.telling():
            self.book.set("s2", BOB, [ROOM])
            self.book.set("s3", Person(user="eve", name="Eve"), [ROOM])
            self.loop.pass_time(PRESENCE_INTERVAL_S - 0.01)
        with self.telling(["ada", "bob", "eve"]):
            self.loop.pass_time(0.01)

    def test_after_a_quiet_interval_a_change_is_told_at_once_again(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(PRESENCE_INTERVAL_S)
        self.assertEqual(self.loop.timers, 0)  # and a quiet room costs nothing
        with self.telling(["ada", "bob"]):
            self.book.set("s2", BOB, [ROOM])
            self.loop.pass_time(0)

    def test_who_comes_and_goes_within_an_interval_is_no_news(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(0)
        with self.telling():
            self.book.set("s2", BOB, [ROOM])
            self.book.set("s2", BOB, [])
            self.loop.pass_time(5 * PRESENCE_INTERVAL_S)

    def test_another_session_of_somebody_who_is_here_is_no_news(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        with self.telling():
            self.book.set("s2", ADA, [ROOM])
            self.book.set("s1", ADA, [])
            self.loop.pass_time(5 * PRESENCE_INTERVAL_S)

    def test_the_last_one_to_go_is_told_and_nothing_is_kept(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        with self.telling([]):
            self.book.set("s1", ADA, [])
            self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        self.assertEqual(self.loop.timers, 0)
        with self.telling(["ada"]):
            self.book.set("s1", ADA, [ROOM])
            self.loop.pass_time(0)

    def test_another_name_is_news(self) -> None:
        self.book.set("s1", ADA, [ROOM])
        self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        self.book.set("s1", Person(user="ada", name="Countess"), [ROOM])
        self.loop.pass_time(0)
        assert self.told[-1].users is not None
        self.assertEqual([person.name for person in self.told[-1].users], ["Countess"])

    def test_rooms_are_told_apart(self) -> None:
        self.book.set("s1", ADA, [ROOM, "other"])
        self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        self.told.clear()
        self.book.set("s1", ADA, ["other"])
        self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
        self.assertEqual([(p.room, p.count) for p in self.told], [(ROOM, 0)])
        self.assertEqual(self.book.of("other").count, 1)

    def test_names_are_in_order_whatever_their_case(self) -> None:
        for user, name in (("1", "bob"), ("2", "Ada"), ("4", "eve"), ("3", "Eve")):
            self.book.set(user, Person(user=user, name=name), [ROOM])
        users = self.book.of(ROOM).users
        assert users is not None
        self.assertEqual([person.user for person in users], ["2", "1", "3", "4"])

    def test_too_many_are_counted_and_not_listed(self) -> None:
        for n in range(MAX_PRESENT_LISTED):
            self.book.set(f"s{n}", Person(user=f"u{n}", name="x"), [ROOM])
        self.assertEqual(len(self.book.of(ROOM).users or ()), MAX_PRESENT_LISTED)
        self.book.set("one more", ADA, [ROOM])
        presence = self.book.of(ROOM)
        self.assertEqual((presence.count, presence.users), (MAX_PRESENT_LISTED + 1, None))

    def test_the_more_there_are_the_more_seldom_they_are_told(self) -> None:
        count = 10_000
        for n in range(count):
            self.book.set(f"s{n}", Person(user=f"u{n}", name="x"), [ROOM])
        self.loop.pass_time(0)
        self.told.clear()
        self.book.set("one more", ADA, [ROOM])
        self.loop.pass_time(presence_interval_s(count) - 0.01)
        self.assertEqual(self.told, [])
        self.loop.pass_time(0.01)
        self.assertEqual([presence.count for presence in self.told], [count + 1])

    def test_a_book_that_was_stopped_tells_nothing(self) -> None:
        with self.telling():
            self.book.set("s1", ADA, [ROOM])
            self.book.stop()
            self.loop.pass_time(5 * PRESENCE_INTERVAL_S)
