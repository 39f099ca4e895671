"""What SockJS puts around messages (protocol 0.3.3). Pure: JSON bytes in, framed bytes out.

``o`` opens, ``a`` is an array of messages, ``c`` closes with a code and a reason. A message is a
string; ours hold one push or one command each.
"""

import json
from collections.abc import Sequence
from typing import Final

import msgspec

from chat.errors import InvalidInput
from chat.protocol.codes import Code, Disconnect
from chat.protocol.framing import websocket_frame

OPEN: Final = "o"
# A client sends in one piece whatever it was told to send while the last piece was under way. More
# than this at once is over what anybody may send (chat.service.service).
MAX_MESSAGES: Final = 300

_messages: Final[msgspec.json.Decoder[list[str] | str]] = msgspec.json.Decoder(list[str] | str)


def message(payload: bytes) -> bytes:
    """Return JSON ``payload`` as one message: a JSON string, an element of the array in ``a``.

    It is ASCII, for there are characters that proxies and browsers lose; and without a percent
    sign, for clients take what an event stream brings for percent-encoded.
    """
    return json.dumps(payload.decode()).replace("%", "\\u0025").encode()


def message_frame(payload: bytes) -> bytes:
    """Return ``payload`` as a WebSocket's text frame that holds this message alone."""
    return websocket_frame(b"a[%b]" % message(payload))


def closing(disconnect: Disconnect) -> bytes:
    """Return what tells a client why it is closed."""
    return b"c" + json.dumps(list(disconnect), separators=(",", ":")).encode()


def messages(data: bytes) -> Sequence[str]:
    """Return what a client sent: an array of strings, or one string; nothing is none.

    Raises InvalidInput: ``bad_json`` for what is no such thing, ``too_long`` for more than
    MAX_MESSAGES; nothing of it is to be applied.
    """
    if not data:
        return []
    try:
        sent = _messages.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidInput(
            Code.BAD_JSON, f"SockJS sends an array of strings in JSON: {error}."
        ) from error
    if isinstance(sent, str):
        return [sent] if sent else []
    if len(sent) > MAX_MESSAGES:
        raise InvalidInput(
            Code.TOO_LONG, f"Send at most {MAX_MESSAGES} commands at once, not {len(sent)}."
        )
    return sent
