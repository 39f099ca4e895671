"""A cookie says who somebody is, and only ours does."""

import base64

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


def token_of_before(person: Person, secret: bytes = SECRET) -> str:
    """Return a token as versions before 0.7 made them for programs."""
    signed = identity.sign(person, secret).encode()
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def test_a_token_of_before_says_who_its_bearer_is() -> None:
    bot = Person(user="bot-0123456789abcdef", name="Weather")
    assert identity.from_token(token_of_before(bot), SECRET) == bot


def test_a_cookies_value_is_a_token_too() -> None:
    assert identity.from_token(identity.sign(ADA, SECRET), SECRET) == ADA


@pytest.mark.parametrize("token", ["", "x", "ada", "====", "%00", "\u2603", "A" * 5000, "a|b|c"])
def test_what_we_did_not_sign_is_no_token(token: str) -> None:
    assert identity.from_token(token, SECRET) is None
    changed = token_of_before(ADA, b"another secret of tests")
    assert identity.from_token(changed, SECRET) is None
