"""The tests' own NATS with JetStream, on a free port; a test may kill it and start it again."""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from tests.support.ports import free_port
from tests.support.programs import until_open

_CONFIG = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}" }}
{more}
"""


class NatsServer:
    """nats-server on 127.0.0.1; ``config`` is more of its configuration file."""

    def __init__(self, folder: Path, config: str = "") -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(config)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def configure(self, config: str) -> None:
        """Make later starts use ``config``."""
        text = _CONFIG.format(port=self.port, folder=self._folder, more=config)
        (self._folder / "nats.conf").write_text(text)

    def start(self) -> None:
        """Start NATS; return when it listens."""
        log = self._folder / "nats.log"
        self._process = subprocess.Popen(
            ["nats-server", "-c", self._folder / "nats.conf", "-l", log],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until_open(self.port, self._process, log)

    def kill(self) -> None:
        if (process := self._process) is not None:
            self._process = None
            process.kill()
            process.wait(timeout=30)

    @contextmanager
    def losing_what_comes(self) -> Iterator[None]:
        """Lose what is stored in the meantime, as a loss of power does; NATS syncs rarely."""
        kept = self._folder / "kept"
        self.kill()
        shutil.copytree(self._folder / "jetstream", kept)
        self.start()
        yield
        self.kill()
        shutil.rmtree(self._folder / "jetstream")
        kept.rename(self._folder / "jetstream")
        self.start()

    @asynccontextmanager
    async def jetstream(self, **options: Any) -> AsyncIterator[JetStreamContext]:
        """Connect a plain client with ``options``, to inspect and control JetStream."""
        client = await nats.connect(self.url, **options)
        try:
            yield client.jetstream()
        finally:
            await client.close()

    async def messages(self, subjects: str, **options: Any) -> list[Msg]:
        """Return all messages of ``subjects``, in the order of their stream."""
        async with self.jetstream(**options) as jetstream:
            name = await jetstream.find_stream_name_by_subject(subjects)
            left = (await jetstream.stream_info(name)).state.messages
            reader = await jetstream.subscribe(subjects, ordered_consumer=True)
            return [await reader.next_msg(timeout=10) for _ in range(left)]


@contextmanager
def run_nats(config: str = "") -> Iterator[NatsServer]:
    """Run a NATS with ``config``; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder), config)
        try:
            server.start()
            yield server
        finally:
            server.kill()
