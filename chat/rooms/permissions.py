"""Who may do what in a room: one table, which everything that reads or writes a room asks. Pure.

A person has a rank in a room: stranger, member, moderator or owner. ``TABLE`` says for each action
and access which rank it takes. The settings of the room raise that rank (a locked room), and a mute
or ban of the person takes some actions away.

Everything but finding, reading and joining a room takes a member. A person who may not know of a
room is answered as if it did not exist.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from chat.errors import Refused
from chat.protocol.codes import Code
from chat.rooms import LOBBY
from chat.rooms.access import Access, MemberState, RoomSettings, access_of
from chat.rooms.grants import Grant, Scope
from chat.rooms.roles import RoomRole, ServerRole
from chat.rooms.times import until_words


class Action(StrEnum):
    """What somebody does in a room."""

    FIND = "find"  # see it in the directory
    READ = "read"
    JOIN = "join"  # by oneself; a member who joins again changes nothing
    LEAVE = "leave"
    SEND = "send"
    EDIT = "edit"  # one's own message
    REACT = "react"
    DELETE_OWN = "delete_own"
    DELETE = "delete"  # a message of somebody else
    DESCRIBE = "describe"  # set title and topic
    REGULATE = "regulate"  # lock it, set slow mode
    ARCHIVE = "archive"  # also set what is kept
    REPORT = "report"  # somebody else's message, to those who keep order
    INVITE = "invite"
    KICK = "kick"
    BAN = "ban"  # and unban
    MUTE = "mute"
    ROLE = "role"
    WEBHOOKS = "webhooks"  # have other programs told of what happens there, and list those
    HOOKS = "hooks"  # list, make and end incoming webhooks
    REMOVE = "remove"  # the room with everything in it


class Rank(IntEnum):
    """What a person counts as in a room; each may do what those before it may."""

    STRANGER = 0
    MEMBER = 1
    MODERATOR = 2
    OWNER = 3
    NOBODY = 4  # nobody has this rank, so nobody may


class Guests(StrEnum):
    """What people without an account may do on this server."""

    ON = "on"
    READ = "read"  # read, and take back what they have said
    OFF = "off"


_STRANGER, _MEMBER, _MODERATOR, _OWNER, _NOBODY = Rank
_COLUMNS: Final = (Access.PUBLIC, Access.UNLISTED, Access.PRIVATE, Access.DIRECT)
# The rank that each action takes. A direct room is a talk between equals: nobody is invited or
# removed, but everybody may leave, for nobody has to hear what they don't want to.
TABLE: Final[Mapping[Action, Mapping[Access, Rank]]] = {
    action: dict(zip(_COLUMNS, ranks, strict=True))
    for action, ranks in {
        #                   public      unlisted    private     direct
        Action.FIND:       (_STRANGER,  _MEMBER,    _MEMBER,    _MEMBER),
        Action.READ:       (_STRANGER,  _STRANGER,  _MEMBER,    _MEMBER),
        Action.JOIN:       (_STRANGER,  _STRANGER,  _MEMBER,    _MEMBER),
        Action.LEAVE:      (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.SEND:       (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.EDIT:       (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.REACT:      (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.DELETE_OWN: (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.DELETE:     (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.DESCRIBE:   (_MODERATOR, _MODERATOR, _MODERATOR, _MEMBER),
        Action.REGULATE:   (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.ARCHIVE:    (_OWNER,     _OWNER,     _OWNER,     _NOBODY),
        Action.REPORT:     (_MEMBER,    _MEMBER,    _MEMBER,    _MEMBER),
        Action.INVITE:     (_MEMBER,    _MEMBER,    _MEMBER,    _NOBODY),
        Action.KICK:       (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.BAN:        (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.MUTE:       (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.ROLE:       (_OWNER,     _OWNER,     _OWNER,     _NOBODY),
        Action.WEBHOOKS:   (_OWNER,     _OWNER,     _OWNER,     _NOBODY),
        Action.HOOKS:      (_MODERATOR, _MODERATOR, _MODERATOR, _NOBODY),
        Action.REMOVE:     (_OWNER,     _OWNER,     _OWNER,     _NOBODY),
    }.items()
}  # fmt: skip

# The scope that each action takes of a bot, besides the rank.
_SCOPES: Final[Mapping[Action, Scope]] = {
    **dict.fromkeys((Action.FIND, Action.READ, Action.JOIN, Action.LEAVE), Scope.READ),
    **dict.fromkeys(
        (Action.SEND, Action.EDIT, Action.REACT, Action.DELETE_OWN, Action.REPORT), Scope.SEND
    ),
}
_FOR_STRANGERS: Final = frozenset({Action.FIND, Action.READ, Action.JOIN})
# Everybody is in the lobby for ever.
_NOT_IN_LOBBY: Final = frozenset(
    {Action.LEAVE, Action.INVITE, Action.KICK, Action.BAN, Action.REMOVE}
)
# In a locked room, others may still react: announcements live by it.
_LOCKED: Final = frozenset({Action.SEND, Action.EDIT})
_ARCHIVED: Final = frozenset({Action.SEND, Action.EDIT, Action.REACT})
_MUTED: Final = frozenset({Action.SEND, Action.EDIT, Action.REACT, Action.DESCRIBE, Action.INVITE})
# Guests who may only read can leave, and take back what they have said, as everybody can.
_FOR_READERS: Final = frozenset({Action.FIND, Action.READ, Action.LEAVE, Action.DELETE_OWN})


class Standing(msgspec.Struct, kw_only=True, frozen=True):
    """A person's standing in a room: everything that decides what they may do there."""

    room: str
    is_member: bool
    server_role: ServerRole = ServerRole.GUEST
    settings: RoomSettings = RoomSettings()
    state: MemberState = MemberState()
    guests: Guests = Guests.ON
    grant: Grant | None = None  # of a bot's token; None: nothing is withheld

    @property
    def access(self) -> Access:
        return access_of(self.room)

    @property
    def is_closed(self) -> bool:
        """Whether only members may know of the room."""
        return self.access in (Access.PRIVATE, Access.DIRECT)

    @property
    def rank(self) -> Rank:
        """The person's rank. This server's owners have it everywhere but in others' closed rooms.

        A public room that nobody has created has no other owners or moderators than those.
        """
        if self.server_role is ServerRole.OWNER and (self.is_member or not self.is_closed):
            return Rank.OWNER
        return _RANKS[self.state.role] if self.is_member else Rank.STRANGER

    @property
    def is_of_site(self) -> bool:
        """Whether the person has the rank of an owner as an owner of the server."""
        return self.server_role is ServerRole.OWNER and self.rank is Rank.OWNER

    @property
    def role(self) -> str | None:
        """The name of the rank; None for a stranger."""
        return None if self.rank is Rank.STRANGER else self.rank.name.lower()


