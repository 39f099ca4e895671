"""The wire formats of the servers: how to connect, join a room and send a message.

A text begins with a mark, ``(sender number)``: a sender recognises its own messages by it, and a
witness measures their latency. All servers carry the same text, each in its own envelope.
"""

import json
import re
import struct
from dataclasses import dataclass
from typing import Final

# About as long as a usual chat message, without the mark.
FILLER: Final = "the quick brown fox jumps over the lazy dog, and over the fence too"
MARK: Final = re.compile(rb'text\\*": ?\\*"\((\d+) (\d+)\)')


def text(sender: int, number: int) -> str:
    return f"({sender} {number}) {FILLER}"


def frame(payload: bytes) -> bytes:
    """Return ``payload`` as a client's text frame, masked with zeros (RFC 6455 section 5.3)."""
    length = len(payload)
    assert length < 1 << 16
    head = struct.pack("!BB", 0x81, 0x80 | length)
    if length > 125:
        head = struct.pack("!BBH", 0x81, 0x80 | 126, length)
    return head + bytes(4) + payload


def get(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(lines).encode()


def upgrade(path: str, *headers: str) -> bytes:
    return get(
        path,
        *headers,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )


PONG: Final = b"\x8a\x80\x00\x00\x00\x00"


@dataclass(frozen=True)
class Dialect:
    """A streaming transport of a server; ``{room}`` and ``{id}`` in ``path`` are filled in."""

    path: str
    is_websocket: bool
    ready: bytes  # the stream contains this when its reader is in the room
    greeting: bytes = b""  # sent when the connection is open
    joining: str = ""  # sent when ready, where a speaker must join the room
    joined: bytes = b""  # the answer to it
    body: str = "{text}"  # the envelope of a text; ``{text}`` is its JSON, quotes included
    is_raw: bool = True  # the text is sent as it is, not as JSON

    def request(self, room: str, number: int) -> bytes:
        path = self.path.format(room=room, id=f"{number:08}")
        return upgrade(path) if self.is_websocket else get(path, "Accept: text/event-stream")

    def join(self, room: str) -> bytes:
        return frame(self.joining.replace("{room}", room).encode())

    def message(self, room: str, sender: int, number: int) -> bytes:
        said = text(sender, number)
        written = said if self.is_raw else json.dumps(said)
        return frame(
            self.body.replace("{text}", written)
            .replace("{room}", room)
            .replace("{key}", f"{sender}-{number}")
            .encode()
        )


PARLEY_WEBSOCKET: Final = Dialect(
    path="/chat?room={room}", is_websocket=True, ready=b'"type":"hello"'
)
PARLEY_SPEAKER: Final = Dialect(
    path="/chat",
    is_websocket=True,
    ready=b'"type":"hello"',
    joining='{"type":"join","room":"{room}"}',
    joined=b'"type":"ok"',
    body='{"type":"send","room":"{room}","text":{text},"key":"{key}"}',
    is_raw=False,
)
PARLEY_SSE: Final = Dialect(path="/events?room={room}", is_websocket=False, ready=b"event: hello")
SOCKETIO: Final = Dialect(
    path="/socket.io/?EIO=4&transport=websocket&room={room}",
    is_websocket=True,
    greeting=frame(b"40"),
    ready=b'40{"sid"',
    body='42["message",{text}]',
    is_raw=False,
)
SOCKJS_WEBSOCKET: Final = Dialect(
    path="/chat/000/{id}/websocket?room={room}",
    is_websocket=True,
    ready=b"welcome",
    body="[{text}]",
    is_raw=False,
)
SOCKJS_SSE: Final = Dialect(
    path="/chat/000/{id}/eventsource?room={room}", is_websocket=False, ready=b"welcome"
)
TORNADO: Final = Dialect(path="/chat?room={room}", is_websocket=True, ready=b"welcome")
NCHAN_WEBSOCKET: Final = Dialect(
    path="/chat?room={room}",
    is_websocket=True,
    ready=b"\r\n\r\n",
    body='{"room":"{room}","text":{text}}',
    is_raw=False,
)
NCHAN_SSE: Final = Dialect(path="/chat?room={room}", is_websocket=False, ready=b": hi")
