"""Invitations: links by which people sign up, also where nobody can without one."""

from collections.abc import Awaitable, Callable, Sequence
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
# Raises ChatError if whoever acts may not invite people.
Check = Callable[[Transaction], Awaitable[None]]


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
        return await make_invite(
            self._transactions, by, uses=uses, days=days, check=_checks_is_owner(by)
        )

    async def all(self, by: Person) -> Sequence[InviteInfo]:
        """Return the invitations that can be used, the first to run out first."""
        decisions.check_is_owner(await self._transactions.account(by.user))
        return await usable_invites(self._transactions)

    async def end(self, by: Person, id: str) -> None:
        await end_invite(self._transactions, by, id, check=_checks_is_owner(by))

    async def check(self, code: str) -> None:
        """Raise Refused ``forbidden`` unless somebody can sign up with ``code``."""
        key = records.invite(decisions.hash_of_link(code))
        invite = await self._transactions.fresh(key, Invite)
        decisions.used(invite, now_s=self._transactions.now_s())
        decisions.check_sign_up(self._site.sign_up, invite)


def _checks_is_owner(by: Person) -> Check:
    async def check(transaction: Transaction) -> None:
        decisions.check_is_owner(await transaction.account(by.user))

    return check


# For owners and for the command line


async def unchecked(transaction: Transaction) -> None:
    """Pass: whoever can write into the store may invite people."""


async def make_invite(
    transactions: Transactions, by: Person, *, uses: int, days: int, check: Check = unchecked
) -> str:
    """Return the code of a new invitation. Raises what ``check`` raises, and ChatError."""
    most, longest = decisions.MAX_INVITE_USES, decisions.MAX_INVITE_DAYS
    if not (1 <= uses <= most and 1 <= days <= longest):
        raise InvalidInput(
            Code.BAD_COMMAND, f"uses is from 1 to {most}, and days from 1 to {longest}."
        )
    code = new_code()
    hash_ = decisions.hash_of_link(code)
    now_s = transactions.now_s()
    stored = await _stored(transactions)
    over = [id for id, invite in stored if invite.until_s <= now_s]
    if len(stored) - len(over) >= decisions.MAX_INVITES:
        raise Refused(Code.FORBIDDEN, "There are too many invitations: end some first.")

    async def decide(transaction: Transaction) -> None:
        await check(transaction)
        invite = Invite(by=by.user, uses=uses, made_s=now_s, until_s=now_s + days * _DAY_S)
        await transaction.put(records.invite(hash_), invite)
        for id in over:
            await transaction.put(records.invite(id), None)
        transaction.record("invite")

    await transactions.run(by, decide)
    return code


async def usable_invites(transactions: Transactions) -> Sequence[InviteInfo]:
    """Return the invitations that can be used, the first to run out first."""
    now_s = transactions.now_s()
    found = [
        InviteInfo(id=id, by=invite.by, uses=invite.uses, until_s=invite.until_s)
        for id, invite in await _stored(transactions)
        if invite.until_s > now_s
    ]
    return sorted(found, key=lambda invite: (invite.until_s, invite.id))


async def end_invite(
    transactions: Transactions, by: Person, id: str, *, check: Check = unchecked
) -> None:
    """End an invitation. Raises what ``check`` raises, and Refused if there is no such one."""

    async def decide(transaction: Transaction) -> None:
        await check(transaction)
        if await transaction.value(records.invite(id)) is None:
            raise decisions.invalid_link()
        await transaction.put(records.invite(id), None)
        transaction.record("end_invite")

    await transactions.run(by, decide)


async def _stored(transactions: Transactions) -> list[tuple[str, Invite]]:
    return await transactions.scan(records.INVITE, Invite, limit=2 * decisions.MAX_INVITES)
