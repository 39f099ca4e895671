"""Checks the names of files, which people see and browsers save under. Pure."""

from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.titles import check_line

MAX_NAME_CHARACTERS: Final = 200
_UNNAMED: Final = "file"


def check_file_name(name: str) -> str:
    """Return ``name`` as it is stored, and ``file`` for an empty one.

    Raises InvalidInput: ``too_long``; ``bad_command`` for paths, and for characters that deform
    what stands around them.
    """
    name = check_line(name, "A file's name", MAX_NAME_CHARACTERS) or _UNNAMED
    if name in (".", "..") or "/" in name or "\\" in name:
        raise InvalidInput(Code.BAD_COMMAND, "A file's name is no path.")
    return name
