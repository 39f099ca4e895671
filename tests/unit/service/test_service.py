"""What users do, and what they may not; each over the embedded log."""

import asyncio
import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.accounts.blocklist import Block
from chat.accounts.rate_limits import (
    BURST,
    CHARACTERS_A_TOKEN,
    COMMANDS_A_REQUEST,
    COMMANDS_BURST_S,
    JOINS_BURST,
    RATE,
    ROOM_MAKERS,
    Limits,
)
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import presence_interval_s
from chat.metrics.counters import Metrics
from chat.protocol import entries, pushes
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.limits import Limit
from chat.protocol.pushes import Error, Ok, Person, Pong, Push
from chat.rooms import LOBBY
from chat.rooms.folding import fold
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.service.rosters import JOINED_ENTRIES, LOG_S, SPOKEN_MESSAGES
from chat.service.service import Service
from chat.settings.settings import Settings
from chat.token_bucket import SWEEP_AT
from tests.unit.fakes import ADA, BOB, SetClock

HERE = "192.0.2.1"


class Feed:
    """Keeps what the live feed brings."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.pushes: list[Push] = []
        self.user_pushes: list[tuple[str, Push]] = []
        self.blocks: list[Block] = []

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self.entries += entries

    def on_reset(self, room: str, position: Position) -> None:
        raise AssertionError("the embedded log has one life")

    def on_room_push(self, room: str, push: Push) -> None:
        self.pushes.append(push)

    def on_user_push(self, user: str, push: Push) -> None:
        self.pushes.append(push)
        self.user_pushes.append((user, push))

    def on_joined(
        self, user: str, room: str, since: Position, *, is_repeated: bool = False
    ) -> None:
        pass

    def on_left(self, user: str, room: str) -> None:
        pass

    def on_removed(self, room: str) -> None:
        pass

    def on_block(self, block: Block) -> None:
        self.blocks.append(block)


class ServiceTest(IsolatedAsyncioTestCase):
    has_rate_limits = False
    settings: Mapping[str, Any] = {}

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock, self.feed = SetClock(), Feed()
        self.backplane = EmbeddedBackplane(Path(folder.name), clock=self.clock)
        await self.backplane.start(self.feed)
        self.addAsyncCleanup(self.backplane.stop)
        self.metrics = Metrics()
        settings = Settings(has_rate_limits=self.has_rate_limits, **self.settings)
        self.limits = Limits(settings, self.clock, self.metrics.limited)
        self.service = Service(
            self.backplane, clock=self.clock, limits=self.limits, metrics=self.metrics
        )

    async def do(self, person: Person, type_: str, **fields: Any) -> dict[str, Any] | None:
        """Send a command as a client does; return its reply, decoded."""
        reply = await self.service.answer(person, json.dumps({"type": type_, **fields}), HERE)
        return None if reply is None else json.loads(reply.encode())

    async def say(self, text: str = "hi", *, key: str = "k1", by: Person = ADA) -> int:
        """Return the offset of a message in the lobby."""
        reply = await self.do(by, "send", room=LOBBY, text=text, key=key)
        assert reply is not None and reply["type"] == "ok", reply
        return int(reply["offset"])

    async def fails(self, code: str, person: Person, type_: str, **fields: Any) -> dict[str, Any]:
        before = len(self.feed.entries)
        reply = await self.do(person, type_, **fields)
        assert reply is not None
        self.assertEqual((reply["type"], reply.get("code")), ("error", code))
        self.assertEqual(len(self.feed.entries), before, "something was stored all the same")
        return reply


class TestSending(ServiceTest):
    async def test_a_message_comes_back_to_everybody_by_the_feed_as_it_was_meant(self) -> None:
        reply = await self.do(ADA, "send", room=LOBBY, text="*hi*\r\nyou", key="k", id=7)
        (entry,) = self.feed.entries
        self.assertEqual(
            reply,
            {
                "type": "ok",
                "id": 7,
                "room": LOBBY,
                "epoch": entry.position.epoch,
                "offset": 1,
                "key": "k",
            },
        )
        self.assertEqual(
            json.loads(entry.encode()),
            {
                "type": "message",
                "room": LOBBY,
                "epoch": entry.position.epoch,
                "offset": 1,
                "user": "ada",
                "name": "Ada",
                "time": "1970-01-12T13:46:40.000Z",
                "key": "k",
                "text": "*hi*\nyou",
                "html": "<p><em>hi</em><br>\nyou</p>",
            },
        )

    async def test_the_same_key_gives_the_same_answer_and_one_entry(self) -> None:
        self.assertEqual(await self.say("hi", key="k"), await self.say("hi", key="k"))
        self.assertEqual(len(self.feed.entries), 1)

    async def test_line_ends_do_not_make_another_text_of_a_retry(self) -> None:
        self.assertEqual(await self.say("a\nb", key="k"), await self.say("a\r\nb", key="k"))

    async def test_the_same_key_with_another_text_is_a_conflict(self) -> None:
        await self.say("one", key="k")
        await self.fails(Code.KEY_CONFLICT, ADA, "send", room=LOBBY, text="two", key="k")

    async def test_a_text_may_be_as_long_as_the_limit_and_no_longer(self) -> None:
        await self.say("x" * MAX_TEXT_CHARACTERS, key="a")
        await self.fails(
            Code.TOO_LONG, ADA, "send", room=LOBBY, text="x" * (MAX_TEXT_CHARACTERS + 1), key="b"
        )

    async def test_a_text_needs_something_to_see(self) -> None:
        for text in ("", " ", "\n\t", "\u200b", "\u202e", "\u0300"):
            await self.fails(Code.EMPTY, ADA, "send", room=LOBBY, text=text, key="k")

    async def test_who_is_in_no_room_cannot_speak_there(self) -> None:
        await self.do(BOB, "join", room="dev")
        await self.fails(Code.NOT_MEMBER, ADA, "send", room="dev", text="hi", key="k")

    async def test_a_room_that_is_not_there_is_said_to_be(self) -> None:
        await self.fails(Code.NO_SUCH_ROOM, ADA, "send", room="dev", text="hi", key="k")

    async def test_what_cannot_name_a_room_is_said_to(self) -> None:
        for room in ("", "A", "-a", "a b", "*", "..", "a/b", "a:b", "a,b", "a\r\nb", "x" * 65):
            for type_ in ("join", "leave", "typing"):
                await self.fails(Code.BAD_ROOM, ADA, type_, room=room)
            await self.fails(Code.BAD_ROOM, ADA, "send", room=room, text="hi", key="k")

    async def test_a_room_of_64_characters_is_a_room(self) -> None:
        reply = await self.do(ADA, "join", room="x" * 64)
        assert reply is not None
        self.assertEqual(reply["type"], "ok")


class TestChanging(ServiceTest):
    async def test_an_author_edits_their_message(self) -> None:
        target = await self.say("befor")
        reply = await self.do(ADA, "edit", room=LOBBY, offset=target, text="**before**")
        assert reply is not None
        self.assertEqual((reply["type"], reply["offset"]), ("ok", target + 1))
        body = self.feed.entries[-1].decode()
        assert isinstance(body, entries.EditedBody)
        self.assertEqual((body.target, body.text), (target, "**before**"))
        self.assertEqual(body.html, "<p><strong>before</strong></p>")

    async def test_an_author_deletes_their_message(self) -> None:
        target = await self.say()
        await self.do(ADA, "delete", room=LOBBY, offset=target)
        self.assertEqual(self.feed.entries[-1].kind, "deleted")

    async def test_nobody_changes_what_another_said(self) -> None:
        target = await self.say(by=ADA)
        await self.fails(Code.FORBIDDEN, BOB, "edit", room=LOBBY, offset=target, text="mine")
        await self.fails(Code.FORBIDDEN, BOB, "delete", room=LOBBY, offset=target)

    async def test_everybody_reacts_to_everything(self) -> None:
        target = await self.say(by=ADA)
        for person, on in ((BOB, True), (ADA, True), (BOB, False)):
            reply = await self.do(
                person, "react", room=LOBBY, offset=target, emoji="\U0001f44d", on=on
            )
            assert reply is not None
            self.assertEqual(reply["type"], "ok")
            body = self.feed.entries[-1].decode()
            assert isinstance(body, entries.ReactionBody)
            self.assertEqual((body.user, body.on), (person.user, on))

    async def test_only_messages_can_be_changed_and_only_those_that_are_there(self) -> None:
        target = await self.say()
        await self.do(ADA, "delete", room=LOBBY, offset=target)
        for offset in (target + 1, target + 2, 2**53 - 1):  # a deletion, nothing, nothing
            await self.fails(Code.BAD_COMMAND, ADA, "edit", room=LOBBY, offset=offset, text="x")
            await self.fails(Code.BAD_COMMAND, ADA, "delete", room=LOBBY, offset=offset)
            await self.fails(
                Code.BAD_COMMAND,
                ADA,
                "react",
                room=LOBBY,
                offset=offset,
                emoji="\U0001f44d",
                on=True,
            )

    async def test_who_has_left_changes_nothing_any_more(self) -> None:
        await self.do(ADA, "join", room="dev")
        reply = await self.do(ADA, "send", room="dev", text="hi", key="k")
        assert reply is not None
        await self.do(ADA, "leave", room="dev")
        await self.fails(Code.NOT_MEMBER, ADA, "delete", room="dev", offset=reply["offset"])

    async def test_an_edit_keeps_to_the_rules_for_texts(self) -> None:
        target = await self.say()
        await self.fails(Code.EMPTY, ADA, "edit", room=LOBBY, offset=target, text=" ")
        await self.fails(
            Code.TOO_LONG,
            ADA,
            "edit",
            room=LOBBY,
            offset=target,
            text="x" * (MAX_TEXT_CHARACTERS + 1),
        )


class TestMentions(ServiceTest):
    def mentions(self) -> list[str]:
        """Return whom the newest entry mentions."""
        push = json.loads(self.feed.entries[-1].encode())
        return list(push.get("mentions", []))

    async def test_who_is_present_is_mentioned_by_id(self) -> None:
        await self.backplane.set_present("s", BOB, [LOBBY])
        await self.say("hello @bob")
        self.assertEqual(self.mentions(), ["bob"])

    async def test_who_is_present_elsewhere_only_is_not(self) -> None:
        await self.do(ADA, "join", room="dev")
        await self.backplane.set_present("s", BOB, ["dev"])
        await self.say("hello @bob")
        self.assertEqual(self.mentions(), [])

    async def test_who_has_spoken_lately_is_mentioned_though_they_are_away(self) -> None:
        await self.say("hello", by=BOB)
        await self.say("hello @bob")
        self.assertEqual(self.mentions(), ["bob"])
        eve = Person(user="eve", name="Eve")
        await self.say("me too", by=eve)
        await self.say("hello @eve", key="k2")
        self.assertEqual(self.mentions(), ["eve"])

    async def test_who_spoke_long_ago_and_is_away_is_not(self) -> None:
        await self.say("hello", by=BOB)
        for number in range(SPOKEN_MESSAGES):
            await self.say(f"{number}", key=f"{number}")
        await self.say("hello @bob")
        self.assertEqual(self.mentions(), [])

    async def test_who_has_joined_lately_is_mentioned_until_they_leave(self) -> None:
        await self.do(BOB, "join", room="dev")
        await self.do(ADA, "join", room="dev")
        await self.do(ADA, "send", room="dev", text="@bob", key="k1")
        self.assertEqual(self.mentions(), ["bob"])
        await self.do(Person(user="eve", name="Eve"), "join", room="dev")
        await self.do(ADA, "send", room="dev", text="@eve", key="k2")
        self.assertEqual(self.mentions(), ["eve"])
        await self.do(BOB, "leave", room="dev")
        self.clock.now += LOG_S
        await self.do(ADA, "send", room="dev", text="@bob", key="k3")
        self.assertEqual(self.mentions(), [])

    async def test_who_joined_long_ago_and_was_silent_is_not(self) -> None:
        await self.do(BOB, "join", room="dev")
        await self.do(ADA, "join", room="dev")
        for number in range(JOINED_ENTRIES):
            await self.do(ADA, "send", room="dev", text="hi", key=f"{number}")
        await self.do(ADA, "send", room="dev", text="@bob", key="last")
        self.assertEqual(self.mentions(), [])

    async def test_who_has_another_name_now_is_called_by_that(self) -> None:
        await self.say("hello", by=BOB)
        await self.backplane.set_present("s", Person(user="bob", name="Robert"), [LOBBY])
        await self.say("hello @bob", key="k1")
        self.assertEqual(self.mentions(), [])
        await self.say("hello @robert", key="k2")
        self.assertEqual(self.mentions(), ["bob"])

    async def test_of_namesakes_who_spoke_last_comes_first(self) -> None:
        for user in ("one", "two", "three"):
            await self.backplane.set_present(user, Person(user=user, name="Eve"), [LOBBY])
        await self.say("hi", by=Person(user="two", name="Eve"))
        await self.say("hi", by=Person(user="three", name="Eve"))
        await self.say("@eve")
        self.assertEqual(self.mentions(), ["three", "two", "one"])

    async def test_an_edit_mentions_whom_its_own_text_does(self) -> None:
        await self.backplane.set_present("s", BOB, [LOBBY])
        offset = await self.say("hello @bob")
        await self.do(ADA, "edit", room=LOBBY, offset=offset, text="hello all")
        self.assertEqual(self.mentions(), [])
        await self.do(ADA, "edit", room=LOBBY, offset=offset, text="hello @Bob")
        self.assertEqual(self.mentions(), ["bob"])
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=1)
        (message,) = fold(page.entries, page.reactions)
        self.assertEqual(message.mentions, ["bob"])

    async def test_many_who_are_present_are_looked_at_once_in_an_interval(self) -> None:
        crowd = [Person(user=f"u{n}", name=f"name {n}") for n in range(MAX_PRESENT_LISTED + 1)]
        for person in crowd:
            await self.backplane.set_present(person.user, person, [LOBBY])
        looks = 0
        people = self.backplane.people

        async def counted(room: str) -> Collection[Person]:
            nonlocal looks
            looks += 1
            return await people(room)

        self.backplane.people = counted  # type: ignore[method-assign]
        for number in range(10):
            await self.say("@name 7", key=f"{number}")
            self.assertEqual(self.mentions(), ["u7"])
        self.assertEqual(looks, 1)
        self.clock.now += presence_interval_s(len(crowd))
        await self.say("@name 7", key="later")
        self.assertEqual(looks, 2)


class TestTheRest(ServiceTest):
    async def test_joining_makes_the_room_and_answers_where_it_stands(self) -> None:
        reply = await self.do(ADA, "join", room="dev")
        assert reply is not None
        self.assertEqual((reply["room"], reply["offset"]), ("dev", 1))
        self.assertEqual(self.feed.entries[-1].kind, "joined")

    async def test_the_lobby_cannot_be_left(self) -> None:
        await self.fails(Code.FORBIDDEN, ADA, "leave", room=LOBBY)

    async def test_a_ping_is_answered_with_its_id(self) -> None:
        self.assertEqual(await self.do(ADA, "ping", id="x"), {"type": "pong", "id": "x"})
        self.assertEqual(await self.do(ADA, "ping"), {"type": "pong"})

    async def test_typing_has_no_answer_and_reaches_the_room(self) -> None:
        self.assertIsNone(await self.do(ADA, "typing", room=LOBBY))
        self.assertEqual(self.feed.pushes, [pushes.Typing(room=LOBBY, user="ada", name="Ada")])

    async def test_only_members_are_seen_to_type(self) -> None:
        await self.do(BOB, "join", room="dev")
        await self.fails(Code.NOT_MEMBER, ADA, "typing", room="dev")
        self.assertEqual(self.feed.pushes, [])

    async def test_reading_is_noted(self) -> None:
        target = await self.say(by=ADA)
        reply = await self.do(BOB, "read", room=LOBBY, offset=target, id=1)
        self.assertEqual(reply, {"type": "ok", "id": 1, "room": LOBBY})

    async def test_a_failure_has_the_commands_id(self) -> None:
        reply = await self.fails(Code.BAD_ROOM, ADA, "join", room="*", id="mine")
        self.assertEqual(reply["id"], "mine")
        reply = await self.fails(Code.BAD_COMMAND, ADA, "join", id="mine")
        self.assertEqual(reply["id"], "mine")
        reply = await self.fails(Code.UNKNOWN_TYPE, ADA, "dance", id="mine")
        self.assertEqual(reply["id"], "mine")

    async def test_without_limits_nobody_is_too_fast(self) -> None:
        replies = await asyncio.gather(
            *(self.do(ADA, "read", room=LOBBY, offset=0) for _ in range(BURST + 1))
        )
        self.assertEqual({reply["type"] for reply in replies if reply}, {"ok"})


class TestRateLimits(ServiceTest):
    has_rate_limits = True

    async def burst(self, person: Person = ADA, count: int = BURST) -> list[Any]:
        # What fails at once costs a token like what is stored.
        data = b'{"type":"join","room":"*"}'
        return [await self.service.answer(person, data, HERE) for _ in range(count)]

    async def is_limited(self, person: Person = ADA) -> bool:
        (reply,) = await self.burst(person, 1)
        return bool(reply.code == Code.RATE_LIMITED)

    async def test_a_burst_is_let_through_and_the_next_command_is_not(self) -> None:
        replies = await self.burst(count=BURST + 1)
        self.assertEqual({reply.code for reply in replies[:-1]}, {Code.BAD_ROOM})
        self.assertEqual(replies[-1].code, Code.RATE_LIMITED)

    async def test_it_is_said_when_to_try_again_and_then_it_works_once(self) -> None:
        await self.burst()
        (reply,) = await self.burst(count=1)
        self.assertEqual(reply.retry_ms, 1000 / RATE + 1)  # rounded up to be safe
        self.clock.now += reply.retry_ms / 1000
        self.assertFalse(await self.is_limited())
        self.assertTrue(await self.is_limited())

    async def test_just_before_that_it_does_not_work(self) -> None:
        await self.burst()
        self.clock.now += 0.9 / RATE
        self.assertTrue(await self.is_limited())

    async def test_each_user_has_a_limit_of_their_own(self) -> None:
        await self.burst(ADA)
        self.assertTrue(await self.is_limited(ADA))
        self.assertFalse(await self.is_limited(BOB))

    async def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing(self) -> None:
        await self.burst()
        self.clock.now -= 3600
        self.assertTrue(await self.is_limited())
        self.clock.now += 1
        self.assertFalse(await self.is_limited())

    async def test_whatever_comes_costs_a_token(self) -> None:
        for number, data in enumerate((b'{"type":"ping"}', b"{", b'{"type":"?"}', b'{"id":7}')):
            person = Person(user=f"u{number}", name="U")
            for _ in range(BURST):
                await self.service.answer(person, data, HERE)
            reply = await self.service.answer(person, data, HERE)
            assert isinstance(reply, Error), data
            self.assertEqual(reply.code, Code.RATE_LIMITED, data)
            self.assertEqual(self.metrics.limits[Limit.COMMANDS], number + 1)

    async def test_a_long_text_costs_more_by_its_length_up_to_the_longest(self) -> None:
        for length, count in (
            (CHARACTERS_A_TOKEN, BURST),
            (2 * CHARACTERS_A_TOKEN, BURST // 2),
            (MAX_TEXT_CHARACTERS, BURST * CHARACTERS_A_TOKEN // MAX_TEXT_CHARACTERS),
            (10 * MAX_TEXT_CHARACTERS, BURST * CHARACTERS_A_TOKEN // MAX_TEXT_CHARACTERS),
        ):
            person = Person(user=f"of {length}", name="x")
            # Not a room, so that nothing is stored.
            data = json.dumps({"type": "send", "room": "*", "text": "x" * length, "key": "k"})
            for _ in range(count):
                reply = await self.service.answer(person, data, HERE)
                assert isinstance(reply, Error)
                self.assertEqual(reply.code, Code.BAD_ROOM)
            reply = await self.service.answer(person, data, HERE)
            assert isinstance(reply, Error)
            self.assertEqual(reply.code, Code.RATE_LIMITED)

    async def test_those_who_have_been_quiet_are_forgotten_and_the_others_are_not(self) -> None:
        await self.burst(ADA)
        for n in range(SWEEP_AT - 1):
            await self.burst(Person(user=f"u{n}", name="U"), 1)
        self.clock.now += 1 / RATE  # all are full again but Ada
        await self.burst(BOB, 1)
        self.assertFalse(await self.is_limited(ADA))  # the token that she has gained
        self.assertTrue(await self.is_limited(ADA))


class TestLimitsOfAnAddress(ServiceTest):
    """Each command is somebody else's, as of one who throws the cookie away each time."""

    has_rate_limits = True
    settings: Mapping[str, Any] = {"requests_per_second": 2, "new_rooms_per_hour": 3}

    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.count = 0

    async def ask(self, data: str, address: str = HERE) -> str:
        """Return the code of the reply, ``ok`` where it is none."""
        self.count += 1
        person = Person(user=f"u{self.count}", name="U")
        return getattr(await self.service.answer(person, data, address), "code", "ok")

    async def test_all_users_there_have_so_many_commands_at_once_and_then_a_rate(self) -> None:
        most = COMMANDS_BURST_S * COMMANDS_A_REQUEST * 2
        for _ in range(most):
            self.assertEqual(await self.ask('{"type":"ping"}'), "ok")
        for data in ('{"type":"ping"}', "{"):
            self.assertEqual(await self.ask(data), Code.RATE_LIMITED)
        self.assertEqual(self.metrics.limits[Limit.ADDRESS_COMMANDS], 2)
        self.assertEqual(await self.ask('{"type":"ping"}', "192.0.2.2"), "ok")
        self.clock.now += 0.25  # four a second
        self.assertEqual(await self.ask('{"type":"ping"}'), "ok")
        self.assertEqual(await self.ask('{"type":"ping"}'), Code.RATE_LIMITED)

    async def test_an_ipv6_network_of_one_host_is_one_address(self) -> None:
        for number in range(COMMANDS_BURST_S * COMMANDS_A_REQUEST * 2):
            await self.ask('{"type":"ping"}', f"2001:db8::{number:x}")
        self.assertEqual(await self.ask('{"type":"ping"}', "2001:db8::ffff:1"), Code.RATE_LIMITED)
        self.assertEqual(await self.ask('{"type":"ping"}', "2001:db8:0:1::1"), "ok")

    async def test_all_users_there_make_ten_times_as_many_rooms_as_one(self) -> None:
        for number in range(ROOM_MAKERS * 3):
            self.assertEqual(await self.ask(f'{{"type":"join","room":"r{number}"}}'), "ok")
        self.assertEqual(await self.ask('{"type":"join","room":"more"}'), Code.RATE_LIMITED)
        self.assertEqual(self.metrics.limits[Limit.ADDRESS_ROOMS], 1)
        self.assertEqual(await self.ask('{"type":"join","room":"r1"}'), "ok")
        self.assertEqual(await self.ask('{"type":"join","room":"more"}', "192.0.2.2"), "ok")

    async def test_whoever_is_refused_for_their_address_keeps_their_own_tokens(self) -> None:
        for number in range(ROOM_MAKERS * 3):
            await self.ask(f'{{"type":"join","room":"r{number}"}}')
        for _ in range(10):
            reply = await self.service.answer(ADA, '{"type":"join","room":"more"}', HERE)
            self.assertEqual(getattr(reply, "code", "ok"), Code.RATE_LIMITED)
        for number in range(3):
            data = f'{{"type":"join","room":"more{number}"}}'
            self.assertIsInstance(await self.service.answer(ADA, data, "192.0.2.3"), Ok)

    async def test_all_users_there_join_rooms_2000_times_and_then_once_a_second(self) -> None:
        for _ in range(JOINS_BURST):
            self.limits.join(HERE)
        self.assertEqual(await self.ask('{"type":"join","room":"dev"}'), Code.RATE_LIMITED)
        self.assertEqual(self.metrics.limits[Limit.JOINS], 1)
        self.assertEqual(await self.ask('{"type":"join","room":"general"}'), "ok")  # is in it
        self.clock.now += 1
        self.assertEqual(await self.ask('{"type":"join","room":"dev"}'), "ok")


class TestWhateverComes(ServiceTest):
    async def test_each_command_has_an_answer_or_none_by_what_it_is(self) -> None:
        self.assertIsInstance(await self.service.answer(ADA, b'{"type":"ping"}', HERE), Pong)
        self.assertIsInstance(
            await self.service.answer(ADA, '{"type":"join","room":"dev"}', HERE), Ok
        )
        self.assertIsInstance(await self.service.answer(ADA, b"\xff", HERE), Error)
        self.assertIsNone(await self.service.answer(ADA, b'{"type":"typing","room":"dev"}', HERE))
