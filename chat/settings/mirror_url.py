"""Parses and checks MIRROR_URL, once. Pure. No error message repeats what may be a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from chat.settings.hosts import ESCAPING, Host, host_of, unescaped

NATS: Final = "nats"
_TLS: Final = "+tls"
_PORTS: Final[Mapping[str, int]] = {NATS: 4222}
_FORM: Final = "give nats://HOST:4222/SUBJECT, or nats+tls:// for TLS"
# A subject needs room for the name of a chat room behind it.
_TARGET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_MAX_TARGET: Final = 100


@dataclass(frozen=True, kw_only=True)
class MirrorUrl:
    """The address of a stream: ``nats[+tls]://[user:password@]host[:port],…/subject``.

    A ``username`` without a password is a token.
    """

    scheme: str
    hosts: tuple[Host, ...]
    target: str  # what the subjects begin with
    has_tls: bool = False
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

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
        except ValueError:
            raise ValueError(_FORM) from None
        scheme = parts.scheme.removesuffix(_TLS)
        if scheme not in _PORTS:
            raise ValueError(_FORM)
        if "@" in parts.path or parts.query or parts.fragment:
            raise ValueError(ESCAPING)
        user, _, hosts = parts.netloc.rpartition("@")
        username, _, password = user.partition(":")
        target = parts.path.removeprefix("/")
        if not _TARGET.fullmatch(target) or len(target) > _MAX_TARGET:
            raise ValueError(
                f"behind the host goes what subjects begin with: at most {_MAX_TARGET} letters, "
                "digits and characters of _ - and . between them"
            )
        return cls(
            scheme=scheme,
            hosts=tuple(host_of(host, _PORTS[scheme]) for host in hosts.split(",")),
            target=target,
            has_tls=parts.scheme.endswith(_TLS),
            username=unescaped(username) or None,
            password=unescaped(password) or None,
        )
