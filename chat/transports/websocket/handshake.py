"""The server's half of a WebSocket's opening handshake (RFC 6455 section 4.2). Pure."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
VERSION: Final = "13"


def has_upgrade(headers: Mapping[str, str], http_version: str) -> bool:
    """Return whether Connection and Upgrade both request a WebSocket (section 4.2.1)."""
    if http_version == "1.0":  # there they have no effect (RFC 9110 section 7.8)
        return False
    options = headers.get("Connection", "").lower().split(",")
    is_kept = "upgrade" in map(str.strip, options)
    return is_kept and headers.get("Upgrade", "").lower() == "websocket"


def key_of(headers: Mapping[str, str]) -> str:
    """Return the client's key (section 4.1). Raises InvalidInput if not 16 bytes in base64."""
    key = headers.get("Sec-WebSocket-Key", "").strip()
    try:
        is_key = len(base64.b64decode(key, validate=True)) == 16
    except (ValueError, binascii.Error):
        is_key = False
    if not is_key:
        raise InvalidInput(
            Code.BAD_COMMAND, "Sec-WebSocket-Key is 16 bytes in base64; this one is not."
        )
    return key


def accepting_head(key: str, cookies: Sequence[str] = (), *, request_id: str) -> bytes:
    """Return the accepting answer (section 4.2.2), with a Set-Cookie for each of ``cookies``."""
    accepted = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
    set_cookies = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies)
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accepted}\r\n{set_cookies}X-Request-Id: {request_id}\r\n\r\n"
    ).encode()
