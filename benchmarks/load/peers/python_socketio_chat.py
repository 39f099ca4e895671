"""The peer on python-socketio and uvicorn: each client is in the room it names, or in general.

python python_socketio_chat.py prints the port of 127.0.0.1 on which it listens.
"""

import asyncio
import socket
from typing import Any
from urllib.parse import parse_qs

import socketio
import uvicorn

# The load generator counts bytes and does not look for pings among them.
server = socketio.AsyncServer(async_mode="asgi", ping_interval=300)


@server.event
async def connect(sid: str, environ: dict[str, Any]) -> None:
    room = parse_qs(environ["QUERY_STRING"]).get("room", ["general"])[0]
    await server.save_session(sid, {"room": room})
    await server.enter_room(sid, room)


@server.event
async def message(sid: str, text: str) -> None:
    room = (await server.get_session(sid))["room"]
    await server.emit("message", {"room": room, "user": sid, "text": text}, room=room)


async def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    app = socketio.ASGIApp(server)
    config = uvicorn.Config(app, log_level="warning", backlog=4096)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
