"""The Redis backplane keeps the promises."""

from collections.abc import Iterator
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.backplane.base import Backplane
from chat.backplane.redis import RedisBackplane, RedisOptions
from chat.clock import Clock
from tests.contract.backplane_contract import BackplaneContract
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
