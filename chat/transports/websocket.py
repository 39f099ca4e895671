"""WebSocket: pushes and replies down, commands up, one JSON object a text frame (RFC 6455).

Tornado takes the handshake's request; from then on the frames are the ``websockets`` library's,
which speaks the protocol without doing I/O.
"""

import base64
import binascii
import hashlib
from typing import Final

from tornado.web import HTTPError

from chat.errors import ChatError, InvalidInput
from chat.handler import Handler
from chat.negotiation import Transport
from chat.protocol.codes import Code
from chat.protocol.pushes import Error
from chat.transports.frames import FrameSink
from chat.transports.origin import is_own

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
VERSION: Final = "13"


class WebSocketTransport(Handler):
    """Carries one session over a WebSocket. Decides nothing."""

    async def get(self) -> None:
        wish = self.asked()  # raises, and so answers 4xx, while there is HTTP for it
        if not self._has_upgrade():
            self._miss_upgrade(wish.session)
            return
        if not self._is_own():
            raise HTTPError(403)
        if self.request.headers.get("Sec-WebSocket-Version") != VERSION:
            self.set_header("Sec-WebSocket-Version", VERSION)  # section 4.2.2 asks for it
            message = f"Speak version {VERSION} of the WebSocket protocol."
            self.show_error(426, Error(code=Code.BAD_COMMAND, message=message))
            return
        head = self._head(self._key())
        parts = self.parts
        parts.witness.upgrade_passed(self.network, wish.session or "")
        sink = FrameSink(parts, self.person)
        sink.take_over(self.take_connection(), head)
        attachment = sink.attachment = parts.attachments.open(
            sink, self.person, Transport.WEBSOCKET, wish.session
        )
        try:
            await parts.attachments.start(attachment, wish)
            sink.settle()
        except ChatError as error:
            parts.attachments.fail(attachment, error)

    def _is_own(self) -> bool:
        """Return whether no other site's page asks."""
        headers = self.request.headers
        return is_own(
            headers.get("Origin"),
            fetch_site=headers.get("Sec-Fetch-Site"),
            host=headers.get("Host", ""),
            trusted=self.parts.settings.trusted_origins,
        )

    def _has_upgrade(self) -> bool:
        """Return whether both headers are there that ask for a WebSocket (RFC 6455, 4.2.1)."""
        headers = self.request.headers
        options = headers.get("Connection", "").lower().split(",")
        is_kept = "upgrade" in map(str.strip, options)
        return is_kept and headers.get("Upgrade", "").lower() == "websocket"

    def _miss_upgrade(self, asked_session: str | None) -> None:
        """Say what is missing; and remember where some proxy took it out."""
        headers, session = self.request.headers, self.own_session(asked_session)
        # No page can make a browser send the first two, and other sites' pages can't name a
        # session that is this person's; so none of them can put its visitors off WebSockets.
        is_handshake = "Sec-WebSocket-Key" in headers or "Sec-WebSocket-Version" in headers
        if is_handshake or session is not None:
            self.parts.witness.upgrade_stripped(self.network, session)
        self.set_header("Upgrade", "websocket")  # RFC 9110 section 15.5.22 asks for it
        self.set_header("Connection", "Upgrade")
        message = (
            "This is for WebSockets, and the request came without its Upgrade header. If you sent "
            "it, a proxy took it out: read /events or /poll instead."
        )
        self.show_error(426, Error(code=Code.BAD_COMMAND, message=message))

    def _key(self) -> str:
        """Return the key to be answered: 16 bytes in base64 (RFC 6455 section 4.2.1)."""
        key = self.request.headers.get("Sec-WebSocket-Key", "").strip()
        try:
            is_key = len(base64.b64decode(key, validate=True)) == 16
        except (ValueError, binascii.Error):
            is_key = False
        if not is_key:
            raise InvalidInput(
                Code.BAD_COMMAND, "Sec-WebSocket-Key is 16 bytes in base64; this one is not."
            )
        return key

    def _head(self, key: str) -> bytes:
        """Return the handshake's answer (RFC 6455 section 4.2.2)."""
        accepted = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        cookie = f"Set-Cookie: {self.identity_header}\r\n" if self.identity_header else ""
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accepted}\r\n{cookie}\r\n"
        ).encode()
