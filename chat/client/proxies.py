"""Chooses the proxy for a server, from the environment or the caller's argument. Pure.

The variables are those that curl and Python use. A user's password appears in no text of this
module except the header for the proxy.
"""

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from chat.client.address import PORTS, Address, authority


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A forward proxy (RFC 9110 section 3.7)."""

    host: str
    port: int
    is_secure: bool  # whether the connection to the proxy itself uses TLS
    headers: Mapping[str, str] = field(repr=False)  # additional headers of each request to it

    def __str__(self) -> str:
        return authority(self.host, self.port)

    @property
    def has_login(self) -> bool:
        return bool(self.headers)


def choose(
    address: Address, env: Mapping[str, str], *, explicit: str | None = None
) -> Proxy | None:
    """Return the proxy for the server at ``address``; None: connect directly.

    ``explicit`` is the caller's choice, empty for no proxy; it overrides ``env``.
    Raises ValueError if the proxy's address can't be used.
    """
    if explicit is not None:
        return parse(explicit) if explicit else None
    if is_exempt(address.host, address.port, _first(env, "no_proxy", "NO_PROXY") or ""):
        return None
    proxy = _from_environment(address.scheme, env)
    return parse(proxy) if proxy else None


def _from_environment(scheme: str, env: Mapping[str, str]) -> str | None:
    names = [f"{scheme}_proxy", f"{scheme}_proxy".upper()]
    # In a CGI program HTTP_PROXY is what a visitor sent as the header "Proxy" (CVE-2016-1000110).
    if scheme == "http" and "REQUEST_METHOD" in env:
        names.pop()
    own = _first(env, *names)
    return _first(env, "all_proxy", "ALL_PROXY") if own is None else own


def _first(env: Mapping[str, str], *names: str) -> str | None:
    return next((env[name].strip() for name in names if name in env), None)


def parse(address: str) -> Proxy:
    """Return the proxy at ``http://user:password@host:port``; only the host is required.

    Special characters in user and password are percent-encoded. Raises ValueError.
    """
    try:
        url = urlsplit(address if "://" in address else f"http://{address}")
        port = url.port
    except ValueError:
        # Without the text of the cause, which can contain a part of a password.
        raise ValueError(
            "the proxy's address is none: it is like http://user:password@host:port, where "
            "user and password have their special characters percent-encoded"
        ) from None
    if url.scheme not in PORTS:
        raise ValueError(f"a proxy is reached by http:// or https://, not by {url.scheme}://")
    if not url.hostname:
        raise ValueError("the proxy's address has no host")
    headers = {}
    if url.username or url.password:
        login = f"{unquote(url.username or '')}:{unquote(url.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    return Proxy(
        host=url.hostname,
        port=port or PORTS[url.scheme],
        is_secure=url.scheme == "https",
        headers=headers,
    )


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether an entry of ``no_proxy`` covers this server.

    Commas or spaces separate the entries. An entry is a host and all below it (``example.org``,
    the same as ``.example.org`` and ``*.example.org``), an address, a network (``10.0.0.0/8``), a
    host or address with a port, or ``*`` for all. No name is looked up, and ``localhost`` is a
    name like others.
    """
    host = host.strip("[]").rstrip(".").lower()
    return any(_covers(entry, host, port) for entry in no_proxy.replace(",", " ").split())


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    network = _network(entry)
    if network is None:
        name, colon, digits = entry.rpartition(":")
        if colon and digits.isdecimal():
            if int(digits) != port:
                return False
            entry = name
        network = _network(entry)
    address = _network(host)
    if network is not None or address is not None:
        return network is not None and address is not None and address[0] in network
    name = entry.removeprefix("*.").strip(".").lower()
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
