"""The embedded backplane keeps the promises."""

import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.base import Backplane, BarBook
from chat.backplane.embedded import EmbeddedBackplane, EmbeddedBarBook
from chat.clock import Clock
from tests.contract.backplane_contract import BackplaneContract


class TestEmbeddedBackplane(BackplaneContract, IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def open_backplane(self, clock: Clock) -> Backplane:
        return EmbeddedBackplane(self.folder, clock=clock, keep=self.keep)

    async def open_book(self) -> BarBook:
        return EmbeddedBarBook(self.folder)

    async def purge(self) -> None:
        assert isinstance(self.backplane, EmbeddedBackplane)
        await self.backplane.purge()
