"""The compared servers: how each is run, read from and spoken to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.load import dialects
from benchmarks.load.dialects import Dialect
from benchmarks.load.poller import (
    Conversation,
    ParleyPolls,
    ParleyRoutedPolls,
    Poller,
    SockjsPolls,
)
from benchmarks.load.proxied import behind_haproxy, behind_nginx
from benchmarks.load.servers import NODE, PEERS, PYTHON, Run, nchan, parley, peer, through_redis
from benchmarks.load.stream import Stream
from tests.support.server import ROOT


@dataclass(frozen=True)
class Contender:
    name: str
    run: Run
    reading: Mapping[str, Dialect | type[Conversation]]  # by transport
    speaking: Dialect

    def speaker(self, port: int, room: str, number: int) -> Stream:
        return Stream(port, self.speaking, room, number)

    def reader(self, transport: str, port: int, room: str, number: int) -> Stream | Poller:
        how = self.reading[transport]
        if isinstance(how, Dialect):
            return Stream(port, how, room, number)
        return Poller(port, how(room, number), room, number)


def contenders(beside: Path = ROOT) -> dict[str, Contender]:
    """Return all contenders by name, Parley first; ``beside`` has another version of it."""
    ours = {
        "websocket": dialects.PARLEY_WEBSOCKET,
        "sse": dialects.PARLEY_SSE,
        "longpoll": ParleyPolls,
        "longpoll, routed": ParleyRoutedPolls,
    }
    sockjs = {
        "websocket": dialects.SOCKJS_WEBSOCKET,
        "sse": dialects.SOCKJS_SSE,
        "longpoll": SockjsPolls,
    }
    nchans = {"websocket": dialects.NCHAN_WEBSOCKET, "sse": dialects.NCHAN_SSE}
    socketio = {"websocket": dialects.SOCKETIO}
    node = partial(peer, NODE, PEERS / "socketio_chat.js")
    two = lambda adapter: lambda url: node(adapter, url, instances=2)  # noqa: E731
    found = [
        Contender("Parley", parley, ours, dialects.PARLEY_SPEAKER),
        # The other transports are compared with this one, measured in the same minutes.
        Contender(
            "Parley, WebSocket",
            parley,
            dict.fromkeys(ours, dialects.PARLEY_WEBSOCKET),
            dialects.PARLEY_SPEAKER,
        ),
        Contender(
            "Parley, Redis",
            partial(through_redis, lambda url: parley(2, url)),
            ours,
            dialects.PARLEY_SPEAKER,
        ),
        Contender(
            "Parley, one with Redis",
            partial(through_redis, lambda url: parley(1, url)),
            ours,
            dialects.PARLEY_SPEAKER,
        ),
        Contender("Parley, beside", partial(parley, root=beside), ours, dialects.PARLEY_SPEAKER),
        Contender(
            "Parley, Redis, beside",
            partial(through_redis, lambda url: parley(2, url, root=beside)),
            ours,
            dialects.PARLEY_SPEAKER,
        ),
        Contender("Parley, nginx", behind_nginx, ours, dialects.PARLEY_SPEAKER),
        Contender("Parley, haproxy", behind_haproxy, ours, dialects.PARLEY_SPEAKER),
        Contender("Socket.IO", node, socketio, dialects.SOCKETIO),
        # As durable as Parley: each message is on the disk before anybody sees it.
        Contender("Socket.IO, SQLite", partial(node, "sqlite"), socketio, dialects.SOCKETIO),
        Contender(
            "Socket.IO, Redis",
            partial(through_redis, two("redis")),
            socketio,
            dialects.SOCKETIO,
        ),
        Contender(
            "Socket.IO, streams",
            partial(through_redis, two("streams")),
            socketio,
            dialects.SOCKETIO,
        ),
        Contender(
            "python-socketio",
            partial(peer, PYTHON, PEERS / "python_socketio_chat.py"),
            socketio,
            dialects.SOCKETIO,
        ),
        Contender(
            "sockjs-tornado",
            partial(peer, PYTHON, PEERS / "sockjs_chat.py"),
            sockjs,
            dialects.SOCKJS_WEBSOCKET,
        ),
        Contender(
            "Tornado",
            partial(peer, PYTHON, PEERS / "tornado_chat.py"),
            {"websocket": dialects.TORNADO},
            dialects.TORNADO,
        ),
        Contender(
            "uWebSockets",
            partial(peer, PYTHON, PEERS / "uwebsockets_chat.py"),
            {"websocket": dialects.TORNADO},
            dialects.TORNADO,
        ),
        Contender("nchan", nchan, nchans, dialects.NCHAN_WEBSOCKET),
        Contender(
            "limit",
            partial(peer, PYTHON, PEERS / "limit_chat.py"),
            {"websocket": dialects.TORNADO},
            dialects.TORNADO,
        ),
    ]
    return {contender.name: contender for contender in found}
