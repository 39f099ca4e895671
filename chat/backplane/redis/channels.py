"""Subscribes and receives, with one interface for a single Redis and for a sharded cluster."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import ConnectionError, ResponseError

from chat.backplane.redis.failures import call
from chat.backplane.redis.turns import OncePerTurn
from chat.errors import Unavailable

# A message as redis-py returns it: type, channel, data.
Message = dict[str, Any]
# Seconds to wait for a message -> those that have come, in their order. Raises Unavailable.
Receive = Callable[[float], Awaitable[Sequence[Message]]]


class Channels:
    """One instance's subscriptions; redis-py restores lost ones. Failures raise Unavailable."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pubsub = client.pubsub()
        self._refusal: ResponseError | None = None  # came after messages; raised by the next call
        # One command for all clients that attach at once.
        self._subscribing = OncePerTurn(self._subscribe)

    async def subscribe(self, names: Sequence[str]) -> None:
        """Subscribe to ``names``; Redis confirms each with a message."""
        await self._subscribing.of(names)

    async def _subscribe(self, names: Sequence[str]) -> None:
        await call(self._pubsub.subscribe(*names))

    async def unsubscribe(self, names: Sequence[str]) -> None:
        await call(self._pubsub.unsubscribe(*names))

    async def subscribers(self, name: str) -> int:
        """Return how many instances are subscribed to ``name``, including this one."""
        ((_, count),) = await call(self._client.pubsub_numsub(name))
        return int(count)

    def sources(self) -> dict[str, Receive]:
        """Return the sources to listen to, by name; a cluster's nodes come and go."""
        return {"": lambda timeout_s: call(self._receive(timeout_s))}

    async def _receive(self, timeout_s: float) -> Sequence[Message]:
        """Return what has come; wait for the first message only.

        redis-py's get_message can reconnect, and takes longer than what is done with a message. So
        those that came with the first one are read from the connection.
        """
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            raise refusal
        first = await self._pubsub.get_message(timeout=timeout_s)
        if first is None:
            return ()
        messages, connection = [first], self._pubsub.connection
        try:
            async with asyncio.timeout(timeout_s):
                while await connection.can_read():
                    response = await connection.read_response(
                        timeout=math.inf, disconnect_on_error=False, push_request=True
                    )
                    messages.append(await self._pubsub.handle_message(response))
        except ResponseError as error:
            self._refusal = error
        except (ConnectionError, TimeoutError):
            pass  # get_message comes upon a lost connection, and reads the rest of a message
        return messages

    async def stop(self) -> None:
        with suppress(Unavailable):  # it is gone already
            await call(self._pubsub.aclose())


class _ClusterChannels(Channels):
    """Uses sharded pub/sub: a channel is on the node of its slot, so listen to every node."""

    async def _subscribe(self, names: Sequence[str]) -> None:
        await call(self._pubsub.ssubscribe(*names))

    async def unsubscribe(self, names: Sequence[str]) -> None:
        await call(self._pubsub.sunsubscribe(*names))

    async def subscribers(self, name: str) -> int:
        node = self._client.get_node_from_key(name)
        ((_, count),) = await call(self._client.pubsub_shardnumsub(name, target_nodes=node))
        return int(count)

    def sources(self) -> dict[str, Receive]:
        primaries = self._client.get_primaries()
        return {node.name: partial(self._receive_from, node) for node in primaries}

    async def _receive_from(self, node: Any, timeout_s: float) -> Sequence[Message]:
        if node.name not in self._pubsub.node_pubsub_mapping:
            await asyncio.sleep(0.05)  # no subscription on this node yet
            return ()
        message: Message | None = await call(
            self._pubsub.get_sharded_message(timeout=timeout_s, target_node=node)
        )
        return () if message is None else (message,)


def open_channels(client: Any) -> Channels:
    return _ClusterChannels(client) if isinstance(client, RedisCluster) else Channels(client)
