"""Leaving: what somebody wrote as a file, and the end of their account."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from chat.accounts import decisions, records
from chat.accounts.records import Device, PasskeyName
from chat.backplane.base import Backplane
from chat.backplane.records import Change, Draft
from chat.clock import Clock
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.entries import DeletedBody, Entry, FileInfo, LeftBody, MessageBody
from chat.protocol.pushes import Person, skeleton_of
from chat.rooms import LOBBY
from chat.rooms.access import MEMBER, OWNERS, MemberState, is_closed
from chat.rooms.roles import RoomRole, ServerRole
from chat.service.attempts import until_committed
from chat.service.bot_records import put_no_bot
from chat.service.devices import Devices
from chat.service.passkeys import MAX_PASSKEYS
from chat.service.times import rfc3339
from chat.service.transactions import Transaction, Transactions

_PAGE: Final = 200


class Written(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message of an export."""

    room: str
    offset: int
    time: str
    text: str
    files: list[FileInfo] = []


class Leaving:
    """Exports what people wrote, and deletes accounts."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        backplane: Backplane,
        devices: Devices,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._backplane = backplane
        self._devices = devices
        self._clock = clock

    async def written(self, user: str, *, reader: str | None = None) -> AsyncIterator[Written]:
        """Yield all messages of ``user``, room by room, oldest first; also of rooms they left.

        For a ``reader`` who is somebody else, those that they may read themselves.
        """
        async for entry, body in self._messages(user):
            if reader is None or await self._may_read(reader, entry):
                yield Written(
                    room=entry.room,
                    offset=entry.position.offset,
                    time=body.time,
                    text=body.text,
                    files=body.files,
                )

    async def written_for_owner(self, by: Person, user: str) -> AsyncIterator[Written]:
        """Return what ``written`` yields for the owner ``by``, of somebody who asked for it.

        Raises Refused to all but owners. What was said in private is on the command line only.
        """
        decisions.check_is_owner(await self._transactions.account(by.user))
        await self._transactions.note(by, "export", whom=user)
        return self.written(user, reader=by.user)

    async def _may_read(self, reader: str, entry: Entry) -> bool:
        if not is_closed(entry.room):
            return True
        since = await self._backplane.member_since(reader, entry.room)
        return since is not None and since <= entry.position.offset

    async def delete(self, by: Person, user: str, *, with_messages: bool, address: str) -> None:
        """Delete the account of ``user``, their memberships, and their messages if asked to.

        The account goes last: whoever is interrupted asks again, and it goes on from there. Raises
        Refused where nobody would be left as an owner.
        """
        decisions.without(await self._owners(), user)
        if with_messages:
            async for entry, message in self._messages(user):
                ids = [info.id for info in message.files]
                body = DeletedBody(**self._by(by), target=entry.position.offset, file_ids=ids)
                # Also in rooms that they have left.
                draft = Draft(room=entry.room, user=by.user, body=body, is_open=True)
                await self._backplane.append(draft)
        for membership in await self._backplane.memberships(user):
            if membership.room != LOBBY:
                await self._leave(by, user, membership.room)
        devices = await self._transactions.scan(
            records.devices(user), Device, limit=2 * decisions.MAX_DEVICES
        )
        passkeys = await self._transactions.scan(
            records.passkeys(user), PasskeyName, limit=2 * MAX_PASSKEYS
        )

        async def decide(transaction: Transaction) -> None:
            account = await transaction.account(user)
            if account is None:
                return
            owners = await transaction.owners()
            if user in owners.users:
                await transaction.put(records.OWNERS, decisions.without(owners, user))
            if account.role is not ServerRole.GUEST:
                await transaction.put(records.name(account.name), None)
            for key in (
                records.account(user), records.link(account.link), records.reset(account.reset),
                *(records.device(user, id) for id, _ in devices),
                *(records.passkey(id) for id, _ in passkeys),
                *(records.passkeys(user) + id for id, _ in passkeys),
            ):  # fmt: skip
                await transaction.put(key, None)
            if account.role is ServerRole.BOT:
                await put_no_bot(transaction, user)
            transaction.record("delete_account", whom=user)

        await self._transactions.run(by, decide)
        await self._devices.block(user, address)

    async def leave(self, person: Person, room: str) -> None:
        """Have somebody leave who won't come back; who was the only owner hands the room on."""
        await self._leave(person, person.user, room)

    async def _leave(self, by: Person, user: str, room: str) -> None:
        """End a membership with its role; who was the only owner hands the room on."""

        async def attempt() -> None:
            changes = await self._without(user, room)
            body = LeftBody(**self._by(by))
            # Refused: somebody else has removed them, or the room, meanwhile.
            with suppress(Refused):
                await self._backplane.leave(Draft(room=room, user=user, body=body, changes=changes))

        await until_committed(attempt)

    async def _without(self, user: str, room: str) -> list[Change]:
        """Return the changes of a room's records by which ``user`` is nothing there any more."""
        own = f"{MEMBER}{user}"
        found = await self._backplane.records(room, [OWNERS, own])
        changes = [Change(own, found.get(own), None)]
        owners = msgspec.json.decode(found.get(OWNERS, b"[]"), type=list[str])
        if user in owners:
            left = [owner for owner in owners if owner != user]
            heirs = await self._backplane.members(room, limit=2)
            heir = next((member for member in heirs if member != user), None)
            if not left and heir is not None:
                left, theirs = [heir], f"{MEMBER}{heir}"
                state = (await self._backplane.records(room, [theirs])).get(theirs)
                before = MemberState() if state is None else records.decode(state, MemberState)
                after = msgspec.structs.replace(before, role=RoomRole.OWNER)
                changes.append(Change(theirs, state, msgspec.json.encode(after)))
            stored = msgspec.json.encode(left) if left else None
            changes.append(Change(OWNERS, found[OWNERS], stored))
        return changes

    async def delete_by_owner(
        self, by: Person, user: str, *, with_messages: bool, address: str
    ) -> None:
        """Delete the account of somebody else, who is no owner. For owners."""
        decisions.check_is_owner(await self._transactions.account(by.user))
        account = await self._transactions.account(user)
        if account is None:
            raise Refused(Code.FORBIDDEN, "There is no member with this id.")
        if account.role is ServerRole.OWNER and by.user != user:
            raise Refused(Code.FORBIDDEN, "This is an owner: make them a member first.")
        await self.delete(by, user, with_messages=with_messages, address=address)

    async def _owners(self) -> records.Owners:
        found = await self._transactions.fresh(records.OWNERS, records.Owners)
        return found or records.Owners(users=[])

    async def _messages(self, user: str) -> AsyncIterator[tuple[Entry, MessageBody]]:
        for info in await self._backplane.rooms():
            after = 0
            while True:
                page = await self._backplane.history(
                    info.room, before=None, after=after, limit=_PAGE
                )
                for entry in page.entries:
                    after = entry.position.offset
                    body = entry.decode()
                    if isinstance(body, MessageBody) and body.user == user and not body.deleted:
                        yield entry, body
                if not page.more or not page.entries:
                    break

    def _by(self, by: Person) -> dict[str, Any]:
        return {
            "user": by.user,
            "name": by.name,
            "skeleton": skeleton_of(by.name),
            "time": rfc3339(self._clock.time()),
        }
