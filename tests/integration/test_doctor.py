"""The doctor names what is wrong with a deployment, and what to do; of a good one, nothing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.haproxy import run_haproxy
from tests.support.nginx import ROOT, run_nginx
from tests.support.ports import free_port
from tests.support.preloaded import run
from tests.support.programs import until_open
from tests.support.redis_server import run_redis
from tests.support.server import ServerProcess, run_server
from tests.support.site import run_site
from tests.support.tcp_haproxy import run_tcp_haproxy
from tests.support.tls import make_certificate, run_tls_before

FOUND = 3
SECRET = "the same for all instances"
# Polls are held for as long as a proxy that cuts them has to wait at least.
HOLD_S = 5


def doctor(*words: str, **env: str) -> list[dict[str, Any]]:
    """Return the problems that the doctor finds."""
    ended = run("admin", "doctor", *words, "--json", env=env)
    assert ended.out and "Traceback" not in ended.err, ended.err
    told = json.loads(ended.out)
    bad = [one for one in told["findings"] if one["level"] == "problem"]
    assert ended.code == (FOUND if bad else 0) and told["problems"] == len(bad)
    assert all(one["what"] and one["todo"] for one in bad)
    return bad


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder:
        env = {"BEHIND_PROXY": "127.0.0.1", "POLL_HOLD_S": str(HOLD_S), "FILE_MB": "20"}
        with run_server(Path(folder), **env) as server:
            yield server


def through_nginx(server: ServerProcess, changed: Callable[[str], str]) -> list[dict[str, Any]]:
    with run_nginx([server.port], changed=changed) as url:
        env = {"DATA_DIR": str(server.data_dir), "BEHIND_PROXY": "127.0.0.1", "FILE_MB": "20"}
        return doctor("--url", url, **env)


def without(*words: str) -> Callable[[str], str]:
    """Return a change of the example: its lines with one of ``words`` are left out."""
    return lambda text: "\n".join(
        line for line in text.split("\n") if not any(word in line for word in words)
    )


def test_of_a_deployment_as_documented_nothing_is_said(server: ServerProcess) -> None:
    assert through_nginx(server, lambda text: text) == []


def test_what_the_proxy_lacks_is_named_with_the_line_to_add(server: ServerProcess) -> None:
    broken = without(
        "X-Forwarded-For", "X-Forwarded-Proto", "Upgrade", "client_max_body_size", "Connection"
    )
    found = {one["todo"]: one["what"] for one in through_nginx(server, broken)}
    for line, what in (
        ("proxy_set_header X-Forwarded-For $remote_addr;", "Anybody can claim any address"),
        ("proxy_set_header X-Forwarded-Proto $scheme;", "which scheme"),
        ("proxy_set_header Upgrade $http_upgrade;", "WebSockets do not get through"),
        ("client_max_body_size 20m;", "refuses uploads of 20 MB"),
    ):
        assert [text for todo, text in found.items() if line in todo and what in text], line
    assert len(found) == 4, found

    def hidden(text: str) -> str:
        return without("X-Forwarded-For")(text).replace(
            "proxy_http_version 1.1;",
            'proxy_http_version 1.1; proxy_set_header X-Forwarded-For ""; '
            "proxy_hide_header Set-Cookie;",
        )

    cookies, one = through_nginx(server, hidden)
    assert "sets no cookie" in cookies["what"]
    assert "does not say whose a request is" in one["what"]
    assert "proxy_set_header X-Forwarded-For" in one["todo"]


def test_a_proxy_that_cuts_and_holds_back_is_named(server: ServerProcess) -> None:
    def slow(text: str) -> str:
        return text.replace(
            "proxy_http_version 1.1;",
            "proxy_http_version 1.1; proxy_read_timeout 2s; "
            # More than a stream begins with, however many have been here before.
            "proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; "
            "proxy_ignore_headers X-Accel-Buffering; proxy_set_header Host other.example;",
        ).replace("proxy_set_header Host $http_host;", "")

    found = through_nginx(server, slow)
    assert len(found) == 3, found
    websocket, events, poll = found
    assert "the proxy changes Host" in websocket["what"]
    assert "held back" in events["what"] and "proxy_buffering off" in events["todo"]
    assert poll["what"].startswith("A long request was cut after 2 s")
    assert "proxy_read_timeout 60s" in poll["todo"] and "timeout server 60s" in poll["todo"]


def test_headers_that_are_not_believed_are_named(tmp_path: Path) -> None:
    with run_server(tmp_path, POLL_HOLD_S="1") as server:
        with run_nginx([server.port]) as url:
            (one,) = doctor("--url", url, DATA_DIR=str(tmp_path))
            assert "does not believe it" in one["what"] and "BEHIND_PROXY" in one["todo"]
        # What lies on the disk, beside a server that runs.
        (full,) = doctor("--min-free-mb", str(10**9), DATA_DIR=str(tmp_path))
        assert full["what"].startswith("The disk is nearly full") and "HISTORY_DAYS" in full["todo"]
        assert doctor(DATA_DIR=str(tmp_path)) == []
        (tmp_path / "parley.sqlite3").chmod(0o644)
        (open_,) = doctor(DATA_DIR=str(tmp_path))
        assert "Other users" in open_["what"] and "chmod" in open_["todo"]
    (away,) = doctor("--url", server.url, DATA_DIR=str(tmp_path))[1:]
    assert "can't be reached" in away["what"]


def test_haproxy_as_documented_is_good_and_is_told_what_it_cuts(server: ServerProcess) -> None:
    env = {"DATA_DIR": str(server.data_dir), "BEHIND_PROXY": "127.0.0.1"}
    with run_haproxy([server.port]) as haproxy:
        assert doctor("--url", haproxy.url, **env) == []

    def hasty(text: str) -> str:
        return text.replace("balance leastconn", "timeout server 2s\n    balance leastconn")

    with run_haproxy([server.port], changed=hasty) as haproxy:
        (one,) = doctor("--url", haproxy.url, **env)
    assert one["what"].startswith("A long request was cut after 2 s")


def test_a_proxy_that_announces_connections_is_good(server: ServerProcess, tmp_path: Path) -> None:
    with run_tcp_haproxy(tmp_path, server.port, "send-proxy-v2") as port:
        url = f"http://127.0.0.1:{port}"
        assert doctor("--url", url, DATA_DIR=str(server.data_dir)) == []


def test_by_https_the_server_has_to_know_of_it(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with (
        run_server(tmp_path / "data", POLL_HOLD_S="1") as server,
        run_tls_before(server.port, certificate) as url,
    ):
        # Not a copy of a process that has read the system's certificates already.
        ended = subprocess.run(
            [sys.executable, "app.py", "admin", "doctor", "--url", url, "--json"],
            cwd=ROOT,
            env={
                **os.environ,
                "DATA_DIR": str(tmp_path / "data"),
                "SSL_CERT_FILE": str(certificate.with_suffix(".crt")),
            },
            capture_output=True,
        )
        found = json.loads(ended.stdout)["findings"]
    untrusted, insecure = [one for one in found if one["level"] == "problem"]
    assert "does not believe it" in untrusted["what"]
    assert "people come by HTTPS" in insecure["what"] and "ssl_fc" in insecure["todo"]


def test_settings_that_nobody_reads_or_that_contradict_are_named(tmp_path: Path) -> None:
    env = {"REDIS_URI": "redis://x", "PARLEY_PORT": "80", "WEB_CONCURRENCY": "2"}
    found = doctor(DATA_DIR=str(tmp_path), **env)
    told = [(one["what"], one["todo"]) for one in found]
    assert ("REDIS_URI is no setting.", "Did you mean REDIS_URL?") in told
    assert ("PARLEY_PORT is no setting.", "Did you mean PORT?") in told
    assert any("WEB_CONCURRENCY=2 has no effect" in what for what, _ in told)
    assert any("There is no " in what and "DATA_DIR" in todo for what, todo in told)


@contextmanager
def odd_instance(redis_url: str, folder: Path) -> Iterator[None]:
    """Run an instance with another SECRET, whose clock is 90 s ahead."""
    (folder / "sitecustomize.py").write_text(
        "import time\nreal = time.time\ntime.time = lambda: real() + 90\n"
    )
    port = free_port()
    env = {
        **os.environ, "PYTHONPATH": str(folder), "REDIS_URL": redis_url, "PORT": str(port),
        "SECRET": "another secret of tests", "DATA_DIR": str(folder / "data"),
    }  # fmt: skip
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        until_open(port, process, log)
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_an_instance_with_another_secret_or_clock_is_named(tmp_path: Path) -> None:
    with run_site(1, "--appendonly", "yes") as site:
        env = {"REDIS_URL": site.redis.url, "SECRET": SECRET, "DATA_DIR": str(tmp_path)}
        assert doctor(**env) == []
        with odd_instance(site.redis.url, tmp_path):
            found = doctor(**env)
    clock, secret = sorted(found, key=lambda one: str(one["area"]))
    assert "s ahead of that of Redis" in clock["what"] and "set-ntp" in clock["todo"]
    assert "another SECRET" in secret["what"] and "same SECRET" in secret["todo"]
    assert clock["what"].split(" is ")[0].split()[-1] in secret["what"]  # the same instance


def test_a_redis_that_is_full_evicts_or_forgets_is_named(tmp_path: Path) -> None:
    env = {"SECRET": SECRET, "DATA_DIR": str(tmp_path)}
    # Less than it needs for itself.
    options = ("--maxmemory", "100kb", "--maxmemory-policy", "allkeys-lru", "--appendonly", "no")
    with run_redis(*options) as redis:
        full, evicts, forgets = doctor(REDIS_URL=redis.url, **env)
    assert "nearly full" in full["what"] and "maxmemory" in full["todo"]
    assert "throws whole rooms away" in evicts["what"] and "noeviction" in evicts["todo"]
    assert "no append-only file" in forgets["what"] and "appendonly yes" in forgets["todo"]
    (away,) = doctor(REDIS_URL=redis.url, **env)
    assert away["area"] == "redis" and "REDIS_URL" in away["what"]
