"""All followers of this instance."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from chat.backplane.records import SITE
from chat.files.shelf import Shelf
from chat.followers.runner import Runner
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import FollowerMetrics, PushMetrics, WebhookMetrics
from chat.protocol.entries import Entry


class Followers:
    """Runs ``runners`` between start and stop, and gives them hints."""

    def __init__(
        self,
        runners: Mapping[str, Runner],
        *,
        index: SearchReader | None,
        shelf: Shelf | None,
        pushes: PushMetrics,
        webhooks: WebhookMetrics,
        on_start: Callable[[], None],
    ) -> None:
        """Without an ``index`` there is no search; without a ``shelf``, there are no files.

        ``on_start`` is called when the store is open, which only one server does.
        """
        self._runners = runners
        self.index = index
        self.shelf = shelf
        self.pushes = pushes
        self.webhooks = webhooks
        self._on_start = on_start

    @property
    def metrics(self) -> Mapping[str, FollowerMetrics]:
        return {name: runner.metrics for name, runner in self._runners.items()}

    def start(self) -> None:
        self._on_start()
        if self.shelf is not None:
            self.shelf.start()
        for runner in self._runners.values():
            runner.start()

    async def stop(self) -> None:
        if self.index is not None:
            await self.index.stop()
        await asyncio.gather(*(runner.stop() for runner in self._runners.values()))
        if self.shelf is not None:
            await self.shelf.stop()

    def note(self, entries: Sequence[Entry]) -> None:
        """Handle the hint that ``entries`` were stored. Neither blocks nor raises."""
        tops = {entry.room: entry.position for entry in entries if entry.room != SITE}
        for runner in self._runners.values():
            runner.note(tops)
