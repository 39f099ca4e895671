"""A real nginx before instances, set up as deploy/nginx.conf says."""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
WAIT_S = 30
# Outside of what the example says nginx is as it comes: buffering on, 60 s of patience.
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/parley.conf;
}}
"""


@contextmanager
def run_nginx(
    ports: Sequence[int], *, changed: Callable[[str], str] = lambda text: text
) -> Iterator[str]:
    """Run nginx before the instances at ``ports``; yield its address. It must end well.

    ``changed`` makes of the example what its comments, or the docs, say that it may be.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="parley-nginx-") as name:
        folder = Path(name)
        servers = "".join(f"server 127.0.0.1:{each};" for each in ports)
        text = changed((ROOT / "deploy" / "nginx.conf").read_text())
        text, lines = re.subn(r"server 127\.0\.0\.1:8000;", servers, text)
        text, binds = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", text)
        assert (lines, binds) == (1, 1), "deploy/nginx.conf looks different now"
        (folder / "parley.conf").write_text(text)
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder))
        log = folder / "error.log"
        command = ["nginx", "-p", name, "-e", str(log), "-c", str(folder / "nginx.conf")]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _until_open(port, process, log)
            yield f"http://127.0.0.1:{port}"
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(WAIT_S)


def _until_open(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)  # it tells nobody who does not ask
    raise AssertionError(log.read_text() if log.exists() else "nginx did not start")
