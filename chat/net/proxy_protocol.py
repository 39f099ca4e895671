"""Reads the header by which a proxy says whose connection it passes on. Pure.

haproxy's PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
"""

import ipaddress
import struct
from typing import Final

_BEGIN_1: Final = b"PROXY "
_BEGIN_2: Final = b"\r\n\r\n\0\r\nQUIT\n"
_MAX_1: Final = 107  # with its line end
_HEAD_2: Final = struct.Struct("!12sBBH")
_MAX_2: Final = 4096  # with what proxies add
_LENGTHS: Final = {1: 4, 2: 16}  # of an address, by family


class ProxyHeader:
    """The header at the beginning of a connection from a trusted proxy; it may have none."""

    def __init__(self) -> None:
        self.address = ""  # the client's, if the header has one
        self._data = b""

    def receive(self, data: bytes) -> bytes | None:
        """Return what follows the header, or all if there is none; None: there is more to come.

        Raises ValueError if it can't be read.
        """
        self._data += data
        if self._data.startswith(_BEGIN_1):
            return self._version_1()
        if self._data.startswith(_BEGIN_2):
            return self._version_2()
        is_begun = any(begin.startswith(self._data) for begin in (_BEGIN_1, _BEGIN_2))
        return None if is_begun else self._data

    def _version_1(self) -> bytes | None:
        line, end, rest = self._data.partition(b"\r\n")
        if not end:
            if len(self._data) > _MAX_1:
                raise ValueError("the PROXY header has no end")
            return None
        words = line.decode("ascii", "replace").split(" ")
        if words[1] == "UNKNOWN":
            return rest
        if len(words) != 6 or words[1] not in ("TCP4", "TCP6"):
            raise ValueError("the PROXY header is wrong")
        self.address = _plain(ipaddress.ip_address(words[2]))
        return rest

    def _version_2(self) -> bytes | None:
        if len(self._data) < _HEAD_2.size:
            return None
        _, version, family, length = _HEAD_2.unpack_from(self._data)
        if version >> 4 != 2 or length > _MAX_2:
            raise ValueError("the PROXY header is wrong")
        end = _HEAD_2.size + length
        if len(self._data) < end:
            return None
        size = _LENGTHS.get(family >> 4)
        if version & 15 == 1 and size is not None:  # else it is the proxy's own connection
            if length < 2 * size:
                raise ValueError("the PROXY header is wrong")
            self.address = _plain(ipaddress.ip_address(self._data[_HEAD_2.size :][:size]))
        return self._data[end:]


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Return the address; one of IPv4 as such, also where IPv6 carries it (RFC 4291 2.5.5.2)."""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
