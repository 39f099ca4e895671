"""Which link carries the conversation, on networks that let some transports through."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest

from chat.client.connection import Connection
from chat.client.history import History, Outcome
from chat.client.http import Http
from chat.client.link import End, Link, Listener
from chat.client.memory import Memory
from chat.client.negotiator import Offers
from chat.client.receiver import Receiver
from chat.client.transports.transport import AttachRequest, Ended
from tests.unit.client import fakes
from tests.unit.client.fakes import FakeNetwork

ALL = ("websocket", "sse", "longpoll")
GOODBYE = {"type": "goodbye", "code": 4000, "reason": "moved"}
Test = Callable[["Attached"], Coroutine[Any, Any, None]]


class Attached:
    """A connection that runs, and what it has told."""

    def __init__(self, network: FakeNetwork, memory: Memory) -> None:
        self.network = network
        self.memory = memory
        self.history = History()
        self.receiver = Receiver(())
        self.activated: list[tuple[str, bool]] = []
        self.connection = Connection(
            Offers(transports=dict.fromkeys(ALL, ("", "")), rtt_s=0.01, hold_s=25, network=None),
            memory=memory,
            receiver=self.receiver,
            rng=random.Random(1),
            attach=self._attach,
            on_active=lambda link, is_other: self.activated.append((link.transport, is_other)),
        )
        self.run = asyncio.create_task(self.connection.run(ALL))

    @property
    def active(self) -> str | None:
        return None if self.connection.active is None else self.connection.active.transport

    def _attach(self, transport: str, listener: Listener) -> Link:
        request = AttachRequest(
            http=cast(Http, None), url="", send_url="", session=None, cursor="", rooms=(),
            terms=self.memory.terms,
        )  # fmt: skip
        now_s = asyncio.get_running_loop().time()
        link = Link(transport, request, self.history.begin(transport, now_s), listener)
        link.start(2.0)
        return link


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(test: Test, *works: str, memory: Memory | None = None) -> None:
        async def body() -> None:
            attached = Attached(FakeNetwork(monkeypatch, *works), memory or Memory())
            await asyncio.sleep(0.1)
            await test(attached)
            attached.run.cancel()
            await asyncio.wait([attached.run])
            await asyncio.sleep(0)
            assert all(transport.is_closed for _, transport in attached.network.attached)

        fakes.run(body)

    return run


def test_the_best_that_works_carries_it_and_better_ones_are_tried_again(
    attach: Callable[..., None],
) -> None:
    async def test(it: Attached) -> None:
        assert it.activated == [("sse", True)]
        assert it.network.names == ["websocket", "sse"]
        it.network.works.add("websocket")
        await asyncio.sleep(5)
        assert it.active == "websocket"
        assert it.network.last("sse").is_closed

    attach(test, "sse", "longpoll")


def test_it_is_over_when_none_works(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        assert (await it.run).outcome is Outcome.REFUSED
        assert it.network.names == [*ALL]
        assert it.connection.lived_s == 0

    attach(test)


def test_what_ends_is_over_and_says_how_long_it_lived(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        await asyncio.sleep(3)
        it.network.last("websocket").put({**GOODBYE, "retry_ms": 300, "advice": "sse"})
        end = await it.run
        assert end == End(
            outcome=Outcome.LEFT, reason="4000 moved", code=4000, retry_ms=300, advice="sse"
        )
        assert it.connection.lived_s == pytest.approx(3.1)
        assert it.connection.advice == "sse"

    attach(test, *ALL)


def test_what_is_in_quarantine_is_a_last_resort_and_passes_a_trial_beside_another(
    attach: Callable[..., None],
) -> None:
    memory = Memory()
    memory.quarantine.ended("websocket", 0.2)

    async def test(it: Attached) -> None:
        assert it.network.names == ["sse"]
        await asyncio.sleep(5)  # the upgrade begins
        assert (it.active, it.network.names) == ("sse", ["sse", "websocket"])
        await asyncio.sleep(5)
        assert it.active == "websocket"
        assert not memory.quarantine.is_quarantined("websocket")

    attach(test, *ALL, memory=memory)


def test_a_silent_link_is_replaced_by_its_renewal(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        await asyncio.sleep(14)
        assert it.activated == [("websocket", True), ("websocket", False)]
        assert it.network.attached[0][1].is_closed
        assert it.history.attempts[0].outcome is Outcome.DIED

    attach(test, *ALL)


def test_a_silent_link_whose_renewal_fails_is_dead(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        it.network.works.clear()
        end = await it.run
        assert end == End(outcome=Outcome.DIED, reason="it is silent")

    attach(test, "websocket")


def test_a_renewal_takes_over_from_a_link_that_ends_meanwhile(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        it.connection.renew("another room is read")
        it.network.attached[0][1].put(Ended("gone"))
        await asyncio.sleep(0.1)
        assert it.activated == [("websocket", True), ("websocket", True)]
        assert not it.run.done()

    attach(test, "websocket")


def test_a_stream_is_renewed_before_it_would_be_cut(attach: Callable[..., None]) -> None:
    memory = Memory()
    memory.renewal_s = 8.0

    async def test(it: Attached) -> None:
        await asyncio.sleep(8)
        assert it.activated == [("sse", True), ("sse", False)]
        assert it.history.attempts[1].outcome is Outcome.OUTRUN

    attach(test, "sse", memory=memory)


def test_a_command_without_an_answer_moves_it_to_another_link(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        it.network.last("websocket").is_answering = False
        asking = asyncio.create_task(it.connection.ask({"type": "send"}))
        await asyncio.sleep(2.1)
        assert it.activated == [("websocket", True), ("websocket", False)]
        with pytest.raises(Ended):
            await asking
        assert (await it.connection.ask({"type": "send"}))["type"] == "pong"

    attach(test, "websocket")


def test_another_network_is_another_chance(attach: Callable[..., None]) -> None:
    async def test(it: Attached) -> None:
        assert it.active == "longpoll"
        it.network.works.add("websocket")
        it.connection.network_changed()
        await asyncio.sleep(0.1)
        assert it.active == "websocket"

    attach(test, "longpoll")
