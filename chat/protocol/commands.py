"""Decodes and checks the commands that clients send, in one pass. Pure.

Only the form of a command is checked here: types, and lengths that guard the parser. The service
checks what it means, such as a room's name or a text's length, and has the codes for that.
"""

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import UNSET, UnsetType

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.cursor import MAX_OFFSET
from chat.protocol.unicode.emoji import as_emoji

MAX_BATCH: Final = 100

# An id is echoed, so it must be short; keys and emoji are stored with every entry. The longest
# emoji has 10 code points; a text beyond the limit is rejected without looking it up.
Id = Annotated[str, msgspec.Meta(max_length=256)] | int | None
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
# As chat.files makes them: 16 random bytes. No other text ever becomes a part of a path.
FileId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
# A message with more pictures than a screen shows is an album, and better a few messages.
MAX_FILES: Final = 10
Files = Annotated[list[FileId], msgspec.Meta(max_length=MAX_FILES)]
Offset = Annotated[int, msgspec.Meta(ge=1, le=MAX_OFFSET)]
# Of a user; all that we give are shorter.
User = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
# Longer ones are refused unseen; the service says what is too long, and checks the rest.
Line = Annotated[str, msgspec.Meta(max_length=2000)]
# People in a room that is made for them, without the one who makes it: a talk, not an assembly.
MAX_DIRECT_OTHERS: Final = 9
# A day between two messages is as good as a lock.
MAX_SLOW_MODE_S: Final = 86_400
SlowMode = Annotated[int, msgspec.Meta(ge=0, le=MAX_SLOW_MODE_S)]
# An address may be an office's or a mobile network's: a day is enough for who is banned to give up.
MAX_ADDRESSES_S: Final = 86_400
AddressesFor = Annotated[int, msgspec.Meta(ge=0, le=MAX_ADDRESSES_S)]
# Messages or days: more than any log holds.
MAX_KEPT: Final = 1_000_000_000
Kept = Annotated[int, msgspec.Meta(ge=1, le=MAX_KEPT)]


class Command(msgspec.Struct, tag_field="type", tag=str.lower, kw_only=True):
    """A command. The client chooses ``id``; the reply repeats it."""

    id: Id = None


class Join(Command):
    room: str


class Leave(Command):
    room: str


class Send(Command, kw_only=True):
    """Says ``text``, which may be missing where there are ``files``: ids of uploads."""

    room: str
    text: str = ""
    key: Key
    reply_to: Offset | None = None
    files: Files = []


class Edit(Command):
    room: str
    offset: Offset
    text: str


class Delete(Command):
    room: str
    offset: Offset


class React(Command):
    room: str
    offset: Offset
    emoji: Emoji
    on: bool

    def __post_init__(self) -> None:
        emoji = as_emoji(self.emoji)
        if emoji is None:
            raise ValueError("A reaction is one emoji")
        self.emoji = emoji


class Read(Command):
    room: str
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)]


class Typing(Command):
    room: str


class Ping(Command):
    pass


class Create(Command):
    """Makes a room; ``room`` is the name of a public one, if it is not to be made of the title.

    The same ``key`` makes no other room, unless it is public.
    """

    title: Line
    access: Literal["public", "unlisted", "private"]
    topic: Line = ""
    room: str | None = None
    key: Key | None = None


class Direct(Command):
    """Opens the room of these users and oneself, the same for the same people."""

    users: Annotated[list[User], msgspec.Meta(min_length=1, max_length=MAX_DIRECT_OTHERS + 1)]


class Set(Command):
    """Changes the settings that are given. Of ``keep_…``, null means: as everywhere."""

    room: str
    title: Line | UnsetType = UNSET
    topic: Line | UnsetType = UNSET
    is_locked: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    slow_mode_s: SlowMode | UnsetType = UNSET
    keep_messages: Kept | None | UnsetType = UNSET
    keep_days: Kept | None | UnsetType = UNSET


class AboutPerson(Command):
    """A command about another person in a room."""

    room: str
    user: User


class Invite(AboutPerson):
    pass


class Kick(AboutPerson):
    reason: Line = ""


class Ban(AboutPerson):
    until: Line | None = None  # RFC 3339; None: for ever
    reason: Line = ""
    addresses_s: AddressesFor = 0


class Unban(AboutPerson):
    pass


class Mute(AboutPerson):
    until: Line | None = None  # RFC 3339; None: for ever; the past, or "": no longer
    reason: Line = ""


class Role(AboutPerson):
    role: Literal["owner", "moderator", "member"]


class Report(Command):
    room: str
    offset: Offset
    reason: Line = ""


OfRooms = Create | Direct | Set | Invite
OfOrder = Kick | Ban | Unban | Mute | Role
AnyCommand = (
    Join | Leave | Send | Edit | Delete | React | Read | Typing | Ping
    | Create | Direct | Set | Invite | Kick | Ban | Unban | Mute | Role | Report
)  # fmt: skip
TYPES: Final = frozenset(str(type_.__struct_config__.tag) for type_ in get_args(AnyCommand))


class _Envelope(msgspec.Struct):
    """The fields of every command; decoded only to say what is wrong with a bad one."""

    type: str
    id: Id = None


class BadCommand(InvalidInput):
    """A command could not be decoded; ``id`` is its id if that could be read."""

    def __init__(self, code: str, message: str, *, id: str | int | None = None) -> None:
        super().__init__(code, message)
        self.id = id


_decoder: Final[msgspec.json.Decoder[AnyCommand]] = msgspec.json.Decoder(AnyCommand)
_envelope: Final = msgspec.json.Decoder(_Envelope)
_batch: Final = msgspec.json.Decoder(list[msgspec.Raw])


def decode_command(data: bytes | str) -> AnyCommand:
    """Return the command in ``data`` (JSON, UTF-8). Unknown fields are ignored.

    Raises BadCommand: ``bad_json`` if it is not JSON, ``unknown_type``, or ``bad_command`` if a
    field is missing or of a wrong type.
    """
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _explained(data, error) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _no_json(error) from error


def split_batch(data: bytes) -> list[bytes]:
    """Return the commands in a request's body, still encoded; it is one object or an array.

    Raises BadCommand for an array that is empty or longer than MAX_BATCH; apply none of it.
    """
    if not data.lstrip(b" \t\r\n").startswith(b"["):
        return [data]
    try:
        batch = _batch.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _no_json(error) from error
    if not 0 < len(batch) <= MAX_BATCH:
        raise BadCommand(
            Code.BAD_COMMAND, f"Send 1 to {MAX_BATCH} commands at once, not {len(batch)}."
        )
    return [bytes(raw) for raw in batch]


def _explained(data: bytes | str, error: msgspec.ValidationError) -> BadCommand:
    try:
        envelope = _envelope.decode(data)
    except msgspec.ValidationError:
        return BadCommand(Code.BAD_COMMAND, f"A command is an object with a type: {error}.")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as worse:
        return _no_json(worse)  # after the wrong field, where the first pass stopped
    if envelope.type not in TYPES:
        known = ", ".join(sorted(TYPES))
        return BadCommand(
            Code.UNKNOWN_TYPE, f"There is no such command; there are {known}.", id=envelope.id
        )
    return BadCommand(Code.BAD_COMMAND, f"{error}.", id=envelope.id)


def _no_json(error: Exception) -> BadCommand:
    return BadCommand(Code.BAD_JSON, f"This is not JSON in UTF-8: {error}.")
