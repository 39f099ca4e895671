"""From what redis-py raises to what callers of a backplane know: the one place for that.

redis-py raises more than RedisError: RedisClusterException is none, and an AttributeError or a
RuntimeError comes where a connection is lost in the middle of a call. So whatever comes out of a
call into it is translated.
"""

import logging
from collections.abc import Awaitable
from typing import Final, TypeVar

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from chat.errors import ChatError, SettingsError, Unavailable
from chat.protocol.codes import Code

log: Final = logging.getLogger(__name__)

T = TypeVar("T")

# Redis that is away is away for seconds: a restart, a failover, an operator.
RETRY_MS: Final = 1000
# Of Redis's own words: the rest names a script and a line of it.
_MAX_WORDS: Final = 120
# What Redis or the network leads to. Anything else is logged, for it may be a fault of ours.
FAILURES: Final = (RedisError, RedisClusterException, OSError, TimeoutError)
_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (OutOfMemoryError, "Redis is full: it stores nothing more (maxmemory)."),
    (ReadOnlyError, "Redis is a replica, which can't be written to."),
    (AuthenticationError, "Redis refuses the user or the password."),
    (BusyLoadingError, "Redis is loading its data."),
    (ClusterDownError, "The Redis cluster is down."),
    (RedisClusterException, "The Redis cluster can't be reached, or lacks a part."),
    (RedisTimeoutError, "Redis does not answer in time."),
    (TimeoutError, "Redis does not answer in time."),
)


async def call(answer: Awaitable[T]) -> T:
    """Return what redis-py answers. Raises Unavailable, whose cause is what redis-py raised."""
    try:
        return await answer
    except (ChatError, SettingsError):
        raise
    except Exception as error:
        if not isinstance(error, FAILURES):
            log.info("redis-py failed: %r", error)
        raise unavailable(error) from error


def unavailable(error: Exception) -> Unavailable:
    """Return what a client is told when Redis did not do it."""
    result = Unavailable(
        Code.UNAVAILABLE, "The message store can't be reached now; try again.", retry_ms=RETRY_MS
    )
    result.__cause__ = error
    return result


def reason(error: BaseException) -> str:
    """Return in a sentence, for operators, what keeps Redis from doing what it was asked."""
    error = _root(error)
    if isinstance(error, NoPermissionError | AuthorizationError):
        return f"The user of REDIS_URL lacks a permission: {_words(error)}."
    for kind, sentence in _REASONS:
        if isinstance(error, kind):
            return sentence
    if isinstance(error, ResponseError):
        return f"Redis refuses it: {_words(error)}."
    return "Redis can't be reached."


def is_for_good(error: BaseException) -> bool:
    """Return whether waiting can't help: Redis answers, and will answer so again.

    Permissions, memory and replication can be mended while we wait.
    """
    cause = _root(error)
    if isinstance(cause, AuthenticationError):
        return True
    passing = (OutOfMemoryError, ReadOnlyError, NoPermissionError, ClusterDownError)
    return isinstance(cause, ResponseError) and not isinstance(cause, passing)


def _root(error: BaseException) -> BaseException:
    """Return what Redis or the network did; a cluster's client wraps it."""
    while isinstance(error, Unavailable | RedisClusterException):
        deeper = error.__cause__ or error.__context__
        if deeper is None:
            return error
        error = deeper
    return error


def _words(error: BaseException) -> str:
    """Return the first of Redis's own words, without the script that it names."""
    return str(error).partition(" script: ")[0].rstrip(".")[:_MAX_WORDS]
