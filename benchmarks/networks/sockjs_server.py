"""The peer on sockjs-tornado: greets each client. Runs in its own virtual environment.

python sockjs_server.py CLIENT_JS prints the port of 127.0.0.1 on which it listens.
"""

import asyncio
import sys
from typing import Any

from sockjs.tornado import SockJSConnection, SockJSRouter
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler, StaticFileHandler


class Greeter(SockJSConnection):
    def on_open(self, request: Any) -> None:
        self.send("welcome")


class Page(RequestHandler):
    def get(self) -> None:
        self.finish("<!doctype html><title>SockJS</title>")


async def main(client_js: str) -> None:
    folder, _, name = client_js.rpartition("/")
    static = (rf"/({name})", StaticFileHandler, {"path": folder})
    routes = [("/", Page), static, *SockJSRouter(Greeter, "/chat").urls]
    (socket,) = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application(routes)).add_socket(socket)
    print(socket.getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
