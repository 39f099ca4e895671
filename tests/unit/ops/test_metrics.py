"""The numbers say what happened; what clients say makes no more of them."""

import asyncio
import json
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from prometheus_client.parser import text_string_to_metric_families

from chat.accounts.rate_limits import BURST
from chat.application import Server
from chat.backplane.records import Appended, Draft
from chat.metrics.counters import DetachReason
from chat.protocol.commands import MAX_BATCH
from chat.protocol.negotiation import Failure
from chat.settings.settings import Settings
from tests.support.clients import Client, raw
from tests.support.metrics import read_metrics
from tests.unit.fakes import WAIT_S
from tests.unit.test_docs import names, tables


class TestMetrics(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.server = await self.start()
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{self.server.port}"))

    async def start(self) -> Server:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = Settings(port=0, address="127.0.0.1", data_dir=Path(folder.name))
        server = Server(self.settings)
        server.port = await server.start()  # type: ignore[attr-defined]
        self.addAsyncCleanup(server.stop)
        return server

    async def test_every_metric_is_in_the_docs_with_its_labels(self) -> None:
        response = await self.client.get("/metrics")
        found = {
            (
                sample.name if family.type != "histogram" else family.name,
                frozenset(sample.labels) - {"le"},
            )
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
        metrics = self.server.metrics
        for said in ("silent", "silent: 4 s", "nonsense", "x" * 200, 'a"b\n', ""):
            for transport in ("sse", "carrier pigeon", ""):
                metrics.failed([Failure(transport=transport, reason=said)])
        after = await read_metrics(self.client)
        self.assertEqual(before.keys(), after.keys())
        self.assertEqual(after["parley_failures_total", "silent", "sse"], 2)
        self.assertEqual(after["parley_failures_total", "other", "sse"], 4)
        self.assertEqual(after["parley_failures_total", "silent", "other"], 4)

    async def test_two_servers_in_one_process_count_apart(self) -> None:
        await self.start()
        self.server.metrics.detached("sse", DetachReason.SLOW_CONSUMER)  # type: ignore[arg-type]
        self.assertEqual((await read_metrics(self.client))["parley_sheds_total",], 1)
        other = await self.start()
        self.client.url = f"http://127.0.0.1:{other.port}"  # type: ignore[attr-defined]
        self.assertEqual((await read_metrics(self.client))["parley_sheds_total",], 0)

    async def test_who_reads_is_counted_by_transport_and_no_more_when_gone(self) -> None:
        socket = await self.client.websocket()
        self.assertEqual((await socket.read() or {})["type"], "hello")
        after = await read_metrics(self.client)
        self.assertEqual(after["parley_attached", "websocket"], 1)
        self.assertEqual((after["parley_sessions",], after["parley_rooms",]), (1, 1))
        await socket.close()
        await self.until("parley_attached", "websocket", is_=0)

    async def test_a_poll_reads_while_it_is_held_and_not_between_two(self) -> None:
        answer = json.loads((await self.client.get("/poll")).body)
        cursor = answer["cursor"]
        poll = asyncio.create_task(self.client.get(f"/poll?cursor={cursor}"))
        await self.until("parley_attached", "longpoll", is_=1)
        await self.client.command(type="send", room="general", text="hi", key="k")
        await poll
        await self.until("parley_attached", "longpoll", is_=0)

    async def test_commands_are_counted_by_what_became_of_them(self) -> None:
        await self.client.command(type="send", room="general", text="hi", key="k")
        await self.client.command(type="send", room="general", text="ho", key="k")
        await self.client.command(type="send", room="nowhere", text="hi", key="k")
        await self.client.command(type="dance")
        path = "/api/rooms/general/messages"
        self.assertEqual((await self.client.post(path, '{"text": "", "key": "e"}')).code, 400)
        after = await read_metrics(self.client)
        self.assertEqual(after["parley_commands_total", "ok", "send"], 1)
        self.assertEqual(after["parley_commands_total", "key_conflict", "send"], 1)
        self.assertEqual(after["parley_commands_total", "no_such_room", "send"], 1)
        self.assertEqual(after["parley_commands_total", "unknown_type", "other"], 1)
        self.assertEqual(after["parley_commands_total", "empty", "send"], 1)

    async def test_a_command_that_meets_a_fault_of_ours_has_failed(self) -> None:
        async def append(draft: Draft) -> Appended:
            raise RuntimeError("a fault")

        self.server.backplane.append = append  # type: ignore[method-assign]
        with self.assertLogs(level="ERROR"):
            response = await self.client.post(
                "/send", '{"type": "send", "room": "general", "text": "hi", "key": "k"}'
            )
        self.assertEqual(response.code, 500)
        after = await read_metrics(self.client)
        self.assertEqual(after["parley_commands_total", "failed", "send"], 1)
        self.assertEqual(after["parley_responses_total", "send", "5xx"], 1)

    async def test_a_message_is_stored_delivered_and_timed(self) -> None:
        socket = await self.client.websocket()
        await socket.read()
        before = await read_metrics(self.client)
        await self.client.command(type="send", room="general", text="hi", key="k")
        after = await read_metrics(self.client)
        self.assertGreater(after["parley_deliveries_total",], before["parley_deliveries_total",])
        self.assertEqual(after["parley_delivery_seconds_count",], 1)
        self.assertGreater(
            after["parley_store_requests_total",], before["parley_store_requests_total",]
        )
        self.assertGreaterEqual(after["parley_store_seconds_count",], 1)
        self.assertEqual((after["parley_store_up",], after["parley_store_waiting",]), (1, 0))

    async def test_answers_are_counted_by_endpoint_and_status(self) -> None:
        await self.client.get("/healthz")
        await self.client.get("/nowhere")
        after = await read_metrics(self.client)
        self.assertEqual(after["parley_responses_total", "operations", "2xx"], 1)
        self.assertEqual(after["parley_responses_total", "other", "4xx"], 1)

    async def test_each_limit_that_is_run_into_is_counted(self) -> None:
        limit_bytes = self.settings.max_body_bytes
        head = b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        await raw(self.client.url, head % (limit_bytes + 1))
        await raw(self.client.url, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000)
        await raw(self.client.url, b"what?\r\n\r\n")
        socket = await self.client.websocket()
        await socket.send("x" * (self.settings.max_frame_bytes + 1))
        await socket.until_closed()
        for _ in range(BURST // MAX_BATCH + 1):
            batch = [{"type": "typing", "room": "nowhere"}] * MAX_BATCH
            replies = json.loads((await self.client.post("/send", json.dumps(batch))).body)
        refused = [reply["code"] for reply in replies["replies"]].count("rate_limited")
        self.assertGreater(refused, 0)
        await self.until("parley_limits_total", "message", is_=1)
        after = await read_metrics(self.client)
        for limit, times in {"body": 1, "head": 1, "message": 1, "commands": refused}.items():
            self.assertEqual(after["parley_limits_total", limit], times, limit)
        self.assertEqual(after["parley_malformed_requests_total",], 1)

    async def until(self, *key: str, is_: float) -> None:
        """Return when the metric has this value."""
        async with asyncio.timeout(WAIT_S):
            while (await read_metrics(self.client))[key] != is_:
                pass
