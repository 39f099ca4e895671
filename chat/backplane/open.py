"""Opens the backplane that the settings select: embedded in this process, or on Redis."""

from typing import Any

from chat.backplane.base import Backplane, BlocklistAdmin
from chat.backplane.embedded import (
    EmbeddedBackplane,
    EmbeddedBlocklistAdmin,
    EmbeddedSiteAdmin,
)
from chat.backplane.redis import (
    Keys,
    RedisBackplane,
    RedisBlocklistAdmin,
    RedisOptions,
    RedisSiteAdmin,
    connect_soon,
)
from chat.backplane.site_log import SiteAdmin
from chat.clock import Clock
from chat.settings.settings import Settings


def open_backplane(settings: Settings, clock: Clock) -> Backplane:
    """Return the backplane that ``settings`` select, not yet started."""
    keep = settings.history_limit
    if settings.redis_url is None:
        return EmbeddedBackplane(settings.data_dir, clock=clock, keep=keep)
    return RedisBackplane(_redis_options(settings), clock=clock, keep=keep)


async def open_blocklist_admin(settings: Settings, clock: Clock) -> BlocklistAdmin:
    """Open the block list of the servers with these ``settings``. Raises SettingsError."""
    if settings.redis_url is None:
        return EmbeddedBlocklistAdmin(settings.data_dir)
    return await RedisBlocklistAdmin.open(_redis_options(settings), clock)


async def open_site_admin(settings: Settings, clock: Clock) -> SiteAdmin:
    """Open the site's records of the servers with these ``settings``. Raises SettingsError."""
    if settings.redis_url is None:
        return EmbeddedSiteAdmin(settings.data_dir, clock)
    return await RedisSiteAdmin.open(_redis_options(settings), clock)


async def redis_client(settings: Settings) -> Any:
    return await connect_soon(_redis_options(settings))


def redis_keys(settings: Settings) -> Keys:
    return _redis_options(settings).keys


def _redis_options(settings: Settings) -> RedisOptions:
    assert settings.redis_url is not None
    return RedisOptions(
        url=settings.redis_url,
        prefix=settings.redis_prefix,
        is_tls_verified=settings.has_redis_tls_verified,
        is_eviction_refused=settings.is_eviction_refused,
    )
