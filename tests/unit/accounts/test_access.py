"""A check of rights knows users and addresses, and costs nobody their name."""

import pytest

from chat.accounts.access import AccessControl
from chat.accounts.blocklist import Block, Why, device_id
from chat.accounts.identity import MAX_AGE_DAYS
from chat.errors import Refused
from chat.net.addresses import is_address_id
from chat.protocol.codes import Code
from tests.unit.fakes import SetClock

SECRET = b"a secret of tests"


def ban(who: str, *, until_s: float, addresses_s: float = 0.0) -> Block:
    return Block(who=who, why=Why.BANNED, until_s=until_s, reason="spam", addresses_s=addresses_s)


def code_of(access: AccessControl, user: str, address: str | None = "192.0.2.1") -> str:
    try:
        access.check(user, address)
    except Refused as error:
        return error.code
    return "ok"


def test_a_user_is_kept_out_wherever_they_come_from() -> None:
    clock = SetClock(0.0)
    access = AccessControl(clock, SECRET)
    access.apply(ban("ada", until_s=10.0))
    assert code_of(access, "ada") == code_of(access, "ada", None) == Code.BANNED
    assert code_of(access, "bob") == "ok"
    clock.now = 10.0
    assert code_of(access, "ada") == "ok"


@pytest.mark.parametrize(
    ("blocked", "as_well", "others"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8:0:0:9::9", "2001:db8:0:1::1"),
    ],
)
def test_an_address_is_kept_out_whoever_comes_from_there(
    blocked: str, as_well: str, others: str
) -> None:
    """An IPv6 host may choose any address of its /64."""
    access = AccessControl(SetClock(0.0), SECRET)
    access.apply(access.address_block(ban("ada", until_s=10.0, addresses_s=5.0), blocked))
    assert code_of(access, "bob", blocked) == code_of(access, "bob", as_well) == Code.BANNED
    assert code_of(access, "bob", others) == code_of(access, "bob", None) == "ok"


def test_an_address_is_kept_out_no_longer_than_who_came_from_there() -> None:
    access = AccessControl(SetClock(100.0), SECRET)
    for addresses_s, until_s in ((5.0, 105.0), (500.0, 110.0)):
        block = access.address_block(
            ban("ada", until_s=110.0, addresses_s=addresses_s), "192.0.2.1"
        )
        assert (block.until_s, block.user, block.reason) == (until_s, "ada", "spam")
        assert is_address_id(block.who) and "192" not in block.who
    assert not is_address_id("ada")


def test_who_signs_out_is_kept_out_longer_than_any_cookie_of_theirs_lives() -> None:
    clock = SetClock(0.0)
    access = AccessControl(clock, SECRET)
    access.apply(access.sign_out_block("ada"))
    clock.now = 86400.0 * MAX_AGE_DAYS + 3600.0  # signed by who had not heard of it yet
    assert code_of(access, "ada") == Code.UNAUTHORIZED
    clock.now = 86400.0 * (MAX_AGE_DAYS + 1)
    assert code_of(access, "ada") == "ok"


def test_where_all_places_are_taken_whoever_has_most_of_them_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.accounts.access.MAX_BLOCKS", 6)
    monkeypatch.setattr("chat.accounts.access.LIFT_BATCH", 2)
    access = AccessControl(SetClock(0.0), SECRET)
    access.apply(ban("mallory", until_s=10.0))
    access.apply(access.sign_out_block("ada", "192.0.2.1"))
    for number in range(4):
        assert access.blocks_to_lift() == []
        access.apply(access.sign_out_block(f"u{number}", "192.0.2.66"))
    for block in access.blocks_to_lift():
        access.apply(block)
    codes = [code_of(access, user) for user in ("u0", "u1", "u2", "u3", "ada", "mallory")]
    assert codes == ["ok"] * 2 + [Code.UNAUTHORIZED] * 3 + [Code.BANNED]
    assert access.blocks_to_lift() == []


def test_a_device_is_kept_out_and_the_others_stay() -> None:
    access = AccessControl(SetClock(0.0), SECRET)
    access.apply(access.sign_out_block(device_id("ada", "m-1"), "192.0.2.1"))
    with pytest.raises(Refused) as caught:
        access.check("ada", device="m-1")
    assert caught.value.code == Code.UNAUTHORIZED
    for device in ("", "m-2"):
        access.check("ada", device=device)
    access.check("bob", device="m-1")


def test_cookies_from_before_devices_are_kept_out_together() -> None:
    access = AccessControl(SetClock(0.0), SECRET)
    access.apply(access.sign_out_block(device_id("ada", "")))
    with pytest.raises(Refused):
        access.check("ada")
    access.check("ada", device="m-1")
