"""Parses and checks MIRROR_URL, once. Pure. No error message repeats what may be a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from chat.settings.hosts import ESCAPING, Host, host_of, unescaped

NATS: Final = "nats"
KAFKA: Final = "kafka"
_TLS: Final = "+tls"
_PORTS: Final[Mapping[str, int]] = {NATS: 4222, KAFKA: 9092}
# The mechanisms of SASL by which Kafka takes a name and a password.
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_OPTIONS: Final = {NATS: "credentials", KAFKA: "mechanism"}
_FORM: Final = (
    "give nats://HOST:4222/SUBJECT or kafka://HOST:9092/TOPIC, with nats+tls:// and kafka+tls:// "
    "for TLS"
)
# What both take for a topic or for the beginning of subjects. A subject needs room for the name of
# a chat room behind it, and a topic has at most 249 characters.
_TARGET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_MAX_TARGET: Final = 100


@dataclass(frozen=True, kw_only=True)
class MirrorUrl:
    """The address of a stream: ``nats[+tls]://[user:password@]host[:port],…/subject`` or
    ``kafka[+tls]://[user:password@]host[:port],…/topic``.

    For NATS, a ``username`` without a password is a token, and ``credentials`` is a file.
    """

    scheme: str
    hosts: tuple[Host, ...]
    target: str  # the topic, or what the subjects begin with
    has_tls: bool = False
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    credentials: Path | None = None
    mechanism: str = MECHANISMS[0]

    def __str__(self) -> str:
        """Return the URL without what is secret, for logs."""
        tls = _TLS if self.has_tls else ""
        return f"{self.scheme}{tls}://{','.join(map(str, self.hosts))}/{self.target}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of ``text``. Raises ValueError, which says what to give."""
        if re.search(r"[\s\x00-\x1f\x7f]", text.strip()):
            raise ValueError("it holds a blank or a control character")
        try:
            parts = urlsplit(text.strip())
            options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError:
            raise ValueError(_FORM) from None
        scheme = parts.scheme.removesuffix(_TLS)
        if scheme not in _PORTS:
            raise ValueError(_FORM)
        if "@" in parts.path or parts.fragment:
            raise ValueError(ESCAPING)
        user, _, hosts = parts.netloc.rpartition("@")
        username, _, password = user.partition(":")
        if scheme == KAFKA and bool(username) != bool(password):
            raise ValueError("Kafka takes a user with a password: USER:PASSWORD@")
        target = parts.path.removeprefix("/")
        if not _TARGET.fullmatch(target) or len(target) > _MAX_TARGET:
            raise ValueError(
                "behind the host goes a topic, or what subjects begin with: at most "
                f"{_MAX_TARGET} letters, digits and characters of _ - and . between them"
            )
        if options.keys() - {_OPTIONS[scheme]}:
            raise ValueError(f"the option of {scheme}:// is ?{_OPTIONS[scheme]}=; {ESCAPING}")
        mechanism = options.get("mechanism", [MECHANISMS[0]])[0]
        if mechanism not in MECHANISMS:
            raise ValueError(f"mechanism is one of {', '.join(MECHANISMS)}")
        credentials = options.get("credentials", [None])[0]
        return cls(
            scheme=scheme,
            hosts=tuple(host_of(host, _PORTS[scheme]) for host in hosts.split(",")),
            target=target,
            has_tls=parts.scheme.endswith(_TLS),
            username=unescaped(username) or None,
            password=unescaped(password) or None,
            credentials=None if credentials is None else Path(credentials),
            mechanism=mechanism,
        )
