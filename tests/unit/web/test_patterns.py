"""The patterns of /openapi.json let through what the rules do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.cursor import parse_cursor, parse_room
from chat.rooms.names import check_name
from chat.rooms.texts import check_text
from chat.web import patterns


def is_refused(check: object, text: str) -> bool:
    try:
        check(text)  # type: ignore[operator]
    except InvalidInput:
        return True
    return False


@given(st.from_regex(patterns.ROOM, fullmatch=True))
def test_what_may_be_a_room_is_one(room: str) -> None:
    assert parse_room(room) == room


@given(st.from_regex(patterns.CURSOR, fullmatch=True))
def test_what_may_be_a_cursor_is_one(cursor: str) -> None:
    parse_cursor(cursor)


@pytest.mark.parametrize(
    "cursor", ["", "general:e1:0", "a:e:1,b:e:2", "a:e:1,aa:e:2", "aa:e:1,a:e:2"]
)
def test_cursors_match(cursor: str) -> None:
    assert re.search(patterns.CURSOR, cursor)
    parse_cursor(cursor)


@pytest.mark.parametrize(
    "cursor",
    ["a", "a:e", "a:e:01", "a:e:1,", ",a:e:1", "a:e:1,a:f:2", "b:e:1,a:e:1,a:e:2", "A:e:1"],
)
def test_what_is_no_cursor_does_not_match(cursor: str) -> None:
    assert not re.search(patterns.CURSOR, cursor)
    assert is_refused(parse_cursor, cursor)


@pytest.mark.parametrize("text", ["a", "\u4e2d", "\U0001f600", "\u3164x", " .\n", "\u0301e"])
def test_texts_match(text: str) -> None:
    assert re.search(patterns.TEXT, text)
    check_text(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\u3164", "\u2800", "\u115f", "\u0301", "a\0", "\ue000", "\U000e0100", "\x7f"]
)
def test_what_draws_nothing_does_not_match(text: str) -> None:
    assert not re.search(patterns.TEXT, text)
    assert is_refused(check_text, text)


@given(st.from_regex(patterns.NAME, fullmatch=True))
def test_what_may_be_a_name_is_one_unless_it_is_somebody_elses(name: str) -> None:
    try:
        check_name(name)
    except InvalidInput as error:
        # "admin", and what ends like the page's own mark: rules that no pattern tells.
        assert "reserved" in error.message or "namesakes" in error.message


@pytest.mark.parametrize("name", ["Ada", "\u738b", "Jos\u00e9 Luis", "\U0001f44d\U0001f3fb", " x "])
def test_names_match(name: str) -> None:
    assert re.search(patterns.NAME, name)
    check_name(name)


@pytest.mark.parametrize("name", ["", " ", "a\0", "a\x1cb", "\u200b", "\u202ea", "x" * 33])
def test_what_is_no_name_does_not_match(name: str) -> None:
    assert not re.search(patterns.NAME, name)
    assert is_refused(check_name, name)
