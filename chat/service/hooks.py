"""Incoming webhooks: addresses by which other services say something in a room."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from chat.accounts import records
from chat.accounts.codes import hash_of, new_code
from chat.accounts.rate_limits import Limits
from chat.accounts.records import Hook
from chat.errors import InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.hooks import payload
from chat.rooms.names import MAX_NAME_CHARACTERS, check_name
from chat.rooms.permissions import Action
from chat.service.hook_records import MAX_HOOKS, hooks_of
from chat.service.people import People
from chat.service.service import Service
from chat.service.transactions import Transaction, Transactions
from chat.service.uses import Uses

# Whoever sends a message anew has the same value in one of these; the first is also GitLab's.
_KEYS: Final = ("Idempotency-Key", "X-GitHub-Delivery")
_MARK: Final = " (webhook)"


class HookInfo(msgspec.Struct, kw_only=True):
    """A webhook of a room. ``id`` ends it; its address is not known any more.

    Times are in seconds since 1970; ``used_s`` is None until it is used.
    """

    id: str
    name: str
    by: str
    made_s: int
    used_s: int | None


class Hooks:
    """The webhooks of rooms. Those who moderate a room make and end them."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        people: People,
        service: Service,
        limits: Limits,
        uses: Uses,
    ) -> None:
        self._transactions = transactions
        self._people = people
        self._service = service
        self._limits = limits
        self._uses = uses

    async def make(self, by: Person, room: str, name: str) -> tuple[str, HookInfo]:
        """Make a webhook of ``room`` that speaks as ``name``; return its code, told only now.

        Raises ChatError: as for a command, ``name_taken`` and those of names.
        """
        await self._service.check_may(by, room, Action.HOOKS)
        self._limits.account_change(by.user)
        name = check_name(name)
        await self._people.check_free(name)
        if len(await hooks_of(self._transactions.log, room)) >= MAX_HOOKS:
            raise Refused(Code.FORBIDDEN, f"A room has at most {MAX_HOOKS} webhooks: end some.")
        code = new_code()
        id = hash_of(code)
        assert id is not None
        made = Hook(room=room, name=name, by=by.user, made_s=self._transactions.now_s())

        async def decide(transaction: Transaction) -> None:
            transaction.add(records.hook(id), made)
            transaction.add_value(records.hook_of(room, id), b"1")
            transaction.record("hook", room=room, reason=name)

        await self._transactions.run(by, decide)
        return code, HookInfo(id=id, name=name, by=by.user, made_s=made.made_s, used_s=None)

    async def of(self, by: Person, room: str) -> Sequence[HookInfo]:
        """Return the webhooks of ``room``, the oldest first."""
        await self._service.check_may(by, room, Action.HOOKS)
        uses = await self._uses.all()
        found = [
            HookInfo(
                id=id, name=hook.name, by=hook.by, made_s=hook.made_s, used_s=uses.get(_use_of(id))
            )
            for id, hook in await hooks_of(self._transactions.log, room)
        ]
        return sorted(found, key=lambda hook: (hook.made_s, hook.id))

    async def end(self, by: Person, room: str, id: str) -> None:
        """End a webhook, on all instances. Raises Refused ``no_such_hook``."""
        await self._service.check_may(by, room, Action.HOOKS)

        async def decide(transaction: Transaction) -> None:
            hook = await transaction.get(records.hook(id), Hook)
            if hook is None or hook.room != room:
                raise no_such_hook()
            await transaction.put(records.hook(id), None)
            await transaction.put(records.hook_of(room, id), None)
            transaction.record("end_hook", room=room, reason=hook.name)

        await self._transactions.run(by, decide)
        await self._uses.forget(_use_of(id))

    async def post(
        self, code: str, headers: Mapping[str, str], body: bytes, *, is_form: bool, address: str
    ) -> None:
        """Say in the room what ``body`` says, if that needs a message.

        Whoever posts it again with the same key says it once. Raises ChatError: ``no_such_hook``,
        ``rate_limited``, those of chat.rooms.hooks.payload, and those of ``send``.
        """
        id = hash_of(code)
        # Not from what is remembered: guesses would take the place of accounts there.
        hook = None if id is None else await self._transactions.fresh(records.hook(id), Hook)
        if id is None or hook is None:
            raise no_such_hook()
        self._limits.hook(id, address)
        said = payload.read(headers, payload.payload_of_form(body) if is_form else body)
        self._uses.note(_use_of(id))
        if not said.text:
            return
        author = Person(user=user_of(id), name=await self._shown_name(said.name, hook.name))
        command = commands.Send(room=hook.room, text=said.text, key=_key(headers))
        await self._service.say(author, command, may_mention=said.may_mention)

    async def _shown_name(self, given: str, own: str) -> str:
        """Return the name to show: the one ``given``, if nobody is taken for somebody else by it.

        A member may have signed up since with the webhook's ``own`` name.
        """
        for name in filter(None, (given, own)):
            try:
                checked = check_name(name)
            except InvalidInput:
                continue
            if await self._people.is_free(checked):
                return checked
        return f"{own[: MAX_NAME_CHARACTERS - len(_MARK)].rstrip()}{_MARK}"


def user_of(id: str) -> str:
    """Return the user as whom the webhook ``id`` speaks: a bot that can't come in."""
    return f"bot-{id[:16]}"


def no_such_hook() -> Refused:
    """Return the one error for addresses that never were a webhook's, or are none any more."""
    return Refused(
        Code.NO_SUCH_HOOK, "This is not the address of a webhook, or not any more. Make a new one."
    )


def _use_of(id: str) -> str:
    return f"hook/{id}"


def _key(headers: Mapping[str, str]) -> str:
    given = next((headers[name] for name in _KEYS if headers.get(name)), None)
    if given is None:
        return secrets.token_hex(16)
    return hashlib.blake2b(given.encode(), digest_size=16).hexdigest()
