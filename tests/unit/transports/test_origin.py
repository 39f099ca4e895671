"""Which pages may open a WebSocket in their visitor's name."""

import pytest

from chat.transports.origin import is_own

HOST = "chat.example:8000"


def asks(origin: str | None, fetch_site: str | None = None, *trusted: str) -> bool:
    return is_own(origin, fetch_site=fetch_site, host=HOST, trusted=trusted)


def test_our_pages_and_programs_may() -> None:
    assert asks("http://chat.example:8000")
    assert asks("https://CHAT.example:8000")  # TLS may end before us
    assert asks(None)
    assert asks("http://anything", "same-origin")
    assert asks(None, "none")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://chat.example",
        "http://chat.example:8000.evil.example",
    ],
)
def test_others_may_not(origin: str) -> None:
    assert not asks(origin)


@pytest.mark.parametrize("fetch_site", ["cross-site", "same-site", "nonsense"])
def test_a_browser_that_says_so_is_believed_whatever_the_origin(fetch_site: str) -> None:
    assert not asks("http://chat.example:8000", fetch_site)
    assert not asks(None, fetch_site)


def test_who_is_trusted_by_setting_may() -> None:
    assert asks("https://intranet.example", None, "https://intranet.example")
    assert asks("https://intranet.example", "cross-site", "https://intranet.example")
    assert not asks("http://intranet.example", None, "https://intranet.example")
