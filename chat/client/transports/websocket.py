"""WebSocket: pushes, replies and commands, one JSON object for each message (RFC 6455).

``websockets`` implements the protocol without doing I/O, so an attempt can be abandoned at any
moment, with its socket: the network may swallow the other side's packets.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Final

import msgspec
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol
from websockets.utils import accept_key, generate_key

from chat.client.exchange import READ_BYTES, Broken
from chat.client.positions import Push
from chat.client.transports.transport import AttachRequest, Ended

# Larger than any push; a frame that announces more is rejected.
MAX_MESSAGE_BYTES: Final = 16 << 20
# Parley sends a message in one frame. A proxy may split it, but not into arbitrarily many.
MAX_FRAGMENTS: Final = 1024
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class WebSocketTransport:
    """An attach by a WebSocket."""

    def __init__(self, request: AttachRequest) -> None:
        self._request = request
        self._protocol = Protocol(CLIENT, max_size=MAX_MESSAGE_BYTES)
        self._writer: asyncio.StreamWriter | None = None
        self._message = bytearray()  # the fragments of an incomplete message
        self._fragments = 0
        self._replies: dict[int, asyncio.Future[Push]] = {}
        self._last_id = 0

    async def pushes(self) -> AsyncGenerator[Push, None]:
        request, key = self._request, generate_key()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        path = request.path(request.url, heartbeat_s=request.terms.heartbeat_s)
        opening = request.http.connection(f"GET {path}", headers, is_upgrade=True)
        async with opening as response:
            if response.status != 101:
                raise Ended(str(response))
            if response.headers.get("sec-websocket-accept") != accept_key(key):
                raise Ended("101 from somebody who speaks no WebSocket")
            writer = self._writer = response.writer
            data = response.rest
            try:
                while True:
                    request.on_data()
                    for message in self._receive(data, writer):
                        push = msgspec.json.decode(message, type=dict)
                        reply = self._replies.get(push["id"]) if "id" in push else None
                        if reply is None:
                            yield push
                        elif not reply.done():
                            reply.set_result(push)
                    data = await response.reader.read(READ_BYTES)
                    if not data:
                        raise EOFError("the connection broke off")
            finally:
                if self._protocol.state is OPEN:
                    self._protocol.send_close(CloseCode.GOING_AWAY)
                    writer.writelines(self._protocol.data_to_send())
                self._writer = None
                for reply in self._replies.values():
                    if not reply.done():
                        reply.set_exception(Ended("lost before its answer came"))
                        reply.exception()  # mark it as retrieved: the caller may have given up

    async def ask(self, command: Push) -> Push:
        writer = self._writer
        if writer is None or self._protocol.state is not OPEN:
            raise Ended("not attached")
        self._last_id += 1
        id_ = self._last_id
        reply = self._replies[id_] = asyncio.get_running_loop().create_future()
        try:
            self._protocol.send_text(msgspec.json.encode({**command, "id": id_}))
            writer.writelines(self._protocol.data_to_send())
            if command["type"] == "typing":  # the only command whose success has no reply
                return {"type": "ok"}
            answer = {**await reply}
            del answer["id"]  # the client's own id; the caller's id is restored below
            return {**answer, "id": command["id"]} if "id" in command else answer
        finally:
            del self._replies[id_]

    def _receive(self, data: bytes, writer: asyncio.StreamWriter) -> Iterator[bytes]:
        """Yield the messages that ``data`` completes; answer pings. Raises Ended on a close."""
        protocol = self._protocol
        protocol.receive_data(data)
        writer.writelines(protocol.data_to_send())
        for frame in protocol.events_received():
            if not isinstance(frame, Frame) or frame.opcode not in _DATA:
                continue
            self._message += frame.data
            self._fragments += 1
            if frame.fin:
                yield bytes(self._message)
                self._message.clear()
                self._fragments = 0
            elif self._fragments == MAX_FRAGMENTS:
                raise Broken("a message that does not end")
        if (close := protocol.close_rcvd) is not None:
            raise Ended(f"closed with {close.code} {close.reason}".strip(), code=close.code)
        if protocol.parser_exc is not None:
            raise Broken("a frame that no server sends") from protocol.parser_exc
