"""Guests: a person in a signed cookie, so that connecting writes nothing to any store."""

import secrets
from typing import Final

import msgspec
from tornado.web import create_signed_value, decode_signed_value

from chat.protocol.pushes import Person

COOKIE: Final = "parley_identity"
MAX_AGE_DAYS: Final = 365  # browsers cap a cookie's life at 400 days (RFC 6265bis)

_decoder: Final = msgspec.json.Decoder(Person)


def new_guest() -> Person:
    """Return somebody new. 64 random bits tell guests apart, 16 of them make the name."""
    token = secrets.token_hex(8)
    return Person(user=f"guest-{token}", name=f"guest-{token[:4]}")


def sign(person: Person, secret: bytes) -> str:
    """Return the cookie that says that its bearer is ``person``."""
    return create_signed_value(secret, COOKIE, msgspec.json.encode(person)).decode()


def verify(cookie: str, secret: bytes) -> Person | None:
    """Return the person that we signed for, or None: forged, expired or of another kind."""
    value = decode_signed_value(
        secret,
        COOKIE,
        cookie,
        max_age_days=MAX_AGE_DAYS,
        min_version=2,  # we never made Tornado's older form, which is weaker
    )
    if value is None:
        return None
    try:
        return _decoder.decode(value)
    except msgspec.DecodeError:
        return None


def cookie_header(person: Person, secret: bytes, *, is_secure: bool) -> str:
    """Return the Set-Cookie header's value; ``is_secure`` keeps it off plain HTTP."""
    secure = "; Secure" if is_secure else ""
    return (
        f"{COOKIE}={sign(person, secret)}; Path=/; Max-Age={MAX_AGE_DAYS * 86400}"
        f"; HttpOnly; SameSite=Lax{secure}"
    )
