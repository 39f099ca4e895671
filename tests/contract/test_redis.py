"""The Redis backplane keeps the promises."""

from collections.abc import Iterator
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.backplane.base import Backplane
from chat.backplane.redis import RedisBackplane, RedisOptions
from chat.backplane.redis.presence import LEASE_S, MOVE_S
from chat.clock import Clock
from chat.rooms import LOBBY
from tests.contract.backplane_contract import ADA, BackplaneContract, Recorder
from tests.support.redis_cluster import RedisClusterServers, run_redis_cluster
from tests.support.redis_server import RedisServer, run_redis


@pytest.fixture(scope="class")
def redis_server(request: pytest.FixtureRequest) -> Iterator[None]:
    with run_redis() as server:
        request.cls.server = server
        yield


@pytest.mark.usefixtures("redis_server")
class TestRedisBackplane(BackplaneContract, IsolatedAsyncioTestCase):
    server: RedisServer

    def setUp(self) -> None:
        with self.server.client() as client:
            client.flushall()

    def open_backplane(self, clock: Clock) -> Backplane:
        return RedisBackplane(RedisOptions(url=self.server.url), clock=clock, keep=self.keep)

    async def test_a_session_that_hops_to_another_instance_is_present_throughout(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        await self.backplane.set_present("s", ADA, [LOBBY])
        await other.set_present("s", ADA, [LOBBY])
        await self.backplane.set_present("s", ADA, [])
        assert (await self.backplane.presence(LOBBY)).count == 1
        await other.set_present("s", ADA, [])
        assert (await self.backplane.presence(LOBBY)).count == 0
        await other.stop()

    async def test_leases_that_nobody_renews_run_out(self) -> None:
        await self.backplane.set_present("s", ADA, [LOBBY])
        self.clock.now += LEASE_S - 1
        assert (await self.backplane.presence(LOBBY)).count == 1
        self.clock.now += 1
        assert (await self.backplane.presence(LOBBY)).count == 0

    async def test_an_instance_that_stops_leaves_its_people_time_to_come_back(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        await other.set_present("s", ADA, [LOBBY])
        await other.stop()
        assert (await self.backplane.presence(LOBBY)).count == 1
        self.clock.now += MOVE_S
        assert (await self.backplane.presence(LOBBY)).count == 0


@pytest.fixture(scope="class")
def redis_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    with run_redis_cluster() as cluster:
        request.cls.cluster = cluster
        yield


@pytest.mark.usefixtures("redis_cluster")
class TestRedisClusterBackplane(BackplaneContract, IsolatedAsyncioTestCase):
    cluster: RedisClusterServers

    def setUp(self) -> None:
        self.cluster.flush()

    def open_backplane(self, clock: Clock) -> Backplane:
        return RedisBackplane(RedisOptions(url=self.cluster.url), clock=clock, keep=self.keep)
