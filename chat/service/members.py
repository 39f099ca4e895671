"""What all commands about members share: names, limits, joining, and who owns a room."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

import msgspec

from chat.accounts import identity
from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import Appended, Change, Draft
from chat.errors import InvalidInput, Refused
from chat.metrics.counters import Metrics
from chat.protocol.codes import Code
from chat.protocol.entries import JoinedBody
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.access import MEMBER, OWNERS
from chat.rooms.permissions import Standing
from chat.rooms.roles import RoomRole
from chat.service.acts import Acts
from chat.service.rosters import Rosters
from chat.service.standings import People, encode


class Members:
    """Looks up and changes who is a member of a room, and who owns it."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        directory: Directory,
        limits: Limits,
        metrics: Metrics,
        people: People,
        rosters: Rosters,
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._directory = directory
        self._limits = limits
        self._metrics = metrics
        self._people = people
        self._rosters = rosters

    async def name_of(self, user: str, room: str = LOBBY) -> str:
        """Return the name of a person: that of the account, or as seen in ``room`` or the lobby.

        It is the name of now, to be stored. Raises InvalidInput ``bad_command`` if there can be no
        such user.
        """
        (name,) = (await self.names_of([user], room, is_fresh=True)).values()
        if name == identity.first_name(user) and not identity.is_user_id(user):
            raise InvalidInput(Code.BAD_COMMAND, "There is no user with this id.")
        return name

    async def names_of(
        self, users: Collection[str], room: str, *, is_fresh: bool = False
    ) -> dict[str, str]:
        """Return the names of ``users``; of one who was never seen, the first name of a guest."""
        name_of = partial(self._people.name_of, is_fresh=is_fresh)
        found = await asyncio.gather(*map(name_of, users))
        names = dict(zip(users, found, strict=True))
        for place in dict.fromkeys((room, LOBBY)):
            if all(names.values()):
                break
            known = await self._rosters.known(place)
            names |= {user: known[user].name for user in users if not names[user] and user in known}
        return {user: name or identity.first_name(user) for user, name in names.items()}

    async def make_member(self, by: Person, user: str, name: str, room: str) -> Appended:
        """Make ``user`` a member of ``room``; nothing changes if they are one."""
        body = JoinedBody(**self._acts.by(Person(user=user, name=name)))
        if user != by.user:
            body.by, body.by_name = by.user, by.name
        return await self._backplane.join(Draft(room=room, user=user, body=body))

    async def check_count(self, user: str, room: str, *, is_self: bool = True) -> bool:
        """Raise Refused if this join would be one too many; return whether it would be a new one.

        A few concurrent joins may pass.
        """
        rooms = {m.room for m in await self._backplane.memberships(user)} - {LOBBY}
        if room == LOBBY or room in rooms:
            return False
        most = self._limits.max_rooms_of_user
        if most is not None and len(rooms) >= most:
            self._metrics.limited(Limit.ROOMS)
            count = f"in {len(rooms)} rooms, the most there can be"
            who = f"You are {count}: leave one." if is_self else f"They are {count}."
            raise Refused(Code.FORBIDDEN, who)
        return True

    # Owners

    async def without_role(
        self,
        user: str,
        standing: Standing,
        state: bytes | None,
        *,
        by_site: bool = False,
        **others: float | str,
    ) -> Sequence[Change]:
        """Return the changes by which ``user``, who leaves, has no role in the room any more.

        ``others`` are fields of the person's state to set. Raises as ``change_owners``, unless an
        owner of the server removes them (``by_site``), who is an owner of the room, too.
        """
        after = msgspec.structs.replace(standing.state, role=RoomRole.MEMBER, **others)
        changes = [Change(f"{MEMBER}{user}", state, encode(after))]
        if standing.state.role is RoomRole.OWNER:
            owners = await self.change_owners(
                standing.room, remove=user, leaves=True, by_site=by_site
            )
            changes.append(owners)
        return changes

    async def change_owners(
        self,
        room: str,
        *,
        add: str = "",
        remove: str = "",
        leaves: bool = False,
        by_site: bool = False,
    ) -> Change:
        """Return the change of the list of owners of ``room``.

        Raises Refused ``forbidden`` for the last owner, unless they leave as the last member.
        """
        record = (await self._directory.fresh(room, OWNERS)).get(OWNERS)
        before: list[str] = [] if record is None else msgspec.json.decode(record, type=list[str])
        after = [user for user in before if user not in (add, remove)] + ([add] if add else [])
        if before and not after and not (by_site or (leaves and await self._is_alone(room))):
            raise Refused(Code.FORBIDDEN, "The room needs an owner: make somebody else one first.")
        return Change(OWNERS, record, msgspec.json.encode(after) if after else None)

    async def _is_alone(self, room: str) -> bool:
        return len(await self._backplane.members(room, limit=2)) < 2
