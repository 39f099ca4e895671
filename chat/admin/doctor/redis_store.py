"""Checks the Redis of the instances: its memory, what it does when that is full, its files."""

import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, Final

from chat.admin.doctor.finding import Finding, Level, note, ok, problem

_AREA: Final = "redis"
# The oldest version that the tests run with.
_OLDEST: Final = (6, 2)
_FULL: Final = 0.9
_SLOW_S: Final = 0.05  # each message waits for it
_PINGS: Final = 10


async def check(client: Any, *, is_cluster: bool) -> list[Finding]:
    """Return what is wrong with Redis. Raises RedisError."""
    if is_cluster:
        nodes = client.get_primaries()
        infos = [await client.info("all", target_nodes=node) for node in nodes]
    else:
        infos = [await client.info("all")]
    # What is so on several nodes of a cluster is said once.
    found = list(dict.fromkeys(finding for info in infos for finding in _of_node(info)))
    spans = []
    for _ in range(_PINGS):
        began = time.monotonic()
        await client.ping()
        spans.append(time.monotonic() - began)
    if median(spans) > _SLOW_S:
        found.append(
            problem(
                _AREA,
                f"Redis answers after {1000 * median(spans):.0f} ms.",
                "Each message waits for that: run Redis near the instances, and look at its load.",
            )
        )
    version = infos[0].get("redis_version", "?")
    shown = f"Redis {version} answers within {1000 * median(spans):.1f} ms."
    if all(one.level is not Level.PROBLEM for one in found):
        found.append(ok(_AREA, f"{shown} It keeps what it has, in memory and on its disk."))
    return found


def _of_node(info: Mapping[str, Any]) -> Iterator[Finding]:
    version = tuple(int(part) for part in str(info.get("redis_version", "9")).split(".")[:2])
    if version < _OLDEST:
        yield problem(_AREA, f"Redis is of version {info['redis_version']}.", "Upgrade it.")
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if most and used >= _FULL * most:
        yield problem(
            _AREA,
            f"Redis is nearly full: {used >> 20} of {most >> 20} MB (maxmemory). When it is full, "
            "nobody can write.",
            "Raise maxmemory (redis-cli CONFIG SET maxmemory …, and in redis.conf), or keep less "
            "with HISTORY_LIMIT.",
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield problem(
            _AREA,
            f"maxmemory-policy is {policy}: Redis throws whole rooms away when it is full.",
            "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf.",
        )
    if not most:
        yield note(
            _AREA,
            "maxmemory is not set: Redis may take all memory of its machine.",
            "Set it below the memory of the machine.",
        )
    if not int(info.get("aof_enabled", 0)):
        yield problem(
            _AREA,
            "Redis has no append-only file: when it is restarted, the newest messages, or all, "
            "are lost.",
            "redis-cli CONFIG SET appendonly yes, and in redis.conf.",
        )
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if info.get(name, "ok") != "ok":
            yield problem(
                _AREA,
                f"Redis could not write its files ({name}:{info[name]}).",
                "See its log: its disk may be full.",
            )
