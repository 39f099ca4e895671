"""Parses header and trailer lines strictly (RFC 9112 section 5). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from chat.http.messages import Header, Refusal, malformed

MAX_HEADERS: Final = 100  # a browser sends 20 and proxies add 10; each takes more than its bytes

TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"  # RFC 9110 section 5.6.2
# No space before the colon, no line folding, no control characters in a value. The quantifiers
# are possessive, so that the expression never backtracks.
_LINE: Final = re.compile(
    rb"^(%b++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n" % TOKEN, re.MULTILINE
)

# Bytes that no head and no trailers may contain; checked before their end has arrived.
_FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]|(?<!\r)\n")


def read_fields(lines: bytes, *, at_most: int = MAX_HEADERS) -> Sequence[Header]:
    """Return the fields in ``lines``, each of which ends with CRLF. Raises Refusal."""
    found = _LINE.findall(lines)
    if len(found) > at_most:
        raise Refusal(431, f"A request has at most {MAX_HEADERS} headers.")
    if len(found) != lines.count(b"\n"):  # some line is not a valid field
        raise malformed()
    if b" \r" in lines or b"\t\r" in lines:  # no part of a value (RFC 9112 section 5.1)
        return [(name, value.rstrip(b" \t")) for name, value in found]
    return found


def fields_by_name(
    fields: Sequence[Header], names: frozenset[bytes]
) -> Mapping[bytes, Sequence[bytes]]:
    """Return the values of the fields called ``names``, which are in lower case."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        if (name := name.lower()) in names:
            found.setdefault(name, []).append(value)
    return found


def check_begun(data: bytes, at: int) -> None:
    """Raise Refusal if ``data`` from ``at`` on, the new bytes, can't be part of fields.

    Else a client that speaks something other than HTTP would be answered only after the deadline.
    """
    if _FORBIDDEN.search(data, at):
        raise malformed()
