"""The tests' own real Redis Cluster: three masters that share the slots."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.ports import free_port
from tests.support.redis_server import START_TIMEOUT_S, RedisServer, run_redis


class RedisClusterServers:
    """Three masters; ``url`` names all of them."""

    def __init__(self, masters: list[RedisServer]) -> None:
        self.masters = masters

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{m.port}" for m in self.masters)

    def flush(self) -> None:
        for master in self.masters:
            with master.client() as client:
                client.flushall()

    def join(self) -> None:
        """Assign the slots; return when every master knows it."""
        subprocess.run(
            ["redis-cli", "--cluster", "create"]
            + [f"127.0.0.1:{master.port}" for master in self.masters]
            + ["--cluster-yes"],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=START_TIMEOUT_S,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        for master in self.masters:
            with master.client() as client:
                while client.cluster("info")["cluster_state"] != "ok":
                    assert time.monotonic() < deadline, "the cluster does not come together"


@contextmanager
def run_redis_cluster() -> Iterator[RedisClusterServers]:
    """Run three masters; they are killed at the end."""
    with ExitStack() as stack:
        masters = [
            # Redis's default bus port, 10,000 above its port, may not be free or valid.
            stack.enter_context(
                run_redis("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
            )
            for _ in range(3)
        ]
        cluster = RedisClusterServers(masters)
        cluster.join()
        yield cluster
