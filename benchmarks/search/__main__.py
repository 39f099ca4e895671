"""`make bench-search`: what the search costs, and how long it takes among a million messages.

Fills an embedded store, has its index built while people write, and then compares sends with and
without a search, in rounds.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.machine import about, cpu_s, memory_bytes
from chat.backplane.embedded import schema, writes
from chat.backplane.records import Draft
from chat.followers.search import files
from chat.protocol.entries import JoinedBody, MessageBody
from chat.service.times import rfc3339
from tests.support.client import Client
from tests.support.server import ServerProcess
from tests.support.wire import Connection

ROOMS, USERS, VOCABULARY = 20, 50, 60_000
# Messages in one transaction of filling.
BATCH = 5000
# While people write, as in the target.
WRITERS, SENDS_PER_S = 10, 100
SEARCHES_PER_S = 10
COMPLETE = "The search index is complete"
TARGETS = {"search_p95_ms": 50.0, "sends_ratio": 1.05}


class Words:
    """Words as frequent as those of a language: the n-th is said 1/n as often as the first."""

    def __init__(self) -> None:
        self.dice = random.Random(1)
        letters = "abcdefghijklmnoprstuvwz"
        self.all = [
            "".join(self.dice.choices(letters, k=self.dice.randint(2, 10)))
            for _ in range(VOCABULARY)
        ]
        self._weights = list(accumulate(1 / n for n in range(1, VOCABULARY + 1)))

    def text(self) -> str:
        count = self.dice.randint(3, 20)
        return " ".join(self.dice.choices(self.all, cum_weights=self._weights, k=count))

    def query(self) -> str:
        """Return what somebody may look for: frequent and rare words, phrases, prefixes."""
        one, other = self.text().split()[:2]
        rare = self.dice.choice(self.all)
        return self.dice.choice(
            (one, rare, f"{one} {other}", f'"{one} {other}"', f"{rare[:3]}*", f"{one[:2]}*",
             f"{one} from:person", f"{one} in:room-{self.dice.randrange(ROOMS)}",
             f"{one} {rare}", f"{self.all[0]} {self.all[1]}")
        )  # fmt: skip


_WORDS = Words()


class Waits(NamedTuple):
    """How long answers took, in milliseconds."""

    sends: list[float]
    searches: list[float]
    cpu_s: float = 0.0  # of the server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=15)
    given = parser.parse_args()
    print(*about(), sep="\n")
    words = _WORDS
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        began = time.monotonic()
        _fill(Path(folder), given.messages, words)
        shutil.copytree(folder, other, dirs_exist_ok=True)  # without a search the index is removed
        print(f"{given.messages:,} messages, made in {time.monotonic() - began:.0f} s\n")
        with _server(folder, "on") as server:
            built_s, while_built = asyncio.run(_while_built(server))
            _until_merged(Path(folder))
            memory = memory_bytes(server.pid) / 2**20
        size = files.path_of(Path(folder)).stat().st_size / 2**20
        print(f"Built in {built_s:.0f} s; {size:.0f} MiB on disk; {memory:.0f} MiB of memory")
        print(f"Sends meanwhile: {_shown(while_built)}\n")
        rounds: dict[str, list[Waits]] = {"off": [], "on": [], "searching": []}
        for _ in range(given.rounds):
            for name, waits in rounds.items():
                where = (other, "off") if name == "off" else (folder, "on")
                with _server(*where) as server:
                    waits.append(
                        asyncio.run(
                            _measure(server, given.seconds, words if name == "searching" else None)
                        )
                    )
    print("| search | sends | searches | processor, ms a second |")
    print("|---|---|---|---|")
    for name, waits in rounds.items():
        sends = [ms for wait in waits for ms in wait.sends]
        searches = [ms for wait in waits for ms in wait.searches]
        cpu_ms = 1000 * statistics.median(wait.cpu_s for wait in waits) / given.seconds
        print(f"| {name} | {_shown(sends)} | {_shown(searches)} | {cpu_ms:.0f} |")
    searched = [ms for wait in rounds["searching"] for ms in wait.searches]
    p95 = statistics.quantiles(searched, n=20)[-1]
    medians = {
        name: statistics.median(statistics.median(wait.sends) for wait in waits)
        for name, waits in rounds.items()
    }
    ratio = medians["on"] / medians["off"]
    is_met = p95 < TARGETS["search_p95_ms"] and ratio < TARGETS["sends_ratio"]
    print(f"\nSearch p95 {p95:.1f} ms; sends with a search / without: {ratio:.3f}, while")
    print(
        f"{SEARCHES_PER_S} searches a second are made: {medians['searching'] / medians['off']:.3f}"
    )
    print(f"Targets {'met' if is_met else 'MISSED'}: {TARGETS}")
    return 0 if is_met else 1


def _fill(folder: Path, messages: int, words: Words) -> None:
    path = folder / "parley.sqlite3"
    schema.prepare(path)
    connection = schema.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    first_s = time.time() - 365 * 86400
    step_s = 365 * 86400 / messages
    for room in _rooms():
        connection.execute("BEGIN")
        for user in range(USERS):
            body = JoinedBody(time=rfc3339(first_s), **_person(user))
            writes.join(connection, Draft(room=room, user=body.user, body=body), keep=None)
        connection.execute("COMMIT")
    for begin in range(0, messages, BATCH):
        connection.execute("BEGIN")
        for number in range(begin, min(begin + BATCH, messages)):
            person, text = _person(words.dice.randrange(USERS)), words.text()
            body = MessageBody(
                time=rfc3339(first_s + number * step_s), key="", text=text, html=text, **person
            )
            draft = Draft(room=words.dice.choice(_rooms()), user=body.user, body=body)
            writes.append(connection, draft, now=0, keep=None)
        connection.execute("COMMIT")
    connection.close()


def _rooms() -> list[str]:
    return [f"room-{number}" for number in range(ROOMS)]


def _person(number: int) -> dict[str, str]:
    return {"user": f"guest-{number:016x}", "name": f"Person {number}"}


@contextmanager
def _server(folder: str, search: str) -> Iterator[ServerProcess]:
    server = ServerProcess(Path(folder), {"RATE_LIMITS": "off", "SEARCH": search})
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def _while_built(server: ServerProcess) -> tuple[float, Sequence[float]]:
    began = time.monotonic()
    sending = asyncio.create_task(_send(server, 10**6, waits := []))
    await asyncio.to_thread(_until_logged, server, COMPLETE)
    sending.cancel()
    return time.monotonic() - began, waits


def _until_logged(server: ServerProcess, text: str) -> None:
    while not any(text in line for line in server.log):
        time.sleep(0.1)


def _until_merged(folder: Path) -> None:
    connection = files.open_to_read(files.path_of(folder))
    assert connection is not None
    while connection.execute("SELECT EXISTS (SELECT 1 FROM shards WHERE is_dirty)").fetchone()[0]:
        time.sleep(0.1)
    connection.close()


async def _measure(server: ServerProcess, seconds: int, words: Words | None) -> Waits:
    waits, began_s = Waits([], []), cpu_s(server.pid)
    asked = [_send(server, seconds, waits.sends)]
    if words is not None:
        asked.append(_search(server, seconds, words, waits.searches))
    await asyncio.gather(*asked)
    return waits._replace(cpu_s=cpu_s(server.pid) - began_s)


async def _send(server: ServerProcess, seconds: int, waits: list[float]) -> None:
    await asyncio.gather(*(_write(server, number, seconds, waits) for number in range(WRITERS)))


async def _write(server: ServerProcess, number: int, seconds: int, waits: list[float]) -> None:
    dice = random.Random(number)
    async with Client(server.url) as client:
        await client.get("/api/rooms")
        room = f"room-{number}"
        await client.command(type="join", room=room)
        socket = await client.websocket(f"?room={room}")
        end_s, count = time.monotonic() + seconds, 0
        while time.monotonic() < end_s:
            count += 1
            key = f"{dice.random()}"
            command = {"type": "send", "id": key, "room": room, "text": _WORDS.text(), "key": key}
            began = time.perf_counter()
            await socket.send(json.dumps(command))
            while f'"id":"{key}"' not in str(await socket.read_data()):
                pass
            waits.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(dice.uniform(0.5, 1.5) * WRITERS / SENDS_PER_S)


async def _search(server: ServerProcess, seconds: int, words: Words, waits: list[float]) -> None:
    async with Client(server.url) as client, Connection(server.url) as connection:
        await client.get("/api/rooms")
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            path = f"/api/search?{urlencode({'q': words.query()})}"
            began = time.perf_counter()
            answer = await client.fetch("GET", path, over=connection)
            waits.append(1000 * (time.perf_counter() - began))
            assert answer.code == 200, answer
            await asyncio.sleep(1 / SEARCHES_PER_S)


def _shown(waits: Sequence[float]) -> str:
    if len(waits) < 2:
        return ""
    cuts = statistics.quantiles(waits, n=100)
    return (
        f"p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms, "
        f"max {max(waits):.0f} ms of {len(waits)}"
    )


if __name__ == "__main__":
    sys.exit(main())
