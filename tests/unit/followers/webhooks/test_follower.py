"""Each webhook goes on where it was, whatever has become of the log, the receiver and of us."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.listener import Deaf
from chat.backplane.records import SITE, Change, Draft
from chat.backplane.values import Setting
from chat.backplane.webhooks import (
    AGAIN,
    DELIVERIES,
    PROGRESS,
    Delivery,
    Progress,
    Webhook,
    decode_deliveries,
    decode_progress,
    encode_webhooks,
    record_of,
)
from chat.clock import SystemClock
from chat.followers.leases import SharedLease
from chat.followers.runner import Runner
from chat.followers.webhooks.follower import WebhooksFollower
from chat.followers.webhooks.schedule import GIVE_UP_S
from chat.followers.webhooks.sender import Sender
from chat.metrics.followers import WebhookMetrics
from chat.net.public_addresses import ANYWHERE
from chat.protocol.entries import AuditBody, DeletedBody, MessageBody
from chat.rooms import LOBBY
from chat.service.times import rfc3339
from tests.support.webhook_receiver import Hook, Receiver
from tests.unit.fakes import TIME

WAIT_S = 20
ID = f"{LOBBY}-00000000000000aa"


class ShiftedClock(SystemClock):
    """The system's clock, which a test can put forward."""

    shift_s = 0.0

    def time(self) -> float:
        return super().time() + self.shift_s


