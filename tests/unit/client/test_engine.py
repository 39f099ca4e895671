"""How often it reconnects, when it ends, and what its states are."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from chat.client import engine as engines
from chat.client.engine import TRANSITIONS, Engine, State
from chat.errors import ChatError, Refused
from tests.unit.client import fakes
from tests.unit.client.fakes import FakeNetwork

TERMS = {
    "transports": [{"transport": "websocket", "url": "/chat", "send": "/send"}],
    "poll_hold_s": 25,
    "network": "n",
}


class FakeHttp:
    """A server that answers /negotiate, as long as there is one."""

    identity = "uid=1"
    is_down = False

    def __init__(self) -> None:
        self.questions: list[Mapping[str, Any]] = []

    def below_base(self, path: str) -> str:
        return path

    async def post(self, path: str, value: Mapping[str, Any]) -> tuple[Any, Any]:
        self.questions.append(value)
        if self.is_down:
            raise ConnectionRefusedError
        return SimpleNamespace(status=200, rtt_s=0.01), TERMS


class Running:
    """An engine that runs, and the states it was in."""

    def __init__(self, network: FakeNetwork) -> None:
        self.network = network
        self.http = FakeHttp()
        self.states: list[State] = []
        self.engine = Engine(
            self.http,  # type: ignore[arg-type]
            rooms=(),
            name=None,
            can=["websocket"],
            rng=random.Random(1),
            on_change=lambda: self.states.append(self.engine.state),
        )
        self.run = asyncio.create_task(self.engine.run())

    def goodbye(self, code: int, **fields: Any) -> None:
        push = {"type": "goodbye", "code": code, "reason": "bye", **fields}
        self.network.last("websocket").put(push)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(test: Callable[[Running], Coroutine[Any, Any, None]]) -> None:
        async def body() -> None:
            it = Running(FakeNetwork(monkeypatch, "websocket"))
            await it.engine.connected()
            await test(it)
            it.run.cancel()
            await asyncio.wait([it.run])
            assert it.states[-1] is State.CLOSED
            with pytest.raises(ChatError):
                await it.engine.connected()

        fakes.run(body)

    return run


def test_it_returns_at_the_moment_that_a_stopping_server_chose_with_its_session(
    running: Callable[..., None],
) -> None:
    async def test(it: Running) -> None:
        await asyncio.sleep(1)
        it.goodbye(4000, retry_ms=300)
        await asyncio.sleep(0.29)
        assert (it.engine.state, it.engine.wait_s) == (State.WAITING, 0.3)
        assert it.engine.transport is None
        await asyncio.sleep(0.02)
        assert it.engine.transport == "websocket"
        assert it.http.questions[-1]["session"] == "s1"
        assert it.network.last("websocket").request.session == "s1"
        assert it.states == [
            State.CONNECTING,
            State.CONNECTED,
            State.WAITING,
            State.CONNECTING,
            State.CONNECTED,
        ]

    running(test)


def test_it_ends_where_the_server_says_so(running: Callable[..., None]) -> None:
    async def test(it: Running) -> None:
        it.goodbye(4501)
        with pytest.raises(Refused):
            await it.run
        with pytest.raises(Refused):
            await it.engine.receiver.inbox.get()

    running(test)


def test_it_waits_ever_longer_and_not_where_the_network_has_changed(
    running: Callable[..., None],
) -> None:
    async def test(it: Running) -> None:
        it.http.is_down = True
        it.goodbye(4001, retry_ms=1000)
        await asyncio.sleep(60)
        assert it.engine.state is State.WAITING
        assert 4 <= len(it.http.questions) <= 16
        it.http.is_down = False
        it.engine.network_changed()
        await it.engine.connected()

    running(test)


def test_another_room_is_read_over_another_link(running: Callable[..., None]) -> None:
    async def test(it: Running) -> None:
        it.engine.receiver.rooms.append("dev")
        it.engine.receiver.follow = lambda command, reply: "another room is read"  # type: ignore[method-assign]
        await it.engine.command({"type": "join", "room": "ops"})
        await asyncio.sleep(0.1)
        assert it.network.names == ["websocket", "websocket"]
        assert it.network.last("websocket").request.rooms == ("dev",)
        assert it.states == [State.CONNECTING, State.CONNECTED]

    running(test)


def test_every_state_has_its_successors_and_the_last_has_none() -> None:
    assert {*TRANSITIONS} == {*State}
    assert not TRANSITIONS[State.CLOSED]
    assert all(State.CLOSED in to for state, to in TRANSITIONS.items() if to)
    assert engines.__doc__ is not None
    assert all(state in engines.__doc__ for state in State)
