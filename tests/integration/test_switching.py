"""Clients that change transport at random moments lose, repeat and reorder nothing.

Two of the eight are IRC clients, which ask for what they have missed by CHATHISTORY.
"""

import asyncio
import os
import random
from contextlib import ExitStack

from tests.support.conversation import converse
from tests.support.ports import free_port
from tests.support.redis_server import run_redis
from tests.support.server import ServerProcess, run_server


def test_eight_clients_that_switch_at_random_each_have_2000_messages_once_in_order() -> None:
    seed = given_seed()
    irc = free_port()
    with run_server(RATE_LIMITS="off", IRC_PORT=str(irc)) as server:
        asyncio.run(converse([server.url], seed, irc_ports=[irc]))
        assert_silent(server)


def test_they_do_so_while_each_request_lands_on_another_of_three_instances() -> None:
    seed = given_seed()
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis())
        env = {"RATE_LIMITS": "off", "REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        irc = [free_port() for _ in range(3)]
        servers = [stack.enter_context(run_server(**env, IRC_PORT=str(port))) for port in irc]
        asyncio.run(converse([server.url for server in servers], seed, irc_ports=irc))
        for server in servers:
            assert_silent(server)


def given_seed() -> int:
    seed = int(os.environ.get("SWITCHING_SEED", random.randrange(10**6)))
    print(f"SWITCHING_SEED={seed}")  # pytest shows it when the test fails
    return seed


def assert_silent(server: ServerProcess) -> None:
    assert not server.complaints()
