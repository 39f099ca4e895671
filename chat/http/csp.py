"""What a page of ours may do in a browser, whatever somebody managed to get into it. Pure."""

from collections.abc import Mapping
from typing import Final

# Beside its Content-Security-Policy.
_PAGE: Final = {
    "Content-Type": "text/html; charset=utf-8",
    # A window that another site's page has opened, or that ours has, can't reach into this one.
    "Cross-Origin-Opener-Policy": "same-origin",
    # What a chat of texts never asks for.
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb",
        )
    ),
}  # fmt: skip
_EVERY_PAGE: Final = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'self'")


def page_headers(host: str, nonce: str) -> Mapping[str, str]:
    """Return the headers of a page whose scripts carry ``nonce``, made anew for each answer.

    Two policies, and a script has to pass both: it is ours, and the template named it. With the
    first alone, markup that got in could run any script of ours a second time; with the second
    alone, whoever learns the nonce could run a script of theirs.
    """
    ours = (
        *_EVERY_PAGE,
        "script-src 'self'",
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
    """Return the Content-Security-Policy of a file: workers are held to their script's own."""
    return f"default-src 'none'; script-src 'self'; style-src 'self'; {_connections(host)}"


def _connections(host: str) -> str:
    return f"connect-src 'self' ws://{host} wss://{host}"  # not every browser's 'self' covers ws:
