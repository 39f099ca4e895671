"""A session id proves whose it is, and nothing more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.sessions.ids import LENGTH, is_of, new_id

SECRET, RANDOM = b"a secret of tests", b"123456789"


@given(st.text(), st.binary(min_size=9, max_size=9))
def test_an_id_is_of_its_user_and_fits_an_address(user: str, random: bytes) -> None:
    session = new_id(SECRET, user, random)
    assert is_of(session, SECRET, user)
    assert len(session) == LENGTH
    assert all(character.isalnum() or character in "-_" for character in session)


@given(st.text(), st.text())
def test_it_is_of_nobody_else(user: str, other: str) -> None:
    assert is_of(new_id(SECRET, user, RANDOM), SECRET, other) == (user == other)


def test_it_is_nothing_under_another_secret() -> None:
    assert not is_of(new_id(b"another secret!!", "ada", RANDOM), SECRET, "ada")


def test_it_is_not_mended_by_any_change() -> None:
    session = new_id(SECRET, "ada", RANDOM)
    for index in range(LENGTH):
        other = "A" if session[index] != "A" else "B"
        assert not is_of(session[:index] + other + session[index + 1 :], SECRET, "ada")


@given(st.text() | st.text(min_size=LENGTH, max_size=LENGTH))
def test_any_other_text_is_no_id(text: str) -> None:
    assert not is_of(text, SECRET, "ada")


@pytest.mark.parametrize("size", [0, 8, 10])
def test_it_takes_nine_random_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="9 random bytes"):
        new_id(SECRET, "ada", b"x" * size)
