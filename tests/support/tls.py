"""TLS in front of a server, ended by haproxy with a certificate that signed itself."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

_CONFIG = """
defaults
    mode http
    option forwardfor
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
frontend https
    bind 127.0.0.1:{port} ssl crt {certificate}
    http-request set-header X-Forwarded-Proto https
    default_backend parley
backend parley
    server one 127.0.0.1:{behind}
"""
START_S = 10


def make_certificate(folder: Path) -> Path:
    """Return one for localhost, signed by itself, with its key in the same file."""
    path = folder / "localhost.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@contextmanager
def run_tls_before(behind: int, certificate: Path | None = None) -> Iterator[str]:
    """Run haproxy before the port ``behind``; yield its address."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        config = folder / "haproxy.cfg"
        config.write_text(
            _CONFIG.format(
                port=port, behind=behind, certificate=certificate or make_certificate(folder)
            )
        )
        # As a daemon it returns when it listens.
        subprocess.run(
            ["haproxy", "-D", "-p", str(folder / "pid"), "-f", str(config)],
            check=True,
            timeout=START_S,
            capture_output=True,
        )
        try:
            yield f"https://localhost:{port}"
        finally:
            pid = (folder / "pid").read_text().strip()
            subprocess.run(["kill", pid], check=True)
