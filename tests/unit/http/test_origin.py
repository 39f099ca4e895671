"""Which pages may open a WebSocket in their visitor's name."""

import pytest

from chat.http.origin import is_allowed, is_own

HOST = "chat.example:8000"


def asks(origin: str | None, fetch_site: str | None = None, *trusted: str) -> bool:
    headers = {"Host": HOST, "Origin": origin, "Sec-Fetch-Site": fetch_site}
    return is_own({name: value for name, value in headers.items() if value is not None}, trusted)


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
        "http://[",
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


@pytest.mark.parametrize(
    "host,origin",
    [
        ("chat.example:443", "https://chat.example"),
        ("chat.example", "https://chat.example:443"),
        ("chat.example:80", "http://chat.example"),
        ("chat.example", "http://chat.example:80"),
        ("Chat.Example:443", "https://chat.example"),
        ("chat.example:", "https://chat.example"),
        ("[2001:db8::1]:443", "https://[2001:db8::1]"),
        ("[2001:db8::1]", "http://[2001:db8::1]:80"),
    ],
)
def test_a_port_that_the_scheme_implies_may_be_left_out(host: str, origin: str) -> None:
    assert is_own({"Host": host, "Origin": origin}, ())


@pytest.mark.parametrize(
    "host,origin",
    [
        ("chat.example:443", "http://chat.example"),
        ("chat.example:80", "https://chat.example"),
        ("chat.example:8443", "https://chat.example"),
        ("chat.example", "https://chat.example:8443"),
        ("chat.example:443", "https://chat.example:80"),
        ("chat.example:443", "https://user@chat.example"),
        ("chat.example:443", "https://chat.example:443@evil.example"),
        ("chat.example:443", "https://chat.example.evil.example"),
        ("", "https://"),
        ("", "null"),
    ],
)
def test_another_port_is_another_origin(host: str, origin: str) -> None:
    assert not is_own({"Host": host, "Origin": origin}, ())


def test_a_trusted_origin_is_known_however_it_is_written() -> None:
    for trusted in ("https://a.example:443", "https://A.example", "https://a.example"):
        assert asks("https://a.example", None, trusted)
        assert asks("https://a.example", "cross-site", trusted)
        assert not asks("https://a.example:8443", None, trusted)
        assert not asks("http://a.example", None, trusted)


def test_a_link_from_elsewhere_may_be_followed_but_nothing_be_posted_or_embedded() -> None:
    def may(method: str, dest: str) -> bool:
        headers = {"Host": HOST, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": dest}
        return is_allowed(headers, method=method, trusted=())

    assert may("GET", "document")
    assert not may("POST", "document")
    assert not any(may("GET", dest) for dest in ("", "empty", "iframe", "script", "image"))
