"""What every answer says beside what its handler does, so that no handler can forget it. Pure."""

from collections.abc import Mapping
from typing import Final

# For an answer that says nothing else of itself. Who asks for it decides what it is.
NOT_KEPT: Final = "Cache-Control: no-store\r\n"

SAFE_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",  # JSON is no script, whoever names it as one
    "X-Frame-Options": "SAMEORIGIN",  # nobody lays a page of theirs over ours
    "Referrer-Policy": "same-origin",  # a room's name is nobody's business elsewhere
    "Cross-Origin-Resource-Policy": "same-origin",  # nor read by side channels, as Spectre's
}

# A year, as browsers' own lists ask. Not includeSubDomains: those are not ours to speak for.
HSTS: Final = "max-age=31536000"

_PLAIN: Final = "".join(f"{name}: {value}\r\n" for name, value in SAFE_HEADERS.items())
_SECURE: Final = f"{_PLAIN}Strict-Transport-Security: {HSTS}\r\n"


def safe_lines(protocol: str) -> str:
    """Return the lines for an answer to who speaks ``protocol``, ``http`` or ``https``.

    By plain HTTP a browser ignores Strict-Transport-Security (RFC 6797 section 8.1), and whoever
    stands between could have written it.
    """
    return _SECURE if protocol == "https" else _PLAIN
