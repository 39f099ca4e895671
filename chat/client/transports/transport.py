"""The interface of all transports: their request, their pushes, and how they end."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from chat.client import policy
from chat.client.http import Http
from chat.client.positions import Push

# Network failures: refused, reset, half an answer, nonsense, no such host, bad certificate.
LOST: Final = (OSError, EOFError)


class Ended(Exception):
    """The transport has ended. ``code`` is a WebSocket close code; ``retry_ms`` is the server's."""

    def __init__(
        self, reason: str, *, code: int | None = None, retry_ms: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.retry_ms = retry_ms


@dataclass
class Terms:
    """The hold and heartbeat that this network tolerates; learned, and used by later attaches."""

    hold_s: int = policy.MAX_HOLD_S
    heartbeat_s: int | None = None  # None: the server's choice


@dataclass(frozen=True, kw_only=True)
class AttachRequest:
    """The request for one attach."""

    http: Http
    url: str  # to read from
    send_url: str  # to post commands to
    session: str | None  # the session to continue; None: a new one
    cursor: str
    rooms: Sequence[str]  # read only these; empty: all rooms of the user
    terms: Terms
    on_data: Callable[[], None] = lambda: None  # called when data arrives, even a part of a push

    def path(self, url: str, **fields: object) -> str:
        """Return ``url`` with the query of every attach and ``fields``, without empty ones."""
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

    def __init__(self, request: AttachRequest) -> None: ...

    def pushes(self) -> AsyncGenerator[Push, None]:
        """Attach, and yield pushes; closing the generator detaches. Raises Ended or one of LOST."""

    async def ask(self, command: Push) -> Push:
        """Send one command and return its reply.

        Raises Ended or one of LOST if there was no reply: the command may or may not have been
        executed. Cancelling only stops waiting for the reply.
        """


async def post_command(request: AttachRequest, command: Push) -> Push:
    """Send a command by POST, for transports that can't send over their own connection."""
    _, answer = await request.http.post(request.send_url, command)
    match answer:
        case {"replies": [dict(reply)]}:
            return reply
        case {"replies": []}:  # a command that has no reply
            return {"type": "ok"}
        case {"type": "error"}:
            return dict(answer)
    raise Ended("not an answer of Parley's")
