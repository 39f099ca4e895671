"""The cookie in which a browser keeps its identity: its name, its path, how long it lives.

Cookies don't tell ports apart (RFC 6265 section 8.5), so each server's has a name of its own, by
its secret: another Parley on the same host, on another port, does not overwrite it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

from chat.accounts import identity
from chat.clock import Clock
from chat.protocol.pushes import Person

# How each name begins; and the whole of it for the version before, which knows no other.
NAME: Final = "parley_identity"
# Over HTTPS: browsers take the first with Secure alone, for this very host and all of its paths
# (RFC 6265bis section 4.1.3.2), so that no neighbour below the same domain, and nobody on the
# wire, can give our visitors an identity of theirs. Below a path it can't be had, and the second
# only keeps off who is on the wire.
_HOST_ALONE: Final = "__Host-"
_SECURE: Final = "__Secure-"
_DIGITS: Final = 8  # 32 bits: two servers on one host don't meet
# It lives for as long after the last day on which it was used, not after the first.
RENEW_AFTER_S: Final = 86400.0


class Found(NamedTuple):
    """``is_due``: the browser is to be given the cookie again, in its present form."""

    person: Person
    is_due: bool


class IdentityCookies:
    """``base_path`` is the path below which the server is reached, empty or like ``/chat``."""

    def __init__(self, secret: bytes, clock: Clock, base_path: str = "") -> None:
        self._secret = secret
        self._clock = clock
        self._base_path = base_path
        self._name = _name_of(secret, base_path)
        self._elsewhere = [_name_of(secret, "")] if base_path else []

    def find(self, cookies: Mapping[str, str], *, is_secure: bool) -> Found | None:
        """Return who the first of ``cookies`` that we signed says it is."""
        current = self._current(is_secure)
        for name in (current, *self._older(is_secure)):
            if (cookie := cookies.get(name)) is None:
                continue
            if (person := identity.verify(cookie, self._secret)) is not None:
                known = identity.with_allowed_name(person)
                is_old = self._clock.time() - identity.signed_at_s(cookie) >= RENEW_AFTER_S
                return Found(known, is_old or known is not person or name != current)
        return None

    def giving(self, person: Person, *, is_secure: bool) -> list[str]:
        """Return the Set-Cookie headers' values after which a browser is ``person``.

        The first counts here. The other is for instances of the version before: so one is the
        same on both while they stand side by side, and where one goes back to it.
        """
        names = [self._current(is_secure)]
        if not self._base_path:  # below which that version can't be
            names.append(f"{_HOST_ALONE}{NAME}" if is_secure else NAME)
        value, max_age_s = identity.sign(person, self._secret), identity.MAX_AGE_DAYS * 86400
        return [self._header(name, value, max_age_s, is_secure) for name in names]

    def forgetting(self, cookies: Mapping[str, str], *, is_secure: bool) -> list[str]:
        """Return the Set-Cookie headers' values after which it is nobody here any more.

        What is under an older name may be another server's, and is then left alone.
        """
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
        """Return the other names that it may have: who was here before stays who they are.

        The server had no HTTPS, no path, or an older version.
        """
        plain = [*self._elsewhere, NAME]
        if not is_secure:
            return plain
        return [*(f"{_HOST_ALONE}{name}" for name in plain), self._name, *plain]

    def _header(self, name: str, value: str, max_age_s: int, is_secure: bool) -> str:
        path = f"{self._base_path}/" if name.endswith(self._name) else "/"
        secure = "; Secure" if is_secure else ""
        return f"{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"


def _name_of(secret: bytes, base_path: str) -> str:
    code = hmac.digest(secret, b"cookie\0" + base_path.encode(), hashlib.sha256)
    return f"{NAME}_{code.hex()[:_DIGITS]}"
