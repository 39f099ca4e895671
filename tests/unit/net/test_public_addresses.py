"""Which addresses a server may be made to connect to."""

import ipaddress
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat.net.public_addresses import ANYWHERE, Destinations, NotPublic, is_public, resolve
from tests.support.aio import in_a_loop


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2a00:1450:4001:81b::200e"])
def test_those_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "100.64.0.1", "169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001::7f00:1",
        "fec0::1", "::7f00:1",
    ],
)  # fmt: skip
def test_those_of_this_machine_its_network_and_wrapped_ones_are_not(address: str) -> None:
    assert not is_public(address)


_ALLOWED = Destinations((ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8")))


@pytest.mark.parametrize(
    ("address", "port", "is_secure", "is_fine"),
    [
        ("8.8.8.8", 443, True, True),
        ("8.8.8.8", 8443, True, True),
        ("8.8.8.8", 1023, True, False),
        ("8.8.8.8", 25, True, False),
        ("8.8.8.8", 80, False, False),
        ("127.0.0.1", 25, False, True),
        ("fd00::1", 80, False, True),
        ("10.0.0.1", 443, True, False),
        ("::ffff:127.0.0.1", 443, True, False),
    ],
)
def test_others_may_be_allowed_which_then_are_in_any_way(
    address: str, port: int, is_secure: bool, is_fine: bool
) -> None:
    assert _ALLOWED.has(address, port, is_secure=is_secure) is is_fine
    assert ANYWHERE.has(address, port, is_secure=is_secure)


@in_a_loop(10)
async def test_a_name_of_this_machine_is_not_resolved() -> None:
    with ThreadPoolExecutor(1) as threads:

        async def look_up(host: str) -> Sequence[str]:
            return await resolve(host, 443, Destinations(), threads, is_secure=True)

        for host in ("localhost", "127.0.0.1", "::1", "2130706433", "0x7f.1"):
            with pytest.raises(NotPublic):
                await look_up(host)
        assert await look_up("8.8.8.8") == ["8.8.8.8"]
