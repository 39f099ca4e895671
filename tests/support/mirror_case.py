"""A store, and a mirror of it that is run as far as there is something to send."""

import asyncio
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.listener import Deaf
from chat.clock import SystemClock
from chat.followers.mirror.follower import CURSOR, MirrorFollower
from chat.followers.mirror.stream import Stream
from chat.followers.runner import Runner
from chat.protocol.cursor import Position
from chat.rooms import LOBBY
from tests.contract.backplane_contract import message
from tests.contract.ledger import Free

WAIT_S = 30


class MirrorCase(IsolatedAsyncioTestCase):
    """Mirrors an embedded backplane, a few entries at a time."""

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.backplane = EmbeddedBackplane(Path(folder.name), clock=SystemClock(), keep=None)
        await self.backplane.start(Deaf())
        self.addAsyncCleanup(self.backplane.stop)

    def mirror(self, stream: Stream, *, has_all_rooms: bool = False) -> MirrorFollower:
        return MirrorFollower(self.backplane, stream, has_all_rooms=has_all_rooms)

    async def follow(self, follower: MirrorFollower) -> Runner:
        """Start to run ``follower``."""
        runner = Runner(
            follower,
            name="The mirror",
            backplane=self.backplane,
            lease=Free(),
            clock=SystemClock(),
            batch=7,
        )
        runner.start()
        self.addAsyncCleanup(runner.stop)
        return runner

    async def follow_to_the_end(self, follower: MirrorFollower) -> None:
        """Run ``follower`` until the cursor of each room is at its end."""
        runner = await self.follow(follower)
        await self.until_at_the_end()
        await runner.stop()

    async def until_at_the_end(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self._cursor() != await self._tops():  # noqa: ASYNC110  it sends no event
                await asyncio.sleep(0.01)

    async def until_failed(self, runner: Runner, times: int = 1) -> None:
        async with asyncio.timeout(WAIT_S):
            while runner.metrics.failures < times:  # noqa: ASYNC110  it sends no event
                await asyncio.sleep(0.01)

    async def say(self, *texts: str, room: str = LOBBY) -> list[Position]:
        appended = await self.backplane.append_all([message(text, room=room) for text in texts])
        return [one.position for one in appended]  # type: ignore[union-attr]

    async def _tops(self) -> dict[str, str]:
        return {
            info.room: f"{info.position.epoch}:{info.position.offset}"
            for info in await self.backplane.rooms()
        }

    async def _cursor(self) -> dict[str, str]:
        stored = await self.backplane.values.all(CURSOR)
        return {room: value.decode() for room, value in stored.items()}


async def begin(follower: MirrorFollower, room: str, top: Position) -> None:
    """Open ``follower`` for a room that is new to it, without a runner."""
    await follower.open()
    await follower.restart(room, top, is_gap=False)
