"""Changes of what is stored of bots, for owners and for the command line."""

import secrets
from collections.abc import Sequence
from typing import Final

from chat.accounts import records
from chat.accounts.bots import new_bot_id, new_token
from chat.accounts.codes import hash_of
from chat.accounts.identity import new_device
from chat.accounts.records import Account, Bot, Device, changed
from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.rooms.grants import Scope
from chat.rooms.roles import ServerRole
from chat.service.people import take_name
from chat.service.transactions import Transaction

# Rooms that one token is limited to.
MAX_ROOMS: Final = 100
# As a list of devices calls where a token is used.
_DEVICE: Final = "token"


async def put_bot(
    transaction: Transaction,
    by: str,
    name: str,
    scopes: Sequence[Scope],
    rooms: Sequence[str] | None,
    *,
    now_s: int,
) -> tuple[str, str, Bot]:
    """Put a new bot; return its token, its id, and what is stored of it. Raises ChatError."""
    if not scopes:
        raise InvalidInput(Code.BAD_COMMAND, f"Give scopes: {', '.join(Scope)}.")
    if rooms is not None and not 0 < len(rooms) <= MAX_ROOMS:
        raise InvalidInput(Code.BAD_COMMAND, f"Give 1 to {MAX_ROOMS} rooms, or none at all.")
    user, token = new_bot_id(), new_token()
    bot = Bot(
        name=name,
        token=hash_of(token) or "",
        device=new_device(is_member=True),
        scopes=sorted(set(scopes)),
        rooms=None if rooms is None else sorted({parse_room(room) for room in rooms}),
        by=by,
        made_s=now_s,
    )
    await take_name(transaction, user, name)
    transaction.add(records.account(user), Account(name=name, role=ServerRole.BOT, made_s=now_s))
    transaction.add(records.bot(user), bot)
    transaction.add(records.device(user, bot.device), Device(name=_DEVICE, made_s=now_s))
    await _put_revision(transaction)
    transaction.record("bot", whom=user, reason=" ".join(bot.scopes))
    return token, user, bot


async def put_token(transaction: Transaction, user: str, *, now_s: int) -> tuple[str, str]:
    """Put a new token of ``user`` in place of the one before; return it, and the old device."""
    bot, token = await _bot(transaction, user), new_token()
    device = new_device(is_member=True)
    renewed = changed(bot, token=hash_of(token), device=device)
    await transaction.put(records.bot(user), renewed)
    await transaction.put(records.device(user, bot.device), None)
    transaction.add(records.device(user, device), Device(name=_DEVICE, made_s=now_s))
    await _put_revision(transaction)
    transaction.record("bot_token", whom=user)
    return token, bot.device


async def put_no_token(transaction: Transaction, user: str) -> str:
    """End the token of the bot ``user``; return the device that it stood for."""
    bot = await _bot(transaction, user)
    await transaction.put(records.bot(user), changed(bot, token=""))
    await _put_revision(transaction)
    transaction.record("end_bot", whom=user, reason=bot.name)
    return bot.device


async def put_no_bot(transaction: Transaction, user: str) -> None:
    """Remove what is stored of the bot ``user``, besides its account and devices."""
    await transaction.put(records.bot(user), None)
    await _put_revision(transaction)


async def _bot(transaction: Transaction, user: str) -> Bot:
    bot = await transaction.get(records.bot(user), Bot)
    if bot is None:
        raise Refused(Code.FORBIDDEN, "There is no bot with this id.")
    return bot


async def _put_revision(transaction: Transaction) -> None:
    """Have all instances read the bots again, within a second."""
    await transaction.put_value(records.BOTS, secrets.token_hex(8).encode())
