"""The table of who may do what: each of its cells, and what takes an action away."""

from itertools import product

import pytest

from chat.errors import Refused
from chat.protocol.codes import Code
from chat.rooms import LOBBY
from chat.rooms.access import Access, MemberState, RoomSettings, new_name
from chat.rooms.permissions import (
    TABLE,
    Action,
    Guests,
    Rank,
    Standing,
    check_above,
    may,
    no_such_room,
    refusal,
)
from chat.rooms.roles import RoomRole, ServerRole
from chat.rooms.times import FOR_EVER_S

NOW = 1_000_000.0
NAMES = {access: new_name(access) for access in Access if access is not Access.PUBLIC}
NAMES[Access.PUBLIC] = "dev"
# How each rank comes about; a server's owner is in the room, too.
WAYS = {
    "stranger": (False, ServerRole.GUEST, RoomRole.MEMBER),
    "member": (True, ServerRole.GUEST, RoomRole.MEMBER),
    "moderator": (True, ServerRole.MEMBER, RoomRole.MODERATOR),
    "owner": (True, ServerRole.BOT, RoomRole.OWNER),
    "owner of the server": (True, ServerRole.OWNER, RoomRole.MEMBER),
}
RANKS = {
    "stranger": Rank.STRANGER,
    "member": Rank.MEMBER,
    "moderator": Rank.MODERATOR,
    "owner": Rank.OWNER,
    "owner of the server": Rank.OWNER,
}


def standing(
    way: str = "member",
    access: Access = Access.PUBLIC,
    *,
    room: str = "",
    settings: RoomSettings | None = None,
    guests: Guests = Guests.ON,
    muted_until_s: float = 0,
    banned_until_s: float = 0,
    reason: str = "",
) -> Standing:
    is_member, server_role, role = WAYS[way]
    return Standing(
        room=room or NAMES[access],
        is_member=is_member,
        server_role=server_role,
        settings=settings or RoomSettings(),
        state=MemberState(
            role=role, muted_until_s=muted_until_s, banned_until_s=banned_until_s, reason=reason
        ),
        guests=guests,
    )


def code(action: Action, standing: Standing) -> str | None:
    refused = refusal(action, standing, now=NOW)
    return None if refused is None else refused.code


def test_every_action_is_in_the_table_for_every_access() -> None:
    assert set(TABLE) == set(Action)
    assert all(set(ranks) == set(Access) for ranks in TABLE.values())


@pytest.mark.parametrize(("action", "access", "way"), list(product(Action, Access, WAYS)))
def test_each_cell_lets_in_the_rank_that_it_names_and_those_above(
    action: Action, access: Access, way: str
) -> None:
    needed, found = TABLE[action][access], code(action, standing(way, access))
    if way == "stranger" and needed > Rank.STRANGER:
        is_closed = access in (Access.PRIVATE, Access.DIRECT)
        for_strangers = action in (Action.FIND, Action.READ, Action.JOIN)
        expected = Code.NO_SUCH_ROOM if is_closed else Code.NOT_MEMBER
        assert found == (Code.FORBIDDEN if for_strangers and not is_closed else expected)
    else:
        assert found == (None if RANKS[way] >= needed else Code.FORBIDDEN)


def test_an_owner_of_the_server_is_a_stranger_in_closed_rooms_of_others() -> None:
    for access in Access:
        room = Standing(room=NAMES[access], is_member=False, server_role=ServerRole.OWNER)
        is_open = access in (Access.PUBLIC, Access.UNLISTED)
        assert room.rank is (Rank.OWNER if is_open else Rank.STRANGER)
        assert may(Action.READ, room, now=NOW) is is_open
        assert code(Action.SEND, room) == (Code.NOT_MEMBER if is_open else Code.NO_SUCH_ROOM)


def test_who_is_not_in_a_closed_room_is_told_the_same_as_of_a_room_that_is_not_there() -> None:
    for access, action in product((Access.PRIVATE, Access.DIRECT), Action):
        for settings in (RoomSettings(), RoomSettings(is_locked=True, is_archived=True)):
            stranger = standing(
                "stranger", access, settings=settings, muted_until_s=NOW + 9, banned_until_s=NOW + 9
            )
            refused = refusal(action, stranger, now=NOW)
            assert refused is not None
            expected = no_such_room(stranger.room)
            assert (refused.code, refused.message) == (expected.code, expected.message)


