"""The candidates: a server, one of its pages, and the script that runs in the page.

Each script loads its client with one import into a tiny page, so the pages differ only by what the
clients do. A script calls ``begin()`` when its client is loaded and about to connect, and
``heard()`` at the first message from the server, which every server sends at once.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks.networks import servers
from tests.support.server import ROOT


@dataclass(frozen=True)
class Candidate:
    name: str
    server: Callable[[], AbstractContextManager[int]]
    path: str
    script: str
    measured: str = "a greeting by the server"


# Both times count from the start of the navigation.
CLOCK = """
    window.times = {}
    const begin = () => { window.times.begun_ms ??= performance.now() }
    const heard = () => { window.times.heard_ms ??= performance.now() }
"""

_SOCKJS = """
    import("/sockjs.min.js").then(() => {
        begin()
        const connect = () => {
            const socket = new SockJS("/chat")
            socket.onmessage = heard
            socket.onclose = connect  // it leaves coming back to its user
        }
        connect()
    })
"""
_SOCKETIO = """
    import("/socket.io/socket.io.esm.min.js").then(({ io }) => {
        begin()
        io({ OPTIONS }).on("message", heard)
    })
"""
# Parley sends no greeting, so the client waits for its own message: one round trip more than
# the others need.
_PARLEY = """
    import("/static/js/parley.js").then(({ connect }) => {
        begin()
        const parley = connect()
        parley.on("message", heard)
        parley.send({ type: "send", room: "general", text: "welcome" })
    })
"""
# The whole page; its status text tells that the hello, a push like others, has arrived.
_PARLEY_PAGE = """
    new MutationObserver(() => {
        if (!document.getElementById("status-text")?.textContent.startsWith("Connected")) return
        const [asked] = performance.getEntriesByName(`${location.origin}/negotiate`)
        window.times.begun_ms ??= asked.startTime
        heard()
    }).observe(document, { childList: true, subtree: true })
"""


def candidates() -> list[Candidate]:
    """Return all candidates, Parley first."""
    has_client = (ROOT / "static/js/parley.js").exists()
    client = ("/healthz", _PARLEY, "its client hears what it sent")
    page = ("/", _PARLEY_PAGE, "the whole chat page says that it is connected")
    ours = client if has_client else page
    ws_first = 'transports: ["websocket", "polling"]'
    return [
        Candidate("Parley", servers.parley, *ours),
        Candidate("SockJS", servers.sockjs, "/", _SOCKJS),
        Candidate("Socket.IO", servers.socketio, "/", _SOCKETIO.replace("OPTIONS", "")),
        Candidate(
            "Socket.IO, WebSocket first",
            servers.socketio,
            "/",
            _SOCKETIO.replace("OPTIONS", ws_first),
        ),
    ]
