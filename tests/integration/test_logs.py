"""What a real server's log tells of requests, and what it keeps to itself."""

import asyncio
import json
import logging
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from chat.application import Server
from chat.ops.logs import JsonFormatter, TextFormatter
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.server import ROOT, ServerProcess, run_server
from tests.support.wire import raw

SECRET = "5ecre7"  # in all that is no log's business
PATHS = (
    "/", "/rooms/general", "/rooms/general/1", "/doctor", "/login", "/negotiate", "/chat",
    "/events", "/poll", "/send", "/api/rooms", "/api/rooms/general/messages",
    "/static/css/base.css",
    "/static/js/../../app.py", "/static/none.js", "/sockjs/info",
    "/sockjs/1/abc/xhr_send", "/sockjs/websocket", "/healthz", "/readyz", "/metrics", "/admin",
    "/nowhere",
)  # fmt: skip
QUERY = f"?session={SECRET}&cursor={SECRET}&room={SECRET}%00&token={SECRET}&limit={SECRET}"
HEADERS = {
    "Cookie": f"parley_identity={SECRET}; other={SECRET}",
    "Authorization": f"Bearer {SECRET}",
    "Last-Event-ID": SECRET,
    "Referer": f"http://a.example/?{SECRET}",
    "User-Agent": SECRET,
    "X-Request-Id": f"{SECRET} ?",
    "Connection": "close",
}
BODIES = (
    (f'{{"type": "send", "room": "general", "key": "k", "text": "{SECRET}"}}', "application/json"),
    (f'{{"text": "{SECRET}", "key": "{SECRET}"}}', "application/json"),
    (f'{{"{SECRET}": ', "application/json"),
    (f"name={SECRET}%0a&{SECRET}={SECRET}", "application/x-www-form-urlencoded"),
    (f"--x\r\n{SECRET}\r\n", "multipart/form-data; boundary=x"),
    (SECRET, f"text/{SECRET}"),
)


async def ask_everything(url: str) -> set[int]:
    """Ask all endpoints all kinds of things; return the statuses that came back."""
    requests = [("GET", "", "text/plain"), ("PUT", "", "text/plain"), ("HEAD", "", "text/plain")]
    requests += [("POST", body, type_) for body, type_ in BODIES]
    statuses = set()
    without = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    for path, query, (method, body, type_), given in product(
        PATHS,
        ("", QUERY),
        requests,
        (HEADERS, without),  # a token that is none is as far as it gets
    ):
        headers = {**given, "Content-Type": type_, "Content-Length": str(len(body))}
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"{method} {path}{query} HTTP/1.1\r\nHost: a\r\n{''.join(lines)}\r\n"
        answer = await raw(url, (head + body).encode())
        statuses.add(int(answer.split(b" ", 2)[1]))
    return statuses


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with run_server(LOG_FORMAT="json", ADMIN_TOKEN="0123456789abcdef") as server:
        yield server


def lines_of(server: ServerProcess) -> list[dict[str, Any]]:
    """Stop ``server`` and return its log, which is nothing but JSON."""
    assert server.stop() == 0
    return [json.loads(line) for line in server.log]


def test_no_secret_of_any_request_is_in_the_log(server: ServerProcess) -> None:
    statuses = asyncio.run(ask_everything(server.url))
    assert {200, 400, 401, 404, 405, 426, 429} <= statuses and not {500, 501} & statuses
    lines = lines_of(server)
    assert {line["status"] for line in lines if "status" in line} >= {200, 400, 404, 405}
    assert all(line["path"] in PATHS for line in lines if "path" in line)
    assert SECRET not in "".join(server.log)


def test_nor_when_all_of_it_meets_with_faults_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    async def ask() -> set[int]:
        with tempfile.TemporaryDirectory() as folder:
            server = Server(Settings(port=0, address="127.0.0.1", data_dir=Path(folder)))
            port = await server.start()
            for name in ("append", "join", "memberships", "history", "rooms", "positions", "check"):
                setattr(server.backplane, name, fail)
            try:
                return await ask_everything(f"http://127.0.0.1:{port}")
            finally:
                await server.stop()

    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        assert 500 in asyncio.run(ask())
    finally:
        logging.getLogger().removeHandler(handler)
        caplog.clear()  # they were expected
    for formatter in (JsonFormatter("i1"), TextFormatter()):
        text = "\n".join(map(formatter.format, records))
        assert "RuntimeError: a fault" in text and "met with a fault of ours" in text
        assert SECRET not in text