_RANKS: Final = {
    RoomRole.MEMBER: Rank.MEMBER,
    RoomRole.MODERATOR: Rank.MODERATOR,
    RoomRole.OWNER: Rank.OWNER,
}


def refusal(action: Action, standing: Standing, *, now: float) -> Refused | None:
    """Return why a person with this ``standing`` may not do ``action``; None if they may.

    ``now`` is in seconds since 1970.
    """
    room, settings, state = standing.room, standing.settings, standing.state
    is_guest = standing.server_role is ServerRole.GUEST
    if is_guest and standing.guests is Guests.OFF:
        return Refused(Code.UNAUTHORIZED, "Sign in first: guests are not let in.")
    is_known = standing.is_member or not standing.is_closed
    if not is_known or (settings.is_removed and action is not Action.REMOVE):
        return no_such_room(room)
    if standing.grant is not None:
        scope = _SCOPES.get(action, Scope.MANAGE)
        if (withheld := not_granted(standing.grant, scope, room)) is not None:
            return withheld
    if not standing.is_member and action not in _FOR_STRANGERS:
        return not_member(room)
    if is_guest and standing.guests is Guests.READ and action not in _FOR_READERS:
        return Refused(Code.FORBIDDEN, "Guests may only read here; sign in to take part.")
    if action is Action.JOIN and not standing.is_member and state.banned_until_s > now:
        until, why = until_words(state.banned_until_s), _because(state.reason)
        return Refused(Code.BANNED, f"You are banned from {room}{until}{why}.")
    if action in _MUTED and state.muted_until_s > now:
        until, why = until_words(state.muted_until_s), _because(state.reason)
        return Refused(Code.MUTED, f"You are muted here{until}{why}.")
    if room == LOBBY and action in _NOT_IN_LOBBY:
        return Refused(Code.FORBIDDEN, f"Everybody is in {room}; it can't be left.")
    if settings.is_archived and action in _ARCHIVED:
        return Refused(Code.FORBIDDEN, f"{room} is archived: nobody writes there any more.")
    needed = TABLE[action][standing.access]
    if settings.is_locked and action in _LOCKED and standing.rank < Rank.MODERATOR:
        return Refused(Code.FORBIDDEN, f"{room} is locked: only its moderators write there.")
    if standing.rank < needed:
        return Refused(Code.FORBIDDEN, _NEEDS[needed])
    return None


_NEEDS: Final = {
    Rank.MEMBER: "Only members of this room may do this.",
    Rank.MODERATOR: "Only moderators and owners of this room may do this.",
    Rank.OWNER: "Only owners of this room may do this.",
    Rank.NOBODY: "Nobody can do this in a direct room.",
}


def not_granted(grant: Grant, scope: Scope, room: str | None = None) -> Refused | None:
    """Return why a token with this ``grant`` does not do for ``scope``, in ``room`` if given."""
    if room is not None and not grant.covers(room):
        return Refused(Code.FORBIDDEN, f"This token is not for {room}.")
    if scope not in grant.scopes:
        return Refused(Code.FORBIDDEN, f"This token may not do that: it lacks the scope {scope}.")
    return None


def may(action: Action, standing: Standing, *, now: float) -> bool:
    return refusal(action, standing, now=now) is None


def check_above(standing: Standing, other: Standing) -> None:
    """Raise Refused ``forbidden`` unless ``standing`` ranks above ``other``, of another person.

    So moderators keep order among members, owners among those, and owners of the server among all;
    nobody does among their equals.
    """
    own, others = (standing.rank, standing.is_of_site), (other.rank, other.is_of_site)
    if own <= others:
        raise Refused(Code.FORBIDDEN, "You can't do this to somebody of your own rank or above.")


def no_such_room(room: str) -> Refused:
    """Return the answer for an unknown room, and for a closed one to those who are not in it."""
    hint = "; join it to make it" if access_of(room) is Access.PUBLIC else ""
    return Refused(Code.NO_SUCH_ROOM, f"There is no room {room}{hint}.")


def not_member(room: str) -> Refused:
    if access_of(room) in (Access.PRIVATE, Access.DIRECT):
        return no_such_room(room)
    return Refused(Code.NOT_MEMBER, f"You are not in {room}; join it first.")


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
