"""Runs Parley behind nginx or haproxy, each configured by our example in deploy/.

The proxy is on the servers' core, and its CPU time and memory count as the server's.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.servers import Running, parley, run_process, until_listening
from tests.support.ports import free_port
from tests.support.server import ROOT

# One process, as the other servers have. No log: it would be a line for each poll. A connection
# lasts for more than 1,000 requests, the default, for our readers do not connect again.
_NGINX = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/parley.conf;
}}
"""
# As Debian has it, without a log.
_HAPROXY = """
global
    nbthread 1

defaults
    mode http
    timeout connect 5000
    timeout client 50000
    timeout server 50000
"""


@contextmanager
def behind_nginx() -> Iterator[Running]:
    with parley() as running, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        example = (ROOT / "deploy/nginx.conf").read_text()
        (folder / "parley.conf").write_text(
            _changed(
                example,
                (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{running.ports[0]};"),
                (r"listen 80;", f"listen 127.0.0.1:{port} backlog=4096;"),
            )
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(_NGINX.format(folder=folder))
        command = ["nginx", "-p", name, "-e", folder / "error.log", "-c", configuration]
        with _proxy(command, folder, port, running) as both:
            yield both


@contextmanager
def behind_haproxy() -> Iterator[Running]:
    with parley() as running, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        example = (ROOT / "deploy/haproxy.cfg").read_text()
        configuration = folder / "haproxy.cfg"
        configuration.write_text(
            _HAPROXY
            + _changed(
                example,
                (r"bind :80\b", f"bind 127.0.0.1:{port} backlog 4096"),
                (r"    server one .*\n", f"    server one 127.0.0.1:{running.ports[0]}\n"),
            )
        )
        with _proxy(["haproxy", "-db", "-f", configuration], folder, port, running) as both:
            yield both


@contextmanager
def _proxy(
    command: Sequence[str | Path], folder: Path, port: int, running: Running
) -> Iterator[Running]:
    with run_process(command, folder / "log", {}) as process:
        until_listening(port)
        yield Running([port], [*running.pids, process.pid])


def _changed(example: str, *changes: tuple[str, str]) -> str:
    for pattern, replacement in changes:
        example, count = re.subn(pattern, replacement, example)
        assert count == 1, f"The example in deploy/ has no {pattern} any more"
    return example
