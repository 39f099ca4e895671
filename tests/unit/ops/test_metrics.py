"""The numbers say what happened; what clients say makes no more of them."""

import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from prometheus_client.parser import text_string_to_metric_families

from chat.application import Server
from chat.negotiation import Failure
from chat.settings import Settings
from chat.witness import Departure
from tests.support.clients import Client
from tests.support.metrics import read_metrics
from tests.unit.test_docs import names, tables


class TestMetrics(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.server = await self.start()
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{self.server.port}"))

    async def start(self) -> Server:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        server = Server(Settings(port=0, address="127.0.0.1", data_dir=Path(folder.name)))
        server.port = await server.start()  # type: ignore[attr-defined]
        self.addAsyncCleanup(server.stop)
        return server

    async def test_every_metric_is_in_the_docs_with_its_labels(self) -> None:
        response = await self.client.get("/metrics")
        found = {
            (sample.name, frozenset(sample.labels))
            for family in text_string_to_metric_families(response.body.decode())
            for sample in family.samples
            if sample.name.startswith("parley_")
        }
        table = tables("operations.md", "Metrics")[0]
        self.assertEqual(found, {(names(row[0])[0], frozenset(names(row[1]))) for row in table})

    async def test_it_names_nobody_and_is_never_kept(self) -> None:
        response = await self.client.get("/metrics")
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))

    async def test_what_clients_say_makes_no_more_numbers(self) -> None:
        before = await read_metrics(self.client)
        witness = self.server.witness
        for said in ("silent", "silent: 4 s", "nonsense", "x" * 200, 'a"b\n', ""):
            for transport in ("sse", "carrier pigeon", ""):
                witness.told([Failure(transport=transport, reason=said)])
        after = await read_metrics(self.client)
        self.assertEqual(before.keys(), after.keys())
        self.assertEqual(after["parley_failures_total", "silent", "sse"], 2)
        self.assertEqual(after["parley_failures_total", "other", "sse"], 4)
        self.assertEqual(after["parley_failures_total", "silent", "other"], 4)

    async def test_two_servers_in_one_process_count_apart(self) -> None:
        await self.start()
        self.server.witness.detached("sse", "s", Departure.SLOW_CONSUMER)  # type: ignore[arg-type]
        self.assertEqual((await read_metrics(self.client))["parley_sheds_total",], 1)
        other = await self.start()
        self.client.url = f"http://127.0.0.1:{other.port}"  # type: ignore[attr-defined]
        self.assertEqual((await read_metrics(self.client))["parley_sheds_total",], 0)
