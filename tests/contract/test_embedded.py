"""The embedded backplane fulfils the contract."""

import asyncio
import random
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.base import Backplane, BlocklistAdmin
from chat.backplane.embedded import EmbeddedBackplane, EmbeddedBlocklistAdmin, reads, schema
from chat.backplane.limits import HISTORY_BYTES
from chat.clock import Clock
from chat.rooms import LOBBY
from tests.contract.backplane_contract import WAIT_S, BackplaneContract, message
from tests.contract.followers_contract import FollowersContract
from tests.contract.records_contract import RecordsContract
from tests.contract.removal_contract import RemovalContract, deletion, edit
from tests.contract.values_contract import ValuesContract


class TestEmbeddedBackplane(
    FollowersContract,  # before what closes the backplane
    BackplaneContract,
    RemovalContract,
    RecordsContract,
    ValuesContract,
    IsolatedAsyncioTestCase,
):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def open_backplane(self, clock: Clock) -> Backplane:
        return EmbeddedBackplane(self.folder, clock=clock, keep=self.keep)

    async def open_book(self) -> BlocklistAdmin:
        return EmbeddedBlocklistAdmin(self.folder)

    async def purge(self) -> None:
        assert isinstance(self.backplane, EmbeddedBackplane)
        await self.backplane.purge()

    async def cost_of_history(self) -> int:
        """Return how many instructions SQLite's virtual machine runs."""
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection = schema.connect(self.folder / "parley.sqlite3")
        connection.set_progress_handler(count, 1)
        reads.history(
            connection, LOBBY, before=None, after=None, limit=200, limit_bytes=HISTORY_BYTES
        )
        connection.close()
        return steps

    async def test_removed_text_is_nowhere_in_the_folder_after_a_checkpoint(self) -> None:
        await self.backplane.stop()
        self.keep = 1000
        self.backplane = backplane = EmbeddedBackplane(
            self.folder, clock=self.clock, keep=self.keep
        )
        await backplane.start(self.listener)
        dice = random.Random(5)
        texts = [f"<text {n}>" + "x" * dice.choice((0, 100, 900, 3500)) for n in range(300)]
        for text in texts:
            await self.backplane.append(message(text, key=text[:9].strip("<>")))
        removed = dice.sample(range(300), 200)
        for number, index in enumerate(removed):
            if number % 2:
                await self.backplane.append(edit(index + 1, f"new {index} " + "y" * (number * 20)))
            if number % 4 < 3:
                await self.backplane.append(deletion(index + 1))
        await backplane.checkpoints.run()
        for is_stopped in (False, True):
            held = b"".join(path.read_bytes() for path in self.folder.iterdir())
            for number, index in enumerate(removed):
                is_gone = number % 2 or number % 4 < 3
                assert (f"<text {index}>".encode() not in held) or not is_gone
                if number % 4 < 3:
                    assert f"new {index} ".encode() not in held
            kept = next(n for n in range(300) if n not in removed)
            assert f"<text {kept}>".encode() in held
            if not is_stopped:
                await self.restart()

    async def test_a_checkpoint_follows_by_itself_when_text_was_removed(self) -> None:
        await self.backplane.stop()
        self.backplane = EmbeddedBackplane(self.folder, clock=self.clock, checkpoint_delay_s=0)
        await self.backplane.start(self.listener)
        await self.backplane.append(message("secret", key="k"))
        log = self.folder / "parley.sqlite3-wal"
        assert b"secret" in log.read_bytes()
        await self.backplane.append(deletion(1))
        async with asyncio.timeout(WAIT_S):
            while log.stat().st_size:  # noqa: ASYNC110  a file sends no event
                await asyncio.sleep(0.01)
