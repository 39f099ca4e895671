"""Who is due is stored, sent once when it is time, and goes on after a restart."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.accounts.push_key import push_key
from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.levels import Levels
from chat.backplane.listener import Deaf
from chat.backplane.records import Draft
from chat.backplane.subscriptions import Subscriptions
from chat.backplane.values import Setting
from chat.clock import SystemClock
from chat.followers.leases import SharedLease
from chat.followers.push.client import UNPROVEN_AT_ONCE, PushClient
from chat.followers.push.follower import CURSOR, PushFollower
from chat.followers.push.notices import Notices
from chat.followers.push.outbox import DUE, Outbox
from chat.followers.runner import Runner
from chat.metrics.followers import PushMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import DeletedBody, FileInfo, MessageBody
from chat.rooms import LOBBY
from chat.service.times import rfc3339
from tests.contract.backplane_contract import WAIT_S
from tests.support.push_service import Device, PushService

BOB = "guest-00000000000000bb"
HOUR_S = 3600
FAILURES = 3


class TestPushFollower(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock = SystemClock()
        self.service = PushService()
        self.addCleanup(self.service.stop)
        self.backplane = EmbeddedBackplane(Path(folder.name), clock=self.clock)
        await self.backplane.start(Deaf())
        self.subscriptions = Subscriptions(self.backplane, self.clock)
        self.metrics = PushMetrics()
        self.shut_out: set[tuple[str, str]] = set()
        self.guests_come_in = True
        self.runners: list[Runner] = []

    async def asyncTearDown(self) -> None:
        for runner in self.runners:
            await runner.stop()
        await self.backplane.stop()

    def run_it(self, *, delay_s: float = 0.0, timeout_s: float = 5.0) -> Runner:
        levels = Levels(self.backplane)

        async def is_let_in(user: str) -> bool:
            return self.guests_come_in

        outbox = Outbox(
            self.backplane,
            subscriptions=self.subscriptions,
            notices=Notices(self.backplane, levels, is_let_in),
            client=PushClient(
                push_key(b"secret"), self.clock, allows_private=True, timeout_s=timeout_s
            ),
            clock=self.clock,
            metrics=self.metrics,
            max_failures=FAILURES,
            is_shut_out=lambda user, device: (user, device) in self.shut_out,
        )
        follower = PushFollower(
            self.backplane,
            levels=levels,
            subscriptions=self.subscriptions,
            outbox=outbox,
            clock=self.clock,
            delay_s=delay_s,
        )
        runner = Runner(
            follower,
            name="push",
            backplane=self.backplane,
            lease=SharedLease(self.backplane, "push", str(len(self.runners))),
            clock=self.clock,
        )
        runner.start()
        self.runners.append(runner)
        return runner

    async def until_begun(self) -> None:
        """Wait until there is a cursor: what is said from now on notifies people."""
        await self.until_stored(CURSOR)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not is_so():  # noqa: ASYNC110  a follower sends no event
                await asyncio.sleep(0.01)

    async def until_stored(self, group: str, *, is_there: bool = True) -> None:
        async with asyncio.timeout(WAIT_S):
            while bool(await self.backplane.values.all(group)) is not is_there:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def until_done(self) -> None:
        await self.until_stored(DUE, is_there=False)

    async def device(self, name: str = "", *, user: str = BOB) -> Device:
        device = self.service.device()
        given = device.subscription
        await self.subscriptions.put(
            user,
            name,
            endpoint=given["endpoint"],
            key=given["keys"]["p256dh"],
            auth=given["keys"]["auth"],
            site="https://chat.example",
        )
        return device

    async def say(
        self,
        text: str,
        *,
        ago_s: float = 0.0,
        time: str = "",
        mentions: Sequence[str] = (BOB,),
        files: Sequence[FileInfo] = (),
    ) -> Position:
        body = MessageBody(
            user="ada",
            name="Ada",
            time=time or rfc3339(self.clock.time() - ago_s),
            key=text,
            text=text,
            html=text,
            mentions=list(mentions),
            files=list(files),
        )
        draft = Draft(room=LOBBY, user="ada", body=body, is_open=True)
        return (await self.backplane.append(draft)).position

    async def test_a_message_without_a_text_is_told_by_the_names_of_its_files(self) -> None:
        device = await self.device()
        self.run_it()
        await self.until_begun()
        await self.say("", files=[FileInfo(id="0a" * 16, name="a plan", type="", bytes=1)])
        await self.until(lambda: len(device.received) > 0)
        assert device.texts() == ["a plan"]

    async def test_what_was_said_before_the_first_start_or_long_ago_notifies_nobody(self) -> None:
        device = await self.device()
        await self.say("before")
        self.run_it()
        await self.until_begun()
        await self.say("long ago", ago_s=HOUR_S + 1)
        await self.say("who knows when", time="t")
        await self.say("now")
        await self.until(lambda: len(device.received) > 0)
        await self.until_done()
        assert device.texts() == ["now"]

    async def test_what_is_due_is_sent_by_whoever_goes_on(self) -> None:
        device = await self.device()
        first = self.run_it(delay_s=HOUR_S)
        await self.until_begun()
        position = await self.say("hello")
        await self.until_stored(DUE)
        assert device.asked == 0
        await first.stop()
        ((key, value),) = (await self.backplane.values.all(DUE)).items()
        assert key == f"{BOB} {LOBBY}:{position.epoch}:{position.offset}"
        assert b"hello" not in value  # no text is kept outside of the log
        earlier = value.replace(b'"at_s":', b'"at_s":-')
        await self.backplane.values.put([Setting(DUE, key, earlier)])
        self.run_it()
        await self.until(lambda: device.asked == 1)
        await self.until_done()
        assert device.texts() == ["hello"]

    async def test_nothing_is_sent_of_what_was_deleted_or_to_who_may_not_come_in(self) -> None:
        device, other = await self.device("m-1"), await self.device("m-2")
        self.run_it(delay_s=0.3)
        await self.until_begun()
        position = await self.say("deleted")
        body = DeletedBody(
            user="ada", name="Ada", time=rfc3339(self.clock.time()), target=position.offset
        )
        await self.backplane.append(Draft(room=LOBBY, user="ada", body=body, is_open=True))
        self.shut_out.add((BOB, "m-2"))
        await self.say("kept")
        await self.until(lambda: len(device.received) == 1)
        await self.until_done()
        assert (device.texts(), other.asked) == (["kept"], 0)
        assert set(await self.subscriptions.of(BOB)) == {"m-1"}
        self.guests_come_in = False
        await self.say("for members")
        await self.until(lambda: self.runners[0].metrics.lag_entries == 0)
        await self.until_done()
        assert device.asked == 1

    async def test_a_device_that_is_never_reached_is_given_up(self) -> None:
        device = await self.device()
        device.answers = [(500, {"Retry-After": "0"})] * (FAILURES + 1)
        self.run_it()
        await self.until_begun()
        await self.say("one")
        await self.say("two")
        await self.until_stored(f"push/{BOB}", is_there=False)
        assert device.asked == FAILURES
        assert self.metrics.sent["delivered"] == 0

    async def test_those_that_do_not_answer_hold_up_only_each_other(self) -> None:
        fine = await self.device()
        self.run_it(timeout_s=HOUR_S)
        await self.until_begun()
        await self.say("it answers")
        await self.until(lambda: len(fine.received) == 1)
        others = [f"guest-{number:016x}" for number in range(2)]
        for user in others:
            for number in range(UNPROVEN_AT_ONCE):
                (await self.device(f"m-{number}", user=user)).is_silent = True
            await self.backplane.mark_read(user, LOBBY, 1)
        await self.say("nobody answers", mentions=others)
        silent = [device for device in self.service.devices.values() if device.is_silent]
        await self.until(lambda: sum(device.asked for device in silent) == UNPROVEN_AT_ONCE)
        await self.say("it answers again")
        await self.until(lambda: len(fine.received) == 2)
