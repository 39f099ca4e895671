"""Why a backplane refuses: every one in the same words."""

from typing import Final

from chat.errors import Conflict, Refused
from chat.protocol.codes import Code
from chat.rooms.permissions import no_such_room, not_member

_MESSAGES: Final = {
    Code.KEY_CONFLICT: "This key was used for another text; take a new key for a new message.",
    Code.FORBIDDEN: "Everybody is in {room}; it can't be left or removed.",
}

# The other change is stored by then.
_CONFLICT_RETRY_MS: Final = 100


def conflict() -> Conflict:
    """Return the error of a draft whose records have changed."""
    message = "Somebody else has just changed the same; try again."
    return Conflict(Code.UNAVAILABLE, message, retry_ms=_CONFLICT_RETRY_MS)


def refused(code: Code, room: str) -> Refused:
    """Return the error that says why ``room`` is not read, written or left.

    Where only members may know of the room, ``not_member`` becomes ``no_such_room``.
    """
    if code is Code.NO_SUCH_ROOM:
        return no_such_room(room)
    if code is Code.NOT_MEMBER:
        return not_member(room)
    return Refused(code, _MESSAGES[code].format(room=room))