def test_the_lobby_is_never_left_and_nobody_is_invited_or_removed() -> None:
    never = {Action.LEAVE, Action.INVITE, Action.KICK, Action.BAN, Action.REMOVE}
    owner = standing("owner of the server", room=LOBBY)
    assert {action for action in Action if not may(action, owner, now=NOW)} == never


def test_in_a_locked_room_only_moderators_and_owners_write() -> None:
    locked = RoomSettings(is_locked=True)
    for action in (Action.SEND, Action.EDIT):
        assert code(action, standing("member", settings=locked)) == Code.FORBIDDEN
        assert code(action, standing("moderator", settings=locked)) is None
    for action in (Action.REACT, Action.DELETE_OWN, Action.LEAVE, Action.READ):
        assert code(action, standing("member", settings=locked)) is None


def test_in_an_archived_room_nobody_writes_and_owners_may_change_that() -> None:
    archived = RoomSettings(is_archived=True)
    for action, way in product((Action.SEND, Action.EDIT, Action.REACT), WAYS):
        if way != "stranger":
            assert code(action, standing(way, settings=archived)) == Code.FORBIDDEN
    assert code(Action.ARCHIVE, standing("owner", settings=archived)) is None
    assert code(Action.DELETE_OWN, standing("member", settings=archived)) is None
    assert code(Action.READ, standing("stranger", settings=archived)) is None


def test_a_mute_takes_speaking_away_until_it_is_over_and_says_until_when() -> None:
    spoken = {Action.SEND, Action.EDIT, Action.REACT, Action.DESCRIBE, Action.INVITE}
    muted = standing("member", access=Access.DIRECT, muted_until_s=NOW + 1, reason="spam")
    assert {action for action in Action if code(action, muted) == Code.MUTED} == spoken
    assert code(Action.SEND, standing("member", muted_until_s=NOW)) is None
    refused = refusal(Action.SEND, muted, now=NOW)
    assert refused is not None
    assert refused.message == "You are muted here until 1970-01-12 13:46 UTC: spam."
    forever = refusal(Action.SEND, standing("member", muted_until_s=FOR_EVER_S), now=NOW)
    assert forever is not None and forever.message == "You are muted here."


def test_who_is_banned_cannot_join_but_reads_what_everybody_reads() -> None:
    banned = standing("stranger", banned_until_s=NOW + 1)
    assert code(Action.JOIN, banned) == Code.BANNED
    assert code(Action.READ, banned) is None
    assert code(Action.JOIN, standing("stranger", banned_until_s=NOW)) is None


def test_guests_who_may_only_read_read_leave_and_take_back_what_they_said() -> None:
    allowed = {Action.FIND, Action.READ, Action.LEAVE, Action.DELETE_OWN}
    guest = standing("member", guests=Guests.READ)
    assert {action for action in Action if code(action, guest) is None} == allowed
    assert code(Action.SEND, standing("moderator", guests=Guests.READ)) is None  # has an account
    assert code(Action.JOIN, standing("stranger", guests=Guests.READ)) == Code.FORBIDDEN


def test_where_guests_are_not_let_in_they_may_nothing() -> None:
    for action in Action:
        assert code(action, standing("member", guests=Guests.OFF)) == Code.UNAUTHORIZED
    assert code(Action.SEND, standing("owner", guests=Guests.OFF)) is None


def test_a_room_that_is_being_removed_is_not_there_but_for_who_removes_it() -> None:
    removed = RoomSettings(is_removed=True)
    for action in Action:
        found = code(action, standing("owner", settings=removed))
        assert found == (None if action is Action.REMOVE else Code.NO_SUCH_ROOM)


def test_order_is_kept_among_those_below_and_never_among_equals() -> None:
    by_rank = ["stranger", "member", "moderator", "owner", "owner of the server"]
    for one, other in product(by_rank, by_rank):
        if by_rank.index(one) > by_rank.index(other):
            check_above(standing(one), standing(other))
        else:
            with pytest.raises(Refused):
                check_above(standing(one), standing(other))


def test_the_names_of_ranks_are_the_roles_that_clients_are_told() -> None:
    assert [standing(way).role for way in WAYS] == [None, "member", "moderator", "owner", "owner"]
