"""Names browsers for people, who look for their own in a list of devices. Pure."""

import re
from typing import Final

# Each browser also names those that it descends from: the first that is found counts.
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_MAX_CHARACTERS: Final = 40
_PRODUCT: Final = re.compile(r"[!-.0-~]+")


def browser_name(user_agent: str) -> str:
    """Return a name like “Firefox on Windows” for a User-Agent header (RFC 9110 section 10.1.5)."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is not None and system is not None:
        return f"{browser} on {system}"
    product = _PRODUCT.match(user_agent)
    return browser or (product[0][:_MAX_CHARACTERS] if product else "A program")
