"""Recognises a browser in which somebody has signed in before, by a cookie that outlives that.

Wrong passwords from there are counted apart from those of the rest of the world: so nobody can
keep a member out by guessing their password (OWASP calls it a device cookie). The cookie lets
nobody in.
"""

import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

from tornado.web import create_signed_value, decode_signed_value

from chat.accounts.cookies import name_of

_NAME: Final = "parley_known"
_MAX_AGE_DAYS: Final = 365


class Known(NamedTuple):
    """A browser, by a random id, in which ``user`` has signed in before."""

    user: str
    browser: str


class KnownBrowsers:
    """Reads and writes the cookies. ``base_path`` is the server's, empty or like ``/chat``."""

    def __init__(self, secret: bytes, base_path: str = "") -> None:
        self._secret = secret
        self._path = f"{base_path}/"
        self._name = name_of(secret, base_path, _NAME)

    def find(self, cookies: Mapping[str, str], *, is_secure: bool) -> Known | None:
        cookie = cookies.get(self._name_at(is_secure))
        if cookie is None:
            return None
        value = decode_signed_value(
            self._secret, _NAME, cookie, max_age_days=_MAX_AGE_DAYS, min_version=2
        )
        if value is None:
            return None
        user, _, browser = value.decode().partition(" ")
        return Known(user, browser)

    def issue(self, user: str, *, is_secure: bool) -> str:
        """Return the Set-Cookie value by which a browser is known as one of ``user``."""
        value = create_signed_value(self._secret, _NAME, f"{user} {secrets.token_hex(8)}").decode()
        secure = "; Secure" if is_secure else ""
        return (
            f"{self._name_at(is_secure)}={value}; Path={self._path}; "
            f"Max-Age={_MAX_AGE_DAYS * 86400}; HttpOnly; SameSite=Lax{secure}"
        )

    def _name_at(self, is_secure: bool) -> str:
        return f"__Secure-{self._name}" if is_secure else self._name
