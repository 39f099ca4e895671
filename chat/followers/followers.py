"""All followers of this instance."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from chat.followers.runner import Runner
from chat.followers.search.reader import SearchReader
from chat.metrics.followers import FollowerMetrics, PushMetrics
from chat.protocol.entries import Entry


class Followers:
    """Runs the followers that were added between start and stop, and gives them hints.

    ``on_start`` is called when the store is open, which only one server does.
    """

    def __init__(self) -> None:
        self._runners: dict[str, Runner] = {}
        self.index: SearchReader | None = None
        self.on_start: Callable[[], None] = lambda: None
        self.pushes = PushMetrics()

    def add(self, name: str, runner: Runner) -> None:
        self._runners[name] = runner

    @property
    def metrics(self) -> Mapping[str, FollowerMetrics]:
        return {name: runner.metrics for name, runner in self._runners.items()}

    def start(self) -> None:
        self.on_start()
        for runner in self._runners.values():
            runner.start()

    async def stop(self) -> None:
        if self.index is not None:
            await self.index.stop()
        await asyncio.gather(*(runner.stop() for runner in self._runners.values()))

    def note(self, entries: Sequence[Entry]) -> None:
        """Handle the hint that ``entries`` were stored. Neither blocks nor raises."""
        for runner in self._runners.values():
            runner.note(entries)
