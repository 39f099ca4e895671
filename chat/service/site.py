"""What owners have set for the whole site, known without a lookup: each request asks."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from chat.accounts import records
from chat.accounts.bots import MAX_BOTS, KnownBots
from chat.backplane.base import Backplane
from chat.backplane.records import SITE
from chat.errors import ChatError
from chat.settings.settings import Settings

log: Final = logging.getLogger(__name__)

# A change takes effect on all instances within 1 s.
REFRESH_S: Final = 0.5


class Site:
    """The name of this site and who may come in, as its owners or the settings say."""

    def __init__(
        self,
        settings: Settings,
        backplane: Backplane,
        on_closed: Callable[[], None] = lambda: None,
        bots: KnownBots | None = None,
    ) -> None:
        """Call ``on_closed`` when guests are no longer let in; keep ``bots`` up to date."""
        self._settings = settings
        self._backplane = backplane
        self._on_closed = on_closed
        self._chosen = records.Site()
        self._has_owner = True
        self._bots = bots or KnownBots()
        self._bots_revision: bytes | None = None
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self._settings.site_name if self._chosen.name is None else self._chosen.name

    @property
    def about(self) -> str:
        return self._settings.site_about if self._chosen.about is None else self._chosen.about

    @property
    def guests(self) -> str:
        """What guests may do: ``on``, ``read`` or ``off``."""
        return self._chosen.guests or self._settings.guests

    @property
    def sign_up(self) -> str:
        """Who may sign up: ``open``, ``invite`` or ``closed``."""
        return self._chosen.sign_up or self._settings.sign_up

    @property
    def has_owner(self) -> bool:
        return self._has_owner

    async def start(self) -> None:
        """Read what is set, waiting for the store if need be; then go on doing so."""
        while True:
            try:
                await self.refresh()
                break
            except ChatError:  # nobody is let in by mistake meanwhile
                await asyncio.sleep(REFRESH_S)
        self._refreshing = asyncio.get_running_loop().create_task(self._refresh_for_ever())

    async def stop(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])

    async def refresh(self) -> None:
        """Read what is set now. Raises Unavailable."""
        keys = [records.SITE, records.OWNERS, records.BOTS]
        found = await self._backplane.records(SITE, keys)
        if (revision := found.get(records.BOTS)) != self._bots_revision:
            await self._read_bots()
            self._bots_revision = revision
        was_open = self.guests != "off"
        self._has_owner = records.OWNERS in found
        try:
            chosen = found.get(records.SITE)
            self._chosen = (
                records.Site() if chosen is None else records.decode(chosen, records.Site)
            )
        except msgspec.ValidationError:
            log.warning("The settings of the site are of a newer version; the last ones hold")
        if was_open and self.guests == "off":
            self._on_closed()

    async def _read_bots(self) -> None:
        stored = await self._backplane.scan(SITE, records.BOT, limit=2 * MAX_BOTS)
        found = {}
        for key, value in stored:
            try:
                found[key.removeprefix(records.BOT)] = records.decode(value, records.Bot)
            except msgspec.ValidationError:
                log.warning("A bot is of a newer version; it is not let in here")
        self._bots.replace(found)

    async def _refresh_for_ever(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                await self.refresh()
            except ChatError:
                continue  # the store is away, which others report
