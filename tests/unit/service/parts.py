"""The parts of accounts on records in memory, and a password hash that takes no time."""

from argon2 import PasswordHasher

from chat.accounts.access import AccessControl
from chat.accounts.blocklist import Block
from chat.accounts.passwords import Passwords
from chat.accounts.rate_limits import Limits
from chat.backplane.bookmarks import Bookmarks
from chat.backplane.directory import Directory
from chat.backplane.subscriptions import Subscriptions
from chat.protocol.pushes import Person
from chat.service.devices import Devices
from chat.service.owners import Owners
from chat.service.people import People
from chat.service.profile import Profile
from chat.service.setup import SettingUp
from chat.service.site import Site
from chat.service.transactions import Transactions
from chat.settings.settings import Settings
from tests.unit.fakes import MemoryValues, SetClock
from tests.unit.service.site_log import MemoryLog

HERE = "192.0.2.1"
PASSWORD = "correct horse battery"
GUEST = Person(user="guest-00000000000000aa", name="guest-0000")


class MemoryStore(MemoryLog):
    """A store of records and blocks; nobody is in a room."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: list[Block] = []
        self.values = MemoryValues()

    async def block(self, block: Block) -> None:
        self.blocked.append(block)

    async def memberships(self, user: str) -> list[object]:
        return []


class Parts:
    """All of them, on one store and one clock."""

    def __init__(self, **settings: str) -> None:
        self.store, self.clock = MemoryStore(), SetClock()
        store, clock = self.store, self.clock
        chosen = Settings(**settings)  # type: ignore[arg-type]
        limits = Limits(chosen, clock, lambda limit: None)
        transactions = self.transactions = Transactions(Directory(store, clock), store, clock)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.is_closed = False
        self.site = Site(chosen, store, self._close)  # type: ignore[arg-type]
        self.devices = Devices(
            transactions=transactions,
            backplane=store,  # type: ignore[arg-type]
            subscriptions=Subscriptions(store, clock),  # type: ignore[arg-type]
            bookmarks=Bookmarks(store),  # type: ignore[arg-type]
            access=AccessControl(clock, b"secret"),
            limits=limits,
        )
        self.people = People(
            transactions=transactions,
            backplane=store,  # type: ignore[arg-type]
            passwords=self.passwords,
            devices=self.devices,
            site=self.site,
            limits=limits,
            clock=clock,
        )
        self.profile = Profile(
            transactions=transactions,
            backplane=store,  # type: ignore[arg-type]
            passwords=self.passwords,
            devices=self.devices,
            limits=limits,
            clock=clock,
        )
        self.owners = Owners(
            transactions=transactions,
            backplane=store,  # type: ignore[arg-type]
            people=self.people,
            profile=self.profile,
            devices=self.devices,
        )
        self.setting_up = SettingUp(
            transactions=transactions,
            people=self.people,
            devices=self.devices,
            passwords=self.passwords,
            site=self.site,
        )

    def _close(self) -> None:
        self.is_closed = True

    async def sign_up(self, name: str, person: Person = GUEST) -> Person:
        signed_in = await self.people.sign_up(
            person,
            name=name,
            password=PASSWORD,
            invite="",
            browser="Firefox",
            address=HERE,
            is_newcomer=False,
        )
        return signed_in.person

    async def log_in(self, name: str, password: str = PASSWORD) -> Person:
        signed_in = await self.people.log_in(
            name=name, password=password, browser="Chrome", address=HERE, known=None
        )
        return signed_in.person
