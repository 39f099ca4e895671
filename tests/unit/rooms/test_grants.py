"""A token withholds what it was not made for, in the rooms it is for and in all others."""

import pytest

from chat.protocol.codes import Code
from chat.rooms.access import MemberState
from chat.rooms.grants import Grant, Scope
from chat.rooms.permissions import Action, Standing, refusal
from chat.rooms.roles import RoomRole, ServerRole

OWNER = MemberState(role=RoomRole.OWNER)
NEEDS = {
    Scope.READ: {Action.FIND, Action.READ, Action.JOIN, Action.LEAVE},
    Scope.SEND: {Action.SEND, Action.EDIT, Action.REACT, Action.DELETE_OWN, Action.REPORT},
}
NEEDS[Scope.MANAGE] = set(Action) - NEEDS[Scope.READ] - NEEDS[Scope.SEND]


def allowed(grant: Grant | None, room: str = "dev") -> set[Action]:
    """Return what an owner of ``room`` may do there with a token."""
    standing = Standing(
        room=room, is_member=True, server_role=ServerRole.BOT, state=OWNER, grant=grant
    )
    return {action for action in Action if refusal(action, standing, now=0) is None}


@pytest.mark.parametrize("scope", Scope)
def test_each_action_takes_its_scope_and_no_other(scope: Scope) -> None:
    assert allowed(Grant(frozenset({scope}))) == NEEDS[scope]


def test_all_scopes_withhold_nothing() -> None:
    assert allowed(Grant(frozenset(Scope))) == allowed(None) == set(Action)
    assert allowed(Grant(frozenset())) == set()


def test_a_token_for_some_rooms_does_nothing_in_others() -> None:
    grant = Grant(frozenset(Scope), frozenset({"dev"}))
    assert allowed(grant) == set(Action)
    assert allowed(grant, "ops") == set()


def test_of_a_closed_room_a_token_for_others_tells_nothing() -> None:
    room = "p-abcdefghjkmnpqrs"
    for grant in (Grant(frozenset(Scope)), Grant(frozenset(Scope), frozenset({"dev"}))):
        stranger = Standing(room=room, is_member=False, server_role=ServerRole.BOT, grant=grant)
        found = refusal(Action.READ, stranger, now=0)
        assert found is not None and found.code == Code.NO_SUCH_ROOM


def test_a_token_gives_no_rank() -> None:
    grant = Grant(frozenset(Scope))
    member = Standing(room="dev", is_member=True, server_role=ServerRole.BOT, grant=grant)
    for action in (Action.BAN, Action.ROLE, Action.DELETE, Action.HOOKS):
        found = refusal(action, member, now=0)
        assert found is not None and found.code == Code.FORBIDDEN
