"""The backplane of many instances: logs, presence, memberships and a live feed on Redis."""

from chat.backplane.redis.backplane import RedisBackplane
from chat.backplane.redis.blocklist_admin import RedisBlocklistAdmin
from chat.backplane.redis.connect import RedisOptions, connect_soon
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.site_admin import RedisSiteAdmin

__all__ = [
    "Keys",
    "RedisBackplane",
    "RedisBlocklistAdmin",
    "RedisOptions",
    "RedisSiteAdmin",
    "connect_soon",
]
