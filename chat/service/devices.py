"""The browsers in which somebody is signed in: listed, ended, and one more by a link."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import dropwhile
from typing import Final, NamedTuple

import msgspec

from chat.accounts import decisions, records
from chat.accounts.access import AccessControl
from chat.accounts.blocklist import device_id
from chat.accounts.codes import new_code
from chat.accounts.identity import lasting_device, new_device
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Account, Device, Link, changed
from chat.backplane.base import Backplane
from chat.backplane.bookmarks import Bookmarks
from chat.backplane.subscriptions import Subscriptions
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.roles import ServerRole
from chat.service.transactions import NOBODY, Transaction, Transactions

# The device of all cookies from before their user had devices. No list has it: usually there are
# none any more, because the browser in which a guest signs up gets a new one.
EARLIER: Final = ""
# How often a device of one name can be ended in a year, for which that holds.
MAX_ENDED: Final = 1000


class SignedIn(NamedTuple):
    """A person who has just signed in; ``person.device`` is for their cookie."""

    person: Person
    role: ServerRole


class DeviceInfo(msgspec.Struct, kw_only=True):
    """A browser in which somebody is signed in. ``made`` is in seconds since 1970."""

    id: str
    name: str
    made_s: int
    is_current: bool


class Devices:
    """The devices of people. Ending one ends its transports on all instances within 1 s."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        subscriptions: Subscriptions,
        bookmarks: Bookmarks,
        access: AccessControl,
        limits: Limits,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._subscriptions = subscriptions
        self._bookmarks = bookmarks
        self._access = access
        self._limits = limits

    def add(
        self,
        transaction: Transaction,
        user: str,
        device: str,
        *,
        browser: str,
    ) -> None:
        """Put a device of ``user``, whose account ``transaction`` has read, into it."""
        made = Device(name=browser, made_s=self._transactions.now_s())
        transaction.add(records.device(user, device), made)

    def lasting(self, user: str, browser: str) -> str:
        """Return the device that signs in again and again under the name ``browser``."""
        devices = (lasting_device(user, browser, number) for number in range(MAX_ENDED))
        is_out = partial(self._access.is_shut_out, user)
        return next(dropwhile(is_out, devices), lasting_device(user, browser, MAX_ENDED))

    async def has(self, user: str, device: str) -> bool:
        return any(device == id for id, _ in await self._of(user))

    async def of(self, person: Person) -> Sequence[DeviceInfo]:
        """Return the devices of ``person``, the newest first."""
        found = [
            DeviceInfo(
                id=id, name=device.name, made_s=device.made_s, is_current=id == person.device
            )
            for id, device in await self._of(person.user)
        ]
        return sorted(found, key=lambda device: (-device.made_s, device.id))

    async def end(self, person: Person, id: str, address: str) -> None:
        """End a device of ``person``. Raises Refused ``forbidden`` if they have no such one."""
        if all(id != known for known, _ in await self._of(person.user)):
            raise Refused(Code.FORBIDDEN, "You have no such device, or not any more.")
        self._limits.sign_out(address)
        await self._end(person, person.user, [id], address)

    async def end_others(self, by: Person, user: str, *, keep: str | None, address: str) -> None:
        """End all devices of ``user`` but ``keep``, and cookies from before they had any."""
        ids = {id for id, _ in await self._of(user)} | {EARLIER}
        await self._end(by, user, sorted(ids - {keep}), address)

    async def make_room(self, who: Person) -> None:
        """End the oldest devices of ``who`` that are too many with one more."""
        found = await self._of(who.user)
        ids = decisions.too_many_devices(
            [id for id, _ in found], [device.made_s for _, device in found]
        )
        if ids:
            await self._end(who, who.user, ids, None)

    async def sign_out(self, person: Person, address: str) -> None:
        """End this device; of a guest without other devices, the identity itself."""
        self._limits.sign_out(address)
        account = await self._transactions.account(person.user)
        is_last = account is None
        if account is not None and account.role is ServerRole.GUEST:
            is_last = all(id == person.device for id, _ in await self._of(person.user))
        if is_last:
            await self.block(person.user, address)
        if account is not None:
            await self._end(person, person.user, [person.device], address)

    # One more device, by a link

    async def make_link(self, person: Person, *, browser: str, address: str) -> tuple[str, Person]:
        """Return the code of a link that signs in one more device of ``person``, once, for a while.

        It replaces the one before. A guest gets devices by this: also return the person for the
        cookie of the asking browser.
        """
        self._limits.account_change(person.user)
        if not person.device:
            self._limits.sign_up(address)  # it stores as much
        code = new_code()
        hash_ = decisions.hash_of_link(code)
        device = person.device or new_device(is_member=False)

        async def decide(transaction: Transaction) -> str:
            account = await transaction.account(person.user)
            now_s = self._transactions.now_s()
            own = person.device
            if account is None:
                account = Account(name=person.name, role=ServerRole.GUEST, made_s=now_s)
            if not own and account.role is ServerRole.GUEST:
                own = device
                self.add(transaction, person.user, own, browser=browser)
            await transaction.put(records.link(account.link), None)
            await transaction.put(records.account(person.user), changed(account, link=hash_))
            link = Link(user=person.user, until_s=now_s + decisions.LINK_S, name=person.name)
            await transaction.put(records.link(hash_), link)
            transaction.record("link", whom=person.user)
            return own

        own = await self._transactions.run(person, decide)
        return code, msgspec.structs.replace(person, device=own)

    async def name_in_link(self, code: str) -> str:
        """Return the name of the person as whom ``code`` signs in. Raises Refused."""
        key = records.link(decisions.hash_of_link(code))
        link = await self._transactions.fresh(key, Link)
        return decisions.check_link(link, now_s=self._transactions.now_s()).name

    async def use_link(self, code: str, *, browser: str) -> SignedIn:
        """Sign in by a link, which can't be used again. Raises Refused ``forbidden``."""
        hash_ = decisions.hash_of_link(code)
        member, guest = new_device(is_member=True), new_device(is_member=False)

        async def decide(transaction: Transaction) -> SignedIn:
            now_s = self._transactions.now_s()
            found = await transaction.get(records.link(hash_), Link)
            link = decisions.check_link(found, now_s=now_s)
            account = await transaction.account(link.user)
            if account is None or account.link != hash_:
                raise decisions.invalid_link()
            decisions.check_can_sign_in(account)
            await transaction.put(records.link(hash_), None)
            await transaction.put(records.account(link.user), changed(account, link=""))
            is_guest = account.role is ServerRole.GUEST
            device = guest if is_guest else member
            self.add(transaction, link.user, device, browser=browser)
            transaction.record("sign_in", whom=link.user)
            name = link.name if is_guest else account.name
            since_s = account.made_s if is_guest else 0
            person = transaction.by = Person(
                user=link.user, name=name, device=device, since_s=since_s
            )
            return SignedIn(person, account.role)

        return await self._transactions.run(NOBODY, decide)

    # Helpers

    async def _of(self, user: str) -> list[tuple[str, Device]]:
        prefix, most = records.devices(user), 2 * decisions.MAX_DEVICES
        return await self._transactions.scan(prefix, Device, limit=most)

    async def _end(self, by: Person, user: str, ids: Iterable[str], address: str | None) -> None:
        ended = list(ids)
        # First the blocks: a device that is out of the list must be out indeed.
        for id in ended:
            await self.block(device_id(user, id), address)

        async def decide(transaction: Transaction) -> None:
            for id in ended:
                if id != EARLIER:
                    await transaction.put(records.device(user, id), None)
            transaction.record("end_device", whom=user)

        await self._transactions.run(by, decide)

    async def block(self, who: str, address: str | None) -> None:
        """Put a block that signs out a user, or one device of theirs; it is notified no more."""
        for block in self._access.blocks_to_lift():
            await self._backplane.block(block)
        await self._backplane.block(self._access.sign_out_block(who, address))
        await self._subscriptions.end(who)
        await self._bookmarks.end(who)
