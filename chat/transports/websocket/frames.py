"""Reads and writes a WebSocket's frames (RFC 6455): messages, pings and closes.

The ``websockets`` library implements the protocol without doing I/O.
"""

import asyncio
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from chat.net import socket_options
from chat.protocol.codes import Disconnect
from chat.transports.socket_sink import LOW_WATER_BYTES, StreamSink

# How long to wait after our close frame; a client that is still there answers it at once.
CLOSING_S: Final = 5.0
# RFC 6455 section 7.4.1
UNACCEPTABLE: Final = 1003
INVALID_DATA: Final = 1007
VIOLATION: Final = 1008
TOO_BIG: Final = 1009
# A message may have one fragment per this many bytes of the maximum length: a fragment takes ten
# microseconds, however short it is. Programs that write messages in pieces send longer fragments.
FRAGMENT_BYTES: Final = 64
# How much input is parsed before its frames are handled: some 340 of the shortest frames, each of
# which is an object until then. After FRAMES_A_TURN frames other callbacks run: reading 64 KiB of
# pings takes as long as 50 messages.
PIECE_BYTES: Final = 2 << 10
FRAMES_A_TURN: Final = 100
PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class _Protocol(ServerProtocol):
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # A control frame, a close too, may come in the middle of a message (RFC 6455 section
            # 5.4). Without this the library would report that the message's end is missing.
            self.current_size = None
        super().recv_frame(frame)


class FrameSink(StreamSink):
    """A StreamSink that also receives: it passes the client's messages to ``on_message``."""

    __slots__ = (
        "_closing", "_fragments", "_frames", "_is_heard", "_max_fragments", "_message",
        "_message_opcode", "_unread",
    )  # fmt: skip

    def __init__(self, *, max_frame_bytes: int) -> None:
        """Cap a message, in however many frames, at ``max_frame_bytes``."""
        super().__init__()
        self._frames = _Protocol(state=State.OPEN, max_size=max_frame_bytes)
        self._max_fragments = max_frame_bytes // FRAGMENT_BYTES
        self._fragments = 0  # received of an incomplete message
        self._message = bytearray()  # their content, joined: fragments may be empty
        self._message_opcode = Opcode.CONT
        self._is_heard = True  # since the last ping
        self._unread = b""  # input left for the next turn
        self._closing: asyncio.TimerHandle | None = None

    def on_message(self, message: str | bytes) -> None:
        """Handle a whole message: text, or bytes if it is binary."""
        raise NotImplementedError

    def note_frame(self) -> None:
        """Count a frame that completes no message."""

    @property
    def is_ahead(self) -> bool:
        """Whether the client has sent more than can be handled for now."""
        return False

    @property
    def has_said_too_much(self) -> bool:
        """Whether the connection was closed because a message was too long."""
        sent = self._frames.close_sent
        return sent is not None and sent.code == TOO_BIG

    def ping(self) -> bytes:
        """Return a ping frame, or drop a client that has sent nothing since the last ping."""
        if self.transport is None or self.transport.is_closing():
            return b""
        if not self._is_heard:
            self.abort()
            return b""
        self._is_heard = False
        return PING

    def close(self, disconnect: Disconnect) -> None:
        """Send a close frame, and close the socket after the answer, or after CLOSING_S."""
        if self.transport is None or self._frames.state is not State.OPEN:
            return
        self._frames.send_close(disconnect.code, disconnect.reason)
        self._send_frames()

    # Methods of asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        self._is_heard = True
        is_alone = not self._unread  # else a turn is scheduled
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
        """Close, because only text is accepted."""
        self._frames.fail(UNACCEPTABLE, "a command is a text frame")

    def refuse_data(self, why: str) -> None:
        """Close, because a message is invalid."""
        self._frames.fail(INVALID_DATA, why)

    def refuse_more(self, why: str) -> None:
        """Close, because the client sends too much."""
        self._frames.fail(VIOLATION, why)

    def limit_reading(self) -> None:
        """Pause reading while the client is far ahead of us or does not read our pongs."""
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
        data, self._unread = self._unread, b""
        frames = 0
        for begin in range(0, len(data), PIECE_BYTES):
            if frames > FRAMES_A_TURN:
                self._unread = data[begin:]
                asyncio.get_running_loop().call_soon(self._read_on)
                break
            self._frames.receive_data(data[begin : begin + PIECE_BYTES])
            frames += self._handle_frames()
        self._send_frames()
        self.limit_reading()

    def _handle_frames(self) -> int:
        """Handle the complete frames; return their number."""
        events = self._frames.events_received()
        for event in events:
            assert isinstance(event, Frame)  # the handshake is over
            is_open = self._frames.state is State.OPEN
            if is_open and (event.opcode not in _DATA or not event.fin):
                self.note_frame()
            if event.opcode in _DATA:
                self._collect(event)
        return len(events)

    def _collect(self, frame: Frame) -> None:
        if frame.fin and not self._fragments:
            self._decode(frame.opcode, bytes(frame.data))
            return
        if self._fragments > self._max_fragments:  # already closed for that
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
            self.on_message(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.refuse_data("not UTF-8")
            return
        self.on_message(text)

    def _part(self) -> None:
        """Close a connection that the client does not expect to end, so that it can read why.

        Unread input would make the kernel reset the connection, and the client would lose our
        last frames. So close our half, and read and ignore its input for a while.
        """
        transport = self.transport
        if transport is None or self._waiting or transport.is_closing():
            self.finish()
            return
        # The exception refers to the frame and, by its traceback, to this sink: a cycle that would
        # stay until the garbage collector runs.
        self._frames.parser_exc = None
        transport.set_protocol(_Parting(transport))
        self.connection_lost(None)  # for this sink the connection is over
        socket_options.close_half(transport)
        if not transport.is_reading():
            transport.resume_reading()

    def _send_frames(self) -> None:
        for data in self._frames.data_to_send():
            if data:
                self.write(data)
            elif self._frames.close_rcvd is None:  # empty data means the end of output
                self._part()
            else:
                self.finish()
        if self._frames.close_expected() and self._closing is None and self.transport is not None:
            loop = asyncio.get_running_loop()
            self._closing = loop.call_later(CLOSING_S, self.transport.abort)


class _Parting(asyncio.Protocol):
    """Ignores all input, and waits up to CLOSING_S for the client to close."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._end = asyncio.get_running_loop().call_later(CLOSING_S, transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        self._end.cancel()
