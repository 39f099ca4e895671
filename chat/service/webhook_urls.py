"""Which addresses the receivers of webhooks may have, as far as an address itself tells. Pure.

What its host resolves to is checked with each request: it may change.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from chat.errors import InvalidInput
from chat.net.public_addresses import Destinations, may_be_port
from chat.protocol.codes import Code

MAX_URL_CHARACTERS: Final = 1024
_URL: Final = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?")


def check_url(url: str, destinations: Destinations) -> str:
    """Return ``url`` as it is stored. Raises InvalidInput, which says what to give."""
    if len(url) > MAX_URL_CHARACTERS:
        raise InvalidInput(Code.TOO_LONG, f"A URL has at most {MAX_URL_CHARACTERS} characters.")
    url = url.strip()
    if not _URL.fullmatch(url):
        raise _wrong("Give a URL like https://hooks.example/parley, in ASCII.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _wrong("Give a URL with a host and, if it needs one, a port up to 65535.") from error
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise _wrong("Give the URL without a user and a password: check the signature instead.")
    if parts.fragment:
        raise _wrong("Give the URL without what follows a #: it is not sent.")
    is_secure = parts.scheme.lower() == "https"
    if not is_secure and not destinations.allowed:
        raise _wrong("Give an https: URL.")
    if port == 0:
        raise _wrong("Give a port from 1 to 65535.")
    port = port or (443 if is_secure else 80)
    address = _address(host)
    if address is None and not _HOST.fullmatch(host):
        raise _wrong("Give a URL with the name of a host, in ASCII.")
    if address is not None and not destinations.has(address, port, is_secure=is_secure):
        raise _wrong("This server sends to addresses of the internet only, at 443 or above 1023.")
    if address is None and not destinations.allowed and not may_be_port(port):
        raise _wrong("Give a port that webhooks may be sent to: 443, or one above 1023.")
    return url


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _wrong(what: str) -> InvalidInput:
    return InvalidInput(Code.BAD_COMMAND, what)
