"""An object store that speaks S3: moto's, in a thread of this process."""

import functools
import logging
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


@functools.cache
def _server() -> str:
    """Return the address of the one server, which lives as long as the tests."""
    from moto.server import ThreadedMotoServer  # takes 0.6 s, in each process that collects tests

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


@contextmanager
def s3_bucket(prefix: str = "parley") -> Iterator[str]:
    """Yield the FILES_URL of a new bucket."""
    bucket = f"files-{secrets.token_hex(4)}"
    made = urllib.request.Request(f"{_server()}/{bucket}", method="PUT")
    urllib.request.urlopen(made).close()
    yield f"s3://key:secret@{bucket}/{prefix}?endpoint={_server()}"
