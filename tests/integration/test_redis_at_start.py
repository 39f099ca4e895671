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
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.redis_server import START_TIMEOUT_S, RedisServer, free_port, run_redis
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
                    old.set("after it", "")  # WAIT looks at what its own connection has written
                    assert old.wait(1, 1000 * int(START_TIMEOUT_S)) == 1
                    master.kill()
                    deadline = time.monotonic() + START_TIMEOUT_S
                    while client.info("replication")["role"] != "master":
                        assert time.monotonic() < deadline, "the replica is not promoted"
                assert say_when_possible(server, "after", deadline) == 2


SECRET = "p@ss/w?rd#1%"
ESCAPED = quote(SECRET, safe="")


def refused(folder: Path, url: str, *words: str) -> None:
    """See that a server with this REDIS_URL ends at once, with one line that has ``words``."""
    server = ServerProcess(folder, {"REDIS_URL": url})
    server.launch()
    try:
        assert server.exit_code() == 2
    finally:
        server.kill()
    (line,) = (line for line in server.log if " INFO " not in line)
    assert all(word in line for word in words), line
    assert SECRET not in line
    assert ESCAPED not in line


def test_a_user_with_an_escaped_password_and_no_info_is_let_in_and_warned_of() -> None:
    with run_redis() as redis_server, redis_server.client() as client:
        rules = ("~parley:*", "&parley:*", "+@all", "-@dangerous")
        client.execute_command("ACL", "SETUSER", "par:ley", "on", f">{SECRET}", *rules)
        url = redis_server.url.replace("//", f"//par%3Aley:{ESCAPED}@")
        with run_server(REDIS_URL=url) as server:
            assert say(server, "hello") == 1
            assert ask(server, "/readyz")[0] == 200
            (warning,) = (line for line in server.log if "WARNING" in line)
            assert "does not tell its maxmemory-policy" in warning
            assert ESCAPED not in warning and SECRET not in warning


def test_what_waiting_can_not_mend_is_told_in_one_line(tmp_path: Path) -> None:
    with run_redis() as redis_server, redis_server.client() as client:
        client.config_set("requirepass", SECRET)
        host = f"127.0.0.1:{redis_server.port}"
        refused(tmp_path, f"redi://:{ESCAPED}@{host}", "begins with redis://")
        refused(tmp_path, f"redis://:{ESCAPED}@{host}/99", "out of range")
        refused(tmp_path, f"redis+cluster://:{ESCAPED}@{host}", "cluster support disabled")
        refused(tmp_path, f"redis://:x{ESCAPED}@{host}", "refuses the user or the password")
        refused(tmp_path, f"redis+cluster://:x{ESCAPED}@{host}", "refuses the user or the password")
        refused(tmp_path, f"redis://{host}", "refuses the user or the password")


def test_a_permission_that_lacks_at_the_start_is_waited_for(tmp_path: Path) -> None:
    with run_redis() as redis_server, redis_server.client() as client:
        user = ("ACL", "SETUSER", "parley", "on", ">secret")
        client.execute_command(*user, "~*", "&*", "+@all", "-hset")
        url = redis_server.url.replace("//", "//parley:secret@")
        server = ServerProcess(tmp_path, {"REDIS_URL": url})
        server.launch()
        try:
            server.until_logged("Trying again")
            status, body, _ = ask(server, "/readyz")
            assert (status, "hset" in body) == (503, True)
            client.execute_command(*user, "+hset")
            server.until_listening()
            assert say(server, "hello") == 1
        finally:
            server.kill()


def test_a_full_redis_that_has_all_there_is_to_have_is_read_from(tmp_path: Path) -> None:
    with run_redis() as redis_server, redis_server.client() as client:
        with run_server(REDIS_URL=redis_server.url, SECRET="x" * 16) as server:
            assert say(server, "hello") == 1
        client.config_set("maxmemory", "1mb")
        with run_server(REDIS_URL=redis_server.url, SECRET="x" * 16) as server:
            assert "hello" in ask(server, "/api/rooms/general/messages")[1]
            status, body, _ = ask(server, "/readyz")
            assert (status, "full" in body) == (503, True)


def test_a_cluster_that_is_down_at_the_start_is_waited_for_though_it_is_one_node(
    tmp_path: Path,
) -> None:
    options = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    redis_server = RedisServer(tmp_path, *options)
    url = f"redis+cluster://127.0.0.1:{redis_server.port}"
    server = ServerProcess(tmp_path, {"REDIS_URL": url})
    try:
        server.launch()
        server.until_logged("can't be reached")
        assert ask(server, "/healthz")[0] == 200
        redis_server.start()
        server.until_logged("lacks a part")  # nobody has the slots yet
        with redis_server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        server.until_listening()
        assert say(server, "hello") == 1
        assert ask(server, "/readyz")[0] == 200
        redis_server.kill()
        with pytest.raises(HTTPClientError) as refused:
            say(server, "lost")
        assert refused.value.code == 503
        redis_server.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        assert say_when_possible(server, "again", deadline) == 1  # this Redis keeps nothing
    finally:
        server.kill()
        redis_server.kill()
    assert "Traceback" not in "".join(server.log)


def test_sentinels_are_given_an_escaped_password_for_the_master() -> None:
    with run_redis() as master, run_redis("--replicaof", f"127.0.0.1 {master.port}") as replica:
        with run_sentinel(master, replica) as sentinel:
            with master.client() as client:
                client.execute_command(
                    "ACL",
                    "SETUSER",
                    "parley",
                    "on",
                    f">{SECRET}",
                    "allchannels",
                    "allkeys",
                    "+@all",
                )
            url = f"redis+sentinel://parley:{ESCAPED}@127.0.0.1:{sentinel.port}/chat"
            with run_server(REDIS_URL=url) as server:
                assert say(server, "hello") == 1
