"""A poll's answer and its cursor say the same, whatever the moment."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.application import Server
from chat.attach.catch_up import MAX_ANSWER_BYTES
from chat.rooms import LOBBY
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.unit.fakes import WAIT_S, message

HOLD_S = 0.5  # many times what a busy machine needs to look whether a poll is held


class TestTheEndOfTheHold(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.server = Server(
            Settings(port=0, address="127.0.0.1", data_dir=Path(folder.name), poll_hold_s=HOLD_S)
        )
        port = await self.server.start()
        self.addAsyncCleanup(self.server.stop)
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{port}"))

    async def poll(self, cursor: str) -> dict[str, Any]:
        return dict(json.loads((await self.client.get(f"/poll?cursor={cursor}")).body))

    async def settled(self) -> str:
        """Return the cursor of a poll that nothing came for: it was held to its end."""
        answer = await self.poll("")
        while not answer["timeout"]:
            answer = await self.poll(answer["cursor"])
        self.assertIsNone(answer["data"])
        return str(answer["cursor"])

    async def poll_until_the_very_end(
        self, cursor: str, at_the_end: Callable[[], None]
    ) -> dict[str, Any]:
        """Poll, and have ``at_the_end`` called in the turn in which the time runs out."""
        polling = asyncio.create_task(self.poll(cursor))
        async with asyncio.timeout(WAIT_S):
            while not self.is_live():  # noqa: ASYNC110  # nobody tells of it
                await asyncio.sleep(0.001)
        at_the_end()
        time.sleep(HOLD_S)  # noqa: ASYNC251  # the loop stands still, so all of it is due at once
        return await polling

    def is_live(self) -> bool:
        """Return whether a poll is held that has read all of the log."""
        readers = [it.reader for it in self.server.attachments.registry.attachments]
        return any(not it.is_gone and it.rooms and not it.buffered for it in readers)

    def publish(self, cursor: str) -> None:
        epoch, offset = cursor.split(":")[1:]
        self.server.live.on_entries([message(int(offset) + 1, epoch=epoch)])

    async def test_a_poll_with_nothing_to_say_ends_with_the_hold(self) -> None:
        cursor = await self.settled()
        answer = await self.poll(cursor)
        self.assertEqual(answer, {"data": None, "timeout": True, "cursor": cursor})

    async def test_more_than_an_answer_may_hold_is_left_to_the_log(self) -> None:
        cursor = await self.settled()
        epoch, offset = cursor.split(":")[1:]
        for size_bytes, is_told in ((MAX_ANSWER_BYTES // 4, True), (MAX_ANSWER_BYTES // 2, False)):
            text = "x" * size_bytes  # it stands there twice: as text and as HTML
            entry = message(int(offset) + 1, text, epoch=epoch)
            answer = await self.poll_until_the_very_end(
                cursor, lambda entry=entry: self.server.live.on_entries([entry])
            )
            self.assertFalse(answer["timeout"])
            self.assertEqual(answer["data"] is not None, is_told)
            self.assertEqual(answer["cursor"] != cursor, is_told)

    async def test_what_comes_just_before_the_end_is_the_answer(self) -> None:
        cursor = await self.settled()
        answer = await self.poll_until_the_very_end(cursor, lambda: self.publish(cursor))
        self.assert_nothing_lost(cursor, answer)

    async def test_what_comes_just_at_the_end_is_not_lost(self) -> None:
        cursor = await self.settled()
        loop = asyncio.get_running_loop()
        answer = await self.poll_until_the_very_end(
            cursor, lambda: loop.call_later(HOLD_S / 4, self.publish, cursor) and None
        )
        self.assert_nothing_lost(cursor, answer)

    def assert_nothing_lost(self, cursor: str, answer: dict[str, Any]) -> None:
        offset = int(cursor.rpartition(":")[2])
        if answer["data"] is None:
            self.assertEqual(answer["cursor"], cursor)  # so the next poll has it
        else:
            self.assertEqual([push["offset"] for push in answer["data"]], [offset + 1])
            self.assertEqual(answer["cursor"], f"{cursor.rpartition(':')[0]}:{offset + 1}")
            self.assertTrue(cursor.startswith(LOBBY))
