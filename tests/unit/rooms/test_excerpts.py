"""An excerpt shows the matches, whole and as text."""

import pytest

from chat.rooms.excerpts import EXCERPT_CHARACTERS, excerpt_of, spans_of
from chat.rooms.search_query import parse


def excerpt(query: str, text: str) -> list[str] | None:
    spans = spans_of(parse(query).terms, text)
    return None if spans is None else list(excerpt_of(text, spans))


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("world", "Hello, World!", ["Hello, ", "World", "!"]),
        ("hello", "Hello", ["", "Hello", ""]),
        ("a", "b", None),
        ("hel", "hello", None),
        ("hel*", "hello Helga", ["", "hello", " ", "Helga", ""]),
        ('"a b"', "b a  b a", ["b ", "a b", " a"]),
        ('"a b"', "b a", None),
        ('"a b"', "a", None),
        ("muller", "Hans Müller", ["Hans ", "Müller", ""]),
        ("京都", "東京都", ["東", "京都", ""]),
        ("都", "東京都", ["東京", "都", ""]),
        ("東都", "東京都", None),
        ("서울", "서울에서", ["", "서울", "에서"]),
        ("b", "<b>x</b>", ["<", "b", ">x</", "b", ">"]),
        ("b", "a\n\n\tb\n c", ["a ", "b", " c"]),
        ("", "  no words ", ["no words"]),
        ("a b", "b and a", ["", "b", " and ", "a", ""]),
    ],
)
def test_matches(query: str, text: str, expected: list[str] | None) -> None:
    assert excerpt(query, text) == expected


def test_every_second_piece_is_a_match_also_where_it_is_cut() -> None:
    for before in range(0, 400, 7):
        text = f"{'word ' * before}needle{' word' * 300}"
        found = excerpt("needle", text)
        assert found is not None and len(found) == 3
        assert found[1] == "needle"
        assert len("".join(found)) <= EXCERPT_CHARACTERS + 2
        assert found[0].startswith("…") == (len(text) > EXCERPT_CHARACTERS and before > 12)
        assert found[2].endswith("…")


def test_a_long_text_without_blanks_is_cut_all_the_same() -> None:
    found = excerpt("京都", "東" * 2000 + "京都" + "東" * 2000)
    assert found is not None and found[1] == "京都"
    assert len("".join(found)) <= EXCERPT_CHARACTERS + 2
