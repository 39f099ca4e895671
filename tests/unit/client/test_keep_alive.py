import asyncio
from typing import Any, cast

from chat.client.history import Attempt
from chat.client.keep_alive import KeepAlive
from chat.client.link import Link
from tests.unit.client.fakes import run


class FakeLink:
    def __init__(self) -> None:
        self.transport = "sse"
        self.attempt = Attempt(transport="sse", began_s=0)
        self.lived_s = 0.0
        self.heard_s = 0.0

    @property
    def silent_s(self) -> float:
        return asyncio.get_running_loop().time() - self.heard_s


class Watched:
    """A link that is suspected after 14 s of silence, and the renewals beside it."""

    def __init__(self, renewal_s: float | None = None) -> None:
        self.link = FakeLink()
        self.renewals: list[str] = []
        self.keep_alive = KeepAlive(
            cast(Link, self.link), silence_s=14, renewal_s=renewal_s, attach=self._attach
        )

    def _attach(self, transport: str) -> Any:
        self.renewals.append(transport)
        return object()


def test_a_link_is_renewed_when_it_is_silent_and_once_at_a_time() -> None:
    async def test() -> None:
        watched = Watched()
        await asyncio.sleep(13)
        watched.link.heard_s = 13
        await asyncio.sleep(13)
        assert watched.renewals == [] and not watched.keep_alive.is_silent
        await asyncio.sleep(2)
        assert watched.renewals == ["sse"]
        assert watched.keep_alive.is_silent and watched.keep_alive.is_suspected
        await asyncio.sleep(100)
        assert watched.renewals == ["sse"]
        assert watched.keep_alive.renewal_failed()
        await asyncio.sleep(14)
        assert watched.renewals == ["sse", "sse"]

    run(test)


def test_data_clears_a_link_unless_it_is_doomed() -> None:
    async def test() -> None:
        watched = Watched()
        for is_sure in (False, True):
            watched.keep_alive.suspect("a command is unanswered", is_sure=is_sure)
            await asyncio.sleep(1)
            watched.link.heard_s = asyncio.get_running_loop().time()
            assert watched.link.attempt.reason == "a command is unanswered"
            assert watched.keep_alive.renewal_failed() is is_sure
        assert watched.link.attempt.reason == "a command is unanswered"

    run(test)


def test_it_is_renewed_before_it_would_be_cut_and_carries_on_if_that_fails() -> None:
    async def test() -> None:
        watched = Watched(renewal_s=8)
        await asyncio.sleep(7.9)
        assert watched.renewals == []
        await asyncio.sleep(0.2)
        assert watched.renewals == ["sse"] and not watched.keep_alive.is_suspected
        assert not watched.keep_alive.renewal_failed()
        assert watched.link.attempt.reason == ""

    run(test)


def test_what_is_stopped_renews_nothing() -> None:
    async def test() -> None:
        watched = Watched(renewal_s=8)
        watched.keep_alive.stop()
        await asyncio.sleep(100)
        assert watched.renewals == []

    run(test)
