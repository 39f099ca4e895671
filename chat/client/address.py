"""The address of a server, parsed from its URL. Pure."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

PORTS: Final = {"http": 80, "https": 443}


def authority(host: str, port: int) -> str:
    """Return ``host:port`` as in a request line (RFC 9112 section 3.2.3)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, kw_only=True)
class Address:
    """The parts of a server's address. The host's name is in ASCII, as on the wire (RFC 5891)."""

    scheme: str  # http or https
    host: str
    port: int
    netloc: str  # host and port as in the Host header
    base: str  # the path below which the server is, without a trailing slash; may be empty

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of ``url``. Raises ValueError if it is not http:// or https://."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"not an http:// or https:// address: {url}")
        host = parts.hostname
        if not host.isascii():
            host = host.encode("idna").decode()
        port = parts.port or PORTS[parts.scheme]
        netloc = authority(host, port)
        return cls(
            scheme=parts.scheme,
            host=host,
            port=port,
            netloc=netloc if parts.port else netloc.rpartition(":")[0],
            base=parts.path.rstrip("/"),
        )

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"
