"""What rooms show of people who change: somebody's other name."""

from chat.backplane.base import Backplane
from chat.backplane.records import Draft
from chat.clock import Clock
from chat.errors import ChatError
from chat.protocol.entries import MemberChange, RoomChangedBody
from chat.protocol.pushes import Person, skeleton_of
from chat.service.times import rfc3339


async def leave_trace(backplane: Backplane, clock: Clock, before: Person, name: str) -> None:
    """Say in the rooms of ``before`` that they are now called ``name``.

    It is a courtesy: a room where that can't be said is left out.
    """
    if before.name == name:
        return
    body = RoomChangedBody(
        user=before.user,
        name=before.name,
        skeleton=skeleton_of(before.name),
        time=rfc3339(clock.time()),
        members=[MemberChange(user=before.user, name=name)],
    )
    for membership in await backplane.memberships(before.user):
        try:
            await backplane.append(Draft(room=membership.room, user=before.user, body=body))
        except ChatError:
            continue
