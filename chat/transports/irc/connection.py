"""One connection of an IRC client: lines in, one after the other; lines and events out."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

from chat import log_context
from chat.net.proxy_protocol import ProxyHeader
from chat.protocol.codes import Disconnect
from chat.protocol.irc.lines import LineReader, TooMuch
from chat.protocol.irc.messages import Message
from chat.transports.irc.framing import MARK, SERVER
from chat.transports.irc.other_protocols import answer_to
from chat.transports.socket_sink import StreamSink

if TYPE_CHECKING:
    from chat.transports.irc.client import Client
    from chat.transports.irc.door import Door

log: Final = logging.getLogger(__name__)

# How many lines may wait; beyond it we stop reading, and TCP slows the client down.
MAX_WAITING: Final = 64
LINES_A_TURN: Final = 32
# From connecting to the end of the registration: a person may type a password meanwhile.
REGISTRATION_S: Final = 60.0
# A client that is silent for so long is pinged, and dropped after as long again.
PING_S: Final = 60.0
# How long the answer to a command waits for what the command has made, from the live feed.
PUSH_S: Final = 2.0
# A client that has closed its half, as a script does after its last line, still gets answers.
PARTING_S: Final = 5.0
KICKS: Final = b" KICK "  # names only the nick of who is kicked, which may be any word


class IrcConnection(StreamSink):
    """Reads lines for a Client, and is the sink of its reader."""

    def __init__(self, door: "Door") -> None:
        super().__init__()
        self.client: Client | None = None
        self.id = secrets.token_hex(8)  # in the keys of its messages
        self.address = ""
        self.is_secure = False
        self.own = MARK  # once it has come in, its id in a source: lines about itself have it
        self._door = door
        self._lines = LineReader()
        self._proxy_header: ProxyHeader | None = None
        self._is_first = True
        self._waiting_lines: deque[bytes | None] = deque()
        self._is_ended = False  # by the client, which may still read
        self._worker: asyncio.Task[None] | None = None
        self._nap: asyncio.Future[None] | None = None
        self._registering: asyncio.TimerHandle | None = None
        self._parting: asyncio.TimerHandle | None = None
        self._heard_s = 0.0
        self._inbox: list[bytes] = []  # pushes that need more than to be sent
        self._inbox_bytes = 0
        self._events: asyncio.Task[None] | None = None
        self._pushed: asyncio.Future[None] | None = None  # done when something is pushed

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    @property
    def unsent_bytes(self) -> int:
        return super().unsent_bytes + self._inbox_bytes

    # Out

    def send(self, data: bytes) -> int:
        """Send ``data``, whole lines, now."""
        if not data:
            return self.unsent_bytes
        if self.transport is not None and self.transport.is_closing():
            return 0
        if self.is_secure and self._is_writable:  # not past TLS
            assert self.transport is not None
            self.transport.write(data)
            return self.unsent_bytes
        return super().write(data)

    def hang_up(self, why: str) -> None:
        """Send ERROR with the reason, and close."""
        self.send(Message("ERROR", (f"Closing link: {why}",)).encode())
        self.finish()

    def is_about_itself(self, lines: bytes) -> bool:
        """Return whether some of ``lines`` may be about the client itself."""
        return self.own in lines or KICKS in lines

    # Methods of chat.hub.reader.Sink

    def write(self, chunk: bytes) -> int:
        if not chunk:
            return self.unsent_bytes
        self._note_pushed()
        if self._events is None and not self.is_about_itself(chunk) and MARK not in chunk:
            return self.send(chunk)
        self._inbox.append(chunk)
        self._inbox_bytes += len(chunk)
        if self._events is None:
            self._events = asyncio.get_running_loop().create_task(self._read_inbox())
        return self.unsent_bytes

    def ping(self) -> bytes:
        assert self.client is not None
        silent_s = self._door.monotonic() - self._heard_s
        if self._worker is not None:
            return b""
        if silent_s >= 2 * PING_S:
            self.hang_up("ping timeout")
            self.abort()
            return b""
        question = self.client.question()
        if not question and silent_s < PING_S:
            return b""
        return Message("PING", (question or SERVER,)).encode()

    def close(self, disconnect: Disconnect) -> None:
        """Close after all that came before has been sent."""
        if self._events is None:
            self.finish()
        else:
            self._events.add_done_callback(lambda _: self.finish())

    async def told(self) -> None:
        """Return when all that has been pushed so far was sent."""
        while True:
            if self.attachment is not None:
                self.attachment.flush()
            if (events := self._events) is None:
                return
            await asyncio.wait([events])

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return when something that was pushed, and sent, has made ``is_so`` true.

        A push that does not come is missed soon by other means; the client goes on meanwhile.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(PUSH_S):
                while self.is_open and not is_so():
                    self._pushed = asyncio.get_running_loop().create_future()
                    await self._pushed
        await self.told()

    def _note_pushed(self) -> None:
        if self._pushed is not None and not self._pushed.done():
            self._pushed.set_result(None)

    async def _read_inbox(self) -> None:
        """Handle the pushes one after the other; what comes meanwhile waits, in its order."""
        assert self.client is not None
        try:
            while self._inbox and not self._is_over:
                chunks, self._inbox = self._inbox, []
                await self.client.deliver(b"".join(chunks))
                self._inbox_bytes -= sum(map(len, chunks))
                self._note_pushed()
        except Exception:
            log.exception("An IRC client could not be told what has happened")
            self.hang_up("this server has met with a fault")
        finally:
            self._events = None
            self._inbox_bytes = sum(map(len, self._inbox))
            self._release()

    # Methods of asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.is_secure = transport.get_extra_info("ssl_object") is not None
        if self.is_secure:
            assert self.transport is not None
            # asyncio's TLS takes a limit of 0 for reached as soon as anything was written.
            self.transport.set_write_buffer_limits(high=1, low=0)
        self._open()
        self._door.connections[self] = None
        self.address = (transport.get_extra_info("peername") or ("",))[0]
        loop = asyncio.get_running_loop()
        self._heard_s = self._door.monotonic()
        self._registering = loop.call_later(
            REGISTRATION_S, self.hang_up, "the registration took too long"
        )
        if self._door.is_proxy(self.address) and not self.is_secure:
            self._proxy_header = ProxyHeader()
        self.client = self._door.client_of(self)

    def data_received(self, data: bytes) -> None:
        self._heard_s = self._door.monotonic()
        if self._proxy_header is not None:
            try:
                rest = self._proxy_header.receive(data)
            except ValueError as error:
                return self.hang_up(str(error))
            if rest is None:
                return None
            self.address = self._proxy_header.address or self.address
            self._proxy_header, data = None, rest
        if self._is_finished:
            return None
        try:
            lines = self._lines.receive(data)
        except TooMuch:
            return self.hang_up("a line without an end")
        if self._is_first and (answer := answer_to(data, lines)):
            self.send(answer)
            return self.finish()
        self._is_first = self._is_first and not lines
        self._waiting_lines += lines
        self._go_on_reading()

    def eof_received(self) -> bool:
        self._is_ended = True
        self._go_on_reading()
        return not self.is_secure  # after the lines that came; with TLS that can't be

    def connection_lost(self, error: Exception | None) -> None:
        self._door.connections.pop(self, None)
        self._waiting_lines.clear()
        for timer in (self._registering, self._parting):
            if timer is not None:
                timer.cancel()
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)
        self._note_pushed()
        if self.client is not None:
            self.client.leave()
        super().connection_lost(error)

    # In

    def registered(self) -> None:
        """Note that the client has come in."""
        if self._registering is not None:
            self._registering.cancel()

    async def nap(self, delay_s: float) -> None:
        """Return after ``delay_s``, or when the connection is lost."""
        self._nap = asyncio.get_running_loop().create_future()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nap, delay_s)

    def _go_on_reading(self) -> None:
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())
        self._limit_reading()

    async def _work(self) -> None:
        """Handle the lines that wait, and end when there are none: idle clients need no task."""
        assert self.client is not None
        if self.attachment is not None:
            log_context.session_id.set(self.attachment.session.id)
        try:
            for number in count(1):
                if not self._waiting_lines or self._is_finished:
                    break
                await self.client.handle(self._waiting_lines.popleft())
                self._limit_reading()
                if number % LINES_A_TURN == 0:
                    await asyncio.sleep(0)
            if self._is_ended and self._parting is None:
                self.send(Message("PING", (SERVER,)).encode())  # to see whether it is gone
                loop = asyncio.get_running_loop()
                self._parting = loop.call_later(PARTING_S, self.hang_up, "the client has gone")
        except Exception:
            log.exception("A line of an IRC client could not be handled")
            self.hang_up("this server has met with a fault")
        finally:
            self._worker = None

    def _limit_reading(self) -> None:
        """Pause reading while the client is far ahead of us, or does not read its answers."""
        if self.transport is None or self.transport.is_closing():
            return
        is_behind = len(self._waiting_lines) >= MAX_WAITING or not self._is_writable
        if is_behind and self.transport.is_reading():
            self.transport.pause_reading()
        elif not is_behind and not self.transport.is_reading() and not self._is_ended:
            self.transport.resume_reading()

    def go_on(self) -> None:
        super().go_on()
        self._limit_reading()
