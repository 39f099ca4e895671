"""Invitations: links by which people sign up, also where nobody can without one."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.accounts import decisions, records
from chat.accounts.codes import new_code
from chat.accounts.records import Invite
from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.service.site import Site
from chat.service.transactions import Transaction, Transactions

_DAY_S: Final = 86400


class InviteInfo(msgspec.Struct, kw_only=True):
    """An invitation that can be used. ``id`` ends it; its code is not known any more."""

    id: str
    by: str
    uses: int
    until_s: int


class Invites:
    """The invitations of this site. Owners make them."""

    def __init__(self, *, transactions: Transactions, site: Site) -> None:
        self._transactions = transactions
        self._site = site

    async def make(self, by: Person, *, uses: int, days: int) -> str:
        """Return the code of a link by which ``uses`` people can sign up within ``days``."""
        most, longest = decisions.MAX_INVITE_USES, decisions.MAX_INVITE_DAYS
        if not (1 <= uses <= most and 1 <= days <= longest):
            raise InvalidInput(
                Code.BAD_COMMAND, f"uses is from 1 to {most}, and days from 1 to {longest}."
            )
        code = new_code()
        hash_ = decisions.hash_of_link(code)
        now_s = self._transactions.now_s()
        stored = await self._stored()
        over = [id for id, invite in stored if invite.until_s <= now_s]
        if len(stored) - len(over) >= decisions.MAX_INVITES:
            raise Refused(Code.FORBIDDEN, "There are too many invitations: end some first.")

        async def decide(transaction: Transaction) -> None:
            decisions.check_is_owner(await transaction.account(by.user))
            invite = Invite(by=by.user, uses=uses, made_s=now_s, until_s=now_s + days * _DAY_S)
            await transaction.put(records.invite(hash_), invite)
            for id in over:
                await transaction.put(records.invite(id), None)
            transaction.record("invite")

        await self._transactions.run(by, decide)
        return code

    async def all(self, by: Person) -> Sequence[InviteInfo]:
        """Return the invitations that can be used, the first to run out first."""
        decisions.check_is_owner(await self._transactions.account(by.user))
        now_s = self._transactions.now_s()
        found = [
            InviteInfo(id=id, by=invite.by, uses=invite.uses, until_s=invite.until_s)
            for id, invite in await self._stored()
            if invite.until_s > now_s
        ]
        return sorted(found, key=lambda invite: (invite.until_s, invite.id))

    async def end(self, by: Person, id: str) -> None:
        async def decide(transaction: Transaction) -> None:
            decisions.check_is_owner(await transaction.account(by.user))
            if await transaction.value(records.invite(id)) is None:
                raise decisions.invalid_link()
            await transaction.put(records.invite(id), None)
            transaction.record("end_invite")

        await self._transactions.run(by, decide)

    async def check(self, code: str) -> None:
        """Raise Refused ``forbidden`` unless somebody can sign up with ``code``."""
        key = records.invite(decisions.hash_of_link(code))
        invite = await self._transactions.fresh(key, Invite)
        decisions.used(invite, now_s=self._transactions.now_s())
        decisions.check_sign_up(self._site.sign_up, invite)

    async def _stored(self) -> list[tuple[str, Invite]]:
        return await self._transactions.scan(
            records.INVITE, Invite, limit=2 * decisions.MAX_INVITES
        )
