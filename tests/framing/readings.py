"""Reads the same bytes with our reader and with h11."""

from typing import NamedTuple

import h11

from chat.http.head import MAX_HEAD_BYTES
from chat.http.messages import Refusal
from chat.http.request_reader import RequestReader

MAX_BODY_BYTES = 1 << 20


class Seen(NamedTuple):
    """The parts of a request on which all readers have to agree."""

    method: str
    body: bytes
    is_of_path: str  # its target; empty for forms that some proxies rewrite, such as http://h/


def path_of(target: str) -> str:
    """Return the part of ``target`` that a ``Seen`` has."""
    return target if target.startswith("/") else ""


class Reading(NamedTuple):
    """The requests that were read; ``is_refused``: bytes followed that are no request."""

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
    """Read ``data`` with h11 as a server that answers each request with 200 and no upgrade.

    One empty line before a request is skipped, as RFC 9112 section 2.2 says and h11 does not.
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
            break  # it was the last request
        data, _ = connection.trailing_data
    return Reading(found, False)


def _next(connection: h11.Connection) -> Seen | None:
    """Return the request that has arrived; None if it is incomplete."""
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
    """Return whether ``one`` has only requests that ``other`` has too, in the same order."""
    begun = other.requests[: len(one.requests)]
    return len(begun) == len(one.requests) and all(
        (mine.method, mine.body) == (theirs.method, theirs.body)
        and (not mine.is_of_path or not theirs.is_of_path or mine.is_of_path == theirs.is_of_path)
        for mine, theirs in zip(one.requests, begun, strict=True)
    )
