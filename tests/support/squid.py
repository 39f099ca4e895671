"""A real squid, a common forward proxy of offices, with a port for each degree of strictness."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import WAIT_S, until_open

USER, PASSWORD = "ann", "p@ss:w/rd%#"
# Only the proxy can resolve it, so a client that reaches it came through the proxy.
HOST = "chat.test"
# Debian 12's user for squid, which refuses to run as root. This user must be able to read the
# files.
_UNPRIVILEGED = "proxy"
# The ACLs of Debian's squid.conf, by port instead of by the client's address.
_CONFIG = """
http_port 127.0.0.1:{open} name=open
http_port 127.0.0.1:{strict} name=strict
http_port 127.0.0.1:{closed} name=closed
acl open myportname open
acl strict myportname strict
acl closed myportname closed
acl SSL_ports port 443
acl CONNECT method CONNECT
auth_param basic program {helper} {folder}/passwords
auth_param basic children 1 startup=1
auth_param basic realm squid
acl known proxy_auth REQUIRED
http_access deny strict CONNECT !SSL_ports
http_access allow open
http_access allow strict
http_access allow closed known
http_access deny all

hosts_file {folder}/hosts
cache deny all
access_log none
cache_log {folder}/cache.log
pid_filename none
netdb_filename none
coredump_dir {folder}
pinger_enable off
# Else it makes tables for as many files as the system permits.
max_filedescriptors 1024
shutdown_lifetime 0 seconds
"""
_HELPERS = ("/usr/lib/squid", "/usr/lib64/squid", "/usr/local/opt/squid/libexec")


@dataclass(frozen=True)
class Squid:
    """The addresses of one proxy. None contains ``PASSWORD``."""

    open: str  # connects to any port
    strict: str  # connects only to port 443, squid's default
    closed: str  # requires USER and PASSWORD


@contextmanager
def run_squid() -> Iterator[Squid]:
    """Run squid on ports of 127.0.0.1; it is killed at the end."""
    ports = {name: free_port() for name in ("open", "strict", "closed")}
    with tempfile.TemporaryDirectory(prefix="parley-squid-") as name:
        folder = Path(name)
        _write(folder, ports)
        log = folder / "cache.log"
        command = ["squid", "-N", "-f", str(folder / "squid.conf")]
        user = None
        if os.geteuid() == 0:
            user = _UNPRIVILEGED
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user
        )
        try:
            until_open(ports["open"], process, log)
            yield Squid(**{name: f"127.0.0.1:{port}" for name, port in ports.items()})
            assert process.poll() is None, log.read_text()
        finally:
            process.kill()
            process.wait(WAIT_S)


def _write(folder: Path, ports: dict[str, int]) -> None:
    helper = shutil.which("basic_ncsa_auth", path=os.pathsep.join(_HELPERS))
    assert helper is not None, "squid has no basic_ncsa_auth"
    config = _CONFIG.format(folder=folder, helper=helper, **ports)
    (folder / "squid.conf").write_text(config)
    (folder / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
    hashed = subprocess.run(
        ["openssl", "passwd", "-apr1", "-stdin"],
        input=PASSWORD,
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    (folder / "passwords").write_text(f"{USER}:{hashed}")
