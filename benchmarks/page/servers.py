"""Runs Parley with a full first screen, and Socket.IO's chat example."""

import asyncio
import json
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from benchmarks.networks.servers import printing_its_port
from benchmarks.page.running import NODE, ROOMS, Running
from chat.settings.settings import Settings
from scripts.demo import PASSWORD, fill
from tests.support.server import run_server

HERE = Path(__file__).parent
WHO = "Zoe"  # who has the rooms of the demo


@contextmanager
def parley() -> Iterator[Running]:
    """Run a server with 5,000 messages, for a member of ROOMS rooms."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"DATA_DIR": folder, "OWNER_SETUP_CODE": "the-code-of-the-demos-owner"}
        asyncio.run(fill(Settings.read(env)))
        with run_server(Path(folder), RATE_LIMITS="off") as server:
            yield Running(server.port, _sign_in(server.url))


@contextmanager
def socketio() -> Iterator[Running]:
    with printing_its_port([NODE, HERE / "socketio_chat.js"]) as port:
        yield Running(port)


def _sign_in(url: str) -> str:
    """Sign in, join more rooms, and return the cookies."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def post(path: str, body: bytes) -> bytes:
        request = urllib.request.Request(f"{url}{path}", body, {"Accept": "application/json"})
        with opener.open(request) as answer:
            return bytes(answer.read())

    post("/signin", urllib.parse.urlencode({"name": WHO, "password": PASSWORD}).encode())
    with opener.open(f"{url}/api/rooms?limit=1000") as answer:
        mine = sum("unread" in room for room in json.load(answer)["rooms"])
    joins = [{"type": "join", "room": f"room-{number}"} for number in range(ROOMS - mine)]
    post("/send", json.dumps(joins).encode())
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