def test_a_request_has_one_id_in_its_answer_and_in_the_log(server: ServerProcess) -> None:
    async def ask() -> tuple[str, list[str]]:
        async with Client(server.url) as client:
            given = {"X-Request-Id": "router-0123456789"}
            answers = [(await client.get(path, given)).headers for path in ("/", "/healthz")]
            made = (await client.get("/doctor")).headers["X-Request-Id"]
            socket = await client.websocket(headers=given)
            answers.append(socket.connection.headers)
            async with client.request("/events", given) as (head, _):
                answers.append(head)
            return made, [answer["X-Request-Id"] for answer in answers]

    made, given = asyncio.run(ask())
    assert given == ["router-0123456789"] * 4
    by_path = {line["path"]: line for line in lines_of(server) if "path" in line}
    assert by_path["/"]["request"] == "router-0123456789"
    assert by_path["/doctor"]["request"] == made
    assert "/healthz" not in by_path


def test_polls_that_are_repeated_are_given_no_others_id(server: ServerProcess) -> None:
    async def ask() -> list[str | None]:
        async with Client(server.url) as client:
            cursor = json.loads((await client.get("/poll")).body)["cursor"]
            answers = [await client.get(f"/poll?cursor={cursor}&hold_s=0") for _ in range(3)]
            return [answer.headers.get("X-Request-Id") for answer in answers]

    ids = asyncio.run(ask())
    assert len(set(filter(None, ids))) == len(list(filter(None, ids)))


def test_messages_are_no_lines(server: ServerProcess) -> None:
    async def talk() -> None:
        async with Client(server.url) as client:
            socket = await client.websocket()
            for number in range(20):
                await client.command(type="send", room="general", text="hi", key=str(number))
                await client.command(type="nonsense")
                body = json.dumps({"text": "hi", "key": f"r{number}"})
                await client.post("/api/rooms/general/messages", body)
                command = {"type": "send", "room": "general", "text": "hi", "key": f"w{number}"}
                await socket.send(json.dumps(command))
            while (await socket.read() or {}).get("key") != "w19":
                pass

    asyncio.run(talk())
    assert [line["path"] for line in lines_of(server) if "path" in line] == []


def test_only_what_is_grave_enough_is_logged() -> None:
    script = """
import logging
import re
import socket
from chat.ops.logs import configure
configure("text", "warning", instance="")
logging.getLogger("chat").info("no")
logging.getLogger("chat").warning("yes")
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    assert ran.stderr.decode().endswith("Z WARNING chat: yes\n") and b"no" not in ran.stderr


def head_of_answer(connection: socket.socket) -> bytes:
    """Read a whole answer; return its head."""
    with connection.makefile("rb") as lines:
        head = b"".join(iter(lines.readline, b"\r\n"))
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        lines.read(int(length[1]))
    return head


def test_no_rate_of_refused_requests_fills_the_disk() -> None:
    """The right ones are among them, and each kind of refusal is told of."""
    times = 300
    kinds = (
        "GET /{long} HTTP/1.1", "GET /admin HTTP/1.1\r\nAuthorization: Bearer x",
        "GET /api/rooms HTTP/1.1\r\nAuthorization: Bearer x", "POST /healthz HTTP/1.1",
        "POST /negotiate HTTP/1.1\r\nOrigin: http://other.example", "GET /static/%00 HTTP/1.1",
        "POST /login HTTP/1.1", "GET /api/rooms/*/messages HTTP/1.1",
    )  # fmt: skip

    def ask(port: int) -> None:
        address = ("127.0.0.1", port)
        with socket.create_connection(address) as one, socket.create_connection(address) as other:
            for number, connection, kind in product(range(times), (one, other), kinds):
                line = kind.format(long="x" * 50_000 if number % 50 == 0 else "x")
                connection.sendall(f"{line}\r\nHost: a\r\n\r\n".encode())
                assert head_of_answer(connection).startswith(b"HTTP/1.1 4")

    with run_server(RATE_LIMITS="off", ADMIN_TOKEN="0123456789abcdef") as server:
        ask(server.port)
        assert server.stop() == 0
    size_bytes = sum(map(len, server.log))
    told = [line for line in server.log if "tornado.access" in line]
    assert len(told) < 150 and size_bytes < 40_000, (len(told), size_bytes)
    counted = sum(
        int(match[1].replace(",", ""))
        for line in told
        if (match := re.search(r"answer to ([\d,]+) more", line))
    )
    written = sum(" more requests" not in line for line in told)
    assert written + counted == 2 * times * (len(kinds) - 1)  # /admin has lines of its own
