"""People who last: who somebody is, signing up and signing in."""

from collections.abc import Collection, Sequence

from chat.accounts import decisions, records
from chat.accounts.identity import is_bot, is_guest, is_user_id, new_device
from chat.accounts.known_browsers import Known
from chat.accounts.passwords import Passwords, prepared, prepared_new
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Account, Invite, changed
from chat.backplane.base import Backplane
from chat.backplane.records import SITE
from chat.clock import Clock
from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.names import check_name
from chat.rooms.roles import ServerRole
from chat.service.devices import Devices, SignedIn
from chat.service.site import Site
from chat.service.traces import leave_trace
from chat.service.transactions import Transaction, Transactions


class People:
    """The accounts of this site. A guest has none, unless they have several devices."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        passwords: Passwords,
        devices: Devices,
        site: Site,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._passwords = passwords
        self._devices = devices
        self._site = site
        self._limits = limits
        self._clock = clock

    # Who somebody is

    async def account(self, user: str) -> Account | None:
        """Return the account of ``user``, at most half a second old. Raises Unavailable."""
        value = await self._transactions.directory.get(SITE, records.account(user))
        return None if value is None else records.decode(value, Account)

    async def role_of(self, user: str) -> ServerRole:
        """Return what ``user`` is on this site. Raises Unavailable."""
        if is_bot(user):
            return ServerRole.BOT
        account = await self.account(user)
        return ServerRole.GUEST if account is None else account.role

    async def owners(self) -> Sequence[str]:
        """Return the owners of the site, at most half a second old. Raises Unavailable."""
        value = await self._transactions.directory.get(SITE, records.OWNERS)
        return () if value is None else records.decode(value, records.Owners).users

    async def name_of(self, user: str, *, is_fresh: bool = False) -> str | None:
        """Return the name of a member; None for everybody else. Raises Unavailable.

        It may be half a second old unless ``is_fresh``.
        """
        account = await (self._transactions.account(user) if is_fresh else self.account(user))
        return None if account is None or account.role is ServerRole.GUEST else account.name

    async def called(self, names: Collection[str]) -> Sequence[Person]:
        """Return the members who have one of ``names``, or one that looks like it, as stored now.

        Not those who may not sign in. Raises Unavailable.
        """
        directory = self._transactions.directory
        keys = {records.name(name) for name in names}
        users = [user.decode() for user in (await directory.fresh(SITE, *keys)).values()]
        found = await directory.fresh(SITE, *map(records.account, users))
        return [
            Person(user=user, name=account.name)
            for user in users
            if (value := found.get(records.account(user))) is not None
            and (account := records.decode(value, Account)).disabled is None
        ]

    async def is_known(self, user: str) -> bool:
        """Return whether ``user`` has an account, or has the form of a guest's id."""
        return is_user_id(user)

    async def current(self, person: Person) -> Person:
        """Return ``person`` with the name that they have now, perhaps chosen on another device."""
        if not person.device:
            return person
        name = await self.name_of(person.user)
        if name is None or name == person.name:
            return person
        return Person(user=person.user, name=name, device=person.device)

    async def check_free(self, name: str) -> None:
        """Raise Refused ``name_taken`` if ``name`` looks like a member's."""
        key = records.name(name)
        if await self._transactions.directory.fresh(SITE, key):
            raise decisions.name_taken(name)

    async def is_free(self, name: str) -> bool:
        """Return whether no member had a name like ``name`` half a second ago."""
        return await self._transactions.directory.get(SITE, records.name(name)) is None

    # Signing up

    async def sign_up(
        self,
        person: Person,
        *,
        name: str,
        password: str,
        invite: str,
        browser: str,
        address: str,
        is_newcomer: bool,
    ) -> SignedIn:
        """Make an account for the guest ``person``, who keeps their id, and sign them in.

        ``is_newcomer``: nobody knows them as a guest. Raises ChatError: ``name_taken``,
        ``forbidden`` and those of names and passwords.
        """
        name, new_password = check_name(name), prepared_new(password)
        invite_key = records.invite(decisions.hash_of_link(invite)) if invite else None
        # Before the password is hashed: whoever may not sign up costs nothing.
        await self._check_may_sign_up(person, invite_key)
        self._limits.sign_up(address)
        await self.check_free(name)
        hash_ = await self._passwords.hash(new_password)
        device = new_device(is_member=True)

        async def decide(transaction: Transaction) -> None:
            if invite_key is not None:
                found = await transaction.get(invite_key, Invite)
                left = decisions.used(found, now_s=self._transactions.now_s())
                await transaction.put(invite_key, left)
            await self.make_account(
                transaction, person, name=name, hash_=hash_, role=ServerRole.MEMBER
            )
            self._devices.add(transaction, person.user, device, browser=browser)
            transaction.record("sign_up", whom=person.user)

        await self._transactions.run(Person(user=person.user, name=name), decide)
        if not is_newcomer:
            await leave_trace(self._backplane, self._clock, person, name)
        member = Person(user=person.user, name=name, device=device)
        return SignedIn(member, ServerRole.MEMBER)

    async def make_account(
        self, transaction: Transaction, person: Person, *, name: str, hash_: str, role: ServerRole
    ) -> None:
        """Put the account of ``person``, who has none yet, into ``transaction``."""
        _check_is_guest(person)
        old = await transaction.account(person.user)
        if old is not None and old.role is not ServerRole.GUEST:
            raise Refused(Code.FORBIDDEN, "You have an account already: sign in with its password.")
        await take_name(transaction, person.user, name)
        account = Account(name=name, role=role, password=hash_, made_s=self._transactions.now_s())
        await transaction.put(records.account(person.user), account)

    async def _check_may_sign_up(self, person: Person, invite_key: str | None) -> None:
        _check_is_guest(person)
        invite = None
        if invite_key is not None:
            invite = await self._transactions.fresh(invite_key, Invite)
        decisions.check_sign_up(self._site.sign_up, invite)
        if invite_key is not None:
            decisions.used(invite, now_s=self._transactions.now_s())

    # Signing in

    async def log_in(
        self,
        *,
        name: str,
        password: str,
        browser: str,
        address: str,
        known: Known | None,
        is_lasting: bool = False,
    ) -> SignedIn:
        """Sign in with a password on a new device.

        ``is_lasting``: it is a new one only if the last one of this name was ended, as for clients
        that sign in each time they connect.

        ``known`` is who signed in before in this browser: others' guessing does not keep them out.
        Raises Refused ``unauthorized``, the same for an unknown name and a wrong password, and
        ``banned``; Unavailable ``rate_limited``.
        """
        given = prepared(password)
        try:
            key = records.name(check_name(name))
        except InvalidInput:
            key = records.name("")  # nobody's
        holder = (await self._transactions.directory.fresh(SITE, key)).get(key)
        user = None if holder is None else holder.decode()
        is_known = known is not None and known.user == user
        bucket = " ".join(known) if known is not None and is_known else key
        self._limits.sign_in(bucket, address)
        account = None if user is None else await self._transactions.account(user)
        hash_ = "" if account is None else account.password
        if not await self._passwords.verify(hash_, given) or account is None or user is None:
            raise decisions.wrong_password()
        self._limits.signed_in(bucket, address)
        decisions.check_can_sign_in(account)
        fresh_hash = None
        if self._passwords.needs_rehash(account.password):
            fresh_hash = await self._passwords.hash(given)
        device = self._devices.lasting(user, browser) if is_lasting else None
        return await self.sign_in(
            user, browser=browser, checked=account, fresh_hash=fresh_hash, device=device
        )

    async def sign_in(
        self,
        user: str,
        *,
        browser: str,
        checked: Account,
        fresh_hash: str | None = None,
        device: str | None = None,
    ) -> SignedIn:
        """Sign the member ``user`` in on a new device; ``checked`` is the account as it was proven.

        ``device`` is one of theirs, perhaps, that signs in again.

        Raises Refused where another password was set meanwhile, or the account was disabled.
        """
        is_new = device is None or not await self._devices.has(user, device)
        device = device or new_device(is_member=True)
        who = Person(user=user, name=checked.name)
        if is_new:
            await self._devices.make_room(who)

        async def decide(transaction: Transaction) -> Account:
            account = await transaction.account(user)
            if account is None or account.password != checked.password:
                raise decisions.wrong_password()
            decisions.check_can_sign_in(account)
            if fresh_hash is not None:
                account = changed(account, password=fresh_hash)
                await transaction.put(records.account(user), account)
            if is_new:
                self._devices.add(transaction, user, device, browser=browser)
            transaction.record("sign_in", whom=user)
            return account

        account = await self._transactions.run(who, decide)
        person = Person(user=user, name=account.name, device=device)
        return SignedIn(person, account.role)


def _check_is_guest(person: Person) -> None:
    if not is_guest(person):
        raise Refused(Code.FORBIDDEN, "You have an account already: sign out first.")


async def take_name(
    transaction: Transaction, user: str, name: str, *, old: str | None = None
) -> None:
    """Make ``user`` the one who has ``name``, and no longer ``old``. Raises ``name_taken``."""
    key = records.name(name)
    holder = await transaction.value(key)
    if holder is not None and holder.decode() != user:
        raise decisions.name_taken(name)
    if old is not None and records.name(old) != key:
        await transaction.put_value(records.name(old), None)
    await transaction.put_value(key, user.encode())
