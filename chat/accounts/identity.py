"""A person in a signed cookie or token, so that connecting writes nothing to any store."""

import base64
import binascii
import secrets
from typing import Final

import msgspec
from tornado.web import create_signed_value, decode_signed_value

from chat.protocol.pushes import Person
from chat.rooms.names import is_allowed

COOKIE: Final = "parley_identity"
# Over HTTPS, where browsers take this name only with Secure, for this very host and all of its
# paths (RFC 6265bis section 4.1.3.2): no neighbour below the same domain, and nobody on the wire,
# can give our visitors an identity of theirs.
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
MAX_AGE_DAYS: Final = 365  # browsers cap a cookie's life at 400 days (RFC 6265bis)

_GUEST: Final = "guest-"

_decoder: Final = msgspec.json.Decoder(Person)


def new_guest() -> Person:
    """Return somebody new. 64 random bits tell guests apart, 16 of them make the name."""
    token = secrets.token_hex(8)
    return Person(user=f"{_GUEST}{token}", name=f"{_GUEST}{token[:4]}")


def with_allowed_name(person: Person) -> Person:
    """Return ``person``; a guest whose name is not allowed (any more) is called as at first.

    Cookies live for a year, and may say names that an older version let pass.
    """
    if is_allowed(person.name) or not person.user.startswith(_GUEST):
        return person
    return Person(user=person.user, name=person.user[: len(_GUEST) + 4])


def new_bot(name: str) -> Person:
    """Return somebody new whom a program plays."""
    return Person(user=f"bot-{secrets.token_hex(8)}", name=name)


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


def to_token(person: Person, secret: bytes) -> str:
    """Return what says the same in an Authorization header (RFC 6750 section 2.1)."""
    return base64.urlsafe_b64encode(sign(person, secret).encode()).decode().rstrip("=")


def from_token(token: str, secret: bytes) -> Person | None:
    """Return whom we gave ``token``, or None; a cookie's value will do, too."""
    if "|" in token:
        return verify(token, secret)
    try:
        value = base64.b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True)
        return verify(value.decode(), secret)
    except (binascii.Error, ValueError):
        return None


def cookie_names(*, is_secure: bool) -> tuple[str, ...]:
    """Return the names of the cookie, the one that counts first.

    Who was here before the site had HTTPS stays who they are, and is given the other name.
    """
    return (SECURE_COOKIE, COOKIE) if is_secure else (COOKIE,)


def cookie_header(person: Person, secret: bytes, *, is_secure: bool) -> str:
    """Return the Set-Cookie header's value; ``is_secure`` keeps it off plain HTTP."""
    name = cookie_names(is_secure=is_secure)[0]
    return _set_cookie(name, sign(person, secret), MAX_AGE_DAYS * 86400, is_secure=is_secure)


def forgetting_headers(*, is_secure: bool) -> list[str]:
    """Return the Set-Cookie headers after which a browser has no identity any more."""
    names = cookie_names(is_secure=is_secure)
    return [_set_cookie(name, "", 0, is_secure=is_secure) for name in names]


def _set_cookie(name: str, value: str, max_age_s: int, *, is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    return f"{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
