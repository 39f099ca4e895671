"""SockJS framing (protocol 0.3.3). Pure: JSON bytes in, framed bytes out.

``o`` opens, ``a`` is an array of messages, ``c`` closes with a code and a reason. A message is a
string; in Parley it holds one push or one command.
"""

import json
from collections.abc import Sequence
from typing import Final

import msgspec

from chat.errors import InvalidInput
from chat.protocol.codes import Code, Disconnect
from chat.protocol.framing import websocket_frame

OPEN: Final = "o"
# While one request is in flight, a client collects its messages and sends them in the next. More
# than this at once exceeds the burst of commands that a user has (chat.accounts.rate_limits).
MAX_MESSAGES: Final = 300

_messages: Final[msgspec.json.Decoder[list[str] | str]] = msgspec.json.Decoder(list[str] | str)


def message(payload: bytes) -> bytes:
    """Return JSON ``payload`` as one message: a JSON string, an element of the array in ``a``.

    In ASCII, as proxies lose other characters; without %, as clients percent-decode streams.
    """
    return json.dumps(payload.decode()).replace("%", "\\u0025").encode()


def message_frame(payload: bytes) -> bytes:
    """Return ``payload`` as a WebSocket text frame that holds only this message."""
    return websocket_frame(b"a[%b]" % message(payload))


def closing(disconnect: Disconnect) -> bytes:
    """Return the frame that closes a client and gives the reason."""
    return b"c" + json.dumps(list(disconnect), separators=(",", ":")).encode()


def messages(data: bytes) -> Sequence[str]:
    """Return the messages a client sent, as an array of strings, one string (none if empty) or b"".

    Raises InvalidInput: ``bad_json`` for anything else, ``too_long`` for more than MAX_MESSAGES;
    apply none of them.
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
