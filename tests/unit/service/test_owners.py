"""A link for another password has its time, and what it voids."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts import decisions
from chat.accounts.identity import is_guest
from chat.errors import ChatError
from chat.protocol.codes import Code
from tests.unit.service.parts import HERE, PASSWORD, Parts
from tests.unit.service.site_log import OWNER


class TestResets(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.parts = Parts()
        self.addCleanup(self.parts.passwords.stop)
        self.member = await self.parts.sign_up("Ada")

    async def use(self, code: str, password: str = "another password") -> str:
        """Return the user who is signed in, or the code of the error."""
        try:
            signed_in = await self.parts.owners.use_reset(
                code, password, address=HERE, browser="Chrome"
            )
        except ChatError as error:
            return error.code
        assert not is_guest(signed_in.person)
        return signed_in.person.user

    async def test_it_sets_a_password_until_its_time_is_over(self) -> None:
        code = await self.parts.owners.make_reset(OWNER, self.member.user)
        self.parts.clock.now += decisions.RESET_S
        assert await self.use(code) == Code.FORBIDDEN
        code = await self.parts.owners.make_reset(OWNER, self.member.user)
        self.parts.clock.now += decisions.RESET_S - 1
        assert await self.use(code) == self.member.user
        assert await self.use(code) == Code.FORBIDDEN
        with pytest.raises(ChatError):
            await self.parts.log_in("Ada", PASSWORD)
        await self.parts.log_in("Ada", "another password")

    async def test_a_password_that_is_refused_leaves_the_link_as_it_was(self) -> None:
        code = await self.parts.owners.make_reset(OWNER, self.member.user)
        assert await self.use(code, "short") == Code.BAD_COMMAND
        assert await self.use(code) == self.member.user

    async def test_another_password_voids_it_and_links_for_devices(self) -> None:
        link, _ = await self.parts.devices.make_link(self.member, browser="x", address=HERE)
        code = await self.parts.owners.make_reset(OWNER, self.member.user)
        await self.parts.profile.change_password(
            self.member, old=PASSWORD, new="another password", address=HERE
        )
        assert await self.use(code) == Code.FORBIDDEN
        with pytest.raises(ChatError):
            await self.parts.devices.use_link(link, browser="x")
        kept = await self.parts.devices.of(self.member)
        assert [device.id for device in kept] == [self.member.device]

    async def test_the_store_has_neither_passwords_nor_codes(self) -> None:
        code = await self.parts.owners.make_reset(OWNER, self.member.user)
        link, _ = await self.parts.devices.make_link(self.member, browser="x", address=HERE)
        stored = b" ".join(
            [*map(str.encode, self.parts.store.stored), *self.parts.store.stored.values()]
        )
        for secret in (code, link, PASSWORD):
            assert secret.encode() not in stored
