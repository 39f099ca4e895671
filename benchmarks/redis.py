"""`python -m benchmarks.redis`: what clients and messages cost over Redis, beside SQLite.

Clients come, leave, and come back with their cursors, where there are two instances to the other
one; then people talk in small rooms. Prints, for each of them, the processor time of the servers
and of Redis, the memory of both, and what Redis was sent. Two servers that share nothing, with
SQLite each, show what two processes on one core cost by themselves.
"""

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from redis import Redis

from benchmarks.load.contenders import contenders
from benchmarks.load.crowd import Crowd, crowd
from benchmarks.load.dialects import PARLEY_SPEAKER, Dialect, upgrade
from benchmarks.load.figures import Clock
from benchmarks.load.runs import Talk, gather
from benchmarks.load.servers import Running, parley
from benchmarks.load.stream import Stream
from benchmarks.machine import SERVER_CPU, cpu_s, memory_bytes, on_cpu, pin_here
from tests.support.redis_server import run_redis

SETTLED_S: Final = 1.5  # the presence of all who came has been sent
FIRST: Final = 20  # these pay for what is done once
ROOM_SIZE: Final = 5
UNDER_WAY: Final = 64
_COOKIE: Final = re.compile(rb"\r\n[Ss]et-[Cc]ookie: ([^;]+)")
_HELLO: Final = re.compile(rb'\{"type":"hello".*?\]\}')


@dataclass(frozen=True)
class Servers:
    """One server or two; ``store`` is their Redis, None if each has an SQLite of its own."""

    running: Running
    store: "Redis | None" = None

    def port(self, number: int, *, is_back: bool = False) -> int:
        """Return where a client connects; back at another instance if that can be."""
        ports = self.running.ports
        return ports[(number + (is_back and self.store is not None)) % len(ports)]


@contextmanager
def run(instances: int, *, has_redis: bool) -> Iterator[Servers]:
    if has_redis:
        with on_cpu(SERVER_CPU), run_redis() as redis:
            with parley(instances, redis.url) as running, redis.client() as client:
                yield Servers(running, client)
    else:
        with parley(instances) as running:
            yield Servers(running)


class Client(Stream):
    """A guest in the lobby; ``cookie``, ``session`` and ``cursor`` are what it comes back with."""

    def __init__(self, port: int, number: int, before: "Client | None" = None) -> None:
        path, headers = "/chat", []
        if before is not None:
            path += f"?session={before.session}&cursor={before.cursor}"
            headers.append(f"Cookie: {before.cookie}")
        super().__init__(port, Dialect(path, True, PARLEY_SPEAKER.ready), "", number)
        self._greeting = upgrade(path, *headers)
        self._received = b""

    def _read(self) -> bytes:
        data = super()._read()
        if not self.is_ready:
            self._received += data
        return data

    def go_on(self) -> None:
        super().go_on()
        if (cookie := _COOKIE.search(self._received)) is not None:
            self.cookie = cookie[1].decode()
        if (hello := _HELLO.search(self._received)) is not None:
            said = json.loads(hello[0])
            self.session = said["session"]
            places = (f"{one['room']}:{one['epoch']}:{one['offset']}" for one in said["rooms"])
            self.cursor = ",".join(places)


class Costs:
    """What ``servers`` have used, since this was made."""

    def __init__(self, servers: Servers) -> None:
        self._servers, self._store = servers.running.pids, servers.store
        info = {} if self._store is None else self._store.info("server")
        self._redis = [int(info["process_id"])] if info else []
        self._memory_bytes = self._memory()
        self._before = self._used()

    def _memory(self) -> int:
        return sum(map(memory_bytes, (*self._servers, *self._redis)))

    def _used(self) -> tuple[float, ...]:
        stats = {} if self._store is None else self._store.info("stats")
        return (
            sum(map(cpu_s, self._servers)),
            sum(map(cpu_s, self._redis)),
            stats.get("total_commands_processed", 0),
            stats.get("total_net_input_bytes", 0) + stats.get("total_net_output_bytes", 0),
        )

    def show(self, what: str, count: int, *, has_memory: bool = False) -> None:
        """Print what each of ``count`` took."""
        after = self._used()
        server_s, redis_s, commands, size_bytes = (
            (now - before) / count for now, before in zip(after, self._before, strict=True)
        )
        line = f"  {what}: {1e6 * (server_s + redis_s):.0f} µs"
        if self._redis:
            line += f", {1e6 * redis_s:.0f} of them Redis; {commands:.2f} commands"
            line += f" and {size_bytes:.0f} bytes"
        if has_memory:
            line += f"; {(self._memory() - self._memory_bytes) / count / 1024:.1f} KiB"
        print(line, flush=True)


def come(them: Crowd, servers: Servers, numbers: range) -> None:
    them.connect([partial(Client, servers.port(number), number) for number in numbers])


def connections(servers: Servers, count: int) -> None:
    with crowd() as them:
        come(them, servers, range(FIRST))
        time.sleep(SETTLED_S)
        costs = Costs(servers)
        come(them, servers, range(FIRST, FIRST + count))
        time.sleep(SETTLED_S)
        costs.show("a newcomer", count, has_memory=True)
        clients = [one for one in them.members if isinstance(one, Client)]
    time.sleep(SETTLED_S)
    with crowd() as them:
        costs = Costs(servers)
        them.connect(
            [
                partial(Client, servers.port(one.number, is_back=True), one.number, one)
                for one in clients
            ]
        )
        time.sleep(SETTLED_S)
        costs.show("one who comes back", len(clients))


def messages(servers: Servers, rooms: int, seconds: float) -> None:
    with crowd() as them:
        gather(
            them,
            contenders()["Parley"],
            servers.running,
            transport="websocket",
            members=rooms * ROOM_SIZE,
            speakers=rooms,
            rooms=rooms,
        )
        talk = Talk(them)
        talk.begin(UNDER_WAY)
        costs, before = Costs(servers), talk.heard
        talk.keep_on_until(Clock() + seconds)
        costs.show(f"a message, {rooms} rooms of {ROOM_SIZE}", talk.heard - before)
        talk.end()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redis", description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--rooms", type=int, default=200, help="0: nobody talks")
    parser.add_argument("--seconds", type=float, default=5.0, help="for which they talk")
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args(arguments)
    pin_here()
    for _ in range(asked.rounds):
        for has_redis in (False, True):
            for instances in (1, 2):
                of = "over one Redis" if has_redis else "with SQLite each"
                print(f"{instances} server(s) {of}", flush=True)
                with run(instances, has_redis=has_redis) as servers:
                    connections(servers, asked.clients)
                    if asked.rooms:
                        messages(servers, asked.rooms, asked.seconds)


if __name__ == "__main__":
    main()
