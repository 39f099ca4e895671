"""Where a server is. Pure."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

PORTS: Final = {"http": 80, "https": 443}


def authority(host: str, port: int) -> str:
    """Return ``host:port`` as a request line has it (RFC 9112 section 3.2.3)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, kw_only=True)
class Address:
    """A server's address, in parts. A host's name is in ASCII, as it travels (RFC 5891)."""

    scheme: str  # http or https
    host: str
    port: int
    netloc: str  # host and port as the header Host has them
    base: str  # the path below which the server is, without a slash at its end; or nothing

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of ``url``. Raises ValueError if it is no http:// or https://."""
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
