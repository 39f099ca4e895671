"""Where devices are notified."""

from types import SimpleNamespace
from unittest import IsolatedAsyncioTestCase

from chat.backplane.subscriptions import MAX_SUBSCRIPTIONS, SUBSCRIPTION_DAYS, Subscriptions
from tests.unit.fakes import MemoryValues, SetClock

DAY_S = 86400
USER = "guest-00000000000000aa"


class TestSubscriptions(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.clock = SetClock(100.5 * DAY_S)
        self.values = MemoryValues()
        self.subscriptions = Subscriptions(
            SimpleNamespace(values=self.values),  # type: ignore[arg-type]
            self.clock,
        )

    async def put(self, device: str, endpoint: str = "") -> None:
        await self.subscriptions.put(
            USER, device, endpoint=endpoint or f"e-{device}", key="k", auth="a", site="s"
        )

    async def devices(self) -> set[str]:
        return set(await self.subscriptions.of(USER))

    async def test_a_device_has_one_and_a_guest_without_devices_too(self) -> None:
        await self.put("m-1", "old")
        await self.put("m-1", "new")
        await self.put("")
        found = await self.subscriptions.of(USER)
        assert {device: one.endpoint for device, one in found.items()} == {"m-1": "new", "": "e-"}
        await self.subscriptions.remove(USER, "")
        assert await self.devices() == {"m-1"}

    async def test_a_browser_that_is_another_device_now_is_not_notified_twice(self) -> None:
        await self.put("", "same")
        await self.put("g-1", "same")
        assert await self.devices() == {"g-1"}

    async def test_the_oldest_gives_way_to_one_more_than_there_may_be(self) -> None:
        for number in range(MAX_SUBSCRIPTIONS):
            self.clock.now += DAY_S
            await self.put(f"m-{number}")
        assert len(await self.devices()) == MAX_SUBSCRIPTIONS
        await self.put("m-new")
        assert len(await self.devices()) == MAX_SUBSCRIPTIONS
        assert "m-0" not in await self.devices()
        assert {"m-1", "m-new"} < await self.devices()

    async def test_it_runs_out_with_the_cookie_unless_the_page_is_opened(self) -> None:
        await self.put("m-1")
        await self.put("m-2")
        self.clock.now += (SUBSCRIPTION_DAYS - 1) * DAY_S
        await self.put("m-2")
        assert await self.devices() == {"m-1", "m-2"}
        self.clock.now += DAY_S
        assert await self.devices() == {"m-2"}

    async def test_a_block_of_a_device_ends_one_and_of_a_user_all(self) -> None:
        for device in ("m-1", "m-2", ""):
            await self.put(device)
        await self.subscriptions.end(f"{USER}/m-1")
        assert await self.devices() == {"m-2", ""}
        await self.subscriptions.end(f"{USER}/")
        assert await self.devices() == {"m-2"}
        await self.subscriptions.end(USER)
        assert await self.devices() == set()
