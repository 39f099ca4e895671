"""A real nginx in front of instances, configured by deploy/nginx.conf."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import WAIT_S, until_open

ROOT = Path(__file__).parents[2]
# Apart from the example nginx has its defaults: buffering on, timeouts of 60 s.
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
    """Run nginx before the instances at ``ports``; yield its address. It must still run at the end.

    ``changed`` changes the example in a way that its comments, or the docs, allow.
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
            until_open(port, process, log)
            yield f"http://127.0.0.1:{port}"
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(WAIT_S)
