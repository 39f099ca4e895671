"""Sends HTTP/1.1 requests with one identity, each on its own connection.

An abandoned request, such as a stream or a held poll, must end at once; and if a proxy breaks one
connection, the next request is not affected.
"""

import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode

import msgspec

from chat.client.address import Address
from chat.client.dialer import Dialer, check_login
from chat.client.exchange import Broken, Response, exchange
from chat.client.proxies import Proxy

# For answers that are read as a whole: 200 messages of the greatest length.
MAX_BODY_BYTES: Final = 32 << 20


class Http:
    """One identity at one server. Raises OSError or EOFError if a request is not answered."""

    def __init__(
        self,
        address: Address,
        *,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
        token: str = "",
    ) -> None:
        """``token`` is that of a bot, in place of the cookies by which guests are known."""
        self._token = token
        self._address = address
        self._dialer = Dialer(address, tls=tls, proxy=proxy)
        self._cookies: dict[str, str] = {}
        self.user = ""  # the identity's id, as soon as it is known

    def below_base(self, path: str) -> str:
        """Return ``path`` without the path below which Parley is.

        A server that knows it (BASE_PATH) has it in its URLs; one whose proxy strips it has not.
        """
        base = self._address.base
        return path.removeprefix(base) if path.startswith(f"{base}/") else path

    @property
    def identity(self) -> str:
        """The token, or the cookies that the server has set: they identify the client."""
        return self._token or "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    @contextlib.asynccontextmanager
    async def connection(
        self,
        head: str,
        headers: Mapping[str, str],
        body: bytes | BinaryIO = b"",
        *,
        is_upgrade: bool = False,
    ) -> AsyncIterator[Response]:
        """Open a connection, send a request, and yield the response when its head is there.

        ``head`` is the method and the path; ``is_upgrade`` says that another protocol follows.
        Closes the connection at the end, at once.
        """
        address = self._address
        forwarder = self._dialer.forwarder(is_tunnelled=is_upgrade)
        streams = await self._dialer.open(is_tunnelled=is_upgrade)
        try:
            method, _, path = head.partition(" ")
            target = address.base + path
            if self.user:  # with it, a request that lost its cookie is refused: no new guest
                target += f"{'&' if '?' in path else '?'}as={self.user}"
            fields = {"Host": address.netloc, "User-Agent": "parley-client", **headers}
            if self._token:
                fields["Authorization"] = f"Bearer {self._token}"
            elif self._cookies:
                fields["Cookie"] = self.identity
            if forwarder is not None:
                target = f"http://{address.netloc}{target}"  # RFC 9112 section 3.2.2
                fields |= forwarder.headers
            response = await exchange(streams, method, target, fields, body)
            if forwarder is not None:
                check_login(forwarder, response)
            for cookie in response.cookies:
                self._keep(cookie)
            yield response
        finally:
            # Not close(): that would wait for unsent data on a dead network.
            streams[1].transport.abort()

    async def get(self, path: str) -> tuple[Response, Any]:
        return await self._ask(f"GET {path}", {}, b"")

    async def post(self, path: str, value: Any) -> tuple[Response, Any]:
        return await self._ask(
            f"POST {path}", {"Content-Type": "application/json"}, msgspec.json.encode(value)
        )

    async def post_file(self, path: str, file: BinaryIO) -> tuple[Response, Any]:
        """Send ``file`` as the body."""
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(os.fstat(file.fileno()).st_size),
        }
        return await self._ask(f"POST {path}", headers, file)

    async def post_form(self, path: str, fields: Mapping[str, str]) -> tuple[Response, Any]:
        body = urlencode(fields).encode()
        return await self._ask(
            f"POST {path}", {"Content-Type": "application/x-www-form-urlencoded"}, body
        )

    async def _ask(
        self, head: str, headers: dict[str, str], body: bytes | BinaryIO
    ) -> tuple[Response, Any]:
        headers = {"Accept": "application/json", "Connection": "close", **headers}
        if isinstance(body, bytes) and not head.startswith("GET "):
            headers["Content-Length"] = str(len(body))
        async with self.connection(head, headers, body) as response:
            data = bytearray()
            while chunk := await response.read():
                data += chunk
                if len(data) > MAX_BODY_BYTES:
                    raise Broken("an answer without end")
        if "location" in response.headers:
            raise Broken(f"we are sent to {response.headers['location']}: connect there")
        try:
            return response, msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            forwarder = self._dialer.forwarder(is_tunnelled=False)
            way = "" if forwarder is None else f" by way of the proxy {forwarder}"
            raise Broken(f"{response}{way}, which is no answer of Parley's") from error

    def _keep(self, cookie: str) -> None:
        """Store a cookie; all cookies are for this server and its whole path."""
        try:
            jar = SimpleCookie(cookie)
        except CookieError:
            return  # from a proxy; the client can do without it
        for name, morsel in jar.items():
            self._cookies[name] = morsel.coded_value
