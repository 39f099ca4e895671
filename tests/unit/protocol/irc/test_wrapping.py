"""Texts are cut between words, never in a character, and nothing of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.irc.wrapping import packed, wrap


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(8, 60))
def test_pieces_fit_and_are_the_text(text: str, room_bytes: int) -> None:
    pieces = list(wrap(text, room_bytes))
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= room_bytes for piece in pieces)


def test_a_text_is_cut_between_words() -> None:
    assert list(wrap("one two three", 9)) == ["one two ", "three"]
    assert list(wrap("a", 9)) == ["a"]
    assert list(wrap("", 9)) == []


def test_a_word_that_fits_in_no_line_is_cut() -> None:
    assert list(wrap("a " + "b" * 20, 10)) == ["a bbbbbbbb", "b" * 10, "bb"]


def test_a_letter_keeps_its_marks() -> None:
    assert list(wrap("aaaae\u0301x", 5)) == ["aaaa", "e\u0301x"]


@given(st.lists(st.text("ab\u00e9", min_size=1, max_size=9), max_size=20), st.integers(20, 60))
def test_words_are_packed_into_lines(words: list[str], room_bytes: int) -> None:
    lines = list(packed(words, room_bytes))
    assert [word for line in lines for word in line.split(" ")] == words
    assert all(len(line.encode()) <= room_bytes for line in lines)


def test_a_line_is_filled_before_the_next_one() -> None:
    assert list(packed(["aa", "bb", "cc"], 5)) == ["aa bb", "cc"]
    assert list(packed(["aa", "bb"], 4, ",")) == ["aa", "bb"]
    assert list(packed(["a" * 9, "b"], 4)) == ["a" * 9, "b"]
    assert list(packed([], 4)) == []
