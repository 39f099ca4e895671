"""Several processes on one port: WEB_CONCURRENCY."""

import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.ports import free_port
from tests.support.redis_server import run_redis
from tests.support.server import ServerProcess

WAIT_S = 60
# By chance alone 60 are shared out worse than 45 to 55 in every second run.
CLIENTS = 60
# Each worker would bundle the scripts of pages, which nobody loads here.
PLAIN = {"BUNDLE": "off"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with run_redis() as redis:
        env = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2", **PLAIN}
        server = ServerProcess(tmp_path_factory.mktemp("workers"), env)
        yield server
        server.kill()


@pytest.fixture
def workers(shared: ServerProcess) -> ServerProcess:
    """Two workers, of which a test may end one or all: the next test has two again."""
    if not shared.is_running:
        shared.launch()
        until(lambda: shared.logged().count("Parley is on") == 2)
    return shared


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(server: ServerProcess) -> list[int]:
    """Return the workers, dead ones too, the first started first."""
    return [int(pid) for pid in re.findall(r"Worker (\d+) has been", server.logged())]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def instance(server: ServerProcess) -> str:
    with urlopen(f"{server.url}/poll", timeout=WAIT_S) as response:
        return str(json.load(response)["data"][0]["instance"])


def test_their_metrics_are_told_together_whoever_is_asked(workers: ServerProcess) -> None:
    seen: set[str] = set()
    until(lambda: seen.add(instance(workers)) or len(seen) == 2)
    before = metrics(workers)
    assert set(before) == {"1", "2"}
    assert all(before.values())
    for _ in range(10):
        instance(workers)
    after = metrics(workers)
    assert sum(after.values()) == sum(before.values()) + 10
    assert all(after[number] >= before[number] for number in before)


def metrics(server: ServerProcess) -> dict[str, float]:
    """Return how many polls each worker has carried, by its number."""
    with urlopen(f"{server.url}/metrics", timeout=WAIT_S) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    assert len({family.name for family in families}) == len(families)
    return {
        sample.labels["worker"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "parley_attaches_total" and sample.labels["transport"] == "longpoll"
    }


def until_replaced(workers: ServerProcess, started: list[int]) -> None:
    """Wait until one more serves than had been ``started``."""
    until(lambda: len(pids(workers)) == len(started) + 1)
    until(lambda: workers.logged().count("Parley is on") == len(started) + 1)


def test_one_that_dies_is_replaced_while_another_serves(workers: ServerProcess) -> None:
    started = pids(workers)
    os.kill(next(filter(is_alive, started)), signal.SIGKILL)
    for _ in range(20):
        instance(workers)
    until_replaced(workers, started)
    assert f"ended with {-signal.SIGKILL}" in workers.logged()


def test_who_come_one_after_the_other_are_shared_out_evenly(workers: ServerProcess) -> None:
    with ExitStack() as stack:
        served: Counter[str] = Counter()
        for _ in range(CLIENTS):
            connection = HTTPConnection("127.0.0.1", workers.port, timeout=WAIT_S)
            stack.callback(connection.close)
            connection.request("GET", "/healthz")
            served[json.load(connection.getresponse())["instance"]] += 1
    assert len(served) == 2
    assert min(served.values()) >= 0.45 * CLIENTS, served


def test_one_that_is_frozen_is_replaced_while_another_serves(workers: ServerProcess) -> None:
    started = pids(workers)
    frozen = next(filter(is_alive, started))
    os.kill(frozen, signal.SIGSTOP)
    until_replaced(workers, started)
    assert not is_alive(frozen)
    assert f"Worker {frozen} shows no life" in workers.logged()


def test_all_of_them_serve_one_port_and_a_stop_ends_them_in_order(workers: ServerProcess) -> None:
    seen: set[str] = set()
    until(lambda: seen.add(instance(workers)) or len(seen) == 2)
    assert workers.stop() == 0
    assert not any(map(is_alive, pids(workers)))


def test_they_end_when_their_parent_is_killed(workers: ServerProcess) -> None:
    os.kill(workers.pid, signal.SIGKILL)
    until(lambda: not any(map(is_alive, pids(workers))))
    workers.kill()  # it has ended: the next test starts it again


def test_while_they_wait_for_redis_they_are_alive_and_their_store_is_not_up(
    tmp_path: Path,
) -> None:
    env = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}", "WEB_CONCURRENCY": "2", **PLAIN}
    server = ServerProcess(tmp_path, env)
    server.launch()
    try:
        until(lambda: "".join(server.log).count("Trying again") == 2)
        with urlopen(f"{server.url}/healthz", timeout=WAIT_S) as response:
            assert response.status == 200
        with urlopen(f"{server.url}/metrics", timeout=WAIT_S) as response:
            told = response.read().decode()
        for number in (1, 2):
            assert f'parley_store_up{{worker="{number}"}} 0.0' in told
    finally:
        assert server.stop() == 0
    assert "Traceback" not in "".join(server.log)


def test_without_a_redis_one_serves_and_the_log_says_why(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {"WEB_CONCURRENCY": "2", "REDIS_URL": ""})
    server.start()
    try:
        assert "WEB_CONCURRENCY=2, but one process serves" in "".join(server.log)
        assert pids(server) == []
    finally:
        assert server.stop() == 0


def test_workers_that_refuse_the_same_redis_end_together_in_words(tmp_path: Path) -> None:
    with run_redis("--maxmemory-policy", "allkeys-lru") as redis:
        server = ServerProcess(tmp_path, {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2", **PLAIN})
        for _ in range(2):  # some are told to stop while they end by themselves
            server.launch()
            assert server.exit_code() == 2
    assert "noeviction" in "".join(server.log)
    assert "Traceback" not in "".join(server.log)
    assert "asyncio" not in "".join(server.log)


def test_what_none_of_them_could_start_with_ends_all(tmp_path: Path) -> None:
    taken = ServerProcess(tmp_path / "a", {})
    taken.start()
    try:
        env = {"REDIS_URL": "redis://127.0.0.1:1", "WEB_CONCURRENCY": "2", **PLAIN}
        server = ServerProcess(tmp_path / "b", env)
        server.port = taken.port
        server.launch()
        assert server.exit_code() == 2
        assert f"PORT={taken.port}: can't listen there" in "".join(server.log)
    finally:
        taken.stop()
