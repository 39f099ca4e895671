"""Where the devices of people are notified: what their browsers gave (W3C Push API)."""

from collections.abc import Mapping
from typing import Final

import msgspec

from chat.accounts.blocklist import is_device_id
from chat.backplane.base import Backplane
from chat.backplane.values import Setting
from chat.clock import Clock

# A person has a phone or two, and some browsers; the oldest subscription gives way to one more.
MAX_SUBSCRIPTIONS: Final = 20
# As long as a cookie is valid: a page that is opened renews both.
SUBSCRIPTION_DAYS: Final = 365
_DAY_S: Final = 86400.0
# Of guests without devices: they have one browser.
_NO_DEVICE: Final = "-"


class Subscription(msgspec.Struct, kw_only=True, frozen=True):
    """An address at a push service, and the keys that messages to it are encrypted with.

    ``key`` and ``auth`` are in base64url (RFC 8291 section 3). ``site`` is the origin of the page
    that subscribed. ``seen_s`` is the day on which the page was last open.
    """

    endpoint: str
    key: str
    auth: str
    site: str
    seen_s: int


class Subscriptions:
    """The subscriptions of each person, by device. Methods raise Unavailable."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock

    async def of(self, user: str) -> Mapping[str, Subscription]:
        """Return those of ``user`` that have not run out."""
        found = await self._backplane.values.all(_group(user))
        decoded = {
            _device(key): msgspec.json.decode(value, type=Subscription)
            for key, value in found.items()
        }
        oldest_s = self._clock.time() - SUBSCRIPTION_DAYS * _DAY_S
        return {device: one for device, one in decoded.items() if one.seen_s >= oldest_s}

    async def put(
        self, user: str, device: str, *, endpoint: str, key: str, auth: str, site: str
    ) -> None:
        """Store the one subscription of a device; one of the same day is written once."""
        seen_s = int(self._clock.time() // _DAY_S * _DAY_S)
        new = Subscription(endpoint=endpoint, key=key, auth=auth, site=site, seen_s=seen_s)
        known = await self.of(user)
        if known.get(device) == new:
            return
        # A browser has one subscription, whoever is or was signed in there.
        others = {other: one for other, one in known.items() if other != device}
        gone = [other for other, one in others.items() if one.endpoint == endpoint]
        kept = sorted((one.seen_s, other) for other, one in others.items() if other not in gone)
        gone += [other for _, other in kept[: max(0, len(kept) + 1 - MAX_SUBSCRIPTIONS)]]
        await self._backplane.values.put(
            [
                *(Setting(_group(user), other or _NO_DEVICE, None) for other in gone),
                Setting(_group(user), device or _NO_DEVICE, msgspec.json.encode(new)),
            ]
        )

    async def remove(self, user: str, device: str) -> None:
        """Forget the subscription of a device. Repeatable."""
        await self._backplane.values.put([Setting(_group(user), device or _NO_DEVICE, None)])

    async def end(self, who: str) -> None:
        """Forget all subscriptions of ``who``, a user or a device as blocks name them."""
        if is_device_id(who):
            user, _, device = who.partition("/")
            await self.remove(user, device)
        else:
            await self._backplane.values.clear(_group(who))


def _group(user: str) -> str:
    return f"push/{user}"


def _device(key: str) -> str:
    return "" if key == _NO_DEVICE else key
