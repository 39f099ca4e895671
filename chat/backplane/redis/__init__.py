"""The backplane of many instances: logs, presence and memberships in Redis, fed by its pub/sub."""

from chat.backplane.redis.backplane import RedisBackplane
from chat.backplane.redis.connect import RedisOptions

__all__ = ["RedisBackplane", "RedisOptions"]
