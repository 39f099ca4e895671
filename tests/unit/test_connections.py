"""Nobody who has been let into the queue is turned away at its end."""

import asyncio
import socket
from contextlib import closing
from unittest import IsolatedAsyncioTestCase

from chat.capacity import Capacity
from chat.connections import Connections
from chat.crowds import Crowds
from chat.proxies import Proxies
from tests.unit.fakes import WAIT_S, SetClock

WAITING = 200  # more than are accepted in one turn


class TestStopping(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.served: list[socket.socket] = []
        capacity = Capacity(max_connections=None, first_reserved=10**6)
        crowds = Crowds(most=None, proxies=Proxies())
        self.connections = Connections(capacity, crowds, SetClock())

    async def test_who_waits_in_the_queue_is_served_and_nobody_after_them(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=2 * WAITING)
        listener.setblocking(False)
        address = listener.getsockname()
        self.connections.listen([listener], serve=self.served.append, refuse=self.fail)
        # In one turn of the loop, so that it has no chance to accept any of them before.
        clients = [socket.create_connection(address) for _ in range(WAITING)]
        self.connections.stop()
        self.assertEqual(len(self.served), WAITING)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(address)
        self.assertEqual(self.connections.count, WAITING)
        for connection in (*clients, *self.served):
            connection.close()

    async def test_it_is_told_when_the_last_has_gone_and_waits_no_longer_than_asked(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.connections.listen([listener], serve=self.served.append, refuse=self.fail)
        with closing(socket.create_connection(listener.getsockname())):
            self.connections.stop()
            await self.connections.until_none(within_s=0.001)
            self.assertEqual(self.connections.count, 1)
            waiting = asyncio.create_task(self.connections.until_none(within_s=WAIT_S))
            self.served[0].close()
            await waiting
            self.assertEqual(self.connections.count, 0)
