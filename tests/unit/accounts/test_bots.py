"""Tokens are known by their hashes, and what they allow by the user."""

import re

import pytest

from chat.accounts.bots import KnownBots, new_token
from chat.accounts.codes import hash_of
from chat.accounts.records import Bot, decode, encode
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.grants import Scope

USER = "bot-0123456789abcdef"


def bot(token: str, *scopes: str, rooms: list[str] | None = None) -> Bot:
    return Bot(
        name="Weather",
        token=hash_of(token) or "",
        device="m-1",
        scopes=list(scopes),
        rooms=rooms,
        by="",
        made_s=0,
    )


def known(token: str, *scopes: str, rooms: list[str] | None = None) -> KnownBots:
    bots = KnownBots()
    bots.replace({USER: bot(token, *scopes, rooms=rooms)})
    return bots


def test_a_token_can_be_sent_in_a_header_and_says_whose_it_is() -> None:
    token = new_token()
    assert re.fullmatch(r"parley_[A-Za-z0-9._~+/-]+", token)  # RFC 6750 section 2.1
    assert token != new_token()
    bots = known(token, "read")
    assert bots.person_of(token) == Person(user=USER, name="Weather", device="m-1")


def test_a_bot_that_has_gone_may_do_nothing_with_what_it_has_open() -> None:
    token = new_token()
    bots = known(token, "read", "send")
    bots.replace({})
    assert bots.person_of(token) is None
    for scope in Scope:
        with pytest.raises(Refused):
            bots.check(USER, scope)


@pytest.mark.parametrize(
    "token", ["", "parley_", "parley_x", "parley_\u2603", f"parley_{'A' * 999}"]
)
def test_what_is_no_token_is_nobody_s(token: str) -> None:
    assert known(new_token(), "read").person_of(token) is None


def test_a_token_that_was_ended_is_nobody_s() -> None:
    ended = bot(new_token(), "read")
    ended = decode(encode(ended).replace(ended.token.encode(), b""), Bot)
    bots = KnownBots()
    bots.replace({USER: ended})
    assert bots.person_of("parley_") is None and bots.person_of("") is None
    assert bots.grant(USER) is not None  # what it has open is still limited


def test_a_scope_of_a_newer_version_grants_nothing() -> None:
    bots = known(new_token(), "read", "fly")
    bots.check(USER, Scope.READ, "dev")
    with pytest.raises(Refused) as caught:
        bots.check(USER, Scope.SEND)
    assert caught.value.code == Code.FORBIDDEN and "send" in caught.value.message


def test_reading_takes_the_scope_and_the_room_and_people_need_neither() -> None:
    bots = known(new_token(), "read", rooms=["dev"])
    assert bots.may_read(USER, "dev") and not bots.may_read(USER, "ops")
    assert not known(new_token(), "send").may_read(USER, "dev")
    assert bots.may_read("guest-0123456789abcdef", "ops")
    bots.check("guest-0123456789abcdef", Scope.MANAGE, "ops")
