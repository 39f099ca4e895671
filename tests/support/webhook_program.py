"""A receiver of webhooks that a test can kill: `python -m tests.support.webhook_program …`.

It verifies each request, refuses some, and writes the id of each that it takes to a file before it
answers, so that nothing which it has answered is unknown after it was killed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.ports import free_port
from tests.support.receiving import ReceivingServer

FORGED = "forged"


class Program:
    """A process on a port of its own, which it keeps; ``share`` of the requests are refused."""

    def __init__(self, folder: Path, share: float, seed: int) -> None:
        self.port = free_port()
        self._taken, self._secrets = folder / "taken", folder / "secrets.json"
        self._taken.touch()
        self._share, self._seed = share, seed
        self._process: subprocess.Popen[bytes] | None = None

    def know(self, secrets: Mapping[str, str]) -> None:
        """Verify by these secrets, by path, from the next start on."""
        self._secrets.write_text(json.dumps(secrets))

    def start(self) -> None:
        """Start, and return when it listens."""
        self._seed += 1
        command = [sys.executable, "-m", __name__, str(self.port), str(self._taken)]
        command += [str(self._secrets), str(self._share), str(self._seed)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        with self._process.stdout as said:
            assert said.readline()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def taken(self) -> list[str]:
        """Return the ids of the requests that it has taken, in their order."""
        return self._taken.read_text().split()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("taken")
    parser.add_argument("secrets", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("seed", type=int)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    webhooks = {
        path: Webhook(secret) for path, secret in json.loads(given.secrets.read_text()).items()
    }
    taken = os.open(given.taken, os.O_WRONLY | os.O_APPEND)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_taken = dice.random() >= given.share
            if is_taken:
                try:
                    webhooks[self.path].verify(body, headers)
                    os.write(taken, f"{headers['webhook-id']}\n".encode())
                except WebhookVerificationError:
                    os.write(taken, f"{FORGED}\n".encode())
            self.send_response(204 if is_taken else 500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ReceivingServer(("127.0.0.1", given.port), Handler)
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
