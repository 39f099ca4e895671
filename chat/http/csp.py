"""The security policies of our pages, which hold even if markup was injected. Pure."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

# The headers of a page besides its Content-Security-Policy.
_PAGE: Final = {
    "Content-Type": "text/html; charset=utf-8",
    # A window that another site's page opened, or that ours opened, can't access this one.
    "Cross-Origin-Opener-Policy": "same-origin",
    # A text chat never needs these.
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb",
        )
    ),
}  # fmt: skip
_EVERY_PAGE: Final = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'self'")


def page_headers(host: str, nonce: str, *, inline: str = "") -> Mapping[str, str]:
    """Return the headers of a page whose scripts carry ``nonce``, which is new for each answer.

    There are two policies, and a script has to pass both: it is served by us, or is exactly
    ``inline``, and the template named it. With the first alone, injected markup could run any
    script of ours a second time; with the second alone, an attacker who learns the nonce could
    run a script of their own.
    """
    ours = (
        *_EVERY_PAGE,
        f"script-src 'self' '{_hash_of(inline)}'" if inline else "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        _connections(host),
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
    )
    named = (f"script-src 'nonce-{nonce}'", "worker-src 'self'")  # workers carry no nonce
    return {**_PAGE, "Content-Security-Policy": f"{'; '.join(ours)}, {'; '.join(named)}"}


def still_page_headers() -> Mapping[str, str]:
    """Return the headers of a page that has no scripts."""
    policy = (*_EVERY_PAGE, "style-src 'self'", "img-src 'self'")
    return {**_PAGE, "Content-Security-Policy": "; ".join(policy)}


def file_policy(host: str) -> str:
    """Return the Content-Security-Policy of a file: a worker obeys that of its script."""
    return f"default-src 'none'; script-src 'self'; style-src 'self'; {_connections(host)}"


@lru_cache(maxsize=1)
def _hash_of(script: str) -> str:
    """Return a script as a source (W3C CSP Level 3 section 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _connections(host: str) -> str:
    return f"connect-src 'self' ws://{host} wss://{host}"  # not every browser's 'self' covers ws:
