"""What members change of themselves: their name and their password."""

from chat.accounts import decisions, records
from chat.accounts.passwords import Passwords, prepared, prepared_new
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Account, changed
from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.names import check_name
from chat.rooms.roles import ServerRole
from chat.service.devices import Devices
from chat.service.people import take_name
from chat.service.traces import leave_trace
from chat.service.transactions import Transaction, Transactions


class Profile:
    """Changes of one's own account."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        passwords: Passwords,
        devices: Devices,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._passwords = passwords
        self._devices = devices
        self._limits = limits
        self._clock = clock

    async def rename(self, person: Person, name: str) -> Person:
        """Give a member another name, and leave a trace of that in their rooms.

        Raises ChatError: ``name_taken``, and those of ``check_name``.
        """
        name = check_name(name)
        self._limits.account_change(person.user)

        async def decide(transaction: Transaction) -> str:
            account = await member_of(transaction, person.user)
            old = account.name
            if old != name:
                await take_name(transaction, person.user, name, old=old)
                await transaction.put(records.account(person.user), changed(account, name=name))
                transaction.record("rename", whom=person.user, reason=old)
            return old

        old = await self._transactions.run(person, decide)
        before = Person(user=person.user, name=old)
        await leave_trace(self._backplane, self._clock, before, name)
        return Person(user=person.user, name=name, device=person.device)

    async def change_password(self, person: Person, *, old: str, new: str, address: str) -> None:
        """Set another password, and end all devices but this one.

        Raises Refused ``forbidden`` if ``old`` is wrong.
        """
        hashed = prepared_new(new)
        self._limits.account_change(person.user)
        await self.check_password(person, old, address)
        await self.set_password(person, person.user, hashed, keep=person.device, address=address)

    async def check_password(self, person: Person, password: str, address: str) -> None:
        """Raise Refused ``forbidden`` unless it is the password of the member ``person``."""
        given = prepared(password)
        account = await self._transactions.account(person.user)
        if account is None or not account.password:
            raise Refused(Code.FORBIDDEN, "You have no account: sign up first.")
        bucket = f"{person.user} {person.device}"
        self._limits.sign_in(bucket, address)
        if not await self._passwords.verify(account.password, given):
            raise Refused(Code.FORBIDDEN, "This is not your password.")
        self._limits.signed_in(bucket, address)

    async def set_password(
        self,
        by: Person,
        user: str,
        password: bytes,
        *,
        keep: str | None,
        address: str,
        reset: str | None = None,
    ) -> Account:
        """Set the password of ``user`` and end all their devices but ``keep``; return the account.

        All links to sign in or to set a password are then void. ``reset`` is the hash of the one
        that is used for this, if it is one.
        """
        hash_ = await self._passwords.hash(password)

        async def decide(transaction: Transaction) -> Account:
            account = await member_of(transaction, user)
            if reset is not None and account.reset != reset:
                raise decisions.invalid_link()
            decisions.check_can_sign_in(account)
            for key in (records.link(account.link), records.reset(account.reset)):
                await transaction.put(key, None)
            account = changed(account, password=hash_, link="", reset="")
            await transaction.put(records.account(user), account)
            transaction.record("password", whom=user)
            return account

        # The devices end before, so that nothing fails between the two; and again after it, for
        # somebody may have signed in with the old password meanwhile. From then on nobody can.
        if reset is None:
            await self._devices.end_others(by, user, keep=keep, address=address)
        account = await self._transactions.run(by, decide)
        await self._devices.end_others(by, user, keep=keep, address=address)
        return account


async def member_of(transaction: Transaction, user: str) -> Account:
    """Return the account of a member. Raises Refused ``forbidden`` if there is none."""
    account = await transaction.account(user)
    if account is None or account.role in (ServerRole.GUEST, ServerRole.BOT):
        raise Refused(Code.FORBIDDEN, "There is no member with this id.")
    return account
