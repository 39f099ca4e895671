"""What owners do about people: roles, forgotten passwords, keeping somebody out."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.accounts import decisions, records
from chat.accounts.codes import new_code
from chat.accounts.passwords import prepared_new
from chat.accounts.records import Account, Link, changed
from chat.backplane.base import Backplane
from chat.backplane.records import SITE
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.roles import ServerRole
from chat.service.devices import Devices, SignedIn
from chat.service.people import People
from chat.service.profile import Profile, member_of
from chat.service.transactions import Transaction, Transactions

MAX_PEOPLE: Final = 200  # on a page of them


class PersonInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member, as others see them; only owners see who is ``disabled``, and why."""

    user: str
    name: str
    role: ServerRole
    made_s: int
    disabled: str | None = None


class Owners:
    """Acts of the site's owners; each raises Refused ``forbidden`` for everybody else."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        people: People,
        profile: Profile,
        devices: Devices,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._people = people
        self._profile = profile
        self._devices = devices

    async def check(self, by: Person) -> None:
        """Raise Refused ``forbidden`` unless ``by`` is an owner."""
        decisions.check_is_owner(await self._transactions.account(by.user))

    async def page_of_people(
        self, by: Person, *, after: str, limit: int
    ) -> tuple[Sequence[PersonInfo], str | None]:
        """Return members in the order of their ids, and after whom to go on, if there are more.

        A page may have fewer than ``limit``, and even none. For members.
        """
        asker = await self._people.account(by.user)
        if asker is None or asker.role is ServerRole.GUEST:
            raise Refused(Code.FORBIDDEN, "Only members see who the others are.")
        is_owner = asker.role is ServerRole.OWNER
        key = records.account(after) if after else ""
        found = await self._backplane.scan(SITE, records.ACCOUNT, after=key, limit=limit)
        accounts = [
            (key.removeprefix(records.ACCOUNT), records.decode(value, Account))
            for key, value in found
        ]
        shown = [
            PersonInfo(
                user=user,
                name=account.name,
                role=account.role,
                made_s=account.made_s,
                disabled=account.disabled if is_owner else None,
            )
            for user, account in accounts
            if account.role is not ServerRole.GUEST
        ]
        return shown, accounts[-1][0] if len(accounts) == limit else None

    async def set_role(self, by: Person, user: str, role: ServerRole) -> None:
        """Make ``user`` an owner or a member."""

        async def decide(transaction: Transaction) -> None:
            decisions.check_is_owner(await transaction.account(by.user))
            await put_role(transaction, user, role)

        await self._transactions.run(by, decide)

    async def make_reset(self, by: Person, user: str) -> str:
        """Return the code of a link by which ``user`` sets another password, within a day."""

        async def decide(transaction: Transaction) -> str:
            decisions.check_is_owner(await transaction.account(by.user))
            return await put_reset(transaction, user, now_s=self._transactions.now_s())

        return await self._transactions.run(by, decide)

    async def name_in_reset(self, code: str) -> str:
        """Return the name of who sets another password by ``code``. Raises Refused."""
        return (await self._reset(code)).name

    async def use_reset(self, code: str, password: str, *, address: str, browser: str) -> SignedIn:
        """Set the password of whom the link is for, end all their devices, and sign them in."""
        hashed = prepared_new(password)
        link = await self._reset(code)
        account = await self._profile.set_password(
            Person(user=link.user, name=link.name),
            link.user,
            hashed,
            keep=None,
            address=address,
            reset=decisions.hash_of_link(code),
        )
        return await self._people.sign_in(link.user, browser=browser, checked=account)

    async def disable(self, by: Person, user: str, reason: str | None, *, address: str) -> None:
        """Keep ``user`` out, with all their devices; a ``reason`` of None lets them in again."""

        async def decide(transaction: Transaction) -> None:
            decisions.check_is_owner(await transaction.account(by.user))
            account = await member_of(transaction, user)
            if reason is not None and account.role is ServerRole.OWNER:
                raise Refused(Code.FORBIDDEN, "This is an owner: make them a member first.")
            await transaction.put(records.account(user), changed(account, disabled=reason))
            what = "enable" if reason is None else "disable"
            transaction.record(what, whom=user, reason=reason or "")

        await self._transactions.run(by, decide)
        if reason is not None:
            await self._devices.end_others(by, user, keep=None, address=address)

    async def _reset(self, code: str) -> Link:
        key = records.reset(decisions.hash_of_link(code))
        link = await self._transactions.fresh(key, Link)
        return decisions.check_link(link, now_s=self._transactions.now_s())


# For owners and for the command line


async def put_role(transaction: Transaction, user: str, role: ServerRole) -> None:
    account = await member_of(transaction, user)
    owners = decisions.with_role(await transaction.owners(), user, role)
    await transaction.put(records.OWNERS, owners)
    await transaction.put(records.account(user), changed(account, role=role))
    transaction.record("role", whom=user, reason=role)


async def put_reset(transaction: Transaction, user: str, *, now_s: int) -> str:
    """Put a link for another password of ``user`` in place of an earlier one; return its code."""
    code = new_code()
    hash_ = decisions.hash_of_link(code)
    account = await member_of(transaction, user)
    await transaction.put(records.reset(account.reset), None)
    await transaction.put(records.account(user), changed(account, reset=hash_))
    link = Link(user=user, until_s=now_s + decisions.RESET_S, name=account.name)
    await transaction.put(records.reset(hash_), link)
    transaction.record("reset", whom=user)
    return code


async def find_user(transactions: Transactions, who: str) -> str:
    """Return the id of the member with this name or id. Raises Refused ``forbidden``."""
    if await transactions.account(who) is not None:
        return who
    key = records.name(who)
    holder = (await transactions.directory.fresh(SITE, key)).get(key)
    if holder is None:
        raise Refused(Code.FORBIDDEN, f"There is no member called {who}.")
    return holder.decode()
