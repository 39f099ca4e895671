"""Measures the model's parameters of Redis and the kernel, on real ones, in three minutes.

Costs are per message, per connect and per command while idle. Where two costs were measured
together (a reader's heartbeat and its lease), the known one is subtracted.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.capacity import following
from benchmarks.capacity.instance import LATE_S
from benchmarks.capacity.probe import Probe, Spent, probe
from benchmarks.load.contenders import contenders
from benchmarks.load.crowd import Clock, Crowd, crowd
from benchmarks.load.dialects import FILLER
from benchmarks.load.figures import Span
from benchmarks.load.runs import Talk, gather, room_name
from benchmarks.load.servers import Running, parley
from benchmarks.load.stream import Stream
from benchmarks.machine import SERVER_CPU, cpu_s, on_cpu
from chat.accounts.identity import new_guest
from chat.backplane.embedded import schema, writes
from chat.backplane.embedded.keys import Keys
from chat.backplane.embedded.together import Together
from chat.backplane.embedded.writer import Writer
from chat.backplane.records import Draft
from chat.backplane.redis.connect import RedisOptions, connect_when_ready
from chat.backplane.redis.keys import Keys as RedisKeys
from chat.backplane.redis.presence import Leases
from chat.backplane.redis.store import Store
from chat.clock import SystemClock
from chat.protocol.entries import MessageBody
from chat.rooms import LOBBY
from chat.sessions.ids import LENGTH
from chat.settings.redis_url import RedisUrl
from tests.support.redis_server import run_redis

FLOOD_S: Final = 4.0
FLOODS: Final = 3
IDLE_S: Final = 16.0  # two renewals of each lease
ROOMS: Final = 63  # rooms of two; an odd number, so that both instances have a reader in each
MEMBERS: Final = 5000
ROOMS_OF_FIVE: Final = MEMBERS // 5  # a usual size of a conversation
PRESENT: Final = 2000  # in the room whose presence is read
READS: Final = 200
COMMITS: Final = 200
STORED_TOGETHER: Final = 32

_OURS: Final = contenders()["Parley"]


def measure(*, write_us: float) -> dict[str, float]:
    """Measure and return the parameters of source PROBES, by name."""
    found = _messages(write_us)
    connecting, idle, base = _crowd()
    connects = MEMBERS - ROOMS_OF_FIVE
    found |= {
        "attach_us": 1e6 * connecting.instances_s / connects,
        "redis_attach_us": 1e6 * connecting.redis_s / connects,
        "attach_commands": connecting.calls.total() / connects,
    }
    found |= asyncio.run(_presence()) | following.measure()
    found["kernel_bytes"], nobody_s, alone_s = _alone()
    found["process_us_per_s"] = 1e6 * nobody_s
    found["idle_us_per_s"] = 1e6 * (alone_s - nobody_s) / MEMBERS
    idle_s = idle.instances_s / idle.wall_s - alone_s
    idle_redis_s = idle.redis_s / idle.wall_s - base.redis_s / base.wall_s
    commands_per_s = idle.calls.total() / idle.wall_s
    found["upkeep_us"] = 1e6 * idle_s / commands_per_s
    found["redis_upkeep_us"] = 1e6 * idle_redis_s / commands_per_s
    found["sync_ms"] = _sync_ms()
    found["late_sync_ms"] = _sync_ms(rest_s=LATE_S)
    found["commit_us"] = asyncio.run(_commit_us())
    return found


def _messages(write_us: float) -> Mapping[str, float]:
    """Flood rooms of two, on one instance and on two: one more hearing instance is the difference.

    It is a small difference of large numbers, so the median of several runs, in turn, is used.
    """
    found = [(_flood(1), _flood(2)) for _ in range(FLOODS)]
    one, two = (_median([each[place] for each in found]) for place in (0, 1))
    hear_us = max(0.0, two["instances_us"] - one["instances_us"])
    push_us = max(0.0, two["redis_us"] - one["redis_us"])
    return {
        "hear_us": hear_us,
        "redis_take_us": one["instances_us"] - hear_us - 2 * write_us,
        "redis_push_us": push_us,
        "redis_message_us": one["redis_us"] - push_us,
        "message_commands": one["scripts"],
        "message_in_bytes": one["in_bytes"],
        "push_bytes": two["out_bytes"] - one["out_bytes"],
        "stored_bytes": one["memory_bytes"],
    }


def _median(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _flood(instances: int) -> Mapping[str, float]:
    """Return the costs of a message, but for those of followers, which ``following`` measures."""
    with probe(instances, has_followers=False) as seen, crowd() as them:
        gather(
            them,
            _OURS,
            seen.running,
            transport="websocket",
            members=2 * ROOMS,
            speakers=ROOMS,
            rooms=ROOMS,
        )
        talk = Talk(them)
        talk.begin(ROOMS)
        before = talk.heard
        seen.begin()
        talk.keep_on_until(Clock() + FLOOD_S)
        spent = seen.spent()
        messages = talk.heard - before
        talk.end()
    return {
        "instances_us": 1e6 * spent.instances_s / messages,
        "redis_us": 1e6 * spent.redis_s / messages,
        "scripts": spent.calls["evalsha"] / messages,
        "in_bytes": spent.in_bytes / messages,
        "out_bytes": spent.out_bytes / messages,
        "memory_bytes": spent.memory_bytes / messages,
    }


def _crowd() -> tuple[Spent, Spent, Spent]:
    """Return what was spent on connecting, on idle members, and without members."""
    with probe(1) as seen, crowd() as them:
        base = _wait(seen, lambda: time.sleep(1), IDLE_S / 4)
        (port,) = seen.running.ports
        _open_rooms(them, port)
        seen.begin()
        _fill_rooms(them, port)
        connecting = seen.spent()
        _settle(them)
        return connecting, _wait(seen, partial(_stay, them), IDLE_S), base


def _open_rooms(them: Crowd, port: int) -> None:
    names = [room_name(number, ROOMS_OF_FIVE) for number in range(ROOMS_OF_FIVE)]
    them.connect([partial(_OURS.speaker, port, name, n) for n, name in enumerate(names)])


def _fill_rooms(them: Crowd, port: int) -> None:
    places = [(room_name(n, ROOMS_OF_FIVE), n) for n in range(ROOMS_OF_FIVE, MEMBERS)]
    them.connect([partial(_OURS.reader, "websocket", port, *place) for place in places])


def _settle(them: Crowd) -> None:
    speaking = [one for one in them.members[:ROOMS_OF_FIVE] if isinstance(one, Stream)]
    them.appoint(speaking, speaking)
    them.settle()
    time.sleep(2)  # until all presence pushes of the joins are sent


def _stay(them: Crowd) -> None:
    them.pong()
    them.settle()
    time.sleep(1)


def _wait(seen: Probe, go_on: Callable[[], None], seconds: float) -> Spent:
    seen.begin()
    end = Clock() + seconds
    while Clock() < end:
        go_on()
    return seen.spent()


async def _presence() -> dict[str, float]:
    """Read a room's presence in this process, with the code that instances use."""
    with on_cpu(SERVER_CPU), run_redis() as server:
        client = await connect_when_ready(RedisOptions(url=RedisUrl.parse(server.url)))
        redis = server.client()
        pid = redis.info("server")["process_id"]
        leases = Leases(Store(client, RedisKeys()), SystemClock(), "PUBLISH", lambda told: None)
        for number in range(PRESENT):
            leases.set(f"{number:0{LENGTH}}", new_guest(), ["general"])
        await leases.of("general")  # which is read after all leases are written
        before = redis.info("stats")["total_net_output_bytes"]
        began_s, redis_began_s = time.process_time(), cpu_s(pid)
        for _ in range(READS):
            found = await leases.of("general")
            assert found.count == PRESENT
        spent_s, redis_spent_s = time.process_time() - began_s, cpu_s(pid) - redis_began_s
        read = READS * PRESENT
        sent_bytes = redis.info("stats")["total_net_output_bytes"] - before
        await client.aclose()
    return {
        "present_us": 1e6 * spent_s / read,
        "redis_present_us": 1e6 * redis_spent_s / read,
        "present_bytes": sent_bytes / read,
    }


