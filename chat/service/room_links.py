"""Links by which people join a room, also one that they could not find."""

from typing import NamedTuple

from chat.accounts import decisions, records
from chat.accounts.codes import new_code
from chat.accounts.rate_limits import Limits
from chat.accounts.records import RoomLink
from chat.backplane.directory import Directory
from chat.errors import Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.access import SETTINGS, RoomSettings
from chat.service.service import Service
from chat.service.transactions import Transaction, Transactions

_DAY_S = 86400


class ShownLink(NamedTuple):
    """What is shown of a link before it is used."""

    room: str
    title: str
    by: str  # a name


class RoomLinks:
    """Whoever opens a link is invited by who made it, while that person may still invite."""

    def __init__(
        self, *, transactions: Transactions, directory: Directory, service: Service, limits: Limits
    ) -> None:
        self._transactions = transactions
        self._directory = directory
        self._service = service
        self._limits = limits

    async def make(self, by: Person, room: str, *, uses: int, days: int) -> str:
        """Return the code of a link by which ``uses`` people can join ``room`` within ``days``.

        Raises Refused as ``invite`` does. The link replaces the last one of ``by`` for the room.
        """
        await self._service.check_may_invite(by, room)
        self._limits.account_change(by.user)
        code = new_code()
        hash_ = decisions.hash_of_link(code)
        until_s = self._transactions.now_s() + days * _DAY_S

        async def decide(transaction: Transaction) -> None:
            newest = records.newest_room_link(by.user, room)
            last = await transaction.value(newest)
            if last is not None:
                await transaction.put_value(records.room_link(last.decode()), None)
            await transaction.put_value(newest, hash_.encode())
            made = RoomLink(room=room, by=by.user, name=by.name, uses=uses, until_s=until_s)
            transaction.add(records.room_link(hash_), made)
            transaction.record("room_link", room=room)

        await self._transactions.run(by, decide)
        return code

    async def look(self, code: str) -> ShownLink:
        """Return what ``code`` is for. Raises Refused ``forbidden`` if it is not valid."""
        key = records.room_link(decisions.hash_of_link(code))
        link = self._checked(await self._transactions.fresh(key, RoomLink))
        value = await self._directory.get(link.room, SETTINGS)
        settings = RoomSettings() if value is None else records.decode(value, RoomSettings)
        return ShownLink(link.room, settings.title or link.room, link.name)

    async def use(self, person: Person, code: str, address: str) -> str:
        """Make ``person`` a member; return the room. Raises ChatError."""
        key = records.room_link(decisions.hash_of_link(code))
        link = self._checked(await self._transactions.fresh(key, RoomLink))
        if person.user != link.by:
            command = commands.Invite(room=link.room, user=person.user)
            inviter = Person(user=link.by, name=link.name)
            await self._take(key, person)
            try:
                await self._service.perform(inviter, command, address)
            except Refused as error:
                if error.code in (Code.NO_SUCH_ROOM, Code.NOT_MEMBER):
                    raise decisions.invalid_link() from error
                raise
        return link.room

    async def _take(self, key: str, person: Person) -> None:
        async def decide(transaction: Transaction) -> None:
            link = self._checked(await transaction.get(key, RoomLink))
            left = records.changed(link, uses=link.uses - 1) if link.uses > 1 else None
            await transaction.put(key, left)
            transaction.record("room_link_used", whom=link.by, room=link.room)

        await self._transactions.run(person, decide)

    def _checked(self, link: RoomLink | None) -> RoomLink:
        if link is None or link.until_s <= self._transactions.now_s():
            raise decisions.invalid_link()
        return link
