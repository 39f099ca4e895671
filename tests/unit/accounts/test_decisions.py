"""Who may sign up, who stays an owner, which links count."""

import pytest

from chat.accounts import decisions
from chat.accounts.records import Account, Invite, Link, Owners
from chat.errors import ChatError, InvalidInput, Refused
from chat.protocol.codes import Code
from chat.rooms.roles import ServerRole

INVITE = Invite(by="ada", until_s=100)


@pytest.mark.parametrize(
    ("sign_up", "invite", "is_allowed"),
    [
        ("open", None, True),
        ("open", INVITE, True),
        ("invite", None, False),
        ("invite", INVITE, True),
        ("closed", None, False),
        ("closed", INVITE, False),
    ],
)
def test_who_may_sign_up(sign_up: str, invite: Invite | None, is_allowed: bool) -> None:
    try:
        decisions.check_sign_up(sign_up, invite)
    except Refused as error:
        assert error.code == Code.FORBIDDEN and not is_allowed
    else:
        assert is_allowed


def test_an_invitation_counts_down_and_is_gone_after_its_last_use() -> None:
    twice = Invite(by="ada", until_s=100, uses=2)
    once = decisions.used(twice, now_s=99.9)
    assert once is not None and once.uses == 1
    assert decisions.used(once, now_s=99.9) is None


@pytest.mark.parametrize("invite", [None, INVITE, Invite(by="ada", until_s=200, uses=0)])
def test_an_invitation_that_is_over_or_used_up_is_none(invite: Invite | None) -> None:
    with pytest.raises(Refused) as caught:
        decisions.used(invite, now_s=100.0)
    assert caught.value.code == Code.FORBIDDEN


def test_a_link_counts_until_its_time() -> None:
    link = Link(user="ada", until_s=100)
    assert decisions.check_link(link, now_s=99.9) is link
    for each, now_s in ((link, 100.0), (None, 0.0)):
        with pytest.raises(Refused):
            decisions.check_link(each, now_s=now_s)


def test_the_last_owner_stays_one() -> None:
    both = decisions.with_role(Owners(users=["ada"]), "bob", ServerRole.OWNER)
    assert both.users == ["ada", "bob"]
    assert decisions.with_role(both, "bob", ServerRole.OWNER).users == ["ada", "bob"]
    assert decisions.with_role(both, "ada", ServerRole.MEMBER).users == ["bob"]
    assert decisions.without(both, "ada").users == ["bob"]
    assert decisions.without(Owners(users=["ada"]), "bob").users == ["ada"]
    for last in (decisions.without, lambda o, u: decisions.with_role(o, u, ServerRole.MEMBER)):
        with pytest.raises(Refused):
            last(Owners(users=["ada"]), "ada")


@pytest.mark.parametrize("role", [ServerRole.GUEST, ServerRole.BOT])
def test_nobody_is_made_a_guest_or_a_bot(role: ServerRole) -> None:
    with pytest.raises(InvalidInput):
        decisions.with_role(Owners(users=["ada"]), "bob", role)


@pytest.mark.parametrize(
    "account",
    [
        None,
        Account(name="Ada", role=ServerRole.MEMBER),
        Account(name="Ada", role=ServerRole.OWNER, disabled="spam"),
    ],
)
def test_who_is_no_owner_is_refused(account: Account | None) -> None:
    with pytest.raises(Refused):
        decisions.check_is_owner(account)
    decisions.check_is_owner(Account(name="Ada", role=ServerRole.OWNER))


def test_a_disabled_account_is_told_why() -> None:
    with pytest.raises(ChatError) as caught:
        decisions.check_can_sign_in(Account(name="A", role=ServerRole.MEMBER, disabled="spam"))
    assert caught.value.code == Code.BANNED and "spam" in caught.value.message
    decisions.check_can_sign_in(Account(name="A", role=ServerRole.MEMBER))


def test_the_oldest_devices_make_room() -> None:
    most = decisions.MAX_DEVICES
    ids = [f"d{number}" for number in range(most)]
    assert decisions.too_many_devices(ids[:-1], list(range(most - 1))) == []
    assert decisions.too_many_devices(ids, list(range(most))) == ["d0"]
    assert decisions.too_many_devices(ids, list(range(most, 0, -1))) == [f"d{most - 1}"]
