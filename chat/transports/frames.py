"""A WebSocket's frames: commands come up in them, one at a time; close and ping are theirs too."""

import asyncio
from collections import deque
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from chat.errors import InvalidInput
from chat.handler import Parts
from chat.protocol.codes import Code, Disconnect
from chat.protocol.pushes import Person, Reply, error_reply
from chat.transports.stream import LOW_WATER_BYTES, StreamSink

# A client that sends its outbox ahead is read on while so many of its commands wait; then TCP
# slows it down.
MAX_WAITING: Final = 64
# After our close frame; a client that lives answers it at once.
CLOSING_S: Final = 5.0
INVALID_DATA: Final = 1007  # RFC 6455 section 7.4.1
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class FrameSink(StreamSink):
    """A StreamSink that a client can answer on.

    Commands are carried out one after the other, in the order of their frames.
    """

    __slots__ = (
        "_closing", "_commands", "_fragments", "_frames", "_is_heard", "_parts", "_person",
        "_worker",
    )  # fmt: skip

    def __init__(self, parts: Parts, person: Person) -> None:
        super().__init__()
        self._parts = parts
        self._person = person
        self._frames = ServerProtocol(state=State.OPEN, max_size=parts.settings.max_frame_bytes)
        self._fragments: list[Frame] | None = None  # of a message that is not complete
        self._commands: deque[str | bytes] | None = None  # that wait for the one under way
        self._worker: asyncio.Task[None] | None = None
        self._is_heard = True  # since the last ping
        self._closing: asyncio.TimerHandle | None = None

    def ping(self) -> None:
        """Ask for a sign of life; let go of a client that gave none since the last time."""
        if self.transport is None or self.transport.is_closing():
            return
        if not self._is_heard:
            self.abort()
            return
        self._is_heard = False
        self._frames.send_ping(b"")
        self._send_frames()

    def close(self, disconnect: Disconnect) -> None:
        """Send a close frame, and close the socket when it is answered, or in CLOSING_S."""
        if self.transport is None or self._frames.state is not State.OPEN:
            return
        self._frames.send_close(disconnect.code, disconnect.reason)
        self._send_frames()

    # As asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        self._is_heard = True
        self._frames.receive_data(data)
        for event in self._frames.events_received():
            assert isinstance(event, Frame)  # a handshake has been before
            if event.opcode in _DATA:
                self._take(event)
        self._send_frames()
        self._limit_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._limit_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self._commands is not None:
            self._commands.clear()
        if self._closing is not None:
            self._closing.cancel()
        super().connection_lost(error)

    def _take(self, frame: Frame) -> None:
        """Put a message together and have it carried out."""
        if self._fragments is None:
            if frame.fin:
                self._put(frame.opcode, bytes(frame.data))
            else:
                self._fragments = [frame]
            return
        self._fragments.append(frame)
        if frame.fin:
            fragments, self._fragments = self._fragments, None
            data = b"".join([bytes(fragment.data) for fragment in fragments])
            self._put(fragments[0].opcode, data)

    def _put(self, opcode: Opcode, data: bytes) -> None:
        command: str | bytes = data
        if opcode is Opcode.TEXT:
            try:
                command = data.decode()
            except UnicodeDecodeError:
                self._frames.fail(INVALID_DATA, "not UTF-8")
                return
        if self._commands is None:
            self._commands = deque()
        self._commands.append(command)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work(self._commands))

    async def _work(self, commands: deque[str | bytes]) -> None:
        """Carry out what waits, and end when nothing does: idle clients cost no task."""
        try:
            while commands:
                await self._carry_out(commands.popleft())
                self._limit_reading()
        finally:
            self._worker = None

    async def _carry_out(self, command: str | bytes) -> None:
        if isinstance(command, bytes):
            refusal = InvalidInput(Code.BAD_COMMAND, "A command is a text frame, not a binary one.")
            reply: Reply | None = error_reply(refusal)
        else:
            reply = await self._parts.service.answer(self._person, command)
        if reply is not None and self.attachment is not None:
            self._parts.attachments.reply(self.attachment, reply)

    def _limit_reading(self) -> None:
        """Read on, but for a client that is far ahead of us, or does not take our pongs."""
        if self.transport is None or self.transport.is_closing():
            return
        has_many = self._commands is not None and len(self._commands) >= MAX_WAITING
        is_reading = self.transport.is_reading()
        if has_many or (self._is_paused and self.unsent_bytes > LOW_WATER_BYTES):
            if is_reading:
                self.transport.pause_reading()
        elif not is_reading:
            self.transport.resume_reading()

    def _send_frames(self) -> None:
        """Send what the protocol wants sent; when it is over, close."""
        for data in self._frames.data_to_send():
            if data:
                self.write(data)
            else:  # its sign that nothing more will be said
                self.finish()
        if self._frames.close_expected() and self._closing is None and self.transport is not None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(CLOSING_S, self.transport.abort)
