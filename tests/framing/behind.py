"""Our server behind a real proxy: what the proxy passes on, what we take it for, what comes back.

Between them stands a tap, which keeps what the proxy sent on each connection, for h11 to read.
"""

import asyncio
import re
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tornado.httputil import HTTPConnection, HTTPMessageDelegate, HTTPServerConnectionDelegate
from tornado.netutil import bind_sockets

from chat.http.server import HttpServer
from chat.http.tornado_adapter import RequestResponseCycle
from chat.net.proxies import Proxies
from tests.framing.corpus import Case
from tests.framing.readings import MAX_BODY_BYTES, Seen, h11_s, ours, path_of
from tests.support.haproxy import Haproxy
from tests.support.nginx import run_nginx

AT_ONCE = 32
# A proxy that waits for more waits for a minute: it is hung up on when nobody has been answered
# anything for so long, however slow the machine is.
PATIENCE_S = 1.0
_NUMBER = re.compile(rb"(?i)^x-seen: ([0-9]+)\r$", re.MULTILINE)
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nX-Case: %04d\r\nConnection: close\r\n\r\n"


class Server(HTTPServerConnectionDelegate):
    """Our own server, that answers each request with its number, and remembers all of them."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []  # by number
        self.cases: list[int | None] = []  # which case each is of, where it says so
        self.on: dict[str, list[Seen]] = defaultdict(list)  # by the sender's address, see Tap

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        """Answer at once, whatever the request is."""
        assert isinstance(request_conn, RequestResponseCycle)
        self._answer(request_conn)
        return HTTPMessageDelegate()

    def _answer(self, cycle: RequestResponseCycle) -> None:
        request, connection = cycle.request, cycle.connection
        assert connection.transport is not None
        seen = Seen(request.method, request.body, path_of(request.target))
        self.on[connection.transport.get_extra_info("peername")[0]].append(seen)
        labels = [v[:4] for n, v in request.headers if n.lower() == b"x-case" and v[:4].isdigit()]
        is_kept = request.is_kept_alive and request.version == "1.1"
        body = b"" if request.method == "HEAD" else b"seen"
        close = b"" if is_kept else b"Connection: close\r\n"
        connection.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Seen: %d\r\n%b\r\n%b"
            % (len(self.seen), close, body)
        )
        self.seen.append(seen)
        self.cases.append(int(labels[0]) if labels else None)
        connection.finish(is_kept_alive=is_kept)


class Tap:
    """Passes on what comes to it, and keeps what came, by the address from which it went on.

    Each connection has an address of its own: ports are given again after a while.
    """

    def __init__(self, port: int) -> None:
        self.sent: dict[str, bytearray] = {}
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = f"127.1.{len(self.sent) // 250}.{1 + len(self.sent) % 250}"
        kept = self.sent[address] = bytearray()
        up_reader, up_writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(address, 0)
        )
        ways = (reader, up_writer, kept), (up_reader, writer, bytearray())
        self._tasks.update(asyncio.create_task(self._pump(*way)) for way in ways)

    async def stop(self) -> None:
        """Wait until both ends have hung up."""
        await asyncio.gather(*self._tasks)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                kept += data
                writer.write(data)
                await writer.drain()
        writer.close()


@dataclass
class Progress:
    """How many answers, or parts of some, have come to anybody."""

    answers: int = 0


@dataclass
class Result:
    """What there was, and in how many words it was not as it should be."""

    cases: int = 0
    requests: int = 0  # that reached us
    differences: list[str] = field(default_factory=list)

    def note(self, case: Case, what: str) -> None:
        """``case`` is not read as it should be."""
        self.differences.append(f"{case.family} {case.number} {what}: {case.data!r}")


@asynccontextmanager
async def running(proxy: str) -> AsyncIterator[tuple[str, Server, Tap]]:
    """Run our server behind ``proxy``, nginx or haproxy; yield the proxy's address and both."""
    server = Server()
    http = HttpServer(server, max_body_bytes=MAX_BODY_BYTES, proxies=Proxies())
    loop = asyncio.get_running_loop()
    (listener,) = bind_sockets(0, "127.0.0.1")
    loop.add_reader(listener, lambda: http.serve(listener.accept()[0]))
    http.start()
    tap = Tap(listener.getsockname()[1])
    tapping = await asyncio.start_server(tap, "127.0.0.1", 0)
    port = tapping.sockets[0].getsockname()[1]
    try:
        async with (_nginx if proxy == "nginx" else _haproxy)(port) as url:
            yield url, server, tap
    finally:
        tapping.close()
        loop.remove_reader(listener)
        listener.close()
        http.stop()
        await tap.stop()


