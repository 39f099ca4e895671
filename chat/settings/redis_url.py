"""Parses and checks REDIS_URL, once. Pure.

No error message repeats any part of the text: a password that is not escaped may be taken for a
host, a port or a path, and messages are logged.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self
from urllib.parse import unquote

SINGLE: Final = "redis"
TLS: Final = "rediss"
SENTINEL: Final = "redis+sentinel"
CLUSTER: Final = "redis+cluster"
_PORTS: Final[Mapping[str, int]] = {SINGLE: 6379, TLS: 6379, SENTINEL: 26379, CLUSTER: 6379}
_SCHEMES: Final = ", ".join(f"{scheme}://" for scheme in _PORTS)
_ESCAPING: Final = (
    "in a password write % as %25, / as %2F, ? as %3F, # as %23, @ as %40 and : as %3A"
)
_MAX_PORT: Final = 65535
_PREFIX: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # braces and * have a meaning for Redis


class Host(NamedTuple):
    name: str
    port: int

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class RedisUrl:
    """The address of Redis: ``redis[s]://[user:password@]host[:port][/db]``,
    ``redis+sentinel://[user:password@]host[:port],…/master[/db]`` or
    ``redis+cluster://[user:password@]host[:port],…``.
    """

    scheme: str
    hosts: tuple[Host, ...]
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    master: str = ""  # the master's name in Sentinel
    db: int = 0

    @property
    def is_cluster(self) -> bool:
        return self.scheme == CLUSTER

    def __str__(self) -> str:
        """Return the URL without user and password, for logs."""
        path = "/".join([self.master] * bool(self.master) + [str(self.db)] * (not self.is_cluster))
        return f"{self.scheme}://{','.join(map(str, self.hosts))}" + (f"/{path}" if path else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of ``text``. Raises ValueError, which says what to give."""
        scheme, separator, rest = text.strip().partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in _PORTS:
            raise ValueError(f"give one that begins with {_SCHEMES}")
        if re.search(r"[\s\x00-\x1f\x7f]", rest):
            raise ValueError("it holds a blank or a control character")
        authority, slash, path = rest.partition("/")
        if "@" in path:
            raise ValueError(f"there is an @ behind the first /; {_ESCAPING}")
        if "?" in rest or "#" in rest:
            raise ValueError(
                "it takes no options behind ? or #; certificates are set by REDIS_TLS_VERIFY and "
                f"SSL_CERT_FILE; {_ESCAPING}"
            )
        user, _, hosts = authority.rpartition("@")
        username, _, password = user.partition(":")
        found = tuple(_host(host, _PORTS[scheme]) for host in hosts.split(","))
        if len(found) > 1 and scheme in (SINGLE, TLS):
            raise ValueError(
                f"name one host; several need {SENTINEL}:// with a master, or {CLUSTER}://"
            )
        master, db = _path(scheme, path)
        return cls(
            scheme=scheme,
            hosts=found,
            username=_unescaped(username) or None,
            password=_unescaped(password) or None,
            master=master,
            db=db,
        )


def prefix(text: str) -> str:
    """Return ``text`` if keys may begin with it, else raise ValueError."""
    if not _PREFIX.fullmatch(text):
        raise ValueError("give at most 64 letters, digits and characters of _ . : -")
    return text


def _host(text: str, default_port: int) -> Host:
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
        raise ValueError(f"a host can't be read; an IPv6 address needs [ and ]; {_ESCAPING}")
    if port == "":
        return Host(name, default_port)
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= _MAX_PORT:
        raise ValueError(
            f"the port must be a number from 1 to {_MAX_PORT}; a password ends with @, and "
            + _ESCAPING
        )
    return Host(name, int(port))


def _path(scheme: str, path: str) -> tuple[str, int]:
    master = ""
    if scheme == SENTINEL:
        master, _, path = path.partition("/")
        if not master:
            raise ValueError(f"name the master: {SENTINEL}://host,host/master")
    if path == "":
        return _unescaped(master), 0
    if not re.fullmatch(r"[0-9]{1,6}", path):
        raise ValueError("behind the / goes the number of a database, such as 0")
    if scheme == CLUSTER and int(path):
        raise ValueError("a cluster has only database 0")
    return _unescaped(master), int(path)


def _unescaped(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError(f"what is escaped by % must be UTF-8; {_ESCAPING}") from None


def _is_ipv6(name: str) -> bool:
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        return False
    return True
