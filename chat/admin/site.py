"""Opens what is stored of people and rooms, for commands beside running servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat.backplane.directory import Directory
from chat.backplane.open import open_site_admin
from chat.backplane.site_log import SiteAdmin
from chat.clock import SystemClock
from chat.service.transactions import Transactions
from chat.settings.settings import Settings


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[SiteAdmin]:
    """Yield the logs of the servers with these ``settings``. Raises SettingsError."""
    admin = await open_site_admin(settings, SystemClock())
    try:
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def open_site(settings: Settings) -> AsyncIterator[Transactions]:
    """Yield the transactions of the servers with these ``settings``. Raises SettingsError."""
    async with open_store(settings) as store:
        yield transactions_of(store)


def transactions_of(store: SiteAdmin) -> Transactions:
    clock = SystemClock()
    return Transactions(Directory(store, clock), store, clock)
