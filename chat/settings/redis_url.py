"""Parses and checks REDIS_URL, once. Pure.

No error message repeats any part of the text: a password that is not escaped may be taken for a
host, a port or a path, and messages are logged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from chat.settings.hosts import ESCAPING, Host, host_of, unescaped

SINGLE: Final = "redis"
TLS: Final = "rediss"
SENTINEL: Final = "redis+sentinel"
CLUSTER: Final = "redis+cluster"
_PORTS: Final[Mapping[str, int]] = {SINGLE: 6379, TLS: 6379, SENTINEL: 26379, CLUSTER: 6379}
_SCHEMES: Final = ", ".join(f"{scheme}://" for scheme in _PORTS)
_PREFIX: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")  # braces and * have a meaning for Redis


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
            raise ValueError(f"there is an @ behind the first /; {ESCAPING}")
        if "?" in rest or "#" in rest:
            raise ValueError(
                "it takes no options behind ? or #; certificates are set by REDIS_TLS_VERIFY and "
                f"SSL_CERT_FILE; {ESCAPING}"
            )
        user, _, hosts = authority.rpartition("@")
        username, _, password = user.partition(":")
        found = tuple(host_of(host, _PORTS[scheme]) for host in hosts.split(","))
        if len(found) > 1 and scheme in (SINGLE, TLS):
            raise ValueError(
                f"name one host; several need {SENTINEL}:// with a master, or {CLUSTER}://"
            )
        master, db = _path(scheme, path)
        return cls(
            scheme=scheme,
            hosts=found,
            username=unescaped(username) or None,
            password=unescaped(password) or None,
            master=master,
            db=db,
        )


def prefix(text: str) -> str:
    """Return ``text`` if keys may begin with it, else raise ValueError."""
    if not _PREFIX.fullmatch(text):
        raise ValueError("give at most 64 letters, digits and characters of _ . : -")
    return text


def _path(scheme: str, path: str) -> tuple[str, int]:
    master = ""
    if scheme == SENTINEL:
        master, _, path = path.partition("/")
        if not master:
            raise ValueError(f"name the master: {SENTINEL}://host,host/master")
    if path == "":
        return unescaped(master), 0
    if not re.fullmatch(r"[0-9]{1,6}", path):
        raise ValueError("behind the / goes the number of a database, such as 0")
    if scheme == CLUSTER and int(path):
        raise ValueError("a cluster has only database 0")
    return unescaped(master), int(path)
