"""Orders of the operator's command line, which a running server carries out.

Another process can't write into the log of a room: the readers of an embedded server would not hear
of it. So the command is a record of the site's log. Each instance looks for some, takes it away,
which only one can, carries it out as any other command, and leaves the answer there.
"""

import asyncio
import logging
import secrets
from typing import Any, Final, TypeVar

import msgspec

from chat.accounts.records import Record
from chat.background import Tasks
from chat.errors import ChatError, Refused, Unavailable
from chat.protocol.codes import Code
from chat.protocol.pushes import Error, Ok, Person
from chat.service.operator import OPERATOR
from chat.service.service import Service
from chat.service.transactions import NOBODY, Transaction, Transactions

R = TypeVar("R", bound=Record)

log: Final = logging.getLogger(__name__)

# A person waits for it.
INTERVAL_S: Final = 1.0
# Whoever has given an order waits so long; after it nobody carries it out any more.
PATIENCE_S: Final = 10
_POLL_S: Final = 0.1
_MOST: Final = 10  # that are taken in one look

_ORDER: Final = "order/"
_ANSWER: Final = "order-answer/"
# The address that limits count: nobody has it (RFC 5737).
_ADDRESS: Final = "192.0.2.0"


class Order(Record, frozen=True):
    """A command in JSON, and until when it is wanted, in seconds since 1970.

    ``by`` is the user in whose name it is given, instead of the operator's.
    """

    command: str
    until_s: int
    by: str = ""


class Answer(Record, frozen=True):
    """What became of an order: the code and message of an error, both empty if it is done.

    ``room`` is then the one that was made, or that it is about.
    """

    code: str
    message: str
    room: str = ""


class RemoveRoom(msgspec.Struct, tag="remove_room"):
    """Removes a room with everything in it: an order that is no command of the protocol."""

    room: str


_removal: Final = msgspec.json.Decoder(RemoveRoom)


class Orders:
    """Carries out orders, between start and stop."""

    def __init__(self, transactions: Transactions, service: Service) -> None:
        self._transactions = transactions
        self._service = service
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start(self._run_for_ever())

    async def stop(self) -> None:
        await self._tasks.cancel()

    async def run(self) -> None:
        """Carry out all orders once. Raises Unavailable."""
        for id_, _ in await self._transactions.scan(_ORDER, Order, limit=_MOST):
            if (order := await self._take(id_)) is not None:
                await self._carry_out(id_, order)

    async def _run_for_ever(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.run()
            except Unavailable as error:
                log.info("Orders could not be read: %s", error)

    async def _take(self, id_: str) -> Order | None:
        """Take an order away; None if another instance was quicker, or nobody waits for it."""
        order = await _take(self._transactions, f"{_ORDER}{id_}", Order)
        is_wanted = order is not None and order.until_s >= self._transactions.now_s()
        return order if is_wanted else None

    async def _carry_out(self, id_: str, order: Order) -> None:
        try:
            answer = Answer(code="", message="", room=await self._perform(order))
        except ChatError as error:
            answer = Answer(code=error.code, message=str(error))

        async def decide(transaction: Transaction) -> None:
            transaction.add(f"{_ANSWER}{id_}", answer)
            transaction.record("order")

        await self._transactions.run(NOBODY, decide)

    async def _perform(self, order: Order) -> str:
        """Carry out an order; return the room that it is about. Raises ChatError."""
        person = await self._person(order.by) if order.by else OPERATOR
        try:
            room = _removal.decode(order.command).room
        except msgspec.ValidationError:
            reply = await self._service.answer(person, order.command, _ADDRESS)
            if isinstance(reply, Error):
                raise ChatError(reply.code, reply.message) from None
            return (reply.room or "") if isinstance(reply, Ok) else ""
        await self._service.remove_room(person, room, _ADDRESS)
        return room

    async def _person(self, user: str) -> Person:
        account = await self._transactions.account(user)
        if account is None:
            raise Refused(Code.FORBIDDEN, f"There is no member {user}.")
        return Person(user=user, name=account.name)


async def give(transactions: Transactions, command: dict[str, Any], *, by: str = "") -> str:
    """Have a running server carry out ``command``, and wait for that; return its room.

    It is carried out in the name of the operator, or of the user ``by``. Raises ChatError if it is
    refused, and Unavailable if no server has taken it.
    """
    id_ = secrets.token_hex(8)
    until_s = transactions.now_s() + PATIENCE_S

    async def decide(transaction: Transaction) -> None:
        order = Order(command=msgspec.json.encode(command).decode(), until_s=until_s, by=by)
        transaction.add(f"{_ORDER}{id_}", order)
        transaction.record("order")

    await transactions.run(NOBODY, decide)
    while transactions.now_s() <= until_s:
        if await transactions.fresh(f"{_ANSWER}{id_}", Answer) is None:
            await asyncio.sleep(_POLL_S)
            continue
        answer = await _take(transactions, f"{_ANSWER}{id_}", Answer)
        if answer is not None and answer.code:
            raise ChatError(answer.code, answer.message)
        return "" if answer is None else answer.room
    await _take(transactions, f"{_ORDER}{id_}", Order)
    raise Unavailable(Code.UNAVAILABLE, "No server has done it in time: does one run?")


async def _take(transactions: Transactions, key: str, type_: type[R]) -> R | None:
    """Take a record away, and return it; None if it is not there."""

    async def decide(transaction: Transaction) -> R | None:
        found = await transaction.get(key, type_)
        await transaction.put(key, None)
        transaction.record("order")
        return found

    return await transactions.run(NOBODY, decide)
