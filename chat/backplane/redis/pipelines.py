"""Runs a batch of commands in one round trip, on a single Redis or on a cluster.

redis-py's own pipeline packs commands in Python and takes a dozen steps for each reply, three times
as much of the processor as this. Only a cluster needs it: there the commands of one batch go to
several nodes.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from hiredis import pack_command
from redis.asyncio import RedisCluster
from redis.exceptions import ResponseError

from chat.backplane.redis.connect import SOCKET_TIMEOUT_S

Command = tuple[Any, ...]
# Commands -> their replies, in their order; a refused command's is its exception.
Run = Callable[[Sequence[Command]], Awaitable[list[Any]]]


def runner_of(client: Any) -> Run:
    """Return a function that runs commands on ``client``; it raises what redis-py raises."""
    return partial(_run_in_cluster if isinstance(client, RedisCluster) else _run, client)


async def _run(client: Any, commands: Sequence[Command]) -> list[Any]:
    pool = client.connection_pool
    connection = await pool.get_connection()
    try:
        async with asyncio.timeout(SOCKET_TIMEOUT_S):
            packed = b"".join(map(pack_command, commands))
            await connection.send_packed_command(packed, check_health=False)
            return [await _reply(client, connection, command[0]) for command in commands]
    except BaseException:
        # Replies that are still to come would be taken for those to the next commands.
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def _reply(client: Any, connection: Any, name: str) -> Any:
    try:
        reply = await connection.read_response(timeout=math.inf)  # the batch has its own timeout
    except ResponseError as error:
        return error
    shape = client.response_callbacks.get(name)  # such as a dict for HGETALL, as a pipeline gives
    return reply if shape is None else shape(reply)


async def _run_in_cluster(client: Any, commands: Sequence[Command]) -> list[Any]:
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    answers: list[Any] = await pipeline.execute(raise_on_error=False)
    return answers
