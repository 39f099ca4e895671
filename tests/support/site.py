"""A whole site: one Redis and several instances; a test may kill, freeze and cut off each."""

import asyncio
import json
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.redis_server import RedisServer, run_redis
from tests.support.relay import Relay
from tests.support.server import BUSY, LAST, ServerProcess

# With these options a killed Redis loses no acknowledged message.
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
# One look into Redis takes less than a millisecond.
POLL_S = 0.01
# What instances log, and answer, while Redis is away.
REDIS_AWAY = (
    r"WARNING chat.backplane.redis.feed: The live feed from Redis is interrupted",
    r"WARNING chat.backplane.redis.followed: .* could not be read on",
    r"WARNING chat.backplane.probe: Messages can't be stored",
    r"ERROR tornado.access: 503 ",
)
# A kind of line that came before, counted a minute later; its first line was looked at in its test.
REPEATS = r" \(and [\d,]+ more like it\)$"
REDIS_FULL = r"WARNING chat.backplane.redis.store: Redis refused "


class Site:
    """``servers`` are instances with one secret on ``redis``."""

    def __init__(
        self,
        redis: RedisServer,
        servers: Sequence[ServerProcess],
        irc_ports: Sequence[int] = (),
    ) -> None:
        self.redis = redis
        self.servers = servers
        self.irc_ports = irc_ports
        self._expected: list[str] = []
        self._checked = [len(server.log) for server in servers]

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    def expect(self, *lines: str) -> None:
        """Expect log lines that match one of ``lines``, until ``surprises`` is next called."""
        self._expected += lines

    def until_ready(self) -> None:
        """Wait until no instance knows of a problem of the store: each logs one within a second."""
        for server in self.servers:
            while not server.is_ready():
                time.sleep(POLL_S)

    def surprises(self) -> list[str]:
        """Return the unexpected log lines since the last call."""
        for server in self.servers:
            server.until_all_logged()
        expected = re.compile("|".join([" INFO ", LAST, BUSY, REPEATS, *self._expected]))
        news = [s.log[n:] for s, n in zip(self.servers, self._checked, strict=True)]
        self._expected, self._checked = [], [len(server.log) for server in self.servers]
        return [line for lines in news for line in lines if not expected.search(line)]

    def top(self, room: str = "general") -> tuple[str, int]:
        """Return the epoch and the last offset of ``room``'s log, read from Redis."""
        with self.redis.client() as client:
            epoch, top = client.hmget(f"parley:{{{room}}}:head", "epoch", "top")
        return epoch.decode(), int(top)

    async def until_top(self, place: tuple[str, int]) -> None:
        """Wait until ``general`` stands at ``place`` in Redis, whether or not instances know it."""
        while self.top() != place:  # noqa: ASYNC110  Redis sends no event for it
            await asyncio.sleep(POLL_S)

    async def until_subscribed(self) -> None:
        """Wait until Redis counts a subscriber of the live feed for each instance."""
        with self.redis.client() as client:
            while len(client.client_list("pubsub")) < len(self.servers):  # noqa: ASYNC110  as above
                await asyncio.sleep(POLL_S)

    def stored(self, room: str = "general") -> list[tuple[str, int, str]]:
        """Return epoch, offset and key of every message in the log, read from Redis."""
        with self.redis.client() as client:
            epoch = client.hget(f"parley:{{{room}}}:head", "epoch").decode()
            entries = client.hgetall(f"parley:{{{room}}}:entries")
        found = []
        for offset, entry in sorted(entries.items(), key=lambda item: int(item[0])):
            kind, _, body = entry.partition(b" ")
            if kind == b"message":
                found.append((epoch, int(offset), json.loads(body)["key"]))
        return found

    def kept(self, room: str = "general") -> list[int]:
        """Return the offsets of the messages in the log that were not deleted, from Redis."""
        with self.redis.client() as client:
            entries = client.hgetall(f"parley:{{{room}}}:entries")
        messages = {
            int(offset): json.loads(entry.partition(b" ")[2])
            for offset, entry in entries.items()
            if entry.startswith(b"message ")
        }
        return [offset for offset, body in messages.items() if not body.get("deleted")]

    def put(self, step: Any, epoch: str, offset: int, **body: Any) -> None:
        """Append a message to ``general`` with ``step``, as the server's script does."""
        entry = "message " + json.dumps(body, separators=(",", ":"))
        step.hset("parley:{general}:entries", str(offset), entry)
        step.xadd("parley:{general}:messages", {"n": offset}, id=f"{offset}-0")
        head = {"epoch": epoch, "top": offset, "held": f"{epoch} {offset}"}
        step.hset("parley:{general}:head", mapping=head)


def _instance(folder: str, redis_url: str, env: dict[str, str]) -> ServerProcess:
    common = {"SECRET": "the same for all instances", "RATE_LIMITS": "off", "REDIS_URL": redis_url}
    return ServerProcess(Path(folder), common | env)


@contextmanager
def run_site(count: int, *redis_options: str, has_irc: bool = False, **env: str) -> Iterator[Site]:
    """Run a Redis and ``count`` instances with ``env``; all are killed at the end."""
    irc_ports = [free_port() for _ in range(count if has_irc else 0)]
    ports = [{"IRC_PORT": str(port)} for port in irc_ports] or [{}] * count
    with tempfile.TemporaryDirectory() as folder, run_redis(*redis_options) as redis:
        servers = [_instance(folder, redis.url, env | port) for port in ports]
        try:
            for server in servers:
                server.launch()
            for server in servers:
                server.until_listening()
            yield Site(redis, servers, irc_ports)
        finally:
            for server in servers:
                server.kill()


@asynccontextmanager
async def instance_on_a_wire(redis: RedisServer) -> AsyncIterator[tuple[Site, Relay]]:
    """Run one more instance, which reaches ``redis`` by a relay; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        async with Relay([redis.port]) as wire:
            server = _instance(folder, f"redis://127.0.0.1:{wire.port}/0", {})
            try:
                # In a thread: its traffic with Redis is relayed by this event loop.
                await asyncio.to_thread(server.start)
                yield Site(redis, [server]), wire
            finally:
                await asyncio.to_thread(server.kill)
