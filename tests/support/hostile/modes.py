"""The modes of the hostile network."""

import asyncio
import enum
import time
from collections import Counter
from dataclasses import dataclass, field

HELD_BYTES = 64 << 10  # a usual buffer of a scanner or a compressing proxy
DIES_AFTER_S = 0.2  # after the hello, and before a client counts the connection as stable


class Mode(enum.Enum):
    """What the network does to connections; each mode but the first is seen in the field."""

    FRIENDLY = "friendly"
    """Everything passes."""
    WEBSOCKET_REFUSED = "websocket_refused"
    """Whoever asks for an upgrade is answered 403; open WebSockets are cut."""
    WEBSOCKET_SWALLOWED = "websocket_swallowed"
    """Whoever asks for an upgrade gets no answer, ever; open WebSockets fall silent."""
    WEBSOCKET_MUTE = "websocket_mute"
    """The 101 passes, but no frame in either direction."""
    STREAM_HELD = "stream_held"
    """Nothing of an event stream passes behind its head, until it ends."""
    WEBSOCKET_DIES = "websocket_dies"
    """Each WebSocket is cut 200 ms after its 101."""
    MUTE_AND_HELD = "mute_and_held"
    """Both WEBSOCKET_MUTE and STREAM_HELD."""
    CUT_AFTER = "cut_after"
    """Each response, a WebSocket too, is cut ``cut_after_s`` after its head."""
    HTTP_1_0 = "http_1_0"
    """HTTP/1.0 on both sides: no upgrades, no keeping alive; open WebSockets are cut."""
    POSTS_DELAYED = "posts_delayed"
    """Each POST waits ``post_delay_s`` before it passes on."""
    HELD_64_KIB = "held_64_kib"
    """What comes down, be it in a response or a WebSocket, passes in blocks of 64 KiB; what is
    left passes when the response ends."""
    IDLE_CUT = "idle_cut"
    """Connections on which nothing passed for ``idle_s`` are cut."""
    DOWN = "down"
    """Every connection is cut, and new ones are closed at once."""
    SWALLOW_ALL = "swallow_all"
    """A dead link: connections open, but nothing passes, not even their end. When the mode
    changes, what was under way arrives, as TCP would have repeated it."""
    POSTS_SWALLOWED = "posts_swallowed"
    """What is posted to /send never arrives, nor is it ever answered."""
    UPLOADS_CUT = "uploads_cut"
    """The beginning of what is posted to /api/uploads arrives; then its connection is cut."""
    COOKIES_DROPPED = "cookies_dropped"
    """No cookie reaches the server."""


@dataclass(kw_only=True)
class Habits:
    """The network's present state: its mode and numbers, and its counts."""

    rtt_s: float
    cut_after_s: float
    idle_s: float
    post_delay_s: float
    mode: Mode = Mode.FRIENDLY
    is_alive: asyncio.Event = field(default_factory=asyncio.Event)
    upgrades: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    down_at: list[float] = field(default_factory=list)  # when bytes reached a client

    def note_down(self) -> None:
        self.down_at.append(time.monotonic())
