"""An instance is ready where a send would be stored now, and says why not where it would not."""

import asyncio
import os
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from unittest import TestCase

import pytest

from chat.backplane.base import Backplane
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.probe import FRESH_S
from chat.backplane.redis import RedisBackplane, RedisOptions
from chat.backplane.redis.feed import GRACE_S
from chat.errors import Unavailable
from chat.metrics.store import REFUSED_HOLD_S
from chat.rooms import LOBBY
from chat.settings.redis_url import RedisUrl
from tests.contract.backplane_contract import Recorder, message
from tests.support.redis_cluster import RedisClusterServers, run_redis_cluster
from tests.support.redis_server import RedisServer, run_redis
from tests.unit.fakes import SetClock

USER = ("reset", "on", ">secret")
ALL = ("~*", "&*", "+@all")
WAIT_S = 60


async def why_not_ready(backplane: Backplane) -> str:
    with pytest.raises(Unavailable) as caught:
        await backplane.check()
    assert not backplane.metrics.is_up
    return caught.value.message


async def until_ready(backplane: Backplane, clock: SetClock) -> None:
    """Return when it is ready again, as time goes by."""
    async with asyncio.timeout(WAIT_S):
        while True:
            clock.now += REFUSED_HOLD_S
            try:
                return await backplane.check()
            except Unavailable:
                await asyncio.sleep(0.01)


@contextmanager
def warned() -> Iterator[None]:
    """Expect warnings, as of who refuses what."""
    with TestCase().assertLogs("chat.backplane", "INFO"):
        yield


# Redis


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


def allow(server: RedisServer, *rules: str) -> None:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "parley", *USER, *rules)


@asynccontextmanager
async def redis_backplane(url: str, clock: SetClock) -> AsyncIterator[RedisBackplane]:
    backplane = RedisBackplane(RedisOptions(url=RedisUrl.parse(url)), clock=clock)
    await backplane.start(Recorder())
    try:
        yield backplane
    finally:
        await backplane.stop()


def config(name: str, value: str) -> Callable[[RedisServer], None]:
    def set_it(server: RedisServer) -> None:
        with server.client() as client:
            client.config_set(name, value)

    return set_it


def acl(*rules: str) -> Callable[[RedisServer], None]:
    return lambda server: allow(server, *rules)


def replica_of(*master: str) -> Callable[[RedisServer], None]:
    def set_it(server: RedisServer) -> None:
        with server.client() as client:
            client.replicaof(*master)

    return set_it


