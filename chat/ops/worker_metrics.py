"""Gathers the metrics of all workers behind one port, whichever of them is scraped.

Each worker has a socket in a folder that they share, and sends its own metrics to others that
connect. So a scrape, which reaches one of them by chance, covers all, and no counter jumps.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

log: Final = logging.getLogger(__name__)

# A worker that is frozen or overloaded is left out of the scrape, so that the rest need not wait.
PATIENCE_S: Final = 1.0


class WorkerMetrics:
    """The workers that have a socket in ``folder``; ours is the ``number``-th."""

    def __init__(self, folder: Path, number: str) -> None:
        self._folder = folder
        self._number = number
        self._server: asyncio.Server | None = None

    async def start(self, own: CollectorRegistry) -> None:
        """Serve the metrics in ``own`` to other workers from now on."""

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(generate_latest(own))
            with suppress(ConnectionError):
                await writer.drain()
            writer.close()

        path = self._folder / self._number
        path.unlink(missing_ok=True)  # left by a worker with our number that died
        self._server = await asyncio.start_unix_server(tell, path)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            (self._folder / self._number).unlink(missing_ok=True)

    async def gather(self) -> bytes:
        """Return the metrics of all workers that answer, each with the label ``worker``."""
        names = (path.name for path in self._folder.iterdir())
        numbers = sorted(name for name in names if name.isdecimal())
        texts = await asyncio.gather(*(self._ask(number) for number in numbers))
        answered = {number: text for number, text in zip(numbers, texts, strict=True) if text}
        together = CollectorRegistry()
        together.register(_Gathered(answered))
        return generate_latest(together)

    async def _ask(self, number: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_unix_connection(self._folder / number)
                try:
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            log.warning("Worker %s did not tell its metrics: %r", number, error)
            return ""


class _Gathered:
    """Collects the texts of all workers: each metric once, with every worker's samples."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        metrics: dict[str, Metric] = {}
        for number, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                metric = metrics.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    labels = {**sample.labels, "worker": number}
                    metric.samples.append(sample._replace(labels=labels))
        return metrics.values()
