"""TLS in front of a server, with a self-signed certificate."""

import asyncio
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
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
    """Return a self-signed certificate for localhost, with its key in the same file."""
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
    """Run haproxy, which terminates TLS, before the HTTP port ``behind``; yield its address."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        config = folder / "haproxy.cfg"
        config.write_text(
            _CONFIG.format(
                port=port, behind=behind, certificate=certificate or make_certificate(folder)
            )
        )
        # With -D the command returns when haproxy listens.
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


@asynccontextmanager
async def tls_before(port: int, certificate: Path) -> AsyncIterator[str]:
    """Terminate TLS in front of ``port``, for any protocol; yield the address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    connections: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
        writer.transport.abort()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, back_writer), pump(back_reader, writer))

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(relay(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
        if connections:  # the clients have closed, so these end
            await asyncio.wait(connections)
