"""Connects to REDIS_URL, and checks that Redis answers and is configured as Parley needs."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError

from chat.backplane.redis.failures import call, is_for_good, reason
from chat.backplane.redis.keys import PREFIX, Keys
from chat.errors import SettingsError, Unavailable
from chat.settings.redis_url import CLUSTER, SENTINEL, TLS, RedisUrl

log: Final = logging.getLogger(__name__)

# Below Store.TIMEOUT_S, so that a hung connection is dropped and the next command gets a new one.
SOCKET_TIMEOUT_S: Final = 4.0
# Between attempts while Redis is down at the start: platforms start services in any order.
START_RETRY_S: Final = 2.0
# While Redis is away for hours, log one line a minute, not one for each attempt.
START_LOG_INTERVAL_S: Final = 60.0
# An operator's command waits less long for an unreachable Redis than a server.
COMMAND_TIMEOUT_S: Final = 10.0
_KEPT: Final = "noeviction"


@dataclass(frozen=True, kw_only=True)
class RedisOptions:
    """Which Redis to use, which checks it must pass, and the prefix of keys and channels."""

    url: RedisUrl
    prefix: str = PREFIX
    is_tls_verified: bool = True
    is_eviction_refused: bool = True

    @property
    def keys(self) -> Keys:
        return Keys(self.prefix, self.url.db)

    @property
    def publish(self) -> str:
        """The publish command; SPUBLISH sends only to the cluster nodes of the channel's slot."""
        return "SPUBLISH" if self.url.is_cluster else "PUBLISH"


async def connect_soon(options: RedisOptions) -> Any:
    """Return a client for an operator's command; raise SettingsError if Redis does not answer."""
    reasons = ["Redis does not answer."]
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            return await connect_when_ready(options, on_wait=reasons.append)
    except TimeoutError:
        raise SettingsError(f"REDIS_URL: {options.url}: {reasons[-1]}") from None


async def _nothing(_: Any) -> None:
    """Do nothing."""


async def connect_when_ready(
    options: RedisOptions,
    open_: Callable[[Any], Awaitable[None]] = _nothing,
    on_wait: Callable[[str], None] = lambda why: None,
) -> Any:
    """Return a client once Redis answers and ``open_`` has succeeded with it; wait until then.

    If ``open_`` raises Unavailable, it is called again later with another client. ``on_wait`` is
    called before each wait with the reason, in a sentence. Raises SettingsError where waiting
    can't help: a wrong password, or a Redis that evicts keys.
    """
    logged, logged_at_s = "", 0.0
    while True:
        client = _client(options)
        try:
            await call(_check(client, options))
            await open_(client)
            return client
        except Unavailable as error:
            await close(client)
            why, detail = reason(error), error.__cause__
            if is_for_good(error):
                raise SettingsError(f"REDIS_URL: {options.url}: {why}") from error
        except BaseException:
            await close(client)
            raise
        on_wait(why)
        if why != logged or time.monotonic() - logged_at_s >= START_LOG_INTERVAL_S:
            logged, logged_at_s = why, time.monotonic()
            log.warning(
                "%s (%s: %s) Trying again every %d s; mend it, or correct REDIS_URL",
                why,
                options.url,
                detail,
                START_RETRY_S,
            )
        await asyncio.sleep(START_RETRY_S)


async def close(client: Any) -> None:
    """Close ``client``'s connections; some may be closed already."""
    with suppress(Unavailable):
        await call(client.aclose())


def _client(options: RedisOptions) -> Any:
    """Return a client that has not sent anything yet.

    The client retries nothing: a command whose reply was lost may have been executed, and only
    its caller knows whether it may be repeated. RESP2 is pinned: from redis-py 8.0 on the default
    is RESP3, whose replies have other shapes.
    """
    url = options.url
    common: dict[str, Any] = {
        "username": url.username,
        "password": url.password,
        "protocol": 2,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
    }
    if url.scheme == CLUSTER:
        return RedisCluster(startup_nodes=[ClusterNode(*host) for host in url.hosts], **common)
    if url.scheme == SENTINEL:
        sentinel = Sentinel(  # type: ignore[no-untyped-call]
            url.hosts, sentinel_kwargs={"socket_timeout": SOCKET_TIMEOUT_S, "protocol": 2}
        )
        return sentinel.master_for(url.master, db=url.db, **common)
    if url.scheme == TLS:
        common["ssl"] = True
        if not options.is_tls_verified:
            common |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    (host,) = url.hosts
    return Redis(host=host.name, port=host.port, db=url.db, **common)


async def _check(client: Any, options: RedisOptions) -> None:
    """Check that this Redis answers and does not evict keys. Raises SettingsError if it does."""
    if options.url.is_cluster:
        await client.initialize()
    try:
        policies = await _policies(client, options)
    except NoPermissionError as error:
        await client.ping()  # raises if the refusal has another reason
        log.warning(
            "Redis at %s does not tell its maxmemory-policy (%s). See that it is %s: any other "
            "throws whole rooms away when Redis is full",
            options.url,
            error,
            _KEPT,
        )
        return
    if policies <= {_KEPT}:
        return
    message = (
        f"REDIS_URL: {options.url} has maxmemory-policy {', '.join(sorted(policies))}, so it "
        f"throws whole rooms away when it is full. Set it to {_KEPT}"
    )
    if options.is_eviction_refused:
        raise SettingsError(message + ", or REDIS_EVICTION=warn to go on all the same.")
    log.warning("%s; messages may be lost", message)


async def _policies(client: Any, options: RedisOptions) -> set[str]:
    if not options.url.is_cluster:
        return {(await client.info("memory")).get("maxmemory_policy", _KEPT)}
    # Ask one node at a time: redis-py's answer for several nodes has another shape than for one.
    nodes = client.get_primaries()
    infos = [await client.info("memory", target_nodes=node) for node in nodes]
    return {info.get("maxmemory_policy", _KEPT) for info in infos}
