"""Nobody is flooded by us, and those that do not answer hold up only each other."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from chat.backplane.webhooks import Webhook
from chat.clock import SystemClock
from chat.followers.webhooks.sender import (
    AT_ONCE,
    FAILING_AT_ONCE,
    HOST_BURST,
    HOST_RATE,
    Result,
    Sender,
)
from chat.net.public_addresses import ANYWHERE, Destinations
from chat.protocol.cursor import Position
from tests.support.webhook_receiver import Hook, run_receiver
from tests.unit.fakes import SetClock

SECRET = "whsec_" + "A" * 43 + "="
FORMER = "whsec_" + "B" * 43 + "="


def hook_at(url: str, **more: object) -> Webhook:
    fields = {
        "id": "general-00000000000000aa", "url": url, "events": ["message"], "secret": SECRET,
        "by": "ada", "name": "Ada", "made_s": 0, "epoch": "e1", "offset": 0,
    }  # fmt: skip
    return Webhook(**(fields | more))


class TestSender(IsolatedAsyncioTestCase):
    def sender(self, clock: SetClock | None = None, *, is_limited: bool = True) -> Sender:
        sender = Sender(ANYWHERE, clock or SystemClock(), is_limited=is_limited)
        self.addCleanup(sender.stop)
        return sender

    async def test_a_host_is_asked_so_often_and_no_more(self) -> None:
        clock = SetClock()
        sender = self.sender(clock)
        for number in range(HOST_BURST):
            async with sender.turn(hook_at(f"https://hooks.example/{number}"), is_failing=False):
                pass
        late = asyncio.create_task(self._take(sender, "https://HOOKS.example:8443/"))
        await self._take(sender, "https://other.example/")
        await asyncio.sleep(0)
        assert not late.done()
        clock.now += 1 / HOST_RATE
        await late
        unlimited = self.sender(clock, is_limited=False)
        for _ in range(HOST_BURST + 1):
            await self._take(unlimited, "https://hooks.example/")

    async def test_those_that_fail_take_the_places_of_others_of_that_kind_only(self) -> None:
        sender, gate = self.sender(is_limited=False), asyncio.Event()
        begun = {True: 0, False: 0}

        async def hold(*, is_failing: bool) -> None:
            async with sender.turn(hook_at("https://hooks.example/"), is_failing=is_failing):
                begun[is_failing] += 1
                await gate.wait()

        kinds = [True] * 2 * FAILING_AT_ONCE + [False] * 2 * AT_ONCE
        tasks = [asyncio.create_task(hold(is_failing=kind)) for kind in kinds]
        await asyncio.sleep(0)
        assert begun == {True: FAILING_AT_ONCE, False: AT_ONCE}
        gate.set()
        await asyncio.gather(*tasks)

    async def test_both_secrets_sign_while_the_former_one_holds(self) -> None:
        now_s = int(SystemClock().time())
        with run_receiver() as receiver:
            for former_until_s, forged in ((now_s + 60, 0), (now_s - 60, 1)):
                receiving = receiver.hook()
                receiving.secret = FORMER
                sent = hook_at(receiving.url, former_secret=FORMER, former_until_s=former_until_s)
                result = await self.sender().send(sent, Position("e1", 7), b"{}", is_failing=False)
                assert result == Result(200)
                assert receiving.forged == forged

    async def test_what_is_no_success_is_said_in_words(self) -> None:
        with run_receiver() as receiver:
            receiving = receiver.hook()
            for status, headers, problem, retry_s in (
                (500, {}, "it answered 500", 0.0),
                (503, {"Retry-After": "7"}, "it answered 503", 7.0),
                (301, {}, "it redirects (301), which is not followed: give the last URL", 0.0),
            ):
                receiving.answers = [(status, headers)]
                result = await self.send(receiving)
                assert result == Result(status, problem, retry_s)
                assert not result.is_delivered and not result.is_gone
            receiving.answers = [(410, {})]
            assert (await self.send(receiving)).is_gone
        assert "there is no connection" in (await self.send(receiving)).problem
        private = Sender(Destinations(), SystemClock())
        self.addCleanup(private.stop)
        result = await private.send(
            hook_at(receiving.url), Position("e1", 7), b"{}", is_failing=False
        )
        assert result == Result(0, "127.0.0.1 has an address that is not public")

    async def send(self, receiving: Hook) -> Result:
        return await self.sender().send(
            hook_at(receiving.url), Position("e1", 7), b"{}", is_failing=False
        )

    async def _take(self, sender: Sender, url: str) -> None:
        async with sender.turn(hook_at(url), is_failing=False):
            pass
