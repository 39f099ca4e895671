"""The header of the PROXY protocol, in both versions and in pieces."""

import pytest

from chat.net.proxy_protocol import ProxyHeader

V2 = b"\r\n\r\n\0\r\nQUIT\n"


def cut(data: bytes) -> tuple[str, bytes | None]:
    """Feed ``data`` byte by byte; return the address and what follows the header."""
    header, rest = ProxyHeader(), None
    for number in range(len(data)):
        if rest is None:
            rest = header.receive(data[number : number + 1])
        else:
            rest += data[number : number + 1]
    return header.address, rest


@pytest.mark.parametrize(
    ("data", "address", "rest"),
    [
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nNICK", "192.0.2.1", b"NICK"),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\nN", "2001:db8::1", b"N"),
        (b"PROXY UNKNOWN\r\nN", "", b"N"),
        (V2 + b"\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\0\1\0\2NICK", "192.0.2.1", b"NICK"),
        (V2 + b"\x21\x21\0\x26" + b"\x20\1" + b"\0" * 13 + b"\1" + b"\0" * 22, "2001::1", b""),
        (V2 + b"\x20\0\0\0N", "", b"N"),
        (b"NICK a", "", b"NICK a"),
        (b"PR", "", None),
    ],
)
def test_a_header_is_read(data: bytes, address: str, rest: bytes | None) -> None:
    assert cut(data) == (address, rest)
    header = ProxyHeader()
    assert (header.receive(data), header.address) == (rest, address)


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY TCP4 nonsense 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1\r\n",
        b"PROXY " + b"a" * 200,
        V2 + b"\x11\x11\0\x0c" + b"\0" * 12,
        V2 + b"\x21\x11\0\x04" + b"\0" * 4,
        V2 + b"\x21\x11\xff\xff",
    ],
)
def test_a_header_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        ProxyHeader().receive(data)
