"""Posts to addresses that others have named: only where it may, for a short time, in few bytes.

Of an answer only its head is read, then the connection is closed: whatever a bad server does, it
costs us no more than that. So this is no general HTTP client, which would read the rest.
"""

import asyncio
import email.utils
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from chat.clock import Clock
from chat.net.public_addresses import Destinations, resolve

# A service answers within a second; one that does not must not hold up others. It has this long
# for everything, so nobody gains by answering byte by byte.
TIMEOUT_S: Final = 10.0
# Each address of a name has so long, so that one which is not there leaves time for the next.
CONNECT_TIMEOUT_S: Final = 4.0
MAX_HEAD_BYTES: Final = 16 << 10
MAX_RETRY_S: Final = 3600.0
# RFC 9110 section 15.2: any number may come before the answer. Nobody sends many.
_MAX_INTERIM: Final = 4
# A name server that does not answer holds a thread for up to half a minute, longer than we wait.
_RESOLVING_THREADS: Final = 32
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[ \r\n]")
_RETRY_AFTER: Final = re.compile(rb"\nretry-after:[ \t]*([^\r\n]*)", re.IGNORECASE)
_LINE: Final = re.compile(r"[!-~]+")


class Answer(NamedTuple):
    status: int
    retry_s: float = 0.0  # until it asks to be asked again; 0: it does not say


class NoAnswer(Exception):
    """There was no answer; the message says why."""


class Outbound:
    """Sends requests, each over a connection of its own."""

    def __init__(
        self, clock: Clock, destinations: Destinations, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._clock = clock
        self._destinations = destinations
        self._timeout_s = timeout_s
        self._threads: ThreadPoolExecutor | None = None
        self._tls: ssl.SSLContext | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a request, also if it redirects, which is not followed.

        Raises NoAnswer, and NotPublic where this server does not connect to.
        """
        parts = urlsplit(url)
        request = _head(parts, len(body), headers) + body
        try:
            async with asyncio.timeout(self._timeout_s):
                reader, writer = await self._connect(parts)
                try:
                    writer.write(request)
                    await writer.drain()
                    return await self._read(reader)
                finally:
                    writer.transport.abort()
        except TimeoutError as error:
            raise NoAnswer(f"it did not answer within {self._timeout_s:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionResetError, BrokenPipeError) as error:
            raise NoAnswer("it closed the connection") from error
        except asyncio.LimitOverrunError as error:
            raise NoAnswer("its answer is not HTTP, or too long") from error

    def stop(self) -> None:
        """Let go of the threads. Repeatable; another ``post`` makes new ones."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    async def _connect(
        self, parts: SplitResult
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port, is_secure = parts.hostname or "", _port(parts), parts.scheme == "https"
        try:
            addresses = await self._addresses(host, port, is_secure=is_secure)
        except UnicodeError as error:
            raise NoAnswer(f"{host} is no name of a host") from error
        except socket.gaierror as error:
            raise NoAnswer(f"{host} is not found") from error
        if is_secure and self._tls is None:  # in a thread: it reads hundreds of certificates
            self._tls = await asyncio.get_running_loop().run_in_executor(
                self._threads, ssl.create_default_context
            )
        problem: Exception = NoAnswer(f"{host} has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    return await asyncio.open_connection(
                        address,
                        port,
                        ssl=self._tls if is_secure else None,
                        server_hostname=host if is_secure else None,
                        limit=MAX_HEAD_BYTES,
                    )
            except ssl.SSLCertVerificationError as error:
                raise NoAnswer(f"its certificate is not valid: {error.verify_message}") from error
            except ssl.SSLError as error:
                raise NoAnswer("it does not speak TLS as it should") from error
            except TimeoutError as error:
                problem = error
            except OSError as error:
                problem = NoAnswer(f"there is no connection: {error.strerror or error}")
        raise problem

    async def _addresses(self, host: str, port: int, *, is_secure: bool) -> Sequence[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, "resolving")
        return await resolve(host, port, self._destinations, self._threads, is_secure=is_secure)

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        for _ in range(1 + _MAX_INTERIM):
            head = await reader.readuntil(b"\r\n\r\n")
            status = _STATUS.match(head)
            if status is None:
                break
            if not status[1].startswith(b"1"):
                given = _RETRY_AFTER.search(head)
                retry_s = 0.0 if given is None else self._retry_s(given[1].decode("latin-1"))
                return Answer(int(status[1]), retry_s)
        raise NoAnswer("its answer is not HTTP, or too long")

    def _retry_s(self, given: str) -> float:
        """Return the seconds of a Retry-After (RFC 9110 section 10.2.3), within reason."""
        if given.isascii() and given.isdigit():
            seconds = float(given[:10])
        else:
            try:
                moment = email.utils.parsedate_to_datetime(given)
            except ValueError:
                return 0.0
            seconds = moment.timestamp() - self._clock.time()
        return min(MAX_RETRY_S, max(1.0, seconds))


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _head(parts: SplitResult, length: int, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request (RFC 9112 section 3)."""
    host = parts.netloc.rpartition("@")[2]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    assert _LINE.fullmatch(target) and _LINE.fullmatch(host), "URLs are checked before"
    fields = {
        "Host": host,
        **headers,
        "Content-Length": str(length),
        "Connection": "close",
    }
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
