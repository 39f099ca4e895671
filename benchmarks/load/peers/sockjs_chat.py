"""The peer on sockjs-tornado: each client is in the room it names, or in general.

python sockjs_chat.py prints the port of 127.0.0.1 on which it listens.
"""

import asyncio
import json
import secrets
from collections import defaultdict
from typing import Any

from sockjs.tornado import SockJSConnection, SockJSRouter
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

rooms: defaultdict[str, set["Chat"]] = defaultdict(set)


class Chat(SockJSConnection):
    def on_open(self, request: Any) -> None:
        named = request.get_argument("room")  # bytes; text if there is none
        self.room = named.decode() if isinstance(named, bytes) else "general"
        self.user = secrets.token_hex(8)
        rooms[self.room].add(self)
        self.send("welcome")

    def on_message(self, text: str) -> None:
        message = {"room": self.room, "user": self.user, "text": text}
        self.broadcast(rooms[self.room], json.dumps(message))

    def on_close(self) -> None:
        rooms[self.room].discard(self)


async def main() -> None:
    # The backlog of the other servers; a session sends heartbeats only when idle.
    (socket,) = bind_sockets(0, "127.0.0.1", backlog=4096)
    router = SockJSRouter(Chat, "/chat", {"response_limit": 128 << 20})
    HTTPServer(Application(router.urls)).add_socket(socket)
    print(socket.getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
