"""What owners have chosen for the site holds over what the settings say."""

from unittest import IsolatedAsyncioTestCase

from chat.accounts import records
from chat.accounts.records import Owners
from tests.unit.service.parts import Parts
from tests.unit.service.site_log import OWNER


class TestSite(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.parts = Parts(guests="read", site_name="Settings' name")
        self.addCleanup(self.parts.passwords.stop)

    async def test_settings_hold_until_an_owner_chooses(self) -> None:
        site = self.parts.site
        await site.refresh()
        assert (site.name, site.guests, site.sign_up) == ("Settings' name", "read", "open")
        assert not site.has_owner
        await self.parts.setting_up.change_site(OWNER, sign_up="invite", about="For us")
        assert (site.name, site.guests, site.sign_up) == ("Settings' name", "read", "invite")
        assert site.about == "For us"
        self.parts.store.put(records.OWNERS, Owners(users=[OWNER.user]))
        await site.refresh()
        assert site.has_owner

    async def test_it_is_told_once_when_guests_may_not_come_in_any_more(self) -> None:
        await self.parts.setting_up.change_site(OWNER, guests="on")
        assert not self.parts.is_closed
        await self.parts.setting_up.change_site(OWNER, guests="off")
        assert self.parts.is_closed
        self.parts.is_closed = False
        await self.parts.site.refresh()
        assert not self.parts.is_closed

    async def test_what_only_a_newer_version_can_read_leaves_the_last(self) -> None:
        await self.parts.setting_up.change_site(OWNER, guests="off")
        self.parts.store.stored[records.SITE] = b'{"guests": 7}'
        with self.assertLogs("chat.service.site", "WARNING"):
            await self.parts.site.refresh()
        assert self.parts.site.guests == "off"
