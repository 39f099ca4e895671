"""Which addresses a server may be made to connect to."""

import pytest

from chat.net.public_addresses import NotPublic, PublicResolver, is_public
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
    ],
)  # fmt: skip
def test_those_of_this_machine_its_network_and_wrapped_ones_are_not(address: str) -> None:
    assert not is_public(address)


@in_a_loop(10)
async def test_a_name_of_this_machine_is_not_resolved() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        with pytest.raises(NotPublic):
            await PublicResolver().resolve(host, 443)
    found = await PublicResolver().resolve("8.8.8.8", 443)
    assert [address[0] for _, address in found] == ["8.8.8.8"]
