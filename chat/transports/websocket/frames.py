"""A WebSocket's frames (RFC 6455): messages come up in them; close and ping are theirs too.

The ``websockets`` library speaks the protocol without doing I/O.
"""

import asyncio
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from chat.net import socket_options
from chat.protocol.codes import Disconnect
from chat.transports.socket_sink import LOW_WATER_BYTES, StreamSink

# After our close frame; a client that lives answers it at once.
CLOSING_S: Final = 5.0
# RFC 6455 section 7.4.1
UNACCEPTABLE: Final = 1003
INVALID_DATA: Final = 1007
VIOLATION: Final = 1008
TOO_BIG: Final = 1009
# Of the longest message, on average: a fragment takes ten microseconds, however short it is.
# Whoever writes a message bit by bit sends longer ones.
FRAGMENT_BYTES: Final = 64
# So much is taken apart before what was in it is dealt with: some 340 of the shortest frames, each
# of which is an object for as long. After so many frames others have their turn: to read 64 KiB of
# pings takes as long as 50 messages.
PIECE_BYTES: Final = 2 << 10
FRAMES_A_TURN: Final = 100
PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class _Protocol(ServerProtocol):
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # Control frames may come in the middle of a message (RFC 6455 section 5.4), and this
            # one is no exception; the library takes the message's end for missing.
            self.current_size = None
        super().recv_frame(frame)


class FrameSink(StreamSink):
    """A StreamSink that a client can answer on; ``take`` is told what it says."""

    __slots__ = (
        "_closing", "_fragments", "_frames", "_is_heard", "_max_fragments", "_message",
        "_message_opcode", "_unread",
    )  # fmt: skip

    def __init__(self, *, max_frame_bytes: int) -> None:
        """``max_frame_bytes`` is what a message may have, in however many frames."""
        super().__init__()
        self._frames = _Protocol(state=State.OPEN, max_size=max_frame_bytes)
        self._max_fragments = max_frame_bytes // FRAGMENT_BYTES
        self._fragments = 0  # of a message that is not complete
        self._message = bytearray()  # what they hold; not they, which may be empty
        self._message_opcode = Opcode.CONT
        self._is_heard = True  # since the last ping
        self._unread = b""  # of what has come, what is for the next turn
        self._closing: asyncio.TimerHandle | None = None

    def take(self, message: str | bytes) -> None:
        """A whole message has come: text, or bytes if it is binary."""
        raise NotImplementedError

    def note_frame(self) -> None:
        """A frame has come that completes no message."""

    @property
    def is_ahead(self) -> bool:
        """Whether the client has said more than we can do for now."""
        return False

    @property
    def has_said_too_much(self) -> bool:
        """Whether it is over because a message was too long."""
        sent = self._frames.close_sent
        return sent is not None and sent.code == TOO_BIG

    def ping(self) -> bytes:
        """Return what asks for a sign of life; let go of a client that gave none since the last."""
        if self.transport is None or self.transport.is_closing():
            return b""
        if not self._is_heard:
            self.abort()
            return b""
        self._is_heard = False
        return PING

    def close(self, disconnect: Disconnect) -> None:
        """Send a close frame, and close the socket when it is answered, or in CLOSING_S."""
        if self.transport is None or self._frames.state is not State.OPEN:
            return
        self._frames.send_close(disconnect.code, disconnect.reason)
        self._send_frames()

    # As asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        self._is_heard = True
        is_alone = not self._unread  # else its turn comes
        self._unread += data
        if is_alone:
            self._read_on()

    def connection_lost(self, error: Exception | None) -> None:
        self._unread = b""
        if self._closing is not None:
            self._closing.cancel()
        super().connection_lost(error)

    def go_on(self) -> None:
        super().go_on()
        self.limit_reading()

    def refuse_binary(self) -> None:
        """Close, where only text is taken."""
        self._frames.fail(UNACCEPTABLE, "a command is a text frame")

    def refuse_data(self, why: str) -> None:
        """Close, for a message that can't be what was meant."""
        self._frames.fail(INVALID_DATA, why)

    def refuse_more(self, why: str) -> None:
        """Close, for there is too much of it."""
        self._frames.fail(VIOLATION, why)

    def limit_reading(self) -> None:
        """Read on, but for a client that is far ahead of us, or does not take our pongs."""
        if self.transport is None or self.transport.is_closing():
            return
        is_reading = self.transport.is_reading()
        is_behind = self.is_ahead or self._unread != b""
        if is_behind or (not self._is_writable and self.unsent_bytes > LOW_WATER_BYTES):
            if is_reading:
                self.transport.pause_reading()
        elif not is_reading:
            self.transport.resume_reading()

    def _read_on(self) -> None:
        """Read what has come, if that is not too much for one turn."""
        data, self._unread = self._unread, b""
        frames = 0
        for begin in range(0, len(data), PIECE_BYTES):
            if frames > FRAMES_A_TURN:
                self._unread = data[begin:]
                asyncio.get_running_loop().call_soon(self._read_on)
                break
            self._frames.receive_data(data[begin : begin + PIECE_BYTES])
            frames += self._take_frames()
        self._send_frames()
        self.limit_reading()

    def _take_frames(self) -> int:
        """Deal with the frames that are complete; return how many there were."""
        events = self._frames.events_received()
        for event in events:
            assert isinstance(event, Frame)  # a handshake has been before
            is_open = self._frames.state is State.OPEN
            if is_open and (event.opcode not in _DATA or not event.fin):
                self.note_frame()
            if event.opcode in _DATA:
                self._collect(event)
        return len(events)

    def _collect(self, frame: Frame) -> None:
        """Put a message together."""
        if frame.fin and not self._fragments:
            self._decode(frame.opcode, bytes(frame.data))
            return
        if self._fragments > self._max_fragments:  # it has been closed for that
            return
        if not self._fragments:
            self._message_opcode = frame.opcode
        self._fragments += 1
        self._message += frame.data
        if self._fragments > self._max_fragments:
            self._message.clear()
            self._frames.fail(TOO_BIG, f"a message in more than {self._max_fragments} fragments")
        elif frame.fin:
            message, self._message = bytes(self._message), bytearray()
            self._fragments = 0
            self._decode(self._message_opcode, message)

    def _decode(self, opcode: Opcode, data: bytes) -> None:
        if opcode is not Opcode.TEXT:
            self.take(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.refuse_data("not UTF-8")
            return
        self.take(text)

    def _part(self) -> None:
        """End what the client does not expect to end, so that it comes to read why.

        What it has sent and we don't read would make the kernel reset the connection, and what
        we sent last be lost with it: so hear it out, for a while.
        """
        transport = self.transport
        if transport is None or self._waiting or transport.is_closing():
            self.finish()
            return
        # What was wrong holds the frame and all of this, which would wait for Python's collector.
        self._frames.parser_exc = None
        transport.set_protocol(_Parting(transport))
        self.connection_lost(None)  # as far as we are concerned
        socket_options.close_half(transport)
        if not transport.is_reading():
            transport.resume_reading()

    def _send_frames(self) -> None:
        """Send what the protocol wants sent; when it is over, close."""
        for data in self._frames.data_to_send():
            if data:
                self.write(data)
            elif self._frames.close_rcvd is None:  # its sign that nothing more will be said
                self._part()
            else:
                self.finish()
        if self._frames.close_expected() and self._closing is None and self.transport is not None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(CLOSING_S, self.transport.abort)


class _Parting(asyncio.Protocol):
    """Hears nothing more, and waits CLOSING_S for the client to hang up."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._end = asyncio.get_running_loop().call_later(CLOSING_S, transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        self._end.cancel()