Break = Callable[[RedisServer], None]
FAULTS: dict[str, tuple[Break, Break, str]] = {
    "full": (config("maxmemory", "1mb"), config("maxmemory", "0"), "full"),
    "replica": (replica_of("127.0.0.1", "1"), replica_of("NO", "ONE"), "replica"),
    "too few replicas": (
        config("min-replicas-to-write", "1"), config("min-replicas-to-write", "0"), "NOREPLICAS",
    ),
    "no channels": (acl("~*", "+@all"), acl(*ALL), "permission"),
    "no XADD": (acl(*ALL, "-xadd"), acl(*ALL), "can't run this command"),
    "no SET": (acl(*ALL, "-set"), acl(*ALL), "can't run this command"),
    "no scripts": (acl(*ALL, "-@scripting"), acl(*ALL), "permission"),
    "other keys": (acl("~parley:x*", "&*", "+@all"), acl(*ALL), "permission"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_redis_that_stores_nothing_is_noticed_without_a_send_and_named(
    redis_server: RedisServer, fault: str
) -> None:
    break_it, mend, word = FAULTS[fault]

    async def scenario() -> None:
        allow(redis_server, *ALL)
        url = redis_server.url.replace("//", "//parley:secret@")
        clock = SetClock()
        async with redis_backplane(url, clock) as backplane:
            await backplane.check()
            break_it(redis_server)
            try:
                clock.now += FRESH_S
                reason = await why_not_ready(backplane)
                assert word in reason
                assert "secret" not in reason
            finally:
                mend(redis_server)
            await until_ready(backplane, clock)

    with warned():
        asyncio.run(scenario())


def test_a_refused_send_is_noticed_at_once(redis_server: RedisServer) -> None:
    async def scenario() -> None:
        clock = SetClock()
        async with redis_backplane(redis_server.url, clock) as backplane:
            await backplane.append(message("stored"))
            config("maxmemory", "1mb")(redis_server)
            try:
                with pytest.raises(Unavailable):
                    await backplane.append(message("refused"))
                assert "full" in await why_not_ready(backplane)
            finally:
                config("maxmemory", "0")(redis_server)
            await backplane.append(message("stored again"))
            assert "full" in await why_not_ready(backplane), "the next one may be refused"
            await until_ready(backplane, clock)

    with warned():
        asyncio.run(scenario())


def test_what_is_stored_is_acknowledged_though_it_can_not_be_published(
    redis_server: RedisServer,
) -> None:
    async def scenario() -> None:
        allow(redis_server, *ALL)
        url = redis_server.url.replace("//", "//parley:secret@")
        async with redis_backplane(url, SetClock()) as backplane:
            allow(redis_server, "~*", "+@all")
            appended = await backplane.append(message("x"))
            entry = await backplane.entry(LOBBY, appended.position.offset)
            assert entry is not None and entry.position == appended.position

    with warned():  # Redis lets go of those whose channels were taken away
        asyncio.run(scenario())


def test_a_feed_that_may_not_be_subscribed_to_is_no_readiness(redis_server: RedisServer) -> None:
    async def scenario() -> None:
        allow(redis_server, *ALL)
        url = redis_server.url.replace("//", "//parley:secret@")
        async with redis_backplane(url, SetClock()) as backplane:
            allow(redis_server, *ALL, "-subscribe")
            with redis_server.client() as client:
                client.client_kill_filter(_type="pubsub")
            async with asyncio.timeout(WAIT_S):
                while backplane.metrics.is_feed_up:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await backplane.check()  # such a loss is over in a moment, as a rule
                assert backplane.metrics.feed_lost_at_s is not None
                backplane.metrics.feed_lost_at_s -= GRACE_S
                with pytest.raises(Unavailable, match="not heard of"):
                    await backplane.check()
                allow(redis_server, *ALL)
                while not backplane.metrics.is_feed_up:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await backplane.check()

    with warned():
        asyncio.run(scenario())


def test_tests_leave_next_to_nothing_in_redis(redis_server: RedisServer) -> None:
    async def scenario() -> None:
        clock = SetClock()
        async with redis_backplane(redis_server.url, clock) as backplane:
            for _ in range(200):
                clock.now += FRESH_S
                await backplane.check()
            with redis_server.client() as client:
                (name,) = client.keys("parley:*probe*:entries")
                assert client.hlen(name) <= 64
                drafts = client.keys("parley:*probe*:draft:*")
                assert all(client.ttl(draft) <= 1 for draft in drafts)
                assert not client.sismember("parley:rooms", "!probe")

    asyncio.run(scenario())


@pytest.fixture(scope="module")
def redis_cluster() -> Iterator[RedisClusterServers]:
    with run_redis_cluster() as cluster:
        yield cluster


def test_each_master_of_a_cluster_is_tested(redis_cluster: RedisClusterServers) -> None:
    async def scenario() -> None:
        clock = SetClock()
        async with redis_backplane(redis_cluster.url, clock) as backplane:
            for master in redis_cluster.masters:
                await backplane.check()
                config("maxmemory", "1mb")(master)
                clock.now += FRESH_S
                try:
                    assert "full" in await why_not_ready(backplane)
                finally:
                    config("maxmemory", "0")(master)
                await until_ready(backplane, clock)

    with warned():
        asyncio.run(scenario())


# A database of its own


@asynccontextmanager
async def embedded_backplane(folder: Path, clock: SetClock) -> AsyncIterator[EmbeddedBackplane]:
    backplane = EmbeddedBackplane(folder, clock=clock)
    await backplane.start(Recorder())
    try:
        yield backplane
    finally:
        await backplane.stop()


async def check_embedded(
    folder: Path, break_it: Callable[[], object], mend: Callable[[], object] | None, word: str
) -> None:
    """Break it, see that it is noticed and named, and nothing acknowledged; mend it, if it can."""
    clock = SetClock()
    async with embedded_backplane(folder, clock) as backplane:
        await backplane.append(message("before"))
        await backplane.check()
        broken = break_it()
        try:
            clock.now += FRESH_S
            assert word in await why_not_ready(backplane)
            with pytest.raises(Unavailable):
                await backplane.append(message("x" * 4000, key="lost"))
            assert word in await why_not_ready(backplane)
        finally:
            if mend is not None:
                mend()
            del broken
        if mend is not None:
            await until_ready(backplane, clock)
            assert (await backplane.append(message("x" * 4000, key="lost"))).is_new


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Have no file of this process become larger, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_takes_no_more_is_noticed_and_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = SetClock()
        async with embedded_backplane(tmp_path, clock) as backplane:
            size_bytes = (tmp_path / "parley.sqlite3-wal").stat().st_size
            with largest_file(size_bytes):
                clock.now += FRESH_S
                assert "disk" in await why_not_ready(backplane)
                with pytest.raises(Unavailable):
                    await backplane.append(message("x", key="lost"))
            await until_ready(backplane, clock)
            assert (await backplane.append(message("x", key="lost"))).is_new

    with warned():
        asyncio.run(scenario())


def test_a_database_that_another_process_has_locked_is_noticed_and_named(tmp_path: Path) -> None:
    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "parley.sqlite3", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        locks.append(connection)
        return connection

    locks: list[sqlite3.Connection] = []

    async def scenario() -> None:
        clock = SetClock()
        async with embedded_backplane(tmp_path, clock) as backplane:
            await backplane.check()
            lock()
            clock.now += FRESH_S
            with pytest.raises(Unavailable, match="does not answer in time"):
                await backplane.check()
            async with asyncio.timeout(WAIT_S):
                while backplane.metrics.is_up:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert "lock" in await why_not_ready(backplane)
            locks[0].close()
            await until_ready(backplane, clock)

    with warned():
        asyncio.run(scenario())


def test_a_damaged_database_is_noticed_and_named(tmp_path: Path) -> None:
    path = tmp_path / "parley.sqlite3"

    def damage() -> None:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        size_bytes = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(4096)  # the header stays
            file.write(b"\xff" * (size_bytes - 4096))
        connection = sqlite3.connect(path, isolation_level=None)
        with pytest.raises(sqlite3.Error):
            connection.execute("UPDATE entries SET offset = 1")
        connection.close()

    with warned():
        asyncio.run(check_embedded(tmp_path, damage, None, "damaged"))


def moved_away(folder: Path, names: Sequence[str]) -> Callable[[], None]:
    def move() -> None:
        (folder / "away").mkdir()
        for name in names:
            (folder / name).rename(folder / "away" / name)

    return move


NAMES = ("parley.sqlite3", "parley.sqlite3-wal", "parley.sqlite3-shm")


@pytest.mark.parametrize("names", [NAMES, NAMES[:1], NAMES[1:2], NAMES[2:]])
def test_what_is_removed_while_it_runs_is_noticed_until_it_is_put_back(
    tmp_path: Path, names: Sequence[str]
) -> None:
    def put_back() -> None:
        for name in names:
            (tmp_path / "away" / name).replace(tmp_path / name)

    with warned():
        remove = moved_away(tmp_path, names)
        asyncio.run(check_embedded(tmp_path, remove, put_back, "removed or replaced"))


def replace_by_copy(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def empty(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize(
    ("how", "words"), [(replace_by_copy, "removed or replaced"), (empty, "The database")]
)
def test_what_takes_the_place_of_the_database_is_noticed(
    tmp_path: Path, how: Callable[[Path], None], words: str
) -> None:
    with warned():
        replace = lambda: how(tmp_path / "parley.sqlite3")  # noqa: E731
        asyncio.run(check_embedded(tmp_path, replace, None, words))


def test_a_test_of_the_disk_leaves_nothing_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = SetClock()
        async with embedded_backplane(tmp_path, clock) as backplane:
            for _ in range(100):
                clock.now += FRESH_S
                await backplane.check()
            appended = await backplane.append(message("x"))
            assert appended.position.offset == 1
            assert [info.room for info in await backplane.rooms()] == [LOBBY]
        connection = sqlite3.connect(tmp_path / "parley.sqlite3")
        ((pages,),) = connection.execute("PRAGMA page_count")
        connection.close()
        assert pages < 64

    asyncio.run(scenario())
