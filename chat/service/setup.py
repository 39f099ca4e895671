"""Setting the site up: the first owner, its name, and who may come in."""

from typing import Final

from chat.accounts import decisions, records
from chat.accounts.codes import new_code
from chat.accounts.identity import is_guest, new_device
from chat.accounts.passwords import Passwords, prepared_new
from chat.accounts.records import Setup, changed
from chat.protocol.pushes import Person
from chat.rooms.names import check_name
from chat.rooms.roles import ServerRole
from chat.service.devices import Devices, SignedIn
from chat.service.people import People
from chat.service.profile import member_of
from chat.service.site import Site
from chat.service.transactions import NOBODY, Transaction, Transactions

# Instances that start at once print a code each; older ones are of earlier starts.
_MAX_CODES: Final = 16


class SettingUp:
    """Makes owners by codes that only operators see, and keeps what owners choose for the site."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        people: People,
        devices: Devices,
        passwords: Passwords,
        site: Site,
    ) -> None:
        self._transactions = transactions
        self._people = people
        self._devices = devices
        self._passwords = passwords
        self._site = site

    async def check(self, code: str) -> None:
        """Raise Refused ``forbidden`` unless ``code`` makes an owner."""
        hash_ = decisions.hash_of_link(code)
        setup = await self._transactions.fresh(records.SETUP, Setup)
        if setup is None or hash_ not in setup.codes:
            raise decisions.invalid_link()

    async def set_up(
        self,
        person: Person,
        code: str,
        *,
        name: str,
        password: str,
        site: records.Site,
        browser: str,
    ) -> SignedIn:
        """Make ``person`` an owner, with a new account if they have none, and set the site.

        All codes are then used up. Raises ChatError: ``forbidden``, and those of signing up.
        """
        hash_ = decisions.hash_of_link(code)
        await self.check(code)
        is_new, role = is_guest(person), ServerRole.OWNER
        password_hash, device = "", person.device
        if is_new:
            name = check_name(name)
            password_hash = await self._passwords.hash(prepared_new(password))
            device = new_device(is_member=True)

        async def decide(transaction: Transaction) -> str:
            setup = await transaction.get(records.SETUP, Setup)
            if setup is None or hash_ not in setup.codes:
                raise decisions.invalid_link()
            await transaction.put(records.SETUP, None)
            shown = name
            if is_new:
                await self._people.make_account(
                    transaction, person, name=name, hash_=password_hash, role=role
                )
                self._devices.add(transaction, person.user, device, browser=browser)
            else:
                account = await member_of(transaction, person.user)
                shown = account.name
                await transaction.put(records.account(person.user), changed(account, role=role))
            owners = decisions.with_role(await transaction.owners(), person.user, role)
            await transaction.put(records.OWNERS, owners)
            await transaction.put(records.SITE, site)
            transaction.record("set_up", whom=person.user)
            return shown

        shown = await self._transactions.run(Person(user=person.user, name=name), decide)
        await self._site.refresh()
        return SignedIn(Person(user=person.user, name=shown, device=device), role)

    async def change_site(self, by: Person, **fields: str) -> None:
        """Change the name of the site, what it is for, or who may come in. For owners."""

        async def decide(transaction: Transaction) -> None:
            decisions.check_is_owner(await transaction.account(by.user))
            site = await transaction.get(records.SITE, records.Site) or records.Site()
            await transaction.put(records.SITE, changed(site, **fields))
            transaction.record("site", reason=", ".join(sorted(fields)))

        await self._transactions.run(by, decide)
        await self._site.refresh()


async def new_setup_code(transactions: Transactions, given: str | None = None) -> str:
    """Return a code by which somebody becomes an owner, once; ``given`` if there is one."""
    code = given or new_code()
    hash_ = decisions.hash_of_link(code)

    async def decide(transaction: Transaction) -> None:
        setup = await transaction.get(records.SETUP, Setup) or Setup(codes=[])
        others = [known for known in setup.codes if known != hash_]
        await transaction.put(records.SETUP, Setup(codes=[*others, hash_][-_MAX_CODES:]))
        transaction.record("setup_code")

    await transactions.run(NOBODY, decide)
    return code
