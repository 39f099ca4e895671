"""What the store has of people, and its keys: records of the log of the whole site. Pure."""

from typing import Any, Final, TypeVar

import msgspec

from chat.protocol.unicode.skeleton import skeleton
from chat.rooms.roles import ServerRole

T = TypeVar("T", bound=msgspec.Struct)

SITE: Final = "site"
OWNERS: Final = "owners"
SETUP: Final = "setup"
ACCOUNT: Final = "account/"
INVITE: Final = "invite/"
BOT: Final = "bot/"
BOTS: Final = "bots"  # another value whenever a bot is made, changed or ended


class Record(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A record; times are in whole seconds since 1970."""


class Account(Record, frozen=True):
    """A person who has signed up, or a guest with several devices: then without a password."""

    name: str
    role: ServerRole
    password: str = ""  # its hash, by chat.accounts.passwords
    made_s: int = 0
    disabled: str | None = None  # the reason, if they may not sign in
    link: str = ""  # the hash of the newest link for one more device
    reset: str = ""  # the hash of the newest link for another password


class Device(Record, frozen=True):
    """A browser in which somebody is signed in."""

    name: str
    made_s: int


class Invite(Record, frozen=True):
    """A link by which people sign up, also where that takes an invitation."""

    by: str  # a user
    until_s: int
    uses: int = 1  # how many are left
    made_s: int = 0


class RoomLink(Record, frozen=True):
    """A link by which ``by``, called ``name``, invites others to a room."""

    room: str
    by: str
    name: str
    uses: int
    until_s: int


class Bot(Record, frozen=True):
    """A program, beside the account with its name; ``rooms``: None for all.

    ``token`` is a hash; "" once it is ended. ``device`` is what blocks name it by.
    """

    name: str
    token: str
    device: str
    scopes: list[str]
    rooms: list[str] | None
    by: str  # a user; "" for the operator
    made_s: int


class Hook(Record, frozen=True):
    """An incoming webhook: an address by which another service speaks in ``room`` as ``name``."""

    room: str
    name: str
    by: str  # a user
    made_s: int


class Link(Record, frozen=True):
    """A link that does something for ``user``, once: one more device, or another password."""

    user: str
    until_s: int
    name: str = ""  # of a guest: the name that goes along


class Setup(Record, frozen=True):
    """The codes by which the first owner may sign up, as hashes."""

    codes: list[str]


class Site(Record, frozen=True):
    """What owners have chosen for the whole site; None: as the server's settings say."""

    name: str | None = None
    about: str | None = None
    guests: str | None = None
    sign_up: str | None = None


class Owners(Record, frozen=True):
    """The users who are owners of the site: in one record, so that one always stays."""

    users: list[str]


class Passkey(Record, frozen=True):
    """A passkey (W3C Web Authentication); ``count`` is its signature counter."""

    user: str
    key: str  # public, in base64url
    count: int


class PasskeyName(Record, frozen=True):
    """A passkey as its user lists it."""

    name: str
    made_s: int


def account(user: str) -> str:
    return f"{ACCOUNT}{user}"


def name(name: str) -> str:
    """Return the key of the record that says which member has ``name`` or one that looks like it.

    Its value is the user's id.
    """
    return f"name/{skeleton(name)}"


def devices(user: str) -> str:
    """Return what the keys of the devices of ``user`` begin with."""
    return f"device/{user}/"


def device(user: str, id: str) -> str:
    return f"{devices(user)}{id}"


def invite(hash: str) -> str:
    return f"{INVITE}{hash}"


def link(hash: str) -> str:
    return f"link/{hash}"


def room_link(hash: str) -> str:
    return f"room-link/{hash}"


def newest_room_link(user: str, room: str) -> str:
    """Return the key of the hash of the newest link of ``user`` for ``room``."""
    return f"room-link-of/{user}/{room}"


def bot(user: str) -> str:
    return f"{BOT}{user}"


def hook(id: str) -> str:
    """Return the key of the webhook ``id``, which is the hash of the code in its address."""
    return f"hook/{id}"


def hooks_of(room: str) -> str:
    """Return what the keys of records for the webhooks of ``room`` begin with."""
    return f"hook-of/{room}/"


def hook_of(room: str, id: str) -> str:
    return f"{hooks_of(room)}{id}"


def reset(hash: str) -> str:
    return f"reset/{hash}"


def passkey(credential: str) -> str:
    return f"passkey/{credential}"


def passkeys(user: str) -> str:
    """Return what the keys of the passkeys of ``user`` begin with; each is another's name."""
    return f"passkey-of/{user}/"


def encode(record: Record) -> bytes:
    return msgspec.json.encode(record)


def decode(value: bytes, type_: type[T]) -> T:
    """Return a stored record. Fields that only a newer version knows are left out."""
    return msgspec.json.decode(value, type=type_)


def changed(record: T, **fields: Any) -> T:
    return msgspec.structs.replace(record, **fields)
