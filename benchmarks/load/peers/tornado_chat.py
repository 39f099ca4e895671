"""The peer on bare Tornado, as in its tutorial: ``write_message`` to each member of the room.

python tornado_chat.py prints the port of 127.0.0.1 on which it listens.
"""

import asyncio
import json
import secrets
from collections import defaultdict

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

rooms: defaultdict[str, set["Chat"]] = defaultdict(set)


class Chat(WebSocketHandler):
    def open(self) -> None:
        self.user = secrets.token_hex(8)
        self.room = self.get_argument("room", "general")
        rooms[self.room].add(self)
        self.write_message("welcome")

    def on_message(self, text: str | bytes) -> None:
        message = json.dumps({"room": self.room, "user": self.user, "text": text})
        for member in rooms[self.room]:
            try:
                member.write_message(message)
            except WebSocketClosedError:
                pass

    def on_close(self) -> None:
        rooms[self.room].discard(self)


async def main() -> None:
    (socket,) = bind_sockets(0, "127.0.0.1", backlog=4096)
    HTTPServer(Application([("/chat", Chat)])).add_socket(socket)
    print(socket.getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
