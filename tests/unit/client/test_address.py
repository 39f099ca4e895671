import pytest

from chat.client.address import Address


@pytest.mark.parametrize(
    ("url", "host", "port", "netloc", "base"),
    [
        ("http://chat.example", "chat.example", 80, "chat.example", ""),
        ("https://Chat.Example/", "chat.example", 443, "chat.example", ""),
        ("http://localhost:8000/team/", "localhost", 8000, "localhost:8000", "/team"),
        ("http://[::1]:8000", "::1", 8000, "[::1]:8000", ""),
        ("http://[::1]", "::1", 80, "[::1]", ""),
        ("https://bücher.example", "xn--bcher-kva.example", 443, "xn--bcher-kva.example", ""),
    ],
)
def test_an_address_has_the_parts_that_requests_are_made_of(
    url: str, host: str, port: int, netloc: str, base: str
) -> None:
    address = Address.parse(url)
    assert (address.host, address.port) == (host, port)
    assert (address.netloc, address.base) == (netloc, base)
    assert address.is_secure == url.startswith("https:")


@pytest.mark.parametrize("url", ["", "chat.example", "ftp://chat.example", "http://", "http://a:b"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        Address.parse(url)
