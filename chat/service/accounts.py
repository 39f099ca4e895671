"""All that this server does for people who last, in one place for whoever needs a part of it."""

import logging
from collections.abc import Callable
from typing import Final

from chat.accounts.access import AccessControl
from chat.accounts.passwords import Passwords
from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.bookmarks import Bookmarks
from chat.backplane.directory import Directory
from chat.backplane.subscriptions import Subscriptions
from chat.clock import Clock
from chat.errors import ChatError
from chat.rooms.roles import ServerRole
from chat.service.bots import Bots
from chat.service.devices import Devices
from chat.service.hooks import Hooks
from chat.service.invites import Invites
from chat.service.leaving import Leaving
from chat.service.orders import Orders
from chat.service.owners import Owners
from chat.service.passkeys import Passkeys
from chat.service.people import People
from chat.service.profile import Profile
from chat.service.room_links import RoomLinks
from chat.service.service import Service
from chat.service.setup import SettingUp, new_setup_code
from chat.service.site import Site
from chat.service.transactions import Transactions
from chat.service.uses import Uses
from chat.service.webhooks import Webhooks
from chat.settings.settings import Settings

log: Final = logging.getLogger(__name__)


class Accounts:
    """The parts, between start and stop."""

    def __init__(
        self,
        settings: Settings,
        *,
        backplane: Backplane,
        directory: Directory,
        clock: Clock,
        limits: Limits,
        access: AccessControl,
        on_closed: Callable[[], None] = lambda: None,
    ) -> None:
        """Call ``on_closed`` when guests are no longer let in."""
        self._settings = settings
        self._backplane = backplane
        self._clock = clock
        self._orders: Orders | None = None
        self._limits = limits
        self._passwords = passwords = Passwords()
        self._transactions = transactions = Transactions(directory, backplane, clock)
        self.uses = Uses(backplane, clock)
        self.site = site = Site(settings, backplane, on_closed, access.bots)
        self.subscriptions = Subscriptions(backplane, clock)
        self.bookmarks = Bookmarks(backplane)
        self.devices = devices = Devices(
            transactions=transactions,
            backplane=backplane,
            subscriptions=self.subscriptions,
            bookmarks=self.bookmarks,
            access=access,
            limits=limits,
        )
        self.people = people = People(
            transactions=transactions,
            backplane=backplane,
            passwords=passwords,
            devices=devices,
            site=site,
            limits=limits,
            clock=clock,
        )
        self.profile = profile = Profile(
            transactions=transactions,
            backplane=backplane,
            passwords=passwords,
            devices=devices,
            limits=limits,
            clock=clock,
        )
        self.setting_up = SettingUp(
            transactions=transactions,
            people=people,
            devices=devices,
            passwords=passwords,
            site=site,
        )
        self.invites = Invites(transactions=transactions, site=site)
        self.owners = Owners(
            transactions=transactions,
            backplane=backplane,
            people=people,
            profile=profile,
            devices=devices,
        )
        self.passkeys = Passkeys(
            transactions=transactions,
            backplane=backplane,
            people=people,
            site=site,
            limits=limits,
        )
        self.leaving = leaving = Leaving(
            transactions=transactions, backplane=backplane, devices=devices, clock=clock
        )
        self.bots = Bots(
            transactions=transactions,
            devices=devices,
            leaving=leaving,
            site=site,
            limits=limits,
            uses=self.uses,
        )

    def take_orders(self, service: Service) -> None:
        """Have ``service`` carry out what the operator says on the command line, once started."""
        self._orders = Orders(self._transactions, service)

    def links_to_rooms(self, service: Service) -> RoomLinks:
        """Return the links by which people join rooms."""
        return RoomLinks(
            transactions=self._transactions,
            directory=self._transactions.directory,
            service=service,
            limits=self._limits,
        )

    def webhooks(self, service: Service) -> Webhooks | None:
        """Return what owners of rooms do with webhooks; None with WEBHOOKS=off."""
        if not self._settings.has_webhooks:
            return None
        return Webhooks(
            self._backplane,
            transactions=self._transactions,
            service=service,
            limits=self._limits,
            clock=self._clock,
            destinations=self._settings.webhooks_allow,
        )

    def hooks_of_rooms(self, service: Service) -> Hooks:
        """Return the webhooks by which other services speak in rooms."""
        return Hooks(
            transactions=self._transactions,
            people=self.people,
            service=service,
            limits=self._limits,
            uses=self.uses,
        )

    async def is_let_in(self, user: str) -> bool:
        """Return whether ``user`` may come in as far as they are a guest or not."""
        return self.site.guests != "off" or await self.people.role_of(user) != ServerRole.GUEST

    async def start(self) -> None:
        """Read what is set for the site, once the store is there."""
        await self.site.start()
        self.uses.start()
        if self._orders is not None:
            self._orders.start()

    async def invite_owner(self, base_url: str) -> None:
        """Log the link by which the first owner signs up, if there is no owner yet."""
        if self.site.has_owner:
            return
        given = self._settings.owner_setup_code
        try:
            code = await new_setup_code(self._transactions, given)
        except ChatError as error:
            log.info("There is no owner yet, and no link could be stored: %s", error)
            return
        shown = "<OWNER_SETUP_CODE>" if given else code
        log.info("There is no owner yet. To be the first: %s/setup?code=%s", base_url, shown)

    async def stop(self) -> None:
        if self._orders is not None:
            await self._orders.stop()
        await self.uses.stop()
        await self.site.stop()
        self._passwords.stop()
