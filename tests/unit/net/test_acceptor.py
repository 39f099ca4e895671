"""Nobody who has been let into the queue is turned away at its end."""

import asyncio
import socket
import tempfile
from contextlib import closing
from pathlib import Path
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

from chat.net.acceptor import Acceptor
from chat.net.admission import Capacity
from chat.net.per_address import PerAddressLimit
from chat.net.proxies import Proxies
from chat.net.scoreboard import Board, Share
from tests.unit.fakes import WAIT_S, SetClock

WAITING = 200  # more than are accepted in one turn


class TestStopping(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.served: list[socket.socket] = []
        capacity = Capacity(max_connections=None, first_reserved=10**6)
        per_address = PerAddressLimit(most=None, proxies=Proxies())
        self.acceptor = Acceptor(capacity, per_address, SetClock())

    async def test_who_waits_in_the_queue_is_served_and_nobody_after_them(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=2 * WAITING)
        listener.setblocking(False)
        address = listener.getsockname()
        self.acceptor.listen([listener], serve=self.served.append, refuse=self.fail)
        # In one turn of the loop, so that it has no chance to accept any of them before.
        clients = [socket.create_connection(address) for _ in range(WAITING)]
        self.acceptor.stop()
        self.assertEqual(len(self.served), WAITING)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(address)
        self.assertEqual(self.acceptor.count, WAITING)
        for connection in (*clients, *self.served):
            connection.close()

    async def test_it_is_told_when_the_last_has_gone_and_waits_no_longer_than_asked(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.acceptor.listen([listener], serve=self.served.append, refuse=self.fail)
        with closing(socket.create_connection(listener.getsockname())):
            self.acceptor.stop()
            await self.acceptor.wait_until_idle(within_s=0.001)
            self.assertEqual(self.acceptor.count, 1)
            waiting = asyncio.create_task(self.acceptor.wait_until_idle(within_s=WAIT_S))
            self.served[0].close()
            await waiting
            self.assertEqual(self.acceptor.count, 0)


class TestSharing(IsolatedAsyncioTestCase):
    """Of two workers that accept from one queue, the one that serves fewer is first."""

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        board = Board(Path(folder.name), 2)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=WAITING)
        self.listener.setblocking(False)
        self.served: dict[int, list[socket.socket]] = {1: [], 2: []}
        self.shares = {number: Share(board, number) for number in (1, 2)}
        self.workers = {number: self.worker(share) for number, share in self.shares.items()}
        self.clients: list[socket.socket] = []
        self.addAsyncCleanup(self.close)

    def worker(self, share: Share) -> Acceptor:
        capacity = Capacity(max_connections=None, first_reserved=10**6)
        per_address = PerAddressLimit(most=None, proxies=Proxies())
        return Acceptor(capacity, per_address, SetClock(), share)

    def listen(self, number: int) -> None:
        listener = self.listener.dup()
        self.workers[number].listen([listener], serve=self.served[number].append, refuse=self.fail)

    async def close(self) -> None:
        for worker in self.workers.values():
            worker.stop()
        for connection in (*self.clients, *self.served[1], *self.served[2], self.listener):
            connection.close()

    def connect(self, count: int) -> None:
        for _ in range(count):
            self.clients.append(socket.create_connection(self.listener.getsockname()))

    async def until_served(self, count: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while sum(map(len, self.served.values())) < count:  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def test_who_comes_while_one_serves_more_goes_to_the_other(self) -> None:
        self.listen(1)
        self.connect(5)
        await self.until_served(5)
        self.listen(2)
        with patch("chat.net.acceptor._YIELD_S", WAIT_S):  # however slow this machine is
            for count in range(6, 11):
                self.connect(1)
                await self.until_served(count)
        assert (len(self.served[1]), len(self.served[2])) == (5, 5)

    async def test_nobody_waits_for_a_worker_that_takes_nobody(self) -> None:
        self.listen(1)
        self.shares[2].note(0)  # as one that is frozen
        self.connect(100)
        await self.until_served(100)
        assert len(self.served[1]) == 100

    async def test_who_is_left_to_another_is_served_though_we_stop(self) -> None:
        self.listen(1)
        self.shares[2].note(0)
        self.connect(3)
        await asyncio.sleep(0)  # they are left to the other
        self.workers[1].stop()
        assert len(self.served[1]) == 3
