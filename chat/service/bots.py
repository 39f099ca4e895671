"""Bots: programs with a name and a token, which owners of the site make and end."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from chat.accounts import decisions, records
from chat.accounts.blocklist import device_id
from chat.accounts.bots import MAX_BOTS
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Bot
from chat.errors import ChatError, Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.grants import Scope
from chat.rooms.names import check_name
from chat.service.bot_records import put_bot, put_no_token, put_token
from chat.service.devices import Devices
from chat.service.leaving import Leaving
from chat.service.site import Site
from chat.service.transactions import Transaction, Transactions
from chat.service.uses import Uses


class BotInfo(msgspec.Struct, kw_only=True):
    """A bot; its token is not known any more. ``rooms``: None for all.

    Times are in seconds since 1970; ``used_s`` is None until it is used.
    """

    id: str
    name: str
    scopes: list[str]
    rooms: list[str] | None
    by: str
    made_s: int
    used_s: int | None


class Bots:
    """The bots of this site. Raises Refused ``forbidden`` for all but its owners."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        devices: Devices,
        leaving: Leaving,
        site: Site,
        limits: Limits,
        uses: Uses,
    ) -> None:
        self._transactions = transactions
        self._devices = devices
        self._leaving = leaving
        self._site = site
        self._limits = limits
        self._uses = uses

    async def make(
        self, by: Person, name: str, scopes: Sequence[Scope], rooms: Sequence[str] | None
    ) -> tuple[str, BotInfo]:
        """Make a bot; return its token, told only now, which this instance knows at once.

        Other instances know it within a second. Raises ChatError: ``name_taken``, and those of
        names and rooms.
        """
        self._limits.account_change(by.user)
        name = check_name(name)
        if len(await self._stored()) >= MAX_BOTS:
            raise Refused(Code.FORBIDDEN, f"A site has at most {MAX_BOTS} bots: end some.")

        async def decide(transaction: Transaction) -> tuple[str, str, Bot]:
            decisions.check_is_owner(await transaction.account(by.user))
            return await put_bot(
                transaction, by.user, name, scopes, rooms, now_s=self._transactions.now_s()
            )

        token, user, bot = await self._transactions.run(by, decide)
        await self._tell_site()
        return token, _info(user, bot, None)

    async def all(self, by: Person) -> Sequence[BotInfo]:
        """Return the bots, the oldest first."""
        decisions.check_is_owner(await self._transactions.account(by.user))
        uses = await self._uses.all()
        found = [_info(user, bot, uses.get(user)) for user, bot in await self._stored()]
        return sorted(found, key=lambda bot: (bot.made_s, bot.id))

    async def renew(self, by: Person, user: str, address: str) -> str:
        """Return a new token of a bot, and end the one before, with what it has opened."""
        self._limits.account_change(by.user)

        async def decide(transaction: Transaction) -> tuple[str, str]:
            decisions.check_is_owner(await transaction.account(by.user))
            return await put_token(transaction, user, now_s=self._transactions.now_s())

        token, old_device = await self._transactions.run(by, decide)
        await self._devices.block(device_id(user, old_device), address)
        await self._tell_site()
        return token

    async def end(self, by: Person, user: str, address: str) -> None:
        """End a bot, within a second on all instances; what it has said stays.

        Whoever is interrupted asks again, and it goes on from there.
        """

        async def decide(transaction: Transaction) -> str:
            decisions.check_is_owner(await transaction.account(by.user))
            return await put_no_token(transaction, user)

        device = await self._transactions.run(by, decide)
        await self._devices.block(device_id(user, device), address)
        await self._leaving.delete(by, user, with_messages=False, address=address)
        await self._uses.forget(user)
        await self._tell_site()

    async def _tell_site(self) -> None:
        """Have this instance know at once what others learn within a second."""
        with suppress(ChatError):  # what was done is stored; this is tried again by itself
            await self._site.refresh()

    async def _stored(self) -> list[tuple[str, Bot]]:
        return await self._transactions.scan(records.BOT, Bot, limit=2 * MAX_BOTS)


def _info(user: str, bot: Bot, used_s: int | None) -> BotInfo:
    return BotInfo(
        id=user,
        name=bot.name,
        scopes=bot.scopes,
        rooms=bot.rooms,
        by=bot.by,
        made_s=bot.made_s,
        used_s=used_s,
    )
