"""Rooms and messages are named as their addresses are; what is none is refused before all else."""

import click
import pytest

from chat.admin.rooms import offset, room_name


def test_a_room_and_a_message_are_what_their_address_ends_with() -> None:
    assert room_name("tea") == "tea"
    assert offset("41") == 41


@pytest.mark.parametrize("text", ["", "0", "-1", "4.1", "x", "٣", "1" * 16])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="offset"):
        offset(text)


@pytest.mark.parametrize("text", ["", "!site", "a b", "Tea!"])
def test_what_is_no_room_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        room_name(text)
