"""Which rooms and users this instance follows: those of its readers, and for a while after them."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar

from chat.backplane.redis.channels import Channels
from chat.backplane.redis.failures import unavailable
from chat.backplane.redis.followed import Followed, FollowedUser
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.seen import SeenPositions
from chat.errors import Unavailable

# How long a room stays followed without readers: they may be between two polls, or reloading.
LINGER_S: Final = 60.0
SUBSCRIBE_TIMEOUT_S: Final = 5.0

T = TypeVar("T", Followed, FollowedUser)


class Following:
    """Subscribes to the channels of rooms and users, and unsubscribes from them."""

    def __init__(
        self,
        channels: Channels,
        keys: Keys,
        seen: SeenPositions,
        new_room: Callable[[str], Followed],
    ) -> None:
        self.rooms: dict[str, Followed] = {}  # by channel
        self.users: dict[str, FollowedUser] = {}  # by channel
        self._channels = channels
        self._keys = keys
        self._seen = seen
        self._new_room = new_room
        self._unneeded: set[str] = set()  # channels of removed rooms, still subscribed to

    def room(self, room: str) -> Followed | None:
        return self.rooms.get(self._keys.feed(room))

    async def follow(self, rooms: Collection[str]) -> None:
        """Subscribe to the channels of ``rooms`` and catch up. Raises Unavailable."""
        wanted = {self._keys.feed(room): self.room(room) or self._new_room(room) for room in rooms}
        await self._subscribe(self.rooms, wanted)

    async def follow_user(self, user: str) -> None:
        """Subscribe to the channel of ``user``. Raises Unavailable."""
        channel = self._keys.user_feed(user)
        await self._subscribe(self.users, {channel: self.users.get(channel) or FollowedUser()})

    def unfollow(self, rooms: Collection[str]) -> None:
        """Unsubscribe from ``rooms``, which have no reader here any more, after LINGER_S."""
        for room in rooms:
            if (followed := self.room(room)) is not None:
                followed.unused_since = asyncio.get_running_loop().time()

    def unfollow_user(self, user: str) -> None:
        """Unsubscribe from ``user``, who has no session here any more, after LINGER_S."""
        if (followed := self.users.get(self._keys.user_feed(user))) is not None:
            followed.unused_since = asyncio.get_running_loop().time()

    def drop(self, room: str) -> None:
        """Unsubscribe from ``room``, which was removed, with the next unused ones."""
        if self.rooms.pop(self._keys.feed(room), None) is not None:
            self._unneeded.add(self._keys.feed(room))

    async def unsubscribe_unused(self) -> None:
        """Unsubscribe from what is unused for LINGER_S."""
        unneeded, self._unneeded = self._unneeded - self.rooms.keys(), set()
        for channel in _unused(self.rooms):
            followed = self.rooms.pop(channel)
            if followed.position is not None:
                self._seen.note(followed.room, followed.position)
            unneeded.add(channel)
        for channel in _unused(self.users):
            del self.users[channel]
            unneeded.add(channel)
        if unneeded:
            await self._channels.unsubscribe([*unneeded])

    async def _subscribe(self, known: dict[str, T], wanted: Mapping[str, T]) -> None:
        """Subscribe to the channels of ``wanted`` that are not ``known``; wait for all."""
        new = [channel for channel in wanted if channel not in known]
        known.update(wanted)
        for one in wanted.values():
            one.unused_since = None
        if all(one.ready.is_set() for one in wanted.values()):
            return  # as a rule
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT_S):
                if new:
                    await self._channels.subscribe(new)
                for one in wanted.values():
                    await one.ready.wait()
        except (TimeoutError, Unavailable) as error:
            for channel in new:
                known.pop(channel, None)
            raise unavailable(error) from error


def _unused(known: Mapping[str, Followed | FollowedUser]) -> list[str]:
    before = asyncio.get_running_loop().time() - LINGER_S
    return [
        channel
        for channel, followed in known.items()
        if followed.unused_since is not None and followed.unused_since < before
    ]
