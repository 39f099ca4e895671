"""The site's records in memory, for tests of what is decided on them."""

from collections.abc import Callable, Collection, Sequence

from chat.accounts import records
from chat.accounts.records import Account, Record
from chat.backplane.records import Appended, Draft
from chat.backplane.refusals import conflict
from chat.backplane.site_log import SiteLog
from chat.protocol.cursor import Position
from chat.protocol.entries import AuditBody
from chat.protocol.pushes import Person
from chat.rooms.roles import ServerRole

OWNER = Person(user="guest-0000000000000001", name="Olga")


class MemoryLog(SiteLog):
    """``on_append`` is called before each append, as somebody who was quicker."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.audited: list[AuditBody] = []
        self.on_append: Callable[[], None] = lambda: None
        self.put(records.account(OWNER.user), Account(name=OWNER.name, role=ServerRole.OWNER))

    def put(self, key: str, record: Record) -> None:
        self.stored[key] = records.encode(record)

    async def append(self, draft: Draft) -> Appended:
        self.on_append()
        if any(self.stored.get(change.key) != change.old for change in draft.changes):
            raise conflict()
        for change in draft.changes:
            if change.new is None:
                self.stored.pop(change.key, None)
            else:
                self.stored[change.key] = change.new
        assert isinstance(draft.body, AuditBody)
        self.audited.append(draft.body)
        return Appended(Position("e", len(self.audited)), True)

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return {room: Position("e", len(self.audited)) for room in rooms}

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return {key: self.stored[key] for key in keys if key in self.stored}

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        keys = sorted(key for key in self.stored if key.startswith(prefix) and key > after)
        return [(key, self.stored[key]) for key in keys[:limit]]
