"""Parses the hosts in an address of a service, and what is escaped in it. Pure.

No error message repeats any part of the text: a password that is not escaped may be taken for a
host, a port or a path, and messages are logged.
"""

import ipaddress
import re
from typing import Final, NamedTuple
from urllib.parse import unquote

ESCAPING: Final = (
    "in a password write % as %25, / as %2F, ? as %3F, # as %23, @ as %40 and : as %3A"
)
_MAX_PORT: Final = 65535


class Host(NamedTuple):
    name: str
    port: int

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}"


def host_of(text: str, default_port: int) -> Host:
    """Return the host that ``text`` names. Raises ValueError, which says what to give."""
    if text.startswith("["):  # IPv6 (RFC 3986, section 3.2.2)
        name, bracket, port = text[1:].partition("]")
        is_right = bool(bracket) and _is_ipv6(name) and (port == "" or port.startswith(":"))
        port = port.removeprefix(":") if is_right else ""
    else:
        name, colon, port = text.partition(":")
        is_right = not re.search(r"[\[\]%@]", name) and not (colon and ":" in port)
    if not name:
        raise ValueError("the host is missing")
    if not is_right:
        raise ValueError(f"a host can't be read; an IPv6 address needs [ and ]; {ESCAPING}")
    if port == "":
        return Host(name, default_port)
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= _MAX_PORT:
        raise ValueError(
            f"the port must be a number from 1 to {_MAX_PORT}; a password ends with @, and "
            + ESCAPING
        )
    return Host(name, int(port))


def unescaped(text: str) -> str:
    """Return ``text`` with its %-escapes decoded. Raises ValueError."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"what is escaped by % must be UTF-8; {ESCAPING}") from None


def _is_ipv6(name: str) -> bool:
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        return False
    return True
