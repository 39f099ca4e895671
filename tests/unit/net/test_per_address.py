"""An address has so many connections and no more, unless it is a proxy of ours."""

import pytest

from chat.net.per_address import PerAddressLimit, most_at_address
from chat.net.proxies import Proxies


def test_an_address_has_so_many_and_another_one_its_own() -> None:
    per_address = PerAddressLimit(most=2, proxies=Proxies())
    assert [per_address.join("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert per_address.is_full("192.0.2.1")
    assert per_address.join("192.0.2.2")
    per_address.leave("192.0.2.1")
    assert not per_address.is_full("192.0.2.1")
    assert per_address.join("192.0.2.1")


def test_who_has_a_64_has_it_as_one() -> None:
    per_address = PerAddressLimit(most=1, proxies=Proxies())
    assert per_address.join("2001:db8::1")
    assert not per_address.join("2001:db8::ffff")
    assert per_address.join("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("most", "proxies", "address"),
    [
        (None, Proxies(), "192.0.2.1"),
        (1, Proxies.parse("192.0.2.0/24"), "192.0.2.1"),
        (1, Proxies.parse("on"), "192.0.2.1"),
    ],
)
def test_a_proxy_brings_as_many_as_it_likes(
    most: int | None, proxies: Proxies, address: str
) -> None:
    per_address = PerAddressLimit(most=most, proxies=proxies)
    assert all(per_address.join(address) for _ in range(10))
    for _ in range(10):
        per_address.leave(address)
    assert not per_address.is_full(address)


def test_no_address_has_more_than_half_of_all_places() -> None:
    assert most_at_address(500, 1 << 19) == 3000
    assert most_at_address(500, 6000) == 3000
    assert most_at_address(500, 5999) == 2999
    assert most_at_address(500, 900) == 450
    assert most_at_address(500, 1) == 1
