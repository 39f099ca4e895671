"""Opens what is stored of people, for commands beside running servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat.backplane.directory import Directory
from chat.backplane.open import open_site_admin
from chat.clock import SystemClock
from chat.service.transactions import Transactions
from chat.settings.settings import Settings


@asynccontextmanager
async def open_site(settings: Settings) -> AsyncIterator[Transactions]:
    """Yield the transactions of the servers with these ``settings``. Raises SettingsError."""
    clock = SystemClock()
    admin = await open_site_admin(settings, clock)
    try:
        yield Transactions(Directory(admin, clock), admin, clock)
    finally:
        await admin.close()