def _alone() -> tuple[float, float, float]:
    """Return the kernel's bytes per idle connection, and CPU s a second without and with members.

    It runs without a Redis. Half of the kernel's growth belongs to the clients' ends.
    """
    with ExitStack() as stack:
        with on_cpu(SERVER_CPU):
            running = stack.enter_context(parley())
        them = stack.enter_context(crowd())
        nobody_s = _cpu_share(running, lambda: time.sleep(1))
        before_bytes = _slab_bytes()
        (port,) = running.ports
        _open_rooms(them, port)
        _fill_rooms(them, port)
        _settle(them)
        kernel_bytes = (_slab_bytes() - before_bytes) / MEMBERS / 2
        return kernel_bytes, nobody_s, _cpu_share(running, partial(_stay, them))


def _cpu_share(running: Running, go_on: Callable[[], None]) -> float:
    """Return the CPU seconds a second that ``running`` needs while idle."""
    span, end = Span(running), Clock() + IDLE_S
    while Clock() < end:
        go_on()
    span.close()
    return span.server_s / span.wall_s


def _slab_bytes() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Slab:"))


def _sync_ms(*, rest_s: float = 0.0) -> float:
    """Return the median time that a commit waits for a disk that has rested for ``rest_s``."""
    waits_ms = []
    with tempfile.TemporaryDirectory() as folder:
        descriptor = os.open(Path(folder) / "log", os.O_CREAT | os.O_WRONLY)
        for _ in range(COMMITS):
            os.write(descriptor, bytes(4096))  # a page, the unit of SQLite's write-ahead log
            time.sleep(rest_s)
            began = Clock()
            os.fdatasync(descriptor)
            waits_ms.append(1e3 * (Clock() - began))
        os.close(descriptor)
    return statistics.median(waits_ms)


async def _commit_us() -> float:
    """Return the cost of a transaction without the messages that it stores."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parley.sqlite3"
        schema.prepare(path)
        writer = Writer(lambda: schema.connect(path), lambda results: None)
        await writer.submit(lambda connection: writes.ensure_room(connection, LOBBY))
        alone_us = await _store_us(writer, 1)
        together_us = await _store_us(writer, STORED_TOGETHER)
        await writer.stop()
    message_us = (together_us - alone_us) / (STORED_TOGETHER - 1)
    return max(0.0, alone_us - message_us)


async def _store_us(writer: Writer, together: int) -> float:
    """Return the cost of storing ``together`` messages in one transaction."""
    body = MessageBody(user="u", name="n", time="", key="", text=FILLER, html=FILLER)
    store = Together(Keys(), SystemClock(), None).append_all
    began_s = time.process_time()
    for _ in range(COMMITS):
        keys = [new_guest().user for _ in range(together)]
        drafts = [Draft(room=LOBBY, user="u", body=body, key=key) for key in keys]
        await writer.submit_all(store, drafts)
    return 1e6 * (time.process_time() - began_s) / COMMITS
