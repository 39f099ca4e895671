"""From REDIS_URL to a client, once that Redis answers and is what Parley needs."""

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError

from chat.errors import SettingsError

log: Final = logging.getLogger(__name__)

# Below Store.TIMEOUT_S, so that a hung connection is given up and the next command has a new one.
SOCKET_TIMEOUT_S: Final = 4.0
# While Redis is down at the start; platforms restart what they started in any order.
START_RETRY_S: Final = 2.0
# Who types a command does not wait for a Redis that is away as a server does.
COMMAND_TIMEOUT_S: Final = 10.0
_SENTINEL_PORT: Final = 26379
_REDIS_PORT: Final = 6379


@dataclass(frozen=True, kw_only=True)
class RedisOptions:
    """Which Redis, and what is asked of it.

    ``url`` is ``redis[s]://[user:password@]host[:port][/db]``,
    ``redis+sentinel://[user:password@]host[:port],…/master[/db]``, or
    ``redis+cluster://[user:password@]host[:port],…``.
    """

    url: str
    is_tls_verified: bool = True
    is_eviction_refused: bool = True

    @property
    def is_cluster(self) -> bool:
        return self.url.startswith("redis+cluster://")

    @property
    def publish(self) -> str:
        """What publishes: of a cluster's nodes only those that hold a slot hear it so."""
        return "SPUBLISH" if self.is_cluster else "PUBLISH"

    def __str__(self) -> str:
        """The URL without its password, for logs."""
        return re.sub(r"//.*@", "//…@", self.url)


async def connect_soon(options: RedisOptions) -> Any:
    """Return a client for who types a command; raise SettingsError where Redis does not answer."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            return await connect_when_ready(options)
    except TimeoutError:
        raise SettingsError(f"REDIS_URL: {options} does not answer.") from None


async def connect_when_ready(options: RedisOptions) -> Any:
    """Return a client of a Redis that answers; wait for it as long as it takes.

    Raises SettingsError where waiting can't help: a wrong password, or a Redis that evicts.
    """
    while True:
        client = _client(options)
        try:
            if options.is_cluster:
                await client.initialize()
            await _check(client, options)
            return client
        except AuthenticationError as error:
            await client.aclose()
            raise SettingsError(f"REDIS_URL: {options} refuses the password: {error}") from error
        except (RedisError, OSError) as error:
            await client.aclose()
            log.warning(
                "Redis at %s can't be reached (%s); trying again every %d s. Start it, or "
                "correct REDIS_URL",
                options,
                error,
                START_RETRY_S,
            )
            await asyncio.sleep(START_RETRY_S)
        except BaseException:
            await client.aclose()
            raise


def _client(options: RedisOptions) -> Any:
    """Return a client; nothing is sent yet.

    Nothing is retried by the client: a command whose answer got lost may have been carried
    out, and only we know whether it may be repeated. RESP2 is pinned: from redis-py 8.0 on the
    default is RESP3, whose replies have other shapes.
    """
    common: dict[str, Any] = {
        "protocol": 2,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
    }
    url = urlsplit(options.url)
    if url.scheme in ("redis", "rediss"):
        if url.scheme == "rediss" and not options.is_tls_verified:
            common |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
        return Redis.from_url(options.url, **common)
    common |= {"username": url.username, "password": url.password}
    if url.scheme == "redis+cluster":
        nodes = [ClusterNode(*host) for host in _hosts(url.netloc, _REDIS_PORT)]
        return RedisCluster(startup_nodes=nodes, **common)
    master, _, db = url.path.strip("/").partition("/")
    if not master:
        raise SettingsError("REDIS_URL: name the master: redis+sentinel://host,host/master")
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        _hosts(url.netloc, _SENTINEL_PORT),
        sentinel_kwargs={"socket_timeout": SOCKET_TIMEOUT_S, "protocol": 2},
    )
    return sentinel.master_for(master, db=int(db or 0), **common)


async def _check(client: Any, options: RedisOptions) -> None:
    """See that this Redis keeps what it is given."""
    if options.is_cluster:
        infos = (await client.info("memory", target_nodes=RedisCluster.PRIMARIES)).values()
    else:
        infos = [await client.info("memory")]
    policies = {info.get("maxmemory_policy", "noeviction") for info in infos}
    if policies <= {"noeviction"}:
        return
    message = (
        f"REDIS_URL: {options} has maxmemory-policy {', '.join(sorted(policies))}, so it throws "
        "whole rooms away when it is full. Set it to noeviction"
    )
    if options.is_eviction_refused:
        raise SettingsError(message + ", or REDIS_EVICTION=warn to go on all the same.")
    log.warning("%s; messages may be lost", message)


def _hosts(netloc: str, default_port: int) -> list[tuple[str, int]]:
    hosts = netloc.rpartition("@")[2].split(",")
    pairs = [host.rpartition(":") if ":" in host else (host, "", "") for host in hosts]
    return [(host, int(port or default_port)) for host, _, port in pairs]
