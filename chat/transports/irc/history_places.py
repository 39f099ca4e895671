"""From a message's id or a time, as CHATHISTORY has them, to the place in the log."""

import re
from collections.abc import Sequence
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.cursor import MAX_OFFSET, parse_cursor
from chat.protocol.entries import Entry
from chat.transports.irc.client import Client

# As server-time has it: our entries have the same form, so that they compare as text.
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def history(
    client: Client, room: str, limit: int, *, before: int | None = None, after: int | None = None
) -> Sequence[Entry]:
    """Return messages; of all of them the newest, unless only ``after`` is given."""
    reading = client.dependencies.service.reading
    page = await reading.history(client.me.user, room, before=before, after=after, limit=limit)
    return page.entries


async def before_of(client: Client, room: str, selector: str) -> int:
    """Return the offset before which messages are before what ``selector`` names."""
    kind, _, value = selector.partition("=")
    if kind == "msgid":
        return await _offset(client, room, value, MAX_OFFSET)
    return await first_at(client, room, checked_time(kind, value), is_later=False)


async def after_of(client: Client, room: str, selector: str) -> int:
    """Return the offset after which messages are after what ``selector`` names."""
    kind, _, value = selector.partition("=")
    if kind == "msgid":
        return await _offset(client, room, value, 0)
    return await first_at(client, room, checked_time(kind, value), is_later=True) - 1


async def _offset(client: Client, room: str, msgid: str, elsewhere: int) -> int:
    """Return the offset in an id; ``elsewhere`` for one of an earlier life of the log."""
    try:
        position = parse_cursor(msgid).get(room)
    except InvalidInput:
        position = None
    if position is None:
        raise invalid("This is no id of a message here.")
    details = await client.dependencies.service.reading.details(client.me.user, room)
    return position.offset if position.epoch == details.position.epoch else elsewhere


def checked_time(kind: str, value: str) -> str:
    if kind != "timestamp" or not _TIME.fullmatch(value):
        raise invalid("Name a message by msgid=… or timestamp=YYYY-MM-DDThh:mm:ss.sssZ.")
    return value


async def first_at(client: Client, room: str, time: str, *, is_later: bool) -> int:
    """Return the offset of the first message at ``time`` or later; ``is_later``: only later.

    One beyond the last if there is none. Halves the log until it is found.
    """
    details = await client.dependencies.service.reading.details(client.me.user, room)
    low, high = 1, details.position.offset + 1
    while low < high:
        middle = (low + high) // 2
        found = await history(client, room, 1, after=middle - 1)
        body = found[0].decode() if found else None
        if body is None or body.time > time or (body.time == time and not is_later):
            high = middle
        else:
            low = found[0].position.offset + 1
    return low


def invalid(message: str) -> InvalidInput:
    return InvalidInput(Code.BAD_COMMAND, message)
