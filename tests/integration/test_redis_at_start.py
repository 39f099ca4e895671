"""Which Redis an instance takes, and what it does until it has one."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.redis_server import START_TIMEOUT_S, RedisServer, run_redis
from tests.support.server import ServerProcess, run_server


def say(server: ServerProcess, text: str) -> int:
    """Send ``text`` as somebody new; return its offset."""

    async def post() -> int:
        http = SimpleAsyncHTTPClient(force_instance=True)
        body = json.dumps({"type": "send", "room": "general", "text": text, "key": text})
        answer = await http.fetch(f"{server.url}/send", method="POST", body=body)
        http.close()
        return int(json.loads(answer.body)["replies"][0]["offset"])

    return asyncio.run(post())


def say_when_possible(server: ServerProcess, text: str, deadline: float) -> int:
    """Send with the same key until it is taken, as clients do."""
    while True:
        try:
            return say(server, text)
        except HTTPClientError as error:
            assert error.code == 503 and error.response is not None, error
            # It says when trying again can help; not before the successor is there.
            time.sleep(int(error.response.headers["Retry-After"]))
            assert time.monotonic() < deadline, "the successor is not found"


def ask(server: ServerProcess, path: str) -> tuple[int, str, Message]:
    """Return the answer's status, body and headers."""
    try:
        with urlopen(server.url + path, timeout=START_TIMEOUT_S) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def test_redis_that_is_down_at_the_start_is_waited_for_in_words(tmp_path: Path) -> None:
    redis_server = RedisServer(tmp_path)
    server = ServerProcess(tmp_path, {"REDIS_URL": redis_server.url})
    try:
        server.launch()
        server.until_logged("can't be reached")
        assert ask(server, "/healthz")[0] == 200
        status, body, _ = ask(server, "/readyz")
        assert (status, json.loads(body)["reasons"]) == (503, ["Redis can't be reached."])
        assert "\nparley_store_up 0.0\n" in ask(server, "/metrics")[1]
        for path in ("/", "/poll", "/negotiate", "/api/rooms", "/static/css/chat.css"):
            status, body, headers = ask(server, path)
            assert (status, json.loads(body)["code"]) == (503, "unavailable")
            assert int(headers["Retry-After"]) >= 1
        redis_server.start()
        server.until_listening()
        assert say(server, "hello") == 1
        assert ask(server, "/readyz")[0] == 200
    finally:
        server.kill()
        redis_server.kill()
    assert "Traceback" not in "".join(server.log)
    assert "".join(server.log).count("Trying again") == 1


def test_redis_that_evicts_is_refused_or_warned_of(tmp_path: Path) -> None:
    with run_redis("--maxmemory-policy", "allkeys-lru") as redis_server:
        server = ServerProcess(tmp_path, {"REDIS_URL": redis_server.url})
        server.launch()
        assert server.exit_code() == 2
        assert "noeviction" in "".join(server.log)
        with run_server(REDIS_URL=redis_server.url, REDIS_EVICTION="warn") as other:
            assert say(other, "hello") == 1
            assert "messages may be lost" in "".join(other.log)


def test_a_wrong_password_is_told_at_once_and_never_logged(tmp_path: Path) -> None:
    with run_redis() as redis_server, redis_server.client() as client:
        client.config_set("requirepass", "right")
        url = redis_server.url.replace("//", "//:wrong-one@")
        server = ServerProcess(tmp_path, {"REDIS_URL": url})
        server.launch()
        assert server.exit_code() == 2
        log = "".join(server.log)
        assert "password" in log
        assert "wrong-one" not in log


@contextmanager
def run_redis_with_tls(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis that speaks TLS only, with a certificate that it signed itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    server = RedisServer(folder)
    tls = ["--tls-port", str(server.port), "--port", "0", "--tls-auth-clients", "no"]
    tls += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    server.speak_tls(tls)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def test_tls_is_verified_unless_that_is_switched_off(tmp_path: Path) -> None:
    with run_redis_with_tls(tmp_path) as redis_server:
        url = redis_server.url.replace("redis://127.0.0.1", "rediss://localhost")
        server = ServerProcess(tmp_path, {"REDIS_URL": url})
        server.launch()
        try:
            server.until_logged("certificate verify failed")
        finally:
            server.kill()
        with run_server(REDIS_URL=url, REDIS_TLS_VERIFY="off") as unverified:
            assert say(unverified, "hello") == 1
        certificate = str(tmp_path / "certificate.pem")
        with run_server(REDIS_URL=url, SSL_CERT_FILE=certificate) as verified:
            assert say(verified, "again") == 2


@contextmanager
def run_sentinel(master: RedisServer, replica: RedisServer) -> Iterator[RedisServer]:
    """Run a sentinel that watches ``master``, and return when it knows the replica."""
    with run_redis("--sentinel", is_sentinel=True) as sentinel, sentinel.client() as client:
        client.sentinel_monitor("chat", "127.0.0.1", master.port, 1)
        client.sentinel_set("chat", "down-after-milliseconds", 500)
        client.sentinel_set("chat", "failover-timeout", 5000)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not client.sentinel_slaves("chat"):
            assert time.monotonic() < deadline, "the sentinel does not find the replica"
        yield sentinel


def test_sentinels_name_the_master_and_its_successor() -> None:
    with run_redis() as master, run_redis("--replicaof", f"127.0.0.1 {master.port}") as replica:
        with run_sentinel(master, replica) as sentinel:
            url = f"redis+sentinel://127.0.0.1:{sentinel.port}/chat"
            with run_server(REDIS_URL=url) as server:
                assert say(server, "before") == 1
                with replica.client() as client, master.client() as old:
                    old.wait(1, 5000)  # the replica has it
                    master.kill()
                    deadline = time.monotonic() + START_TIMEOUT_S
                    while client.info("replication")["role"] != "master":
                        assert time.monotonic() < deadline, "the replica is not promoted"
                assert say_when_possible(server, "after", deadline) == 2
