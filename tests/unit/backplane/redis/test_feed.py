"""How far behind the feed is, is told where it can be."""

import pytest

from chat.backplane.redis.feed import _behind
from chat.protocol.cursor import Position


@pytest.mark.parametrize(
    ("position", "head", "entries"),
    [
        (Position("e", 3), Position("e", 5), 2),
        (Position("e", 5), Position("e", 5), 0),
        (Position("e", 6), Position("e", 5), 0),  # heard of after it was asked
        (Position("e", 3), Position("f", 5), 0),  # another life: that is a reset, no lag
        (None, Position("e", 5), 0),
        (Position("e", 3), None, 0),
    ],
)
def test_it_is_behind_by_the_entries_between_within_one_life_of_a_log(
    position: Position | None, head: Position | None, entries: int
) -> None:
    assert _behind(position, head) == entries
