"""The last deliveries of a webhook, for people: what was sent and what became of it, no texts."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.backplane.values import Setting
from chat.backplane.webhooks import DELIVERIES, Delivery

# As many as somebody looks through, at some 150 bytes each.
MAX_DELIVERIES: Final = 50
MAX_AGE_S: Final = 30 * 86_400.0
# They are written at most this often: an instance that is killed has lost no more of them.
WRITE_S: Final = 1.0


class Deliveries:
    """Remembers deliveries, the last one last."""

    def __init__(self, hook: str, stored: Sequence[Delivery]) -> None:
        self._hook = hook
        self._known = {one.id: one for one in stored}
        self._is_changed = False
        self._written_s = 0.0

    def note(self, delivery: Delivery) -> None:
        """Remember ``delivery`` in place of what was known of it."""
        self._known.pop(delivery.id, None)
        self._known[delivery.id] = delivery
        while len(self._known) > MAX_DELIVERIES:
            del self._known[next(iter(self._known))]
        self._is_changed = True

    def settings(self, *, now: float, is_urgent: bool) -> list[Setting]:
        """Return the setting that stores them; none if that can wait. ``is_urgent``: now."""
        if not self._is_changed or not (is_urgent or now >= self._written_s + WRITE_S):
            return []
        self._is_changed, self._written_s = False, now
        kept = [one for one in self._known.values() if one.last_s > now - MAX_AGE_S]
        return [Setting(DELIVERIES, self._hook, msgspec.json.encode(kept))]
