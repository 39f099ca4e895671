"""The headers of every answer, added centrally so that no handler can forget them. Pure."""

from collections.abc import Mapping
from typing import Final

# For an answer that sets no Cache-Control itself: its content depends on the user.
NOT_KEPT: Final = "Cache-Control: no-store\r\n"

SAFE_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",  # JSON never runs as a script
    "X-Frame-Options": "SAMEORIGIN",  # against clickjacking
    "Referrer-Policy": "same-origin",  # room names stay on this site
    "Cross-Origin-Resource-Policy": "same-origin",  # against side channels such as Spectre
}

# A year, as browsers' preload lists require. Subdomains, not included, may be another operator's.
HSTS: Final = "max-age=31536000"

_PLAIN: Final = "".join(f"{name}: {value}\r\n" for name, value in SAFE_HEADERS.items())
_SECURE: Final = f"{_PLAIN}Strict-Transport-Security: {HSTS}\r\n"


def safe_lines(protocol: str) -> str:
    """Return the header lines for a client that speaks ``protocol``, ``http`` or ``https``.

    Over plain HTTP a browser ignores Strict-Transport-Security (RFC 6797 section 8.1), because
    anyone on the path could have written it.
    """
    return _SECURE if protocol == "https" else _PLAIN
