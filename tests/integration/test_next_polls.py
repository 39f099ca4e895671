"""A poll that repeats the last one is answered as if it had come the usual way."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase
from urllib.parse import quote

from chat.accounts.blocklist import Block, Why
from chat.accounts.cookies import IdentityCookies
from chat.application import Server
from chat.attach.catch_up import MAX_ANSWER_BYTES
from chat.backplane.records import Draft
from chat.clock import SystemClock
from chat.hub.room import MISSED_BATCHES, MISSED_BYTES
from chat.protocol import codes
from chat.protocol.cursor import Position
from chat.protocol.entries import MessageBody
from chat.protocol.pushes import Person, Presence
from chat.rooms import LOBBY
from chat.settings.settings import Settings
from tests.unit.fakes import TIME, WAIT_S, message

HOLD_S = 0.2  # many times what a busy machine needs to look whether a poll is held


async def eventually(is_so: Callable[[], bool]) -> None:
    """Return when ``is_so`` returns True, looked at each turn."""
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110  # nobody tells of what is looked for
            await asyncio.sleep(0.001)


def cookie_of(person: Person) -> str:
    cookies = IdentityCookies(b"s" * 16, SystemClock())
    return cookies.issue(person, is_secure=False)[0].partition(";")[0]


class Poller:
    """Polls over one connection, always with the same words but for the cursor."""

    def __init__(self, port: int, cookie: str, session: str) -> None:
        self.cookie = cookie
        self.session = session
        self._port = port

    async def __aenter__(self) -> "Poller":
        self._reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    def ask(self, cursor: str, *, query: str = "", headers: str = "") -> None:
        self.writer.write(
            f"GET /poll?session={self.session}&cursor={cursor}{query} HTTP/1.1\r\nHost: h\r\n"
            f"Cookie: {self.cookie}\r\n{headers}\r\n".encode()
        )

    async def answer(self) -> dict[str, Any]:
        return dict(json.loads((await self.response())[1]))

    async def response(self) -> tuple[dict[str, str], bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        assert status == "HTTP/1.1 200 OK", head
        headers = dict(line.split(": ", 1) for line in lines)
        return headers, await self._reader.readexactly(int(headers["Content-Length"]))

    async def is_closed(self) -> bool:
        """Return whether the server has closed the connection, once that is known."""
        return await self._reader.read(1) == b""

    async def poll(self, cursor: str, **more: str) -> dict[str, Any]:
        self.ask(cursor, **more)
        return await self.answer()


class NextPollTest(IsolatedAsyncioTestCase):
    grace_s = 60.0
    hold_s = HOLD_S

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.server = Server(
            Settings(
                port=0,
                address="127.0.0.1",
                data_dir=Path(folder.name),
                secret="s" * 16,
                poll_hold_s=self.hold_s,
                presence_grace_s=self.grace_s,
            )
        )
        self.port = await self.server.start()
        self.addAsyncCleanup(self.server.stop)
        self.ada = Person(user="ada", name="Ada")
        cookie = cookie_of(self.ada)
        session = self.server.attachments.new_session(self.ada.user)
        self.poller = await self.enterAsyncContext(Poller(self.port, cookie, session))
        self.cursor = await self.begin(self.poller)
        self._taken_before = self.server.next_polls.answered

    @property
    def taken(self) -> int:
        """How many polls went the short way, since the first few."""
        return self.server.next_polls.answered - self._taken_before

    async def begin(self, poller: Poller) -> str:
        """Poll until the next one is known; return its cursor."""
        answer = await poller.poll("")
        while not answer["timeout"]:  # presence comes as well
            answer = await poller.poll(answer["cursor"])
        return str(answer["cursor"])

    def publish(self, offset: int, text: str = "x", *, room: str = LOBBY) -> None:
        epoch = self.cursor.split(":")[1]
        self.server.live.on_entries([message(offset, text, room=room, epoch=epoch)])

    async def say(self, text: str, *, mentions: Sequence[str] = ()) -> None:
        """Have Bob say it, and the log keep it."""
        body = MessageBody(
            user="bob",
            name="Bob",
            time=TIME,
            key=text[:9],
            text=text,
            html=text,
            mentions=list(mentions),
        )
        await self.server.backplane.append(Draft(room=LOBBY, user="bob", body=body))

    def at(self, offset: int) -> str:
        return f"{self.cursor.rpartition(':')[0]}:{offset}"

    async def is_held(self) -> None:
        """Return when a poll is attached."""
        await eventually(lambda: self.server.attachments.registry.readers == 1)


class TestNextPolls(NextPollTest):
    async def test_it_is_held_and_answered_with_what_comes(self) -> None:
        for offset in (1, 2, 3):
            self.poller.ask(self.at(offset - 1))
            await self.is_held()
            self.publish(offset)
            answer = await self.poller.answer()
            self.assertEqual([push["offset"] for push in answer["data"]], [offset])
            self.assertEqual((answer["timeout"], answer["cursor"]), (False, self.at(offset)))
        self.assertEqual(self.taken, 3)

    async def test_its_answer_has_the_headers_of_the_usual_one(self) -> None:
        self.poller.ask(self.cursor, query="&hold_s=1")
        usual, body = await self.poller.response()
        self.poller.ask(self.cursor, query="&hold_s=1")
        repeated, same_body = await self.poller.response()
        self.assertEqual(self.taken, 1)
        self.assertEqual(body, same_body)
        its_own = {"Date": "", "X-Request-Id": ""}
        self.assertEqual(usual | its_own, repeated | its_own)
        self.assertNotEqual(usual["X-Request-Id"], repeated["X-Request-Id"])

    async def test_with_nothing_to_say_it_is_held_to_the_end(self) -> None:
        answer = await self.poller.poll(self.cursor)
        self.assertEqual(answer, {"data": None, "timeout": True, "cursor": self.cursor})
        self.assertEqual(self.taken, 1)

    async def test_one_after_an_early_answer_is_held_to_its_own_end(self) -> None:
        self.poller.ask(self.cursor)
        await asyncio.sleep(HOLD_S / 2)
        self.publish(1)
        await self.poller.answer()
        began_s = time.monotonic()
        answer = await self.poller.poll(self.at(1))
        self.assertGreaterEqual(time.monotonic() - began_s, HOLD_S)
        self.assertEqual((answer["data"], answer["timeout"]), (None, True))
        self.assertEqual(self.taken, 2)

    async def test_what_comes_in_the_turn_in_which_the_hold_ends_is_its_answer(self) -> None:
        self.poller.ask(self.cursor)
        await self.is_held()
        self.publish(1)
        time.sleep(HOLD_S)  # noqa: ASYNC251  # the loop stands still, so all of it is due at once
        answer = await self.poller.answer()
        self.assertEqual([push["offset"] for push in answer["data"]], [1])
        self.assertEqual(answer["cursor"], self.at(1))

    async def test_what_came_between_two_polls_is_there_for_the_next(self) -> None:
        self.publish(1)
        await asyncio.sleep(0)
        self.publish(2)
        answer = await self.poller.poll(self.cursor)
        self.assertEqual([push["offset"] for push in answer["data"]], [1, 2])
        self.assertEqual(answer["cursor"], self.at(2))
        self.assertEqual(self.taken, 1)

    async def test_a_mention_between_two_polls_is_notified(self) -> None:
        await self.say("hello @Ada", mentions=["ada"])
        answer = await self.poller.poll(self.cursor)
        self.assertEqual([push["type"] for push in answer["data"]], ["message", "notification"])

    async def test_more_turns_than_are_kept_are_the_logs_to_tell(self) -> None:
        for number in range(MISSED_BATCHES + 1):
            await self.say(f"{number}")
        answer = await self.poller.poll(self.cursor)
        self.assertEqual(len(answer["data"]), MISSED_BATCHES + 1)
        self.assertEqual(self.taken, 0)

    async def test_a_turn_of_more_than_is_kept_is_the_logs_to_tell(self) -> None:
        await self.say("x" * (MISSED_BYTES // 2))  # it stands there twice: as text and as HTML
        await self.say("y")
        answer = await self.poller.poll(self.cursor)
        self.assertEqual([push["text"][0] for push in answer["data"]], ["x", "y"])
        self.assertEqual(self.taken, 0)

    async def test_a_log_with_a_new_life_is_loaded_anew(self) -> None:
        await self.say("one")
        self.server.live.on_reset(LOBBY, Position("other", 0))
        answer = await self.poller.poll(self.cursor)
        self.assertEqual(self.taken, 0)
        self.assertEqual([push["offset"] for push in answer["data"]], [1])

    async def test_one_that_is_not_held_takes_the_usual_way_where_it_is_counted(self) -> None:
        for _ in range(3):
            await self.poller.poll(self.cursor, query="&hold_s=0")
        self.assertEqual(self.taken, 0)

    async def test_a_cursor_may_be_escaped_as_browsers_do(self) -> None:
        await self.poller.poll(quote(self.cursor, safe=""))
        self.assertEqual(self.taken, 1)

    async def test_an_older_cursor_takes_the_usual_way(self) -> None:
        await self.server.backplane.follow([LOBBY])
        self.poller.ask(self.cursor)
        await self.is_held()
        self.publish(1)
        await self.poller.answer()
        self.assertEqual(self.taken, 1)
        answer = await self.poller.poll(self.cursor)  # the answer was lost, as far as it knows
        self.assertEqual(self.taken, 1)
        # What was published here is in no log, so that the log has nothing for it.
        self.assertEqual(answer["cursor"], self.cursor)

    async def test_another_cookie_is_another_request(self) -> None:
        self.poller.cookie = cookie_of(Person(user="bob", name="Bob"))
        await self.poller.poll(self.cursor)
        self.assertEqual(self.taken, 0)

    async def test_what_routers_add_to_each_request_is_no_other_request(self) -> None:
        for number in range(3):
            id_ = f"of-the-router-{number}"
            lines = (f"x-request-id: {id_}", f"X-Request-Start: {number}", f"Via: 1.1 v{number}")
            self.poller.ask(self.cursor, headers="".join(f"{line}\r\n" for line in lines))
            headers, _ = await self.poller.response()
            self.assertEqual(headers["X-Request-Id"], id_)
        self.assertEqual(self.taken, 3)

    async def test_one_that_is_the_last_on_its_connection_says_so_in_its_answer(self) -> None:
        self.poller.ask(self.cursor, headers="Connection: close\r\n")
        headers, _ = await self.poller.response()
        self.assertEqual((headers["Connection"], self.taken), ("close", 1))
        self.assertTrue(await self.poller.is_closed())

    async def test_headers_that_decide_are_another_request(self) -> None:
        for line in ("Sec-Fetch-Site: none", "Origin: http://h"):
            await self.poller.poll(self.cursor, headers=f"{line}\r\n")
            self.assertEqual(self.taken, 0)

    async def test_another_sites_page_is_refused(self) -> None:
        self.poller.ask(self.cursor, headers="Origin: https://evil.example\r\n")
        with self.assertRaisesRegex(AssertionError, "HTTP/1.1 403"):
            await self.poller.answer()

    async def test_a_room_that_was_joined_meanwhile_is_read_from_the_next_on(self) -> None:
        epoch = self.cursor.split(":")[1]
        self.server.live.on_joined(self.ada.user, "dev", Position(epoch, 0))
        self.assertEqual(len(self.server.next_polls), 0)
        await self.poller.poll(self.cursor)
        self.assertEqual(self.taken, 0)

    async def test_who_came_meanwhile_is_told(self) -> None:
        self.server.live.on_room_push(LOBBY, Presence(room=LOBBY, count=2))
        answer = await self.poller.poll(self.cursor)
        self.assertEqual([push["type"] for push in answer["data"]], ["presence"])
        self.assertEqual(self.taken, 0)

    async def test_who_has_signed_out_between_two_polls_is_refused(self) -> None:
        block = Block(who=self.ada.user, why=Why.SIGNED_OUT, until_s=time.time() + 60)
        self.server.live.on_block(block)
        self.assertEqual(len(self.server.next_polls), 0)
        self.poller.ask(self.cursor)
        with self.assertRaisesRegex(AssertionError, "HTTP/1.1 401"):
            await self.poller.answer()
        self.assertEqual(self.taken, 0)

    async def test_a_second_one_replaces_the_one_that_is_held(self) -> None:
        self.poller.ask(self.cursor)
        await self.is_held()
        async with Poller(self.port, self.poller.cookie, self.poller.session) as other:
            other.ask(self.cursor)
            (goodbye,) = (await self.poller.answer())["data"]
            self.assertEqual(goodbye["code"], codes.REPLACED.code)
            self.assertTrue((await other.answer())["timeout"])

    async def test_who_hangs_up_is_detached(self) -> None:
        self.poller.ask(self.cursor)
        await self.is_held()
        self.poller.writer.close()
        await eventually(lambda: self.server.attachments.registry.readers == 0)
        self.assertEqual(len(self.server.next_polls), 0)

    async def test_when_we_stop_it_is_answered_with_goodbye(self) -> None:
        self.poller.ask(self.cursor)
        await self.is_held()
        self.server.attachments.dismiss()
        (goodbye,) = (await self.poller.answer())["data"]
        self.assertEqual(goodbye["code"], codes.SHUTDOWN.code)

    async def test_more_than_an_answer_may_hold_is_left_to_the_log(self) -> None:
        self.poller.ask(self.cursor)
        await self.is_held()
        self.publish(1, "x" * (MAX_ANSWER_BYTES // 2))  # it stands there twice: as text and HTML
        answer = await self.poller.answer()
        self.assertEqual(answer, {"data": None, "timeout": False, "cursor": self.cursor})

    async def test_two_that_come_in_one_piece_are_answered_one_after_the_other(self) -> None:
        self.poller.ask(self.cursor)
        self.poller.ask(self.cursor)
        for _ in range(2):
            self.assertTrue((await self.poller.answer())["timeout"])

    async def test_polls_are_counted_alike_on_either_way(self) -> None:
        counts = self.server.metrics.attaches, self.server.metrics.detaches
        before = [sum(count.values()) for count in counts]
        for _ in range(3):
            await self.poller.poll(self.cursor)
        self.assertEqual([sum(count.values()) for count in counts], [n + 3 for n in before])
        self.assertEqual(self.taken, 3)


class TestAfterTheGrace(NextPollTest):
    grace_s = 0.05

    async def test_who_takes_longer_is_forgotten_and_polls_the_usual_way(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while (await self.server.backplane.presence(LOBBY)).count:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.001)
        self.assertEqual(len(self.server.next_polls), 0)
        await self.poller.poll(self.cursor)
        self.assertEqual(self.taken, 0)
