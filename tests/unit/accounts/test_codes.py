"""Codes of links are new each time, and the store has only their hashes."""

import pytest

from chat.accounts.codes import MAX_CHARACTERS, hash_of, new_code


def test_each_code_is_another_and_long_enough() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) >= 22 for code in codes)


def test_a_hash_is_of_one_code_and_does_not_contain_it() -> None:
    code = new_code()
    assert hash_of(code) == hash_of(code) != hash_of(new_code())
    assert code not in str(hash_of(code))


@pytest.mark.parametrize("code", ["", " ", "a b", "\x00", "é", "x" * (MAX_CHARACTERS + 1)])
def test_what_can_be_no_code_has_no_hash(code: str) -> None:
    assert hash_of(code) is None


def test_an_operators_own_code_may_be_long() -> None:
    assert hash_of("x" * MAX_CHARACTERS) is not None
