"""Reads the four forms of a request's target (RFC 9112 section 3.2). Pure."""

import re
from typing import Final, NamedTuple

from chat.http.messages import HOST, Refusal, malformed

# RFC 9110 section 4.2: the form that a proxy is sent. A fragment stays in the browser.
_ABSOLUTE: Final = re.compile(rb"(?i:https?)://([^/?]+)(/[^?]*)?(\?.*)?")


# What a client asks of a server itself. No "#": a fragment stays in the browser, too.
_ORIGIN: Final = re.compile(rb'/[!"$-~]*+')


class Target(NamedTuple):
    """A request's target: ``path`` and query, or ``*``; ``authority`` replaces the Host header."""

    path: bytes
    authority: bytes | None = None


def is_origin_form(target: bytes) -> bool:
    return _ORIGIN.fullmatch(target) is not None


def read_target(method: bytes, target: bytes) -> Target:
    """Return the parts of ``target``, which has no blanks. Raises Refusal."""
    if method == b"CONNECT":
        raise Refusal(501, "This is no proxy.")
    if target[:1] == b"/":
        return Target(target)
    if target == b"*" and method == b"OPTIONS":
        return Target(target)
    match = _ABSOLUTE.fullmatch(target)
    if match is None or HOST.fullmatch(match[1]) is None or match[1][:1] == b":":
        raise malformed()
    authority, path, query = match.groups()
    if path is None and query is None and method == b"OPTIONS":
        return Target(b"*", authority)  # section 3.2.4
    return Target((path or b"/") + (query or b""), authority)
