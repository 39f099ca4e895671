"""Opens connections to one server, directly or through a proxy."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator

from chat.client.address import Address, authority
from chat.client.exchange import Broken, Response, Streams, exchange
from chat.client.proxies import Proxy
from chat.client.reasons import why


class Unreachable(OSError):
    """A connection can't be opened; the text tells people why."""


class LoginWanted(Unreachable):
    """The proxy needs a user and password, or rejects the ones given."""


class Dialer:
    """Opens connections to one server. Raises OSError or EOFError if that fails."""

    def __init__(self, address: Address, *, tls: ssl.SSLContext | None, proxy: Proxy | None):
        """Use ``tls`` for a server at an https:// address; None: trust what this system trusts."""
        self._host, self._port = address.host, address.port
        self._tls = (tls or ssl.create_default_context()) if address.is_secure else None
        self._proxy = proxy
        self._proxy_tls = ssl.create_default_context() if proxy and proxy.is_secure else None

    def forwarder(self, *, is_tunnelled: bool) -> Proxy | None:
        """Return the proxy that a request is addressed to; None: it is addressed to the server.

        A proxy forwards plain HTTP requests, and some permit nothing else. ``is_tunnelled`` is
        for requests that it would not forward, such as an upgrade, which is for one hop.
        """
        return None if is_tunnelled or self._tls is not None else self._proxy

    async def open(self, *, is_tunnelled: bool) -> Streams:
        """Open a connection, ready for a request; the caller closes it."""
        proxy = self._proxy
        if proxy is None:
            with _told("the server"):
                return await _connect(self._host, self._port, self._tls)
        with _told(f"the proxy {proxy}"):
            streams = await _connect(proxy.host, proxy.port, self._proxy_tls)
        if self.forwarder(is_tunnelled=is_tunnelled) is not None:
            return streams
        _, writer = streams
        try:
            await self._tunnel(proxy, streams)
            if self._tls is not None:
                with _told("the server"):
                    await writer.start_tls(self._tls, server_hostname=self._host)
        except BaseException:
            writer.transport.abort()
            raise
        return streams

    async def _tunnel(self, proxy: Proxy, streams: Streams) -> None:
        """Ask ``proxy`` for a tunnel to the server (RFC 9110 section 9.3.6)."""
        target = authority(self._host, self._port)
        fields = {"Host": target, **proxy.headers}
        try:
            response = await exchange(streams, "CONNECT", target, fields)
        except (Broken, EOFError) as error:
            raise Unreachable(f"the proxy {proxy} gave no answer to CONNECT") from error
        check_login(proxy, response)
        if not 200 <= response.status < 300:
            raise Unreachable(f"the proxy {proxy} refuses CONNECT to {target}: {response}")


def check_login(proxy: Proxy, response: Response) -> None:
    """Raise LoginWanted if ``response`` demands a proxy login (status 407)."""
    if response.status != 407:
        return
    if proxy.has_login:
        raise LoginWanted(f"the proxy {proxy} does not accept the user and password given for it")
    raise LoginWanted(
        f"the proxy {proxy} wants a user and password: give its address as "
        f"http://USER:PASSWORD@{proxy}"
    )


async def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> Streams:
    return await asyncio.open_connection(host, port, ssl=tls)


@contextlib.contextmanager
def _told(who: str) -> Iterator[None]:
    """Turn an OSError into Unreachable, which says who can't be reached, and why."""
    try:
        yield
    except OSError as error:
        raise Unreachable(f"{who} can't be reached: {why(error)}") from error
