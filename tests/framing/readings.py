"""What our reader and h11, each by itself, read in the same bytes."""

from typing import NamedTuple

import h11

from chat.http.head import MAX_HEAD_BYTES
from chat.http.messages import Refusal
from chat.http.request_reader import RequestReader

MAX_BODY_BYTES = 1 << 20


class Seen(NamedTuple):
    """A request as far as all who read it have to agree on it."""

    method: str
    body: bytes
    is_of_path: str  # its target; empty in forms of it that some rewrite, as http://h/


def path_of(target: str) -> str:
    """Return what a ``Seen`` has of ``target``."""
    return target if target.startswith("/") else ""


class Reading(NamedTuple):
    """``is_refused``: what comes after the requests is none. Else there is nothing, or a part."""

    requests: list[Seen]
    is_refused: bool


def ours(*pieces: bytes) -> Reading:
    reader, found = RequestReader(MAX_BODY_BYTES), list[Seen]()
    try:
        for piece in pieces:
            reader.receive(piece)
            while (request := reader.next_request()) is not None:
                found.append(Seen(request.method, request.body, path_of(request.target)))
    except Refusal:
        return Reading(found, True)
    return Reading(found, False)


def h11_s(data: bytes) -> Reading:
    """Read as a server that answers each request with 200, and agrees on no upgrade.

    One empty line before a request is passed over, as RFC 9112 section 2.2 has it and h11 has not.
    """
    found: list[Seen] = []
    while data := data.removeprefix(b"\r\n"):
        connection = h11.Connection(h11.SERVER, MAX_HEAD_BYTES)
        connection.receive_data(data)
        try:
            seen = _next(connection)
        except h11.RemoteProtocolError:
            return Reading(found, True)
        if seen is None:
            break
        found.append(seen)
        status = 501 if seen.method == "CONNECT" else 200
        connection.send(h11.Response(status_code=status, headers=[("Content-Length", "0")]))
        connection.send(h11.EndOfMessage())
        if connection.our_state is not h11.DONE:
            break  # it was the last
        data, _ = connection.trailing_data
    return Reading(found, False)


def _next(connection: h11.Connection) -> Seen | None:
    """Return the request that has come, None if it has not come to its end."""
    request, body = None, bytearray()
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            target = request.target.decode("latin-1")
            return Seen(request.method.decode(), bytes(body), path_of(target))
        else:
            return None


def is_same_or_stricter(one: Reading, other: Reading) -> bool:
    """Return whether ``one`` has read no request otherwise than ``other``, and none more."""
    begun = other.requests[: len(one.requests)]
    return len(begun) == len(one.requests) and all(
        (mine.method, mine.body) == (theirs.method, theirs.body)
        and (not mine.is_of_path or not theirs.is_of_path or mine.is_of_path == theirs.is_of_path)
        for mine, theirs in zip(one.requests, begun, strict=True)
    )
