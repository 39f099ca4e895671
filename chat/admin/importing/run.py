"""Stores what was planned. Each room is stored whole or not at all.

Whoever interrupts it can repeat the same import: what is there is found and stays as it is.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from chat.accounts import records
from chat.accounts.records import Account
from chat.admin.command import PartlyDone
from chat.admin.importing.entries import RoomLog, Writer, room_log
from chat.admin.importing.naming import line_of
from chat.admin.importing.plan import Plan, PlannedPerson, PlannedRoom, mark_of, name_key
from chat.admin.importing.source import Source
from chat.admin.site import transactions_of
from chat.backplane.room_adding import add_room
from chat.backplane.site_log import SiteAdmin
from chat.errors import ChatError, SettingsError
from chat.rooms import LOBBY
from chat.rooms.access import Access
from chat.rooms.roles import ServerRole
from chat.rooms.titles import MAX_TITLE_CHARACTERS
from chat.service.making import direct_key
from chat.service.operator import OPERATOR
from chat.service.titles import TITLE
from chat.service.transactions import Transaction, Transactions
from chat.settings.settings import Settings

T = TypeVar("T")

# Accounts of one transaction.
_BATCH: Final = 200


async def run_import(settings: Settings, source: Source, plan: Plan, store: SiteAdmin) -> None:
    """Store ``plan``, which has no problems. Raises PartlyDone and BadExport."""
    try:
        await _store(settings, source, plan, transactions_of(store))
    except (SettingsError, ChatError) as error:
        raise PartlyDone(
            f"The import has ended early: {error} Repeat it to go on; rooms that are there stay."
        ) from error


async def _store(settings: Settings, source: Source, plan: Plan, site: Transactions) -> None:
    await _make_accounts(site, [one for one in plan.people.values() if one.is_new])
    rooms_of: Counter[str] = Counter()  # how many rooms each user is in
    # People are in all their private rooms, and in as many others as one can be in.
    for planned in sorted(plan.rooms, key=lambda one: one.source.access is Access.PUBLIC):
        members = _members(planned, plan, rooms_of, settings.max_rooms_per_user)
        if planned.is_there:
            continue
        if planned.source.access is not Access.PUBLIC:
            await _keep_name(site, source, planned, members)
        log = _log(source, plan, planned, members)
        if not await add_room(settings, log.room, (*log.lines, *log.values), log.members):
            raise SettingsError(f"Somebody has just made {planned.room}.")
        await _note(site, planned)


def _log(source: Source, plan: Plan, planned: PlannedRoom, members: Sequence[str]) -> RoomLog:
    writer = Writer(plan.people, source.name)
    owner = plan.people.get(planned.source.owner)
    is_member = owner is not None and owner.user in members
    log = room_log(
        planned,
        writer,
        source.events(planned.source, plan.names, Counter()),
        members=members,
        owner=owner.user if owner is not None and is_member else next(iter(members), ""),
        mark=mark_of(source, planned.source),
    )
    plan.left_out += writer.left_out
    return log


def _members(planned: PlannedRoom, plan: Plan, rooms_of: Counter[str], most: int) -> Sequence[str]:
    """Return the users who are to be members of a room."""
    if planned.room == LOBBY:
        return []
    found = [plan.people[id].user for id in planned.source.members if id in plan.people]
    if planned.source.access is Access.PUBLIC:
        found = [user for user in found if rooms_of[user] < most]
    rooms_of.update(found)
    return found


async def _make_accounts(site: Transactions, people: Sequence[PlannedPerson]) -> None:
    """Make accounts without a password: who has one made by an operator can use it."""
    for batch in _batches(people):

        async def decide(transaction: Transaction, batch: Sequence[PlannedPerson] = batch) -> None:
            for person in batch:
                account = Account(name=person.name, role=ServerRole.MEMBER, made_s=site.now_s())
                transaction.add(records.account(person.user), account)
                transaction.add_value(records.name(person.name), person.user.encode())
            transaction.record("import_people")

        await site.run(OPERATOR, decide)


async def _keep_name(
    site: Transactions, source: Source, planned: PlannedRoom, members: Sequence[str]
) -> None:
    """Record the name of a room that nobody can guess, so that a repeated import finds it."""

    async def decide(transaction: Transaction) -> None:
        await transaction.put_value(name_key(source, planned.source), planned.room.encode())
        if planned.source.access is Access.DIRECT:
            await transaction.put_value(direct_key(members), planned.room.encode())
        transaction.record("import_room")

    await site.run(OPERATOR, decide)


async def _note(site: Transactions, planned: PlannedRoom) -> None:
    """Say in the audit log that a room was imported, and put its title where rooms are found."""
    title = ""
    if planned.source.access is Access.PUBLIC:
        title = line_of(planned.source.title, MAX_TITLE_CHARACTERS)

    async def decide(transaction: Transaction) -> None:
        if title and title != planned.room:
            await transaction.put_value(f"{TITLE}{planned.room}", title.encode())
        transaction.record("import", room=planned.room)

    await site.run(OPERATOR, decide)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
