"""How an answer is compressed, and which may be. Pure.

A length tells an onlooker of the line what compression found twice. Where a page elsewhere can
have a browser ask again and again, with a guess of its own in each request, it finds out so what
else is in the answer (BREACH: breachattack.com). So nothing is compressed that says something of
who asks, but pages that no page elsewhere has asked for.
"""

import gzip
from collections.abc import Mapping, Sequence
from typing import Final

import brotli

# The best first.
ENCODINGS: Final = ("br", "gzip")
# Below that, headers are what is sent; and a packet is a packet.
MIN_BYTES: Final = 256
# A page that is longer would hold the event loop up for more than some ten milliseconds.
MAX_PAGE_BYTES: Final = 1 << 20
# Files are compressed once, pages each time: at the first level the page of a full room takes a
# millisecond, and is no larger by more than a tenth.
_PAGE_LEVEL: Final = 4


def choose(accepted: str, among: Sequence[str] = ENCODINGS) -> str:
    """Return what an Accept-Encoding header likes best (RFC 9110 section 12.5.3), or ""."""
    weights = dict(_weighed(part) for part in accepted.lower().split(","))
    of_others = weights.get("*", 0.0)
    best = max(among, key=lambda name: weights.get(name, of_others))
    weight = weights.get(best, of_others)
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else ""


def compress(content: bytes, encoding: str) -> bytes | None:
    """Return ``content`` in ``encoding``, as small as can be; None where that is no gain.

    Takes some milliseconds for a large script.
    """
    if len(content) < MIN_BYTES:
        return None
    is_brotli = encoding == "br"
    encoded = brotli.compress(content) if is_brotli else gzip.compress(content, mtime=0)
    assert isinstance(encoded, bytes)
    return encoded if len(encoded) < len(content) else None


def compress_page(content: bytes, headers: Mapping[str, str], *, is_secure: bool) -> bytes | None:
    """Return a page with gzip, where a request with these ``headers`` may have it so, or None."""
    if not MIN_BYTES <= len(content) <= MAX_PAGE_BYTES:
        return None
    if not choose(headers.get("Accept-Encoding", ""), ("gzip",)):
        return None
    # By HTTPS every browser that has ever run the page says who asks. By plain HTTP not all do;
    # but there whoever could measure can read.
    site = headers.get("Sec-Fetch-Site", "" if is_secure else "none")
    if site not in ("same-origin", "none"):
        return None
    return gzip.compress(content, _PAGE_LEVEL, mtime=0)


def _weighed(part: str) -> tuple[str, float]:
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
