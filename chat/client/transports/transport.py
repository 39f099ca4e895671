"""What all transports have: what they are asked for, what they give, how they end."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from chat.client import policy
from chat.client.http import Http

Push = dict[str, Any]

# How a network says no: refused, reset, half an answer, nonsense, no such host, bad certificate.
LOST: Final = (OSError, EOFError)


class Ended(Exception):
    """The transport has ended: ``code`` is a WebSocket's close code, ``retry_ms`` the server's."""

    def __init__(self, reason: str, *, code: int | None = None, retry_ms: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_ms = retry_ms


@dataclass
class Terms:
    """What this network was found to bear. Transports and the engine learn it, for all to come."""

    hold_s: int = policy.MAX_HOLD_S
    heartbeat_s: int | None = None  # None: as the server likes


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an attach asks for."""

    http: Http
    url: str  # where it is read
    send_url: str  # where commands are posted
    session: str | None  # one to carry on; None: a new one
    cursor: str
    rooms: Sequence[str]  # only these; none: all that the user is in
    terms: Terms
    on_life: Callable[[], None] = lambda: (
        None
    )  # called for whatever comes down, be it a part of a push

    def path(self, url: str, **fields: object) -> str:
        """Return ``url`` with what every attach asks for, and ``fields``; empty ones left out."""
        query = {
            "session": self.session,
            "cursor": self.cursor,
            "room": ",".join(self.rooms),
            **fields,
        }
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{url}?{urlencode(given, safe=',:')}" if given else url


class Transport(Protocol):
    """One attach."""

    def __init__(self, wish: Wish) -> None: ...

    def pushes(self) -> AsyncGenerator[Push, None]:
        """Attach, and yield what comes until it is closed, which ends the attach at once.

        Raises Ended, or one of LOST.
        """

    async def ask(self, command: Push) -> Push:
        """Give one command and return its reply.

        Raises Ended or one of LOST where none came: it may or may not have been carried out.
        Cancelling gives up waiting for it, no more.
        """


async def post_command(wish: Wish, command: Push) -> Push:
    """Give a command by POST, as those transports do that have no way up of their own."""
    _, answer = await wish.http.post(wish.send_url, command)
    match answer:
        case {"replies": [dict(reply)]}:
            return reply
        case {"replies": []}:  # a command that has no reply
            return {"type": "ok"}
        case {"type": "error"}:
            return dict(answer)
    raise Ended("not an answer of Parley's")
