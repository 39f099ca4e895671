"""A cursor says where one stands, reads back as it was written, and is nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.cursor import (
    MAX_CURSOR_CHARACTERS,
    MAX_OFFSET,
    Position,
    format_cursor,
    parse_cursor,
    parse_room,
)

ROOMS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)
POSITIONS = st.builds(
    Position,
    epoch=st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True),
    offset=st.integers(0, MAX_OFFSET),
)


@given(st.dictionaries(ROOMS, POSITIONS, max_size=20))
def test_a_cursor_reads_back_as_it_was_written(positions: dict[str, Position]) -> None:
    text = format_cursor(positions)
    assert parse_cursor(text) == positions
    assert list(parse_cursor(text)) == list(positions)


@given(st.text() | st.text("abz019:,-_", max_size=40))
def test_any_text_is_a_cursor_that_is_written_alike_or_is_refused(text: str) -> None:
    try:
        positions = parse_cursor(text)
    except InvalidInput as error:
        assert error.code in (Code.BAD_COMMAND, Code.TOO_LONG)
    else:
        assert format_cursor(positions) == text


def test_no_text_is_no_position() -> None:
    assert parse_cursor("") == {}


def test_the_largest_offset_is_read_and_the_next_is_not() -> None:
    assert parse_cursor(f"a:e:{MAX_OFFSET}") == {"a": Position("e", MAX_OFFSET)}
    with pytest.raises(InvalidInput):
        parse_cursor(f"a:e:{MAX_OFFSET + 1}")


def test_the_longest_cursor_is_read_and_a_longer_one_is_too_long() -> None:
    part = f"{'r' * 60}%03d:{'e' * 16}:1"  # with its comma 83 characters
    count, rest = divmod(MAX_CURSOR_CHARACTERS - len("z:e:1"), len(part % 0) + 1)
    text = "".join(f"{part % n}," for n in range(count)) + f"{'z' * (rest + 1)}:e:1"
    assert len(text) == MAX_CURSOR_CHARACTERS
    assert len(parse_cursor(text)) == count + 1
    with pytest.raises(InvalidInput) as caught:
        parse_cursor(f"z{text}")
    assert caught.value.code == Code.TOO_LONG


@given(ROOMS)
def test_a_name_of_the_pattern_names_a_room(name: str) -> None:
    assert parse_room(name) == name


@pytest.mark.parametrize("name", ["a" * 64, "0", "a-_", "9-"])
def test_names_at_the_edge_are_rooms(name: str) -> None:
    assert parse_room(name) == name


@pytest.mark.parametrize("name", ["", "a" * 65, "-a", "_a", "A", "a b", "a\n", "a:b", "\u0661"])
def test_names_past_the_edge_are_not(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_room(name)
    assert caught.value.code == Code.BAD_ROOM