class TestWebhooksFollower(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock = ShiftedClock()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.hook = self.receiver.hook()
        self.backplane = EmbeddedBackplane(Path(folder.name), clock=self.clock)
        await self.backplane.start(Deaf())
        self.runner: Runner | None = None
        self.stored: bytes | None = None

    async def asyncTearDown(self) -> None:
        await self.stop()
        await self.backplane.stop()

    def start(self) -> None:
        sender = Sender(ANYWHERE, self.clock)
        self.runner = Runner(
            WebhooksFollower(
                self.backplane, sender=sender, clock=self.clock, metrics=WebhookMetrics()
            ),
            name="webhooks",
            backplane=self.backplane,
            lease=SharedLease(self.backplane, "webhooks", "one"),
            clock=self.clock,
        )
        self.runner.start()

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.stop()
        self.runner = None

    async def make(
        self, *, turn: int = 0, hooks: Sequence[Hook] | None = None, epoch: str = ""
    ) -> None:
        """Have each of ``hooks`` told of messages, from now on when it is the first time."""
        top = (await self.backplane.positions([LOBBY]))[LOBBY]
        place = {"epoch": epoch or top.epoch, "offset": 0 if turn else top.offset}
        webhooks = [
            Webhook(
                id=ID, url=one.url, events=["message"], secret="whsec_" + "A" * 43 + "=",
                by="ada", name="Ada", made_s=0, turn=turn, **place,
            )
            for one in ([self.hook] if hooks is None else hooks)
        ]  # fmt: skip
        change = Change(record_of(LOBBY), self.stored, encode_webhooks(webhooks))
        body = AuditBody(user="ada", name="Ada", time=TIME, action="webhook")
        await self.backplane.append(Draft(room=SITE, user="ada", body=body, changes=[change]))
        self.stored = change.new

    async def say(self, *texts: str) -> list[int]:
        said = []
        for text in texts:
            body = MessageBody(
                user="ada", name="Ada", time=rfc3339(self.clock.time()), key=text, text=text,
                html=text,
            )  # fmt: skip
            draft = Draft(room=LOBBY, user="ada", body=body, key=text)
            said.append((await self.backplane.append(draft)).position.offset)
        return said

    async def received(self, count: int) -> list[str]:
        await asyncio.to_thread(self.hook.wait, count, WAIT_S)
        return self.hook.texts

    async def progress(self) -> Progress | None:
        found = (await self.backplane.values.all(PROGRESS)).get(ID)
        return None if found is None else decode_progress(found)

    async def deliveries(self) -> list[Delivery]:
        return decode_deliveries((await self.backplane.values.all(DELIVERIES)).get(ID))

    async def until_gone(self, group: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self.backplane.values.all(group):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def test_it_goes_on_after_a_restart_and_nothing_comes_twice(self) -> None:
        await self.say("before")
        await self.make()
        await self.say("one", "two")
        self.start()
        assert await self.received(2) == ["one", "two"]
        await self.stop()
        assert [one.state for one in await self.deliveries()] == ["delivered"] * 2
        await self.say("three")
        self.start()
        assert await self.received(3) == ["one", "two", "three"]
        assert len(self.hook.asked) == 3

    async def test_entries_that_were_trimmed_are_skipped(self) -> None:
        await self.make()
        await self.say(*(f"{number}" for number in range(30)))
        while await self.backplane.trim(LOBBY, keep=2, before=None):
            pass
        self.start()
        assert await self.received(2) == ["28", "29"]
        assert len(self.hook.asked) == 2

    async def test_what_was_deleted_while_it_waited_is_sent_without_its_text(self) -> None:
        self.hook.answers = [(500, {})]
        await self.make()
        self.start()
        (offset,) = await self.say("secret")
        await asyncio.to_thread(self.hook.wait_asked, 1, WAIT_S)
        body = DeletedBody(user="ada", name="Ada", time=TIME, target=offset)
        await self.backplane.append(Draft(room=LOBBY, user="ada", body=body))
        assert await self.received(1) == [""]
        stored = await self.backplane.values.all(PROGRESS) | await self.backplane.values.all(
            DELIVERIES
        )
        assert b"secret" not in b"".join(stored.values())

    async def test_after_a_day_of_failures_it_is_disabled_until_a_new_turn(self) -> None:
        self.hook.answer = lambda: 500
        await self.make()
        self.start()
        await self.say("one")
        async with asyncio.timeout(WAIT_S):
            while not ((one := await self.progress()) and one.failures):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        self.clock.shift_s = GIVE_UP_S + 60
        await self.say("two")
        async with asyncio.timeout(WAIT_S):
            while not ((one := await self.progress()) and one.is_stopped):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert one.why == "Nothing was delivered for a day: it answered 500."
        asked = len(self.hook.asked)
        await self.say("three")
        self.hook.answer = lambda: 200
        await self.make(turn=1)
        texts = await self.received(2)
        assert set(texts) <= {"one", "two", "three"} and texts[-1] == "three"
        assert len(self.hook.asked) > asked

    async def test_a_delivery_is_sent_again_when_asked_for_with_the_same_id(self) -> None:
        await self.make()
        self.start()
        (offset,) = await self.say("one")
        await self.received(1)
        epoch = self.hook.received[0].data["epoch"]
        again = Setting(AGAIN, f"{ID} {epoch}:{offset}", b"message")
        await self.backplane.values.put([again])
        assert await self.received(2) == ["one", "one"]
        assert len(set(self.hook.asked)) == 1
        await self.until_gone(AGAIN)

    async def test_in_a_log_that_was_restored_it_begins_at_the_end(self) -> None:
        await self.say("of the backup")
        await self.make(epoch="another")
        self.start()
        async with asyncio.timeout(WAIT_S):
            while await self.progress() is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await self.say("new")
        assert await self.received(1) == ["new"]

    async def test_one_that_is_removed_leaves_nothing_even_if_nobody_was_here(self) -> None:
        await self.make()
        self.start()
        await self.say("one")
        await self.received(1)
        await self.make(hooks=[])
        await self.until_gone(PROGRESS)
        await self.until_gone(DELIVERIES)
        await self.make()
        await self.say("two")
        await self.received(2)
        await self.stop()
        await self.make(hooks=[])
        assert await self.progress()
        self.start()
        await self.until_gone(PROGRESS)
        await self.until_gone(DELIVERIES)
