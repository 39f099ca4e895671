"""A cookie says who somebody is, and only ours does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.accounts import identity
from chat.protocol.pushes import Person
from tests.unit.fakes import ADA

SECRET = b"a secret of tests"


@given(st.builds(Person, user=st.text(), name=st.text()))
def test_a_cookie_reads_back_as_who_it_was_made_for(person: Person) -> None:
    assert identity.verify(identity.sign(person, SECRET), SECRET) == person


def test_a_cookie_under_another_secret_is_nobodys() -> None:
    assert identity.verify(identity.sign(ADA, b"another secret!!"), SECRET) is None


def test_a_cookie_with_any_character_changed_is_nobodys() -> None:
    cookie = identity.sign(ADA, SECRET)
    for index in range(len(cookie)):
        other = "0" if cookie[index] != "0" else "1"
        assert identity.verify(cookie[:index] + other + cookie[index + 1 :], SECRET) is None


@given(st.text("0123456789|:=abc") | st.text(st.characters(codec="latin-1")))
def test_any_other_text_is_nobodys(cookie: str) -> None:
    assert identity.verify("2|" + cookie, SECRET) is None


def test_guests_are_told_apart_and_may_share_a_name() -> None:
    guests = [identity.new_guest() for _ in range(100)]
    assert len({guest.user for guest in guests}) == 100
    for guest in guests:
        assert guest.user.startswith(guest.name)
        assert len(guest.name) == len("guest-0000")


def test_a_token_says_who_its_bearer_is_and_can_be_sent_in_a_header() -> None:
    bot = identity.new_bot("Weather")
    token = identity.to_token(bot, SECRET)
    assert identity.from_token(token, SECRET) == bot
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token)  # RFC 6750 section 2.1
    assert bot.user.startswith("bot-") and bot.user != identity.new_bot("Weather").user


def test_a_cookies_value_is_a_token_too() -> None:
    assert identity.from_token(identity.sign(ADA, SECRET), SECRET) == ADA


@pytest.mark.parametrize("token", ["", "x", "ada", "====", "%00", "\u2603", "A" * 5000, "a|b|c"])
def test_what_we_did_not_sign_is_no_token(token: str) -> None:
    assert identity.from_token(token, SECRET) is None
    changed = identity.to_token(ADA, b"another secret of tests")
    assert identity.from_token(changed, SECRET) is None
