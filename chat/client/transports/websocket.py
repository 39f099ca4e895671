"""WebSocket: pushes, replies and commands, one JSON object for each message (RFC 6455)."""

import asyncio
import struct
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from chat.client.responses import Broken
from chat.client.transports import frames
from chat.client.transports.frames import Opcode
from chat.client.transports.transport import Ended, Push, Wish

_GOING_AWAY: Final = struct.pack("!H", 1001)


class WebSocketTransport:
    """An attach by a WebSocket."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._writer: asyncio.StreamWriter | None = None
        self._replies: dict[int, asyncio.Future[Push]] = {}
        self._last_id = 0

    async def pushes(self) -> AsyncGenerator[Push, None]:
        wish, key = self._wish, frames.new_key()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        path = wish.path(wish.url, heartbeat_s=wish.terms.heartbeat_s)
        opening = wish.http.connection(f"GET {path}", headers, is_upgrade=True)
        async with opening as (response, reader, writer):
            if response.status != 101:
                raise Ended(str(response))
            if response.headers.get("sec-websocket-accept") != frames.accepted(key):
                raise Ended("101 from somebody who speaks no WebSocket")
            wish.on_life()
            self._writer = writer
            try:
                while True:
                    push = msgspec.json.decode(await self._message(reader), type=dict)
                    reply = self._replies.get(push["id"]) if "id" in push else None
                    if reply is None:
                        yield push
                    elif not reply.done():
                        reply.set_result(push)
            finally:
                self._writer = None
                writer.write(frames.frame(Opcode.CLOSE, _GOING_AWAY))
                for reply in self._replies.values():
                    if not reply.done():
                        reply.set_exception(Ended("lost before its answer came"))
                        reply.exception()  # mark it as retrieved: the caller may have given up

    async def ask(self, command: Push) -> Push:
        writer = self._writer
        if writer is None:
            raise Ended("not attached")
        self._last_id += 1
        id_ = self._last_id
        reply = self._replies[id_] = asyncio.get_running_loop().create_future()
        data = msgspec.json.encode({**command, "id": id_})
        try:
            writer.write(frames.frame(Opcode.TEXT, data))
            if command["type"] == "typing":  # the only command whose success has no reply
                return {"type": "ok"}
            answer = {**await reply}
            del answer["id"]  # the client's own id; the caller's id is restored below
            return {**answer, "id": command["id"]} if "id" in command else answer
        finally:
            del self._replies[id_]

    async def _message(self, reader: asyncio.StreamReader) -> bytes:
        """Return the next whole message; answer pings meanwhile. Raises Ended on a close frame."""
        message, fragments = bytearray(), 0
        while True:
            head = frames.head(await reader.readexactly(2))
            length = head.length
            if length == 126:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await reader.readexactly(8))
            if head.is_masked or len(message) + length > frames.MAX_MESSAGE_BYTES:
                raise Broken("a frame that no server sends")
            payload = await reader.readexactly(length)
            self._wish.on_life()
            match head.opcode:
                case Opcode.TEXT | Opcode.BINARY | Opcode.CONTINUATION:
                    message += payload
                    fragments += 1
                    if head.is_final:
                        return bytes(message)
                    if fragments == frames.MAX_FRAGMENTS:
                        raise Broken("a message that does not end")
                case Opcode.PING if self._writer is not None:
                    self._writer.write(frames.frame(Opcode.PONG, payload))
                case Opcode.CLOSE:
                    code = frames.close_code(payload)
                    reason = payload[2:].decode(errors="replace")
                    raise Ended(f"closed with {code} {reason}".strip(), code=code)
