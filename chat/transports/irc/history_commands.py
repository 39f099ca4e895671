"""Commands about what was said before: CHATHISTORY and MARKREAD (both drafts of IRCv3)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chat.errors import ChatError, InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import MAX_OFFSET
from chat.protocol.entries import Body, Entry, MessageBody, RoomChangedBody
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.service.events import events_between
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER, channel_of
from chat.transports.irc.history_places import (
    after_of,
    before_of,
    checked_time,
    first_at,
    history,
    invalid,
)
from chat.transports.irc.room_lines import changed_lines, marker_line, read_offset

_TARGETS_A_TOKEN: Final = 5  # rooms that are looked at cost as much as one command
# Pages of the log that are looked at for one answer, and the shortest of them: a thousand messages
# in a row may be deleted.
_MAX_PAGES: Final = 20
_LEAST_PAGE: Final = 50
_SELECTORS: Final = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2, "TARGETS": 2}


async def chathistory(client: Client, message: Message) -> None:
    command, target = message[0].upper(), message[1]
    if caps.HISTORY not in client.caps:
        text = "Ask for draft/chathistory first."
        client.reply(replies.ERR_UNKNOWNCOMMAND, "CHATHISTORY", text)
        return
    try:
        if command == "TARGETS":
            await _targets(client, message)
            return
        count = _SELECTORS.get(command)
        if count is None:
            raise invalid("There is no such subcommand.")
        selectors = message.params[2 : 2 + count]
        limit = _limit(message[2 + count])
        room = _room_of(client, target)
        entries = await _page(client, room, command, selectors, limit)
    except (InvalidInput, Refused) as error:
        is_invalid = error.code == Code.BAD_COMMAND
        code = "INVALID_PARAMS" if is_invalid else "INVALID_TARGET"
        client.fail("CHATHISTORY", code, error.message, message[0], target)
        return
    except ChatError as error:
        client.fail("CHATHISTORY", "MESSAGE_ERROR", error.message, message[0], target)
        return
    lines: list[Message] = []
    for entry in entries:
        body = entry.decode()
        if isinstance(body, RoomChangedBody):
            lines += changed_lines(client, room, body, entry.position)
        elif body is not None:
            shown = _shown_in(client, room, body)
            lines += client.framing.lines(body, room, entry.position, shown)
    client.batched("chathistory", target, messages=lines)


def _shown_in(client: Client, room: str, body: Body) -> str:
    """Return the channel, or the nick that a message of a talk between two is sent to."""
    partner = client.partners.get(room)
    if partner is None:
        return channel_of(room)
    return (
        client.nicks.of(partner.user, partner.name) if body.user == client.me.user else client.nick
    )


def _room_of(client: Client, target: str) -> str:
    """Return the room of a channel or a query. Raises Refused ``no_such_room``."""
    if target.startswith("#"):
        return client.room_of(target)
    user = client.nicks.user_of(target)
    for room, partner in client.partners.items():
        if partner.user == user:
            return room
    raise Refused(Code.NO_SUCH_ROOM, f"You have not talked with {target}.")


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid("Give a number of messages.")
    return min(int(text), caps.MAX_HISTORY) or caps.MAX_HISTORY


async def _page(
    client: Client, room: str, command: str, selectors: Sequence[str], limit: int
) -> Sequence[Entry]:
    """Return what is asked for, the oldest first."""
    bounds = await _bounds(client, room, command, selectors)
    if command == "AROUND":
        earlier = Bounds(before=bounds.before)
        later = Bounds(after=bounds.after, is_newest=False)
        before = await _between(client, room, limit // 2, earlier) if limit > 1 else ()
        return [*before, *await _between(client, room, limit - limit // 2, later)]
    return await _between(client, room, limit, bounds)


class Bounds(NamedTuple):
    """Offsets between which to look, and whether the newest of those are wanted.

    Times are found by messages: ``since`` and ``until`` say which of the events near them count.
    """

    after: int = 0
    before: int = MAX_OFFSET
    is_newest: bool = True
    since: str = ""
    until: str = "~"  # after all times


async def _bounds(client: Client, room: str, command: str, selectors: Sequence[str]) -> Bounds:
    times = [selector.partition("timestamp=")[2] for selector in selectors]
    match command:
        case "LATEST" if selectors[0] == "*":
            return Bounds()
        case "LATEST" | "AFTER":
            after = await after_of(client, room, selectors[0])
            return Bounds(after=after, is_newest=command == "LATEST", since=times[0])
        case "BEFORE":
            return Bounds(before=await before_of(client, room, selectors[0]), until=times[0] or "~")
        case "AROUND":
            middle = await before_of(client, room, selectors[0])
            return Bounds(middle - 1, middle)
    first, second = [await before_of(client, room, selector) for selector in selectors]
    if is_backwards := first > second:
        first, second = second, first
        selectors, times = selectors[::-1], times[::-1]
    after = await after_of(client, room, selectors[0])
    return Bounds(after, second, is_backwards, times[0], times[1] or "~")


async def _between(client: Client, room: str, limit: int, bounds: Bounds) -> Sequence[Entry]:
    """Return a page of messages, and with event-playback also of events."""
    after, before, is_newest, since, until = bounds
    found = await _shown(client, room, limit, before=before if is_newest else None, after=after)
    found = [entry for entry in found if entry.position.offset < before]
    if caps.EVENTS not in client.caps:
        return found
    is_full = len(found) == limit  # beyond those messages there is no room for events
    if is_full and is_newest:
        after = max(after, found[0].position.offset - 1)
    if is_full and not is_newest:
        before = min(before, found[-1].position.offset + 1)
    elif until < Bounds().until:  # up to the message that follows there may be some before it
        following = await history(client, room, 1, after=before - 1)
        before = following[0].position.offset if following else MAX_OFFSET
    dependencies = client.dependencies
    events = await events_between(
        dependencies.backplane,
        dependencies.service.reading,
        client.me.user,
        room,
        after=after,
        before=before,
    )
    events = [one for one in events if (body := one.decode()) and since < body.time < until]
    both = sorted([*found, *events], key=lambda entry: entry.position.offset)
    return both[-limit:] if is_newest else both[:limit]


async def _shown(
    client: Client, room: str, limit: int, *, before: int | None, after: int | None
) -> Sequence[Entry]:
    """Return messages that were not deleted, as many as ``limit`` if there are.

    Clients take a shorter page for the end. A page of the log is also limited in bytes.
    """
    found: list[Entry] = []
    for _ in range(_MAX_PAGES):
        page = await client.dependencies.service.reading.history(
            client.me.user, room, before=before, after=after, limit=max(limit, _LEAST_PAGE)
        )
        kept = [one for one in page.entries if not _is_deleted(one)]
        found = [*kept, *found] if before is not None else [*found, *kept]
        if len(found) >= limit or not page.more:
            break
        if before is not None:
            before = page.entries[0].position.offset
        else:
            after = page.entries[-1].position.offset
    return found[-limit:] if before is not None else found[:limit]


def _is_deleted(entry: Entry) -> bool:
    body = entry.decode()
    return isinstance(body, MessageBody) and body.deleted


# All rooms


async def _targets(client: Client, message: Message) -> None:
    """List the rooms in which something was said last between two times."""
    kinds = [selector.partition("=") for selector in message.params[1:3]]
    if len(kinds) < 2:
        raise invalid("Give two times and a number.")
    begin, end = sorted(checked_time(kind, value) for kind, _, value in kinds)
    found = []
    memberships = await client.dependencies.backplane.memberships(client.me.user)
    await client.charge(len(memberships) / _TARGETS_A_TOKEN)
    for membership in memberships:
        room = membership.room
        for entry in await history(client, room, 1):
            body = entry.decode()
            if isinstance(body, MessageBody) and begin < body.time < end:
                partner = client.partners.get(room)
                shown = (
                    channel_of(room)
                    if partner is None
                    else client.nicks.of(partner.user, partner.name)
                )
                found.append((body.time, shown))
    lines = [
        Message("CHATHISTORY", ("TARGETS", shown, time), SERVER)
        for time, shown in sorted(found)[: _limit(message[3])]
    ]
    client.batched("draft/chathistory-targets", messages=lines)


async def markread(client: Client, message: Message) -> None:
    target, given = message[0], message[1]
    if caps.MARKER not in client.caps:
        client.reply(replies.ERR_UNKNOWNCOMMAND, "MARKREAD", "Ask for draft/read-marker first.")
        return
    if not target:
        client.fail("MARKREAD", "NEED_MORE_PARAMS", "Name a channel or a nick.")
        return
    try:
        room = _room_of(client, target)
        if given:
            kind, _, value = given.partition("=")
            last = await first_at(client, room, checked_time(kind, value), is_later=True) - 1
            client.marked = room, last
            await client.perform(commands.Read(room=room, offset=last))
        client.send(await marker_line(client, room, await read_offset(client, room)))
    except ChatError as error:
        if not given:
            client.send(Message("MARKREAD", (target, "*"), SERVER))
            return
        code = "INVALID_PARAMS" if error.code == Code.BAD_COMMAND else "INVALID_TARGET"
        client.fail("MARKREAD", code, error.message, target)
