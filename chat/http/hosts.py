"""Compares and normalizes the hosts in Host and Origin headers. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_HOST: Final = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]*))?")


def is_same(origin: str, host: str) -> bool:
    """Return whether ``origin`` has the same name and port as ``host``, explicit or default.

    The origin's scheme gives the default port of both; ours may differ behind a proxy with TLS.
    """
    try:
        scheme, netloc, *_ = urlsplit(origin)
    except ValueError:  # for example http://[
        return False
    ours = _normalized(host, scheme)
    return ours is not None and _normalized(netloc, scheme) == ours


def normalized_origin(origin: str) -> str:
    """Return ``origin`` as browsers write it: in lower case, without a default port."""
    scheme, separator, netloc = origin.lower().partition("://")
    match _normalized(netloc, scheme):
        case None:
            return origin
        case name, port if port and port != _DEFAULT_PORTS.get(scheme):
            return f"{scheme}{separator}{name}:{port}"
        case name, _:
            return f"{scheme}{separator}{name}"


def _normalized(host: str, scheme: str) -> tuple[str, str] | None:
    """Return the name and the port of ``host``; None if invalid, as with a user's name in it."""
    match = _HOST.fullmatch(host.lower())
    if match is None or not match[1]:
        return None
    return match[1], match[2] or _DEFAULT_PORTS.get(scheme, "")


def name_of(host: str) -> str:
    """Return the name, or the address, in a Host header: in lower case, without a port."""
    match = _HOST.fullmatch(host.lower())
    # A trailing dot marks a complete name (RFC 1034 section 3.1): it is the same host.
    return match[1].removesuffix(".") if match else ""
