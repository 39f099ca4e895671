"""The numbers say what happened; what clients say makes no more of them."""

import asyncio
import json
from dataclasses import replace
from unittest import TestCase

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chat.accounts.rate_limits import BURST
from chat.application import Server
from chat.backplane.records import Appended, Draft
from chat.metrics.counters import DetachReason
from chat.protocol.commands import MAX_BATCH
from chat.protocol.negotiation import Failure
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.metrics import read_metrics
from tests.support.wire import WAIT_S, raw
from tests.unit.ops.test_dashboard import ADDED, ALERTS, TARGETS, labels, names_in
from tests.unit.test_docs import names, tables

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)


@pytest.fixture
def url(http_server: Server, base_url: str) -> str:
    return base_url


async def until(client: Client, *key: str, is_: float) -> None:
    """Return when the metric has this value."""
    async with asyncio.timeout(WAIT_S):
        while (await read_metrics(client))[key] != is_:
            pass


async def test_every_metric_is_in_the_docs_with_its_labels(url: str) -> None:
    async with Client(url) as client:
        text = (await client.get("/metrics")).body.decode()
    found = {
        (
            sample.name if family.type != "histogram" else family.name,
            frozenset(sample.labels) - {"le"},
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("parley_")
    }
    table = tables("operations.md", "Metrics")[0]
    assert found == {(names(row[0])[0], frozenset(names(row[1]))) for row in table}


async def test_what_is_drawn_and_warned_of_is_there_and_each_of_ours_is_drawn(url: str) -> None:
    async with Client(url) as client:
        text = (await client.get("/metrics")).body.decode()
    known = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    drawn = [target["expr"] for target in TARGETS]
    for expression in [*drawn, *(alert["expr"] for alert in ALERTS)]:
        used = names_in(expression)
        assert used <= known.keys(), expression
        there = ADDED.union(*(known[name] for name in used))
        assert labels(expression) <= there, expression
    ours = {name for name in known if name.startswith("parley_")}
    assert {n for n in ours if not n.endswith(("_sum", "_count"))} <= names_in(" ".join(drawn))


async def test_it_names_nobody_and_is_never_kept(url: str) -> None:
    async with Client(url) as client:
        response = await client.get("/metrics")
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Type"].startswith("text/plain")


async def test_what_clients_say_makes_no_more_numbers(http_server: Server, url: str) -> None:
    async with Client(url) as client:
        before = await read_metrics(client)
        for said in ("silent", "silent: 4 s", "nonsense", "x" * 200, 'a"b\n', ""):
            for transport in ("sse", "carrier pigeon", ""):
                http_server.metrics.failed([Failure(transport=transport, reason=said)])
        after = await read_metrics(client)
        assert before.keys() == after.keys()
        assert after["parley_failures_total", "silent", "sse"] == 2
        assert after["parley_failures_total", "other", "sse"] == 4
        assert after["parley_failures_total", "silent", "other"] == 4


async def test_two_servers_in_one_process_count_apart(
    http_server: Server, url: str, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Server(replace(settings, data_dir=tmp_path_factory.mktemp("other")))
    other_url = f"http://127.0.0.1:{await other.start()}"
    try:
        http_server.metrics.detached("sse", DetachReason.SLOW_CONSUMER)  # type: ignore[arg-type]
        for there, count in ((url, 1), (other_url, 0)):
            async with Client(there) as client:
                assert (await read_metrics(client))["parley_sheds_total",] == count
    finally:
        await other.stop()


async def test_who_reads_is_counted_by_transport_and_no_more_when_gone(url: str) -> None:
    async with Client(url) as client:
        socket = await client.websocket()
        assert (await socket.read() or {})["type"] == "hello"
        after = await read_metrics(client)
        assert after["parley_attached", "websocket"] == 1
        assert (after["parley_sessions",], after["parley_rooms",]) == (1, 1)
        await socket.close()
        await until(client, "parley_attached", "websocket", is_=0)


async def test_a_poll_reads_while_it_is_held_and_not_between_two(url: str) -> None:
    async with Client(url) as client:
        cursor = json.loads((await client.get("/poll")).body)["cursor"]
        poll = asyncio.create_task(client.get(f"/poll?cursor={cursor}"))
        await until(client, "parley_attached", "longpoll", is_=1)
        await client.command(type="send", room="general", text="hi", key="k")
        await poll
        await until(client, "parley_attached", "longpoll", is_=0)


async def test_commands_are_counted_by_what_became_of_them(url: str) -> None:
    async with Client(url) as client:
        await client.command(type="send", room="general", text="hi", key="k")
        await client.command(type="send", room="general", text="ho", key="k")
        await client.command(type="send", room="nowhere", text="hi", key="k")
        await client.command(type="dance")
        path = "/api/rooms/general/messages"
        assert (await client.post(path, '{"text": "", "key": "e"}')).code == 400
        after = await read_metrics(client)
    for code, command in (
        ("ok", "send"),
        ("key_conflict", "send"),
        ("no_such_room", "send"),
        ("unknown_type", "other"),
        ("empty", "send"),
    ):
        assert after["parley_commands_total", code, command] == 1, code


async def test_a_command_that_meets_a_fault_of_ours_has_failed(
    http_server: Server, url: str
) -> None:
    async def append(draft: Draft) -> Appended:
        raise RuntimeError("a fault")

    http_server.backplane.append = append  # type: ignore[method-assign]
    async with Client(url) as client:
        with TestCase().assertLogs(level="ERROR"):
            send = '{"type": "send", "room": "general", "text": "hi", "key": "k"}'
            assert (await client.post("/send", send)).code == 500
        after = await read_metrics(client)
    assert after["parley_commands_total", "failed", "send"] == 1
    assert after["parley_responses_total", "send", "5xx"] == 1


async def test_a_message_is_stored_delivered_and_timed(url: str) -> None:
    async with Client(url) as client:
        socket = await client.websocket()
        await socket.read()
        before = await read_metrics(client)
        await client.command(type="send", room="general", text="hi", key="k")
        after = await read_metrics(client)
    for name in ("parley_deliveries_total", "parley_store_requests_total"):
        assert after[name,] > before[name,]
    assert after["parley_delivery_seconds_count",] == 1
    assert after["parley_store_seconds_count",] >= 1
    assert (after["parley_store_up",], after["parley_store_waiting",]) == (1, 0)


async def test_answers_are_counted_by_endpoint_and_status(url: str) -> None:
    async with Client(url) as client:
        await client.get("/healthz")
        await client.get("/nowhere")
        after = await read_metrics(client)
    assert after["parley_responses_total", "operations", "2xx"] == 1
    assert after["parley_responses_total", "other", "4xx"] == 1


async def test_each_limit_that_is_run_into_is_counted(url: str, settings: Settings) -> None:
    head = b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    await raw(url, head % (settings.max_body_bytes + 1))
    await raw(url, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000)
    await raw(url, b"what?\r\n\r\n")
    async with Client(url) as client:
        socket = await client.websocket()
        await socket.send("x" * (settings.max_frame_bytes + 1))
        await socket.until_closed()
        for _ in range(BURST // MAX_BATCH + 1):
            batch = [{"type": "typing", "room": "nowhere"}] * MAX_BATCH
            replies = json.loads((await client.post("/send", json.dumps(batch))).body)
        refused = [reply["code"] for reply in replies["replies"]].count("rate_limited")
        assert refused > 0
        await until(client, "parley_limits_total", "message", is_=1)
        after = await read_metrics(client)
    for limit, times in {"body": 1, "head": 1, "message": 1, "commands": refused}.items():
        assert after["parley_limits_total", limit] == times, limit
    assert after["parley_malformed_requests_total",] == 1
