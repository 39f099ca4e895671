"""An IRC client for tests: sends lines, and waits for lines that match."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Self

WAIT_S = 15  # for what comes at once; only a failing test waits so long
# What a client of today asks for.
MODERN = (
    "message-tags server-time account-tag echo-message labeled-response batch away-notify "
    "extended-join standard-replies draft/chathistory draft/event-playback draft/read-marker "
    "draft/multiline draft/message-redaction"
)


class IrcClient:
    """A connection; ``lines`` are all that came, without those that were waited for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.nick = ""
        self.seen: list[str] = []  # all lines
        self._next = 0  # the first of them that was not looked at

    @classmethod
    @asynccontextmanager
    async def connect(cls, port: int, **options: object) -> AsyncIterator[Self]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            port,
            limit=1 << 20,
            **options,  # type: ignore[arg-type]
        )
        client = cls(reader, writer)
        try:
            yield client
        finally:
            try:
                # Then its nick is free for the next test. A script has ended its half itself.
                with suppress(OSError, RuntimeError, TimeoutError):
                    async with asyncio.timeout(WAIT_S):
                        client.send("QUIT")
                        while await reader.read(1 << 16):
                            pass
            finally:  # also where it is cancelled meanwhile
                writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    @classmethod
    @asynccontextmanager
    async def guest(cls, port: int, nick: str, *, caps: str = "") -> AsyncIterator[Self]:
        """Connect, and come in as a guest with the lobby shown."""
        async with cls.connect(port) as client:
            await client.come_in(nick, caps=caps)
            yield client

    @classmethod
    @asynccontextmanager
    async def member(
        cls, port: int, name: str, password: str, *, caps: str = ""
    ) -> AsyncIterator[Self]:
        """Connect, and come in as the member with this name (or ``name@client``)."""
        async with cls.connect(port) as client:
            await client.come_in("any", caps=f"sasl {caps}", sasl=(name, password))
            yield client

    async def come_in(
        self, nick: str, *, caps: str = "", sasl: tuple[str, str] | None = None
    ) -> None:
        if caps:
            self.send(f"CAP REQ :{caps.strip()}")
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if sasl is not None:
            await self.expect(" ACK ")
            self.send("AUTHENTICATE PLAIN")
            await self.expect(r"AUTHENTICATE \+")
            plain = "\0".join(("", *sasl)).encode()
            self.send("AUTHENTICATE " + base64.b64encode(plain).decode())
            await self.expect(" 903 ")
        if caps:
            self.send("CAP END")
        welcome = await self.expect(" 001 ")
        self.nick = welcome.split(" ")[2]
        await self.expect(r" 366 \S+ #general ")

    def send(self, *lines: str) -> None:
        self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> str:
        """Return the next line; answer pings. Raises EOFError at the end."""
        async with asyncio.timeout(WAIT_S):
            while self._next == len(self.seen):
                data = await self.reader.readuntil(b"\n")
                line = data.decode().removesuffix("\r\n")
                if line.startswith("PING "):
                    self.send(line.replace("PING", "PONG", 1))
                else:
                    self.seen.append(line)
            self._next += 1
            return self.seen[self._next - 1]

    async def expect(self, pattern: str) -> str:
        """Return the next line in which ``pattern`` is found; the ones before it are skipped."""
        while True:
            try:
                line = await self.line()
            except (EOFError, TimeoutError) as error:
                raise AssertionError(f"{pattern} did not come: {self.seen[-12:]}") from error
            if re.search(pattern, line):
                return line

    async def sync(self) -> Sequence[str]:
        """Return all lines that came before the answer to a ping."""
        first = self._next
        mark = f"mark{first}"
        self.send(f"PING {mark}")
        await self.expect(f" PONG .*{mark}")
        return self.seen[first : self._next - 1]

    async def until_closed(self) -> list[str]:
        """Return the lines up to the end of the connection."""
        found = []
        with suppress(EOFError, ConnectionError):
            while True:
                found.append(await self.line())
        return found
