"""All codes of the wire: error codes, and reasons for ending an attachment."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Code(StrEnum):
    """The reason a command failed. docs/protocol.md lists the codes; a test compares."""

    BAD_JSON = "bad_json"
    BAD_COMMAND = "bad_command"
    UNKNOWN_TYPE = "unknown_type"
    BAD_ROOM = "bad_room"
    NO_SUCH_ROOM = "no_such_room"
    NOT_MEMBER = "not_member"
    NO_SUCH_FILE = "no_such_file"
    NO_SUCH_HOOK = "no_such_hook"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    COOKIE_MISSING = "cookie_missing"
    MUTED = "muted"
    BANNED = "banned"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    RATE_LIMITED = "rate_limited"
    KEY_CONFLICT = "key_conflict"
    NAME_TAKEN = "name_taken"
    UNAVAILABLE = "unavailable"


# The HTTP status (RFC 9110 section 15) of an answer with this code.
HTTP_STATUS: Final[Mapping[str, int]] = {
    Code.BAD_JSON: 400,
    Code.BAD_COMMAND: 400,
    Code.UNKNOWN_TYPE: 400,
    Code.BAD_ROOM: 400,
    Code.NO_SUCH_ROOM: 404,
    Code.NOT_MEMBER: 403,
    Code.NO_SUCH_FILE: 404,
    Code.NO_SUCH_HOOK: 404,
    Code.FORBIDDEN: 403,
    Code.UNAUTHORIZED: 401,
    Code.COOKIE_MISSING: 401,
    Code.MUTED: 403,
    Code.BANNED: 403,
    Code.TOO_LONG: 413,
    Code.EMPTY: 400,
    Code.RATE_LIMITED: 429,
    Code.KEY_CONFLICT: 409,
    Code.NAME_TAKEN: 409,
    Code.UNAVAILABLE: 503,
}


class Disconnect(NamedTuple):
    """Why the server ends an attachment. 4000-4499 advise to reconnect, 4500-4999 not to."""

    code: int
    reason: str  # at most 123 bytes of UTF-8: what fits in a close frame (RFC 6455 section 5.5)


SHUTDOWN: Final = Disconnect(4000, "this instance is stopping")
SLOW_CONSUMER: Final = Disconnect(4001, "slow consumer: resume from your cursor")
GAP: Final = Disconnect(4002, "an entry was missed: resume from your cursor")
FAILED: Final = Disconnect(4003, "the log could not be read: resume from your cursor")
ADVISED: Final = Disconnect(4004, "too slow for a stream: come back by the transport advised")
REPLACED: Final = Disconnect(4500, "replaced by a newer attach of this session")
REFUSED: Final = Disconnect(4501, "what was asked for can't be had; the error says why")
SIGNED_OUT: Final = Disconnect(4502, "signed out: come back as a new guest")
BANNED: Final = Disconnect(4503, "banned; the error says until when")

DISCONNECTS: Final = (
    SHUTDOWN, SLOW_CONSUMER, GAP, FAILED, ADVISED, REPLACED, REFUSED, SIGNED_OUT, BANNED,
)  # fmt: skip
