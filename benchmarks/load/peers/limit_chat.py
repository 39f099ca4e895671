"""The limit, not a peer: the least work that pure Python must do, and nothing else.

The messages of one event-loop turn are joined and sent to each member with one call of
``write``. Nothing is checked, stored or limited; a member that does not read loses messages.

python limit_chat.py prints the port of 127.0.0.1 on which it listens.
"""

import asyncio
import base64
import hashlib
import os
import re
import struct
from collections import defaultdict

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
rooms: defaultdict[str, set["Chat"]] = defaultdict(set)
turns: defaultdict[str, list[bytes]] = defaultdict(list)


class Chat(asyncio.Protocol):
    room = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.fd = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if not self.room:
            self.open(data)
            return
        while data:  # whole frames: they are small and come from the same machine
            length = data[1] & 127
            begin = 6 if length < 126 else 8
            length = length if length < 126 else struct.unpack_from("!H", data, 2)[0]
            text = data[begin : begin + length].decode()  # this benchmark masks with zeros
            data = data[begin + length :]
            if not turns:
                asyncio.get_running_loop().call_soon(flush)
            payload = f'{{"room":"{self.room}","text":"{text}"}}'.encode()
            turns[self.room].append(frame(payload))

    def open(self, request: bytes) -> None:
        found = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
        room = re.search(rb"room=(\w+)", request)
        assert found and room
        accept = base64.b64encode(hashlib.sha1(found[1] + GUID).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        os.write(
            self.fd, head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + frame(b"welcome")
        )
        self.room = room[1].decode()
        rooms[self.room].add(self)

    def connection_lost(self, error: Exception | None) -> None:
        rooms[self.room].discard(self)


def frame(payload: bytes) -> bytes:
    if len(payload) < 126:
        return struct.pack("!BB", 0x81, len(payload)) + payload
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


def flush() -> None:
    for room, frames in turns.items():
        chunk = b"".join(frames)
        for member in rooms[room]:
            os.write(member.fd, chunk)
    turns.clear()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Chat, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
