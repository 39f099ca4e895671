import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import msgspec
import pytest

from chat.client.history import Attempt, Outcome
from chat.client.http import Http
from chat.client.link import End, Link
from chat.client.positions import Push
from chat.client.transports.transport import AttachRequest, Ended, Terms
from tests.unit.client import fakes
from tests.unit.client.fakes import FakeNetwork, FakeTransport, hello


class Heard:
    """A link that attaches, and what it has told its listener."""

    def __init__(self, network: FakeNetwork) -> None:
        self.proven = 0
        self.ends: list[End] = []
        self.pushes: list[str] = []
        request = AttachRequest(
            http=cast(Http, None),
            url="",
            send_url="",
            session=None,
            cursor="",
            rooms=(),
            terms=Terms(),
        )
        self.attempt = Attempt(transport="sse", began_s=0)
        self.link = Link("sse", request, self.attempt, self)
        self.transport: FakeTransport = network.last("sse")
        self.link.start(2.0)

    def on_push(self, link: Link, push: Push) -> End | None:
        self.pushes.append(push["type"])
        return End(outcome=Outcome.LEFT) if push["type"] == "gap" else None

    def on_proven(self, link: Link) -> None:
        self.proven += 1

    def on_end(self, link: Link, end: End) -> None:
        self.ends.append(end)


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(test: Callable[[Heard], Coroutine[Any, Any, None]], first: Any = None) -> None:
        async def body() -> None:
            heard = Heard(FakeNetwork(monkeypatch, "sse"))
            await asyncio.sleep(0.1)
            await test(heard)
            heard.link.close()
            await asyncio.wait([heard.link.task])

        fakes.run(body)

    return run


def test_it_is_proven_by_its_hello_and_an_answer(attach: Callable[..., None]) -> None:
    async def test(heard: Heard) -> None:
        assert (heard.proven, heard.pushes) == (1, ["hello"])
        assert heard.link.is_proven and heard.link.heartbeat_s == 10
        await asyncio.sleep(10)
        assert heard.ends == [], "no deadline holds any more"
        assert heard.link.silent_s == pytest.approx(10.1)
        heard.transport.put({"type": "heartbeat"})
        await asyncio.sleep(3)
        assert heard.link.longest_silence_s == pytest.approx(10.1)
        assert heard.link.silent_s == pytest.approx(3)
        assert heard.link.lived_s == pytest.approx(13.1)

    attach(test)


@pytest.mark.parametrize("is_greeted", [False, True])
def test_without_proof_it_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch, is_greeted: bool
) -> None:
    async def body() -> None:
        network = FakeNetwork(monkeypatch, "sse")
        heard = Heard(network)
        if not is_greeted:
            heard.transport._pushes.get_nowait()
        heard.transport.is_answering = False
        await asyncio.sleep(2.1)
        outcome = Outcome.UNANSWERED if is_greeted else Outcome.SILENT
        assert [end.outcome for end in heard.ends] == [outcome]
        assert heard.attempt.outcome is outcome and heard.attempt.ended_s == pytest.approx(2)
        assert heard.link.lived_s == 0

    fakes.run(body)


def test_it_says_how_it_ended(attach: Callable[..., None]) -> None:
    goodbye = {"type": "goodbye", "code": 4501, "reason": "banned", "retry_ms": None}
    for push, end in (
        (goodbye, End(outcome=Outcome.LEFT, reason="4501 banned", code=4501)),
        ({"type": "gap"}, End(outcome=Outcome.LEFT)),
        (Ended("closed", code=4000), End(outcome=Outcome.DIED, reason="closed", code=4000)),
        (EOFError("it broke off"), End(outcome=Outcome.DIED, reason="it broke off")),
        (msgspec.DecodeError(), End(outcome=Outcome.DIED, reason="it speaks another language")),
    ):

        async def test(heard: Heard, push: Any = push, end: End = end) -> None:
            heard.transport.put(push)
            await asyncio.sleep(0.1)
            assert heard.ends == [end]
            assert (heard.attempt.outcome, heard.attempt.reason) == (end.outcome, end.reason)

        attach(test)


def test_one_that_is_closed_tells_nobody(attach: Callable[..., None]) -> None:
    async def test(heard: Heard) -> None:
        heard.link.close(Outcome.OUTRUN, "another is better")
        await asyncio.sleep(0.1)
        assert heard.ends == [] and heard.link.is_over and heard.transport.is_closed

    attach(test)


def test_one_that_retires_waits_for_the_answers_to_its_commands(
    attach: Callable[..., None],
) -> None:
    async def test(heard: Heard) -> None:
        heard.transport.is_answering = False
        asking = asyncio.create_task(heard.link.ask({"type": "send"}))
        await asyncio.sleep(0)
        heard.link.retire()
        await asyncio.sleep(10)
        assert not heard.link.is_over
        asking.cancel()
        await asyncio.sleep(0.1)
        assert heard.link.is_over and heard.transport.is_closed

    attach(test)


def test_early_pushes_are_kept_up_to_a_limit(attach: Callable[..., None]) -> None:
    async def test(heard: Heard) -> None:
        for _ in range(300):
            heard.link.keep_early(hello())
        assert len(heard.link.early) == 200

    attach(test)
