"""Translates redis-py's exceptions into errors of the backplane; the only place that does.

redis-py raises more than RedisError: RedisClusterException is not one, and a connection lost in the
middle of a call can raise AttributeError or RuntimeError. So every exception of a call into it is
translated.
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

# An unreachable Redis is usually back within seconds: a restart, a failover, an operator.
RETRY_MS: Final = 1000
# The most of Redis's error text to quote; the rest names a script and a line in it.
_MAX_WORDS: Final = 120
# Errors caused by Redis or the network. Any other is logged, since it may be a bug of Parley's.
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
    """Return redis-py's answer. Raises Unavailable, whose cause is redis-py's exception."""
    try:
        return await answer
    except (ChatError, SettingsError):
        raise
    except Exception as error:
        if not isinstance(error, FAILURES):
            log.info("redis-py failed: %r", error)
        raise unavailable(error) from error


def unavailable(error: Exception) -> Unavailable:
    """Return the error for a client whose command Redis did not execute."""
    result = Unavailable(
        Code.UNAVAILABLE, "The message store can't be reached now; try again.", retry_ms=RETRY_MS
    )
    result.__cause__ = error
    return result


def reason(error: BaseException) -> str:
    """Return, in a sentence for operators, why Redis can't execute commands."""
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
    """Return whether waiting can't help. Permissions, memory and replication may yet be fixed."""
    cause = _root(error)
    if isinstance(cause, AuthenticationError):
        return True
    passing = (OutOfMemoryError, ReadOnlyError, NoPermissionError, ClusterDownError)
    return isinstance(cause, ResponseError) and not isinstance(cause, passing)


def _root(error: BaseException) -> BaseException:
    """Return the underlying error of Redis or the network, which a cluster's client wraps."""
    while isinstance(error, Unavailable | RedisClusterException):
        deeper = error.__cause__ or error.__context__
        if deeper is None:
            return error
        error = deeper
    return error


def _words(error: BaseException) -> str:
    """Return the beginning of Redis's error text, without the name of the script."""
    return str(error).partition(" script: ")[0].rstrip(".")[:_MAX_WORDS]
