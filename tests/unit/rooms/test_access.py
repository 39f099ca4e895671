"""The name of a room says who may find and read it."""

import pytest

from chat.protocol.cursor import parse_room
from chat.rooms import LOBBY
from chat.rooms.access import PREFIXES, Access, access_of, is_closed, new_name


@pytest.mark.parametrize("access", PREFIXES)
def test_a_new_name_says_its_access_and_is_the_name_of_a_room(access: Access) -> None:
    names = {new_name(access) for _ in range(100)}
    assert len(names) == 100
    for name in names:
        assert parse_room(name) == name
        assert access_of(name) is access
        assert len(name) == len(PREFIXES[access]) + 16


def test_all_other_names_are_public() -> None:
    for name in (LOBBY, "dev", "p", "pub-lic", "x-p-", "up-2"):
        assert access_of(name) is Access.PUBLIC


def test_only_members_may_know_of_private_and_direct_rooms() -> None:
    assert [is_closed(new_name(access)) for access in PREFIXES] == [False, True, True]
