"""Masks match as they say, and soon, however many stars they have."""

import re

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.irc.masks import matches


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_a_mask_is_what_a_pattern_of_it_is(mask: str, text: str) -> None:
    pattern = re.escape(mask).replace(r"\*", ".*").replace(r"\?", ".")
    assert matches(mask, text) == bool(re.fullmatch(pattern, text))


def test_case_is_the_same() -> None:
    assert matches("Ad?", "aDa")
    assert not matches("ad", "ada")


def test_many_stars_take_no_longer() -> None:
    assert not matches("*a" * 200 + "b", "a" * 64)
