"""A network has one id, which only we can make."""

import pytest

from chat.net.addresses import network_id

SECRET = b"a secret of tests"


def is_same(one: str, other: str) -> bool:
    return network_id(SECRET, one) == network_id(SECRET, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.0", "192.0.2.255"),
        ("192.0.2.7", "::ffff:192.0.2.8"),
        ("2001:db8:0:ab00::1", "2001:db8:0:abff:ffff:ffff:ffff:ffff"),
        ("fe80::1%eth0", "fe80::2"),
    ],
)
def test_addresses_of_one_network_have_one_id(one: str, other: str) -> None:
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.255", "192.0.3.0"),
        ("2001:db8:0:abff::", "2001:db8:0:ac00::"),
        ("192.0.2.1", "c000:201::"),
        ("", "0.0.0.0"),
    ],
)
def test_networks_beside_each_other_have_ids_of_their_own(one: str, other: str) -> None:
    assert not is_same(one, other)


def test_an_id_is_short_fits_into_an_address_and_tells_nothing_without_the_secret() -> None:
    id_ = network_id(SECRET, "192.0.2.1")
    assert len(id_) == 12
    assert id_.replace("-", "").replace("_", "").isalnum()
    assert id_ != network_id(b"another secret", "192.0.2.1")
