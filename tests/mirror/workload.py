"""People talk while instances and NATS are killed; then the stream is compared with the logs."""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.support.client import Client
from tests.support.nats_server import NatsServer, run_nats
from tests.support.server import ServerProcess, run_server
from tests.support.site import DURABLE, run_site
from tests.support.wire import LOST

PREFIX = "chat"
ROOMS = ("general", "garden", "kitchen")
TALKERS = 6
AT_ONCE = 5  # messages in a request
RETRY_S = 0.1
# The time between two faults, and how long what was killed stays away.
EVERY_S, AWAY_S = (0.2, 1.5), (0.0, 1.0)
# Another instance takes over 23 s after the one that held the lease was killed.
CATCH_UP_S = 120.0


@dataclass
class Outcome:
    """What a run has done, and how the stream differs from the logs."""

    seed: int
    messages: int = 0
    entries: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.messages} messages, {self.entries} entries in the stream; kills: {kills}; "
            f"{len(self.faults)} faults (seed {self.seed})"
        )


def run(store: str, messages: int, kills: int, seed: int) -> Outcome:
    """Have ``messages`` sent, with at least ``kills`` while they are sent and mirrored.

    ``store`` is embedded, with one instance, or redis, with two.
    """
    with ExitStack() as stack:
        nats = stack.enter_context(run_nats())
        env = {"MIRROR_URL": f"{nats.url}/{PREFIX}"}
        if store == "embedded":
            servers = [stack.enter_context(run_server(RATE_LIMITS="off", **env))]
        else:
            servers = list(stack.enter_context(run_site(2, *DURABLE, **env)).servers)
        run = _Run(nats, servers, random.Random(seed), Outcome(seed))
        asyncio.run(run.run(messages, kills))
        return run.outcome


class _Run:
    def __init__(
        self,
        nats: NatsServer,
        servers: Sequence[ServerProcess],
        dice: random.Random,
        outcome: Outcome,
    ) -> None:
        self.outcome = outcome
        self._nats = nats
        self._servers = servers
        self._dice = dice
        self._victims: list[NatsServer | ServerProcess] = []

    async def run(self, messages: int, kills: int) -> None:
        each = -(-messages // TALKERS)
        talking = asyncio.gather(*(self._talk(number, each) for number in range(TALKERS)))
        while not talking.done() or self.outcome.kills.total() < kills:
            await asyncio.sleep(self._dice.uniform(*EVERY_S))
            await self._kill_one()
        await talking
        async with asyncio.timeout(CATCH_UP_S):
            expected = await self._logged()
            found = await self._mirrored()
            while _count(found) < _count(expected):
                await asyncio.sleep(1)
                found = await self._mirrored()
        self._compare(expected, found)

    async def _talk(self, number: int, count: int) -> None:
        async with Client(*(server.url for server in self._servers), dice=self._dice) as client:
            room = ROOMS[number % len(ROOMS)]
            await self._ask(client, [{"type": "join", "room": room}])
            keys = (f"{number}-{at}" for at in range(count))
            while some := list(itertools.islice(keys, AT_ONCE)):
                sends = [{"type": "send", "room": room, "text": key, "key": key} for key in some]
                await self._ask(client, sends)
                self.outcome.messages += len(some)

    async def _ask(self, client: Client, commands: Sequence[dict[str, str]]) -> None:
        """Send ``commands`` until all are answered ``ok``: their keys tell repetitions."""
        while True:
            try:
                answer = json.loads((await client.post("/send", json.dumps(commands))).body)
            except (*LOST, json.JSONDecodeError):
                answer = {}
            replies = answer.get("replies", [])
            if replies and all(reply["type"] == "ok" for reply in replies):
                return
            await asyncio.sleep(RETRY_S)

    async def _kill_one(self) -> None:
        if not self._victims:  # each in its turn, in any order
            self._victims = self._dice.sample([self._nats, *self._servers], len(self._servers) + 1)
        victim = self._victims.pop()
        self.outcome.kills["NATS" if victim is self._nats else "instances"] += 1
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(self._dice.uniform(*AWAY_S))
        await asyncio.to_thread(victim.start)

    async def _logged(self) -> dict[str, list[str]]:
        """Return the positions of all entries, by room: offsets have no holes."""
        async with Client(self._servers[0].url) as client:
            listed = json.loads((await client.get("/api/rooms")).body)["rooms"]
        return {
            room["room"]: [
                f"{room['room']}:{room['epoch']}:{offset}"
                for offset in range(1, room["offset"] + 1)
            ]
            for room in listed
        }

    async def _mirrored(self) -> dict[str, list[str]]:
        """Return the positions of all entries in the stream, in its order, by room."""
        found: dict[str, list[str]] = {room: [] for room in ROOMS}
        for message in await self._nats.messages(f"{PREFIX}.*"):
            push = json.loads(message.data)
            found[push["room"]].append("{room}:{epoch}:{offset}".format(**push))
        return found

    def _compare(self, expected: dict[str, list[str]], found: dict[str, list[str]]) -> None:
        faults = self.outcome.faults
        self.outcome.entries = sum(map(len, found.values()))
        for room, positions in expected.items():
            counts = Counter(found[room])
            faults += [f"{position} is lost" for position in positions if not counts[position]]
            faults += [f"{position} is there {n} times" for position, n in counts.items() if n > 1]
            if set(counts) == set(positions) and found[room] != positions:
                faults.append(f"{room} is out of order")


def _count(positions: dict[str, list[str]]) -> int:
    return sum(map(len, positions.values()))
