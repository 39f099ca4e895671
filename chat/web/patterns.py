"""The valid values of fields, as patterns of JSON Schema (ECMA 262), for /openapi.json.

They are for tools that make requests. If a rule is finer than a pattern can express, values that
match the pattern are accepted except in rare cases; the rules themselves are in chat.rooms.
"""

from typing import Final

from chat.protocol.cursor import ROOM_PATTERN
from chat.rooms.names import BLANKS

# A number up to 999,999,999,999,999, which every store holds.
_POSITION: Final = rf"({ROOM_PATTERN}):[a-z0-9]{{1,16}}:(?:0|[1-9][0-9]{{0,14}})"
_POSITION_TOO: Final = _POSITION.replace("(" + ROOM_PATTERN, "(?:" + ROOM_PATTERN)

ROOM: Final = f"^{ROOM_PATTERN}$"
ROOM_OR_NONE: Final = f"^(?:{ROOM_PATTERN})?$"
# Without the prefixes of rooms that are not public.
PUBLIC_ROOM: Final = f"^(?![upd]-){ROOM_PATTERN}$"
ROOMS: Final = f"^(?:{ROOM_PATTERN}(?:,{ROOM_PATTERN}){{0,99}})?$"
# Each room at most once: none occurs again after its position.
CURSOR: Final = rf"^(?!(?:.*,)?{_POSITION},(?:.*,)?\1:)(?:{_POSITION_TOO}(?:,{_POSITION_TOO})*)?$"
# At least one visible character, and no NUL. Blanks, controls, combining marks, ignorable
# characters and those for private use are not visible.
_DRAWS_NOTHING: Final = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u0300-\u036f\u0483-\u0489\u0600-\u0605\u061c\u06dd\u070f"
    r"\u0890-\u0891\u08e2\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u20d0-\u20f0\u2800\u3000\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    r"\uffa0\ufff0-\ufffc" + "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
TEXT: Final = rf"^[^\u0000]*[^{_DRAWS_NOTHING}][^\u0000]*$"
# Up to 32 characters of the most common scripts, and emoji; the server accepts others as well.
_IN_NAMES: Final = (
    r"!-~\u00a1-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a"
    r"\u0904-\u0939\u0e01-\u0e30\u10d0-\u10f0\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2100-\u218b"
    r"\u2190-\u2426\u2460-\u27ff\u2801-\u2b73\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff"
    r"\ua000-\ua48c\uac00-\ud7a3"
    + "\U0001f300-\U0001f64f\U0001f680-\U0001f6d2\U0001f900-\U0001f9ff"
    "\U00020000-\U0002a6df\U0002a700-\U0002b738"
)
NAME: Final = rf"^(?=[\s\S]{{1,32}}$)[{BLANKS}]*[{_IN_NAMES}][{_IN_NAMES}{BLANKS}]*$"
