"""What the store has of incoming webhooks, by room: records of the site's log."""

from collections.abc import Sequence

from chat.accounts import records
from chat.accounts.records import Hook
from chat.backplane.records import SITE, Change
from chat.backplane.site_log import SiteLog

# As many services as a room is told of; each takes some 300 bytes.
MAX_HOOKS = 20


async def hooks_of(log: SiteLog, room: str) -> Sequence[tuple[str, Hook]]:
    """Return the webhooks of ``room`` by their ids, as stored now."""
    prefix = records.hooks_of(room)
    found = await log.scan(SITE, prefix, limit=2 * MAX_HOOKS)
    ids = [key.removeprefix(prefix) for key, _ in found]
    stored = await log.records(SITE, [records.hook(id) for id in ids])
    hooks = ((id, stored.get(records.hook(id))) for id in ids)
    return [(id, records.decode(value, Hook)) for id, value in hooks if value is not None]


async def ending_all(log: SiteLog, room: str) -> list[Change]:
    """Return the changes by which ``room``, which is about to go, has no webhooks any more."""
    prefix = records.hooks_of(room)
    listed = dict(await log.scan(SITE, prefix, limit=2 * MAX_HOOKS))
    stored = await log.records(SITE, [records.hook(key.removeprefix(prefix)) for key in listed])
    return [Change(key, value, None) for key, value in {**listed, **stored}.items()]
