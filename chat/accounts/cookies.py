"""The cookie in which a browser keeps its identity: its name, its path and its lifetime.

Browsers share cookies between the ports of a host (RFC 6265 section 8.5), so each server derives
its cookie's name from its secret: another Parley on another port does not overwrite it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from chat.accounts import identity
from chat.clock import Clock
from chat.protocol.pushes import Person

# The prefix of each name; for the previous version it is the whole name.
NAME: Final = "parley_identity"
# Prefixes over HTTPS. Browsers accept the first only with Secure, for this host alone and with
# Path=/ (RFC 6265bis section 4.1.3.2). So neither another host of the same domain nor an attacker
# on the network can plant an identity of theirs in our visitors' browsers. Below a base path it
# is not allowed; the second, used there, protects only against attackers on the network.
_HOST_ALONE: Final = "__Host-"
_SECURE: Final = "__Secure-"
_DIGITS: Final = 8  # 32 bits: two servers on one host do not get the same name
# Renewed once a day, so that a cookie expires MAX_AGE_DAYS after its last use, not its first.
RENEW_AFTER_S: Final = 86400.0


class Found(NamedTuple):
    """The person in a cookie. ``is_due``: send the cookie again, in its current form."""

    person: Person
    is_due: bool


class IdentityCookies:
    """Reads and writes identity cookies. ``base_path`` is the server's, empty or like ``/chat``."""

    def __init__(self, secret: bytes, clock: Clock, base_path: str = "") -> None:
        self._secret = secret
        self._clock = clock
        self._base_path = base_path
        self._name = name_of(secret, base_path)
        self._elsewhere = [name_of(secret, "")] if base_path else []

    def new_guest(self) -> Person:
        """Return a guest who comes now."""
        return identity.new_guest(int(self._clock.time()))

    def find(self, cookies: Mapping[str, str], *, is_secure: bool) -> Found | None:
        """Return the person in the first of ``cookies`` that this server signed."""
        current = self._current(is_secure)
        for name in (current, *self._older(is_secure)):
            if (cookie := cookies.get(name)) is None:
                continue
            if (person := identity.verify(cookie, self._secret)) is not None:
                known = identity.with_allowed_name(person)
                is_old = self._clock.time() - identity.signed_at_s(cookie) >= RENEW_AFTER_S
                return Found(known, is_old or known is not person or name != current)
        return None

    def issue(self, person: Person, *, is_secure: bool) -> list[str]:
        """Return the Set-Cookie values that sign a browser in as ``person``.

        This version reads the first. The other is for instances of the previous version: a user
        stays the same while both versions run side by side, and after a rollback.
        """
        names = [self._current(is_secure)]
        if not self._base_path:  # the previous version can't run below a path
            names.append(f"{_HOST_ALONE}{NAME}" if is_secure else NAME)
        value, max_age_s = identity.sign(person, self._secret), identity.MAX_AGE_DAYS * 86400
        return [self._header(name, value, max_age_s, is_secure) for name in names]

    def expire(self, cookies: Mapping[str, str], *, is_secure: bool) -> list[str]:
        """Return the Set-Cookie values that sign out; another server's older cookies stay."""
        ours = [
            name
            for name in self._older(is_secure)
            if name in cookies and identity.verify(cookies[name], self._secret) is not None
        ]
        return [self._header(name, "", 0, is_secure) for name in (self._current(is_secure), *ours)]

    def _current(self, is_secure: bool) -> str:
        if not is_secure:
            return self._name
        return f"{_SECURE if self._base_path else _HOST_ALONE}{self._name}"

    def _older(self, is_secure: bool) -> list[str]:
        """Return names from before HTTPS, a base path or this version: users stay the same."""
        plain = [*self._elsewhere, NAME]
        if not is_secure:
            return plain
        return [*(f"{_HOST_ALONE}{name}" for name in plain), self._name, *plain]

    def _header(self, name: str, value: str, max_age_s: int, is_secure: bool) -> str:
        path = f"{self._base_path}/" if name.endswith(self._name) else "/"
        secure = "; Secure" if is_secure else ""
        return f"{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"


def name_of(secret: bytes, base_path: str, prefix: str = NAME) -> str:
    """Return the name of this server's cookie of a kind: other servers have others."""
    code = hmac.digest(secret, b"cookie\0" + base_path.encode(), hashlib.sha256)
    return f"{prefix}_{code.hex()[:_DIGITS]}"
