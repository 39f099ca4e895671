"""The form in which the table ``entries`` holds a message's body: some half of its JSON.

Everywhere else a body is the JSON of chat.protocol.entries, and each read and write of the column
``body`` goes through this module. A message is a MessagePack array: it has no names of fields, the
time as a number, and no HTML where that is the text in a paragraph. It is not compressed, so that
the removal of a deleted text can be seen in the files. All other bodies, and messages that earlier
versions have stored, are JSON there, too.

What is stored stays: this form must be readable for ever. A field that is added to MessageBody
goes to ``rest``.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET

from chat.protocol.entries import Body, MessageBody, decode_body

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  in UTC, as all times here
_MS: Final = timedelta(milliseconds=1)
_FRACTIONS: Final = {f".{ms:03}Z": ms for ms in range(1000)}


class _Packed(msgspec.Struct, array_like=True):
    time: int | str  # in ms since 1970; as it is if it is written in another way
    user: str
    name: str
    skeleton: str | None
    key: str
    text: str
    html: str | None  # None: the text in a paragraph
    rest: dict[str, Any]  # by name, in the order of the JSON


_packer: Final = msgspec.msgpack.Encoder()
_unpacker: Final = msgspec.msgpack.Decoder(_Packed)
_encoder: Final = msgspec.json.Encoder()
# How an array of eight begins (github.com/msgpack/msgpack/blob/master/spec.md); no JSON does.
_BEGIN: Final = b"\x98"
# The fields that most messages do not have.
_OPTIONAL: Final = tuple(
    field.name
    for field in msgspec.structs.fields(MessageBody)
    if not field.required and field.name != "skeleton"
)
_values_of: Final = attrgetter(*_OPTIONAL)
_DEFAULTS: Final = _values_of(MessageBody(user="", name="", time="", key="", text="", html=""))


def pack(body: Body) -> bytes:
    """Return ``body`` as it is stored."""
    if not isinstance(body, MessageBody):
        return body.encode()
    values = _values_of(body)
    packed = (
        _in_ms(body.time),
        body.user,
        body.name,
        None if body.skeleton is UNSET else body.skeleton,
        body.key,
        body.text,
        None if body.html == _in_a_paragraph(body.text) else body.html,
        {} if values == _DEFAULTS else _rest(values),
    )
    try:
        return _packer.encode(packed)
    except OverflowError:  # a number above 64 bits, as only a restored message may have
        return body.encode()


def pack_encoded(kind: str, encoded: bytes) -> bytes:
    """Return ``encoded``, the body of an entry of ``kind`` from elsewhere, as it is stored.

    A message that this version would encode in another way is stored as it is, so that it keeps
    what only another version knows.
    """
    if kind != MessageBody.kind:
        return encoded
    try:
        body = decode_body(kind, encoded)
        packed = encoded if body is None else pack(body)
    except msgspec.MsgspecError:  # no message of this version
        return encoded
    return packed if unpack(packed) == encoded else encoded


def unpack(stored: bytes) -> bytes:
    """Return a stored body in JSON, the same bytes as before it was packed."""
    if not stored.startswith(_BEGIN):
        return stored
    packed = _unpacker.decode(stored)
    fields = {
        "key": packed.key,
        "text": packed.text,
        "html": _in_a_paragraph(packed.text) if packed.html is None else packed.html,
        **packed.rest,
        "user": packed.user,
        "name": packed.name,
    }
    if packed.skeleton is not None:
        fields["skeleton"] = packed.skeleton
    fields["time"] = packed.time if isinstance(packed.time, str) else _in_words(packed.time)
    return _encoder.encode(fields)


def _rest(values: Sequence[Any]) -> dict[str, Any]:
    fields = zip(_OPTIONAL, values, _DEFAULTS, strict=True)
    return {name: value for name, value, default in fields if value != default}


def _in_a_paragraph(text: str) -> str:
    """Return the HTML of most texts: a part of the stored form, whatever chat.rooms.markup does."""
    return f"<p>{text}</p>"


def _in_ms(time: str) -> int | str:
    """Return ``time`` in ms since 1970, or as it is if ``_in_words`` would write it otherwise."""
    second_ms, ms = _second_in_ms(time[:19]), _FRACTIONS.get(time[19:])
    return time if second_ms is None or ms is None else second_ms + ms


@lru_cache(maxsize=16)  # shared by the messages of a second, as it takes as long as all the rest
def _second_in_ms(second: str) -> int | None:
    try:
        ms = (datetime.fromisoformat(second) - _EPOCH) // _MS
    except (ValueError, TypeError):  # no time, or one with a zone
        return None
    return ms if _in_words(ms) == f"{second}.000Z" else None


def _in_words(ms: int) -> str:
    return (_EPOCH + ms * _MS).isoformat(timespec="milliseconds") + "Z"
