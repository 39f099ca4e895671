"""Signs a person into a cookie or token, so that connecting writes nothing to any store."""

import base64
import binascii
import hashlib
import re
import secrets
from typing import Final

import msgspec
from msgspec.structs import replace
from tornado.web import create_signed_value, decode_signed_value

from chat.protocol.pushes import Person
from chat.rooms.names import is_allowed

_SIGNED_AS: Final = "parley_identity"  # the signature is valid for this purpose alone
MAX_AGE_DAYS: Final = 365  # browsers cap a cookie's life at 400 days (RFC 6265bis)

_GUEST: Final = "guest-"
_BOT: Final = "bot-"
# What a device's id begins with: a cookie says by itself whether its bearer has a password, so
# that a server without guests can check it without a lookup.
_MEMBERS: Final = "m-"
_GUESTS: Final = "g-"
_USER_ID: Final = re.compile(r"(guest|bot)-[0-9a-f]{16}")

_decoder: Final = msgspec.json.Decoder(Person)


def is_user_id(text: str) -> bool:
    """Return whether ``text`` can be the id of a user: this module makes all of them."""
    return _USER_ID.fullmatch(text) is not None


def is_bot(user: str) -> bool:
    """Return whether ``user`` is a program: a bot, or a webhook."""
    return user.startswith(_BOT)


def new_device(*, is_member: bool) -> str:
    """Return the id of a device on which somebody signs in."""
    return f"{_MEMBERS if is_member else _GUESTS}{secrets.token_hex(8)}"


def lasting_device(user: str, browser: str, number: int) -> str:
    """Return the id of a member's device that keeps nothing, and so is known by its name.

    ``number`` counts those that have the name, for a device that was ended does not come back.
    """
    name = f"{user}\0{browser}\0{number}".encode()
    return f"{_MEMBERS}{hashlib.blake2b(name, digest_size=8).hexdigest()}"


def is_guest(person: Person) -> bool:
    """Return whether ``person`` is signed in without an account of their own; bots have one."""
    return person.user.startswith(_GUEST) and not person.device.startswith(_MEMBERS)


def new_guest(now_s: int = 0) -> Person:
    """Return a guest who comes at ``now_s``.

    64 random bits tell guests apart, 16 of them make the name.
    """
    token = secrets.token_hex(8)
    return Person(user=f"{_GUEST}{token}", name=f"{_GUEST}{token[:4]}", since_s=now_s)


def with_allowed_name(person: Person) -> Person:
    """Return ``person``; a guest whose name, allowed once, is not now gets the first one back."""
    # Most guests have their first name, and checking a name takes longer than verifying a cookie.
    if not person.user.startswith(_GUEST) or person.name == (first := first_name(person.user)):
        return person
    return person if is_allowed(person.name) else replace(person, name=first)


def first_name(user: str) -> str:
    """Return the name that a guest with this id had at first."""
    return user[: len(_GUEST) + 4]


def sign(person: Person, secret: bytes) -> str:
    """Return the signed cookie value that identifies its bearer as ``person``."""
    return create_signed_value(secret, _SIGNED_AS, msgspec.json.encode(person)).decode()


def verify(cookie: str, secret: bytes) -> Person | None:
    """Return the person in ``cookie``; None if it is forged, expired or of another kind."""
    # We never made Tornado's form before version 2, which is weaker.
    value = decode_signed_value(
        secret, _SIGNED_AS, cookie, max_age_days=MAX_AGE_DAYS, min_version=2
    )
    if value is None:
        return None
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError:
        return None


def signed_at_s(cookie: str) -> int:
    """Return when a verified ``cookie`` was signed, in seconds since 1970."""
    return int(cookie.split("|")[2].rpartition(":")[2])


def from_token(token: str, secret: bytes) -> Person | None:
    """Return the person in ``token``, or None; accepts a cookie's value, too.

    Versions before 0.7 made such tokens for programs: a cookie's value in base64url.
    """
    if "|" in token:
        return verify(token, secret)
    try:
        value = base64.b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
        return verify(value.decode(), secret)
    except (binascii.Error, ValueError):
        return None
