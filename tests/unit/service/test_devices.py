"""Links for one more device have their time, and so many devices are signed in at most."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts import decisions
from chat.errors import ChatError
from chat.protocol.codes import Code
from tests.unit.service.parts import GUEST, HERE, Parts


class TestDevices(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.parts = Parts()
        self.addCleanup(self.parts.passwords.stop)

    async def code(self) -> str:
        code, _ = await self.parts.devices.make_link(GUEST, browser="Firefox", address=HERE)
        return code

    async def refused(self, code: str) -> None:
        for use in (
            self.parts.devices.name_in_link(code),
            self.parts.devices.use_link(code, browser="Chrome"),
        ):
            with pytest.raises(ChatError) as caught:
                await use
            assert caught.value.code == Code.FORBIDDEN

    async def test_a_link_signs_in_until_its_time_is_over(self) -> None:
        code = await self.code()
        self.parts.clock.now += decisions.LINK_S - 1
        assert await self.parts.devices.name_in_link(code) == GUEST.name
        self.parts.clock.now += 1
        await self.refused(code)
        code = await self.code()
        self.parts.clock.now += decisions.LINK_S - 1
        signed_in = await self.parts.devices.use_link(code, browser="Chrome")
        assert signed_in.person.user == GUEST.user
        await self.refused(code)

    async def test_a_new_link_replaces_the_last_one(self) -> None:
        first, second = await self.code(), await self.code()
        await self.refused(first)
        assert await self.parts.devices.name_in_link(second) == GUEST.name

    async def test_a_link_of_a_guest_stays_one_of_a_guest(self) -> None:
        code, person = await self.parts.devices.make_link(GUEST, browser="Firefox", address=HERE)
        assert person.device.startswith("g-")
        signed_in = await self.parts.devices.use_link(code, browser="Chrome")
        assert signed_in.person.device.startswith("g-")
        assert await self.parts.people.name_of(GUEST.user) is None

    async def test_the_oldest_device_makes_room_for_one_more(self) -> None:
        first = await self.parts.sign_up("Ada")
        for _ in range(decisions.MAX_DEVICES):
            self.parts.clock.now += 1
            newest = await self.parts.log_in("Ada")
        devices = await self.parts.devices.of(newest)
        assert len(devices) == decisions.MAX_DEVICES
        assert devices[0].id == newest.device and devices[0].is_current
        assert first.device not in {device.id for device in devices}
        assert [block.who for block in self.parts.store.blocked] == [f"{first.user}/{first.device}"]
