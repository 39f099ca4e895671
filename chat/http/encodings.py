"""Chooses how an answer is compressed, and which answers may be. Pure.

The length of a compressed answer tells an observer of the network which text it repeats. If
another site's page can make a browser send many requests, each with a guess in it, it learns from
the lengths what else the answer contains (BREACH: breachattack.com). So an answer that depends on
the user is never compressed, except pages that no other site's page has requested.
"""

import gzip
from collections.abc import Mapping, Sequence
from typing import Final

import brotli

# Best first.
ENCODINGS: Final = ("br", "gzip")
# Below this, the headers are most of the answer, and it fits into one packet anyway.
MIN_BYTES: Final = 256
# Compressing a longer page would block the event loop for more than some ten milliseconds.
MAX_PAGE_BYTES: Final = 1 << 20
# Files are compressed once, pages for each request. At these levels the page of a full room takes a
# millisecond. Brotli, which remembers more than gzip's 32 KiB, finds in the page's markup the
# messages that its scripts have, too: a quarter less.
_PAGE_LEVELS: Final = {"br": 5, "gzip": 4}
FILE_LEVEL = 11  # of Brotli


def choose(accepted: str, among: Sequence[str] = ENCODINGS) -> str:
    """Return the encoding an Accept-Encoding header prefers, or "" (RFC 9110 section 12.5.3)."""
    weights = dict(weighed(part) for part in accepted.lower().split(","))
    of_others = weights.get("*", 0.0)
    best = max(among, key=lambda name: weights.get(name, of_others))
    weight = weights.get(best, of_others)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def compress(content: bytes, encoding: str) -> bytes | None:
    """Return ``content`` in ``encoding``, as small as possible; None if that saves nothing.

    Takes some milliseconds for a large script.
    """
    if len(content) < MIN_BYTES:
        return None
    encoded = _brotli(content, FILE_LEVEL) if encoding == "br" else gzip.compress(content, mtime=0)
    return encoded if len(encoded) < len(content) else None


def compress_page(
    content: bytes, headers: Mapping[str, str], *, is_secure: bool
) -> tuple[str, bytes] | None:
    """Return an encoding and a page in it, or None if a request with ``headers`` may have none."""
    if not MIN_BYTES <= len(content) <= MAX_PAGE_BYTES:
        return None
    encoding = choose(headers.get("Accept-Encoding", ""))
    if not encoding:
        return None
    # Over HTTPS every browser that can run the page sends Sec-Fetch-Site. Over plain HTTP not all
    # do, but there an attacker who can measure lengths can read the answer itself.
    site = headers.get("Sec-Fetch-Site", "" if is_secure else "none")
    if site not in ("same-origin", "none"):
        return None
    level = _PAGE_LEVELS[encoding]
    if encoding == "br":
        return encoding, _brotli(content, level)
    return encoding, gzip.compress(content, level, mtime=0)


def _brotli(content: bytes, level: int) -> bytes:
    encoded = brotli.compress(content, quality=level)
    assert isinstance(encoded, bytes)
    return encoded


def weighed(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";")
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return name.strip(), weight if 0 <= weight <= 1 else 0.0