@asynccontextmanager
async def _nginx(port: int) -> AsyncIterator[str]:
    running_nginx = run_nginx([port])
    url = await asyncio.to_thread(running_nginx.__enter__)
    try:
        yield url
    finally:
        await asyncio.to_thread(running_nginx.__exit__, None, None, None)


@asynccontextmanager
async def _haproxy(port: int) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        haproxy = Haproxy(Path(folder), [port])
        try:
            await asyncio.to_thread(haproxy.start)
            yield haproxy.url
        finally:
            await asyncio.to_thread(haproxy.stop)


async def send(url: str, case: Case, progress: Progress) -> tuple[bytes, bool]:
    """Send ``case``, and something that ends it; return what comes back, and whether all did."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answers, is_ended, seen = bytearray(), False, -1
    with suppress(OSError):
        writer.write(case.data)
        if case.is_half_closed:
            writer.write_eof()
        else:
            writer.write(LAST % case.number)
        while not is_ended and seen != progress.answers:
            seen = progress.answers
            with suppress(TimeoutError):
                data = await asyncio.wait_for(reader.read(1 << 16), PATIENCE_S)
                progress.answers += 1
                answers += data
                is_ended = not data
    writer.transport.abort()
    return bytes(answers), is_ended and not case.is_half_closed


async def compare(proxy: str, cases: Sequence[Case]) -> Result:
    """Send all ``cases`` through ``proxy``, and return how those who read them differ."""
    result, places = Result(cases=len(cases)), asyncio.Semaphore(AT_ONCE)
    progress = Progress()
    async with running(proxy) as (url, server, tap):

        async def try_out(case: Case) -> tuple[bytes, bool]:
            async with places:
                return await send(url, case, progress)

        answers = await asyncio.gather(*(try_out(case) for case in cases))
    result.requests = len(server.seen)
    answered, told_all = set[int](), set[int]()
    for case, (answer, is_ended) in zip(cases, answers, strict=True):
        if is_ended:
            told_all.add(case.number)
        numbers = [int(number) for number in _NUMBER.findall(answer)]
        answered.update(numbers)
        seen = [server.seen[number] for number in numbers]
        if {server.cases[number] for number in numbers} - {case.number, None}:
            result.note(case, f"was given another's answer: {seen}")
        sent = case.data if case.is_half_closed else case.data + LAST % case.number
        directly = ours(sent)
        is_all_read = not directly.is_refused and len(seen) == len(directly.requests)
        if is_all_read and not _agree(seen, directly.requests):
            result.note(case, f"is {directly} without the proxy, and with it {seen}")
    # A client that has closed its half, or is hung up on, may not be given all of its answers.
    for number, (seen_there, of) in enumerate(zip(server.seen, server.cases, strict=True)):
        if number not in answered and of in told_all:
            result.differences.append(f"{seen_there} of {of} reached us, and nobody was told so")
    for address, data in tap.sent.items():
        passed_on, ours_there = h11_s(bytes(data)).requests, server.on[address]
        # What we refuse of it is the last that a proxy sends on a connection.
        if len(passed_on) - len(ours_there) not in (0, 1) or not _agree(
            ours_there, passed_on[: len(ours_there)]
        ):
            result.differences.append(f"{ours_there}, but {passed_on} by h11: {bytes(data)!r}")
    return result


def _agree(ones: Sequence[Seen], others: Sequence[Seen]) -> bool:
    """Return whether these are the same requests, but for what a proxy may rewrite."""
    return [(it.method, it.body) for it in ones] == [(it.method, it.body) for it in others]
