"""Changes of the site's records: read, decide, commit; again where somebody else was quicker."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from chat.accounts import records
from chat.accounts.records import Account, Owners, Record
from chat.backplane.directory import Directory
from chat.backplane.records import SITE, Change, Draft
from chat.backplane.site_log import SiteLog
from chat.clock import Clock
from chat.protocol.entries import AuditBody
from chat.protocol.pushes import Person, skeleton_of
from chat.service.attempts import until_committed
from chat.service.times import rfc3339

T = TypeVar("T")
R = TypeVar("R", bound=Record)

# Who acts where there is no owner yet, on the command line, and until a record says who it is.
NOBODY: Final = Person(user="", name="")


class Transaction:
    """The records that a decision reads, and what becomes of them.

    Everything that was read must still be so when it is committed: then each decision is as if it
    had been made alone, such as that an owner stays, or that an invite has one use left.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._read: dict[str, bytes | None] = {}
        self._new: dict[str, bytes | None] = {}
        self.action = ""
        self.whom = ""
        self.reason = ""
        self.room = ""
        self.by: Person | None = None  # who does it, where only a record tells

    async def get(self, key: str, type_: type[R]) -> R | None:
        value = await self.value(key)
        return None if value is None else records.decode(value, type_)

    async def value(self, key: str) -> bytes | None:
        """Return the record ``key``, as this transaction has changed it, if it has."""
        if key in self._new:
            return self._new[key]
        if key not in self._read:
            self._read[key] = (await self._directory.fresh(SITE, key)).get(key)
        return self._read[key]

    async def account(self, user: str) -> Account | None:
        return await self.get(records.account(user), Account)

    async def owners(self) -> Owners:
        return await self.get(records.OWNERS, Owners) or Owners(users=[])

    async def put(self, key: str, record: Record | None) -> None:
        await self.put_value(key, None if record is None else records.encode(record))

    async def put_value(self, key: str, value: bytes | None) -> None:
        await self.value(key)  # what is changed is compared, too
        self._new[key] = value

    def add(self, key: str, record: Record) -> None:
        """Put a record whose key is new, and so need not be read."""
        self.add_value(key, records.encode(record))

    def add_value(self, key: str, value: bytes) -> None:
        """Do as ``add`` does. If there is such a record, the transaction is not committed."""
        self._read.setdefault(key, None)
        self._new[key] = value

    def record(self, action: str, *, whom: str = "", reason: str = "", room: str = "") -> None:
        """Say what the audit log has of this."""
        self.action, self.whom, self.reason, self.room = action, whom, reason, room

    @property
    def changes(self) -> list[Change]:
        return [
            Change(key, old, self._new.get(key, old)) for key, old in sorted(self._read.items())
        ]

    @property
    def has_effect(self) -> bool:
        return any(change.old != change.new for change in self.changes)


class Transactions:
    """Carries out transactions, each with an entry in the audit log."""

    def __init__(self, directory: Directory, backplane: SiteLog, clock: Clock) -> None:
        self.directory = directory
        self.log = backplane
        self._clock = clock

    def now_s(self) -> int:
        return int(self._clock.time())

    async def run(self, by: Person, decide: Callable[[Transaction], Awaitable[T]]) -> T:
        """Have ``decide`` read and change records, commit that, and return its result.

        It is called again where a record has changed meanwhile, so it must do nothing else.
        Raises what ``decide`` raises, and Unavailable.
        """

        async def attempt() -> T:
            transaction = Transaction(self.directory)
            result = await decide(transaction)
            if transaction.has_effect:
                await self.directory.commit(self._draft(by, transaction))
            return result

        return await until_committed(attempt)

    async def note(self, by: Person, action: str, *, whom: str) -> None:
        """Add to the audit log what changes no record. Raises Unavailable."""
        transaction = Transaction(self.directory)
        transaction.record(action, whom=whom)
        await self.directory.commit(self._draft(by, transaction))

    async def fresh(self, key: str, type_: type[R]) -> R | None:
        """Return a record as it is now, without a change of it. Raises Unavailable."""
        value = (await self.directory.fresh(SITE, key)).get(key)
        return None if value is None else records.decode(value, type_)

    async def account(self, user: str) -> Account | None:
        return await self.fresh(records.account(user), Account)

    async def scan(
        self, prefix: str, type_: type[R], *, after: str = "", limit: int
    ) -> list[tuple[str, R]]:
        """Return the first ``limit`` records below ``prefix``, by the rest of their keys.

        ``after`` is such a rest: those that come after it are returned.
        """
        start = f"{prefix}{after}" if after else ""
        found = await self.log.scan(SITE, prefix, after=start, limit=limit)
        return [(key.removeprefix(prefix), records.decode(value, type_)) for key, value in found]

    def _draft(self, by: Person, done: Transaction) -> Draft:
        by = done.by or by
        body = AuditBody(
            user=by.user,
            name=by.name,
            skeleton=skeleton_of(by.name),
            time=rfc3339(self._clock.time()),
            action=done.action,
            whom=done.whom,
            room=done.room,
            reason=done.reason,
        )
        return Draft(room=SITE, user=by.user, body=body, changes=done.changes)
