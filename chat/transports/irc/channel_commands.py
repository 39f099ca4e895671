"""Commands about channels: JOIN, PART, TOPIC, NAMES, LIST, MODE, KICK, INVITE."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from chat.errors import ChatError, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.irc.messages import Message
from chat.rooms.access import Access, access_of
from chat.rooms.roles import RoomRole
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER, channel_of
from chat.transports.irc.leaving import leave_room
from chat.transports.irc.room_lines import (
    ROLE_MODES,
    ban_mask,
    modes_of,
    names_lines,
    topic_lines,
    topic_of,
)

_LIST_PAGE: Final = 100
_MAX_LISTED: Final = 1000
MAX_MODES: Final = 4  # with a parameter, in one command
_BANS: Final = 100


async def join(client: Client, message: Message) -> None:
    for channel in message[0].split(","):
        try:
            room = client.room_of(channel)
            if room not in client.channels:  # the entry that this makes is the answer
                client.joining = room
                await _join(client, room)
                await client.connection.until(partial(client.channels.__contains__, room))
                if client.me.away:
                    client.door.changes.add(client)  # for those who had not seen them before
        except ChatError as error:
            client.refuse("JOIN", error, channel)
        finally:
            client.joining = ""


async def _join(client: Client, room: str) -> None:
    """Join ``room``; who joins one that there is not makes it, and keeps order there.

    Raises ChatError.
    """
    is_public = access_of(room) is Access.PUBLIC
    if is_public and not await client.dependencies.service.reading.exists(client.me.user, room):
        try:
            await client.perform(commands.Create(title=room, access="public", room=room))
        except Refused as error:
            if error.code != Code.NAME_TAKEN:  # by somebody who was first
                raise
        else:
            return
    await client.perform(commands.Join(room=room))


async def part(client: Client, message: Message) -> None:
    for channel in message[0].split(","):
        try:
            await leave_room(client, client.room_of(channel))
        except ChatError as error:
            client.refuse("PART", error, channel)


async def topic(client: Client, message: Message) -> None:
    channel = message[0]
    try:
        room = client.room_of(channel)
        if len(message.params) < 2:
            client.send(*await topic_lines(client, room, is_asked=True))
            return
        details = await client.dependencies.service.reading.details(client.me.user, room)
        title = details.standing.settings.title
        text = message[1].removeprefix(f"{title} | ") if title else message[1]
        await client.perform(commands.Set(room=room, topic="" if text == title else text))
    except ChatError as error:
        client.refuse("TOPIC", error, channel)


async def names(client: Client, message: Message) -> None:
    channels = message[0].split(",") if message[0] else map(channel_of, tuple(client.channels))
    for number, channel in enumerate(channels):
        try:
            if number:  # the first one is counted as the command
                await client.charge()
            client.send(*await names_lines(client, client.room_of(channel)))
        except ChatError:
            client.reply(replies.RPL_ENDOFNAMES, channel, "End of the names.")


async def list_rooms(client: Client, message: Message) -> None:
    client.reply(replies.RPL_LISTSTART, "Channel", "People  Topic")
    wanted = {name.lower() for name in message[0].split(",") if name.startswith("#")}
    reading = client.dependencies.service.reading
    after, has_more, count = "", True, 0
    while has_more and count < _MAX_LISTED:
        if count:  # the first page is counted as the command
            await client.charge()
        page, has_more = await reading.rooms(
            client.me.user, after=after, limit=_LIST_PAGE, has_details=True
        )
        for listed in page:
            channel = channel_of(listed.info.room)
            if not wanted or channel in wanted:
                people = listed.members or listed.present or 0
                topic = topic_of(listed.info.room, listed.settings)
                client.reply(replies.RPL_LIST, channel, str(people), topic)
        after = page[-1].info.room if page else ""
        count += len(page)
        has_more = has_more and bool(page)
    client.reply(replies.RPL_LISTEND, "End of the list.")


async def kick(client: Client, message: Message) -> None:
    channel = message[0]
    try:
        room = client.room_of(channel)
        await client.dependencies.service.reading.details(client.me.user, room)
        user = client.user_of(message[1])
        reason = message[2]
        await client.perform(commands.Kick(room=room, user=user, reason=reason))
    except ChatError as error:
        _refuse_about(client, "KICK", error, channel, message[1])


async def invite(client: Client, message: Message) -> None:
    nick, channel = message[0], message[1]
    try:
        room = client.room_of(channel)
        user = client.user_of(nick)
        if await client.dependencies.backplane.member_since(user, room) is not None:
            client.reply(replies.ERR_USERONCHANNEL, nick, channel, f"{nick} is there already.")
            return
        await client.perform(commands.Invite(room=room, user=user))
    except ChatError as error:
        _refuse_about(client, "INVITE", error, channel, nick)
    else:
        client.reply(replies.RPL_INVITING, nick, channel)


def _refuse_about(client: Client, command: str, error: ChatError, channel: str, nick: str) -> None:
    if client.nicks.user_of(nick) is None and error.code != Code.NO_SUCH_ROOM:
        client.reply(replies.ERR_NOSUCHNICK, nick, error.message)
    elif error.code == "not_member" and channel[1:].lower() in client.channels:
        client.reply(replies.ERR_USERNOTINCHANNEL, nick, channel, error.message)
    else:
        client.refuse(command, error, channel)


# Modes


async def mode(client: Client, message: Message) -> None:
    target = message[0]
    if not target.startswith("#"):
        if client.nicks.user_of(target) == client.me.user:
            client.reply(replies.RPL_UMODEIS, "+i")
        else:
            client.reply(replies.ERR_USERSDONTMATCH, "These are not your modes.")
        return
    try:
        room = client.room_of(target)
        changes, params = message[1], list(message.params[2:])
        details = await client.dependencies.service.reading.details(client.me.user, room)
        if not changes:
            modes = modes_of(room, details.standing.settings)
            client.reply(replies.RPL_CHANNELMODEIS, target, modes)
        elif changes.lstrip("+-") == "b" and not params:
            await _list_bans(client, room, target)
        else:
            for number, (sign, letter) in enumerate(_changes(changes)):
                if number < MAX_MODES:
                    await _change(client, room, target, sign, letter, params)
    except ChatError as error:
        client.refuse("MODE", error, target)


def _changes(text: str) -> Iterator[tuple[bool, str]]:
    is_set = True
    for letter in text:
        if letter in "+-":
            is_set = letter == "+"
        else:
            yield is_set, letter


async def _change(
    client: Client, room: str, channel: str, is_set: bool, letter: str, params: list[str]
) -> None:
    if letter == "m":
        await client.perform(commands.Set(room=room, is_locked=is_set))
        return
    if letter not in ROLE_MODES and letter != "b":
        text = "This mode is not known, or can't be changed."
        client.reply(replies.ERR_UNKNOWNMODE, letter, text)
        return
    if not params:
        client.reply(replies.ERR_NEEDMOREPARAMS, "MODE", f"Whom is {letter} about?")
        return
    who = params.pop(0)
    user = _user_of_mask(client, who) if letter == "b" else client.nicks.user_of(who)
    if user is None:
        client.reply(replies.ERR_NOSUCHNICK, who, f"Nobody here is called {who}.")
    elif letter == "b" and is_set:
        await client.perform(commands.Ban(room=room, user=user))
    elif letter == "b":
        await client.perform(commands.Unban(room=room, user=user))
    else:
        role = ROLE_MODES[letter] if is_set else RoomRole.MEMBER
        try:
            await client.perform(commands.Role(room=room, user=user, role=role.value))
        except ChatError as error:
            _refuse_about(client, "MODE", error, channel, who)


def _user_of_mask(client: Client, mask: str) -> str | None:
    """Return whom a mask is about: ids are in the place of user names; patterns mean nobody."""
    nick, _, rest = mask.partition("!")
    user = rest.partition("@")[0]
    if user and "*" not in user:
        return user
    return client.nicks.user_of(nick)


async def _list_bans(client: Client, room: str, channel: str) -> None:
    reading, me = client.dependencies.service.reading, client.me.user
    members, _ = await reading.set_apart(me, room, limit=_BANS)
    for member in members:
        if member.state.banned_until_s:
            client.reply(replies.RPL_BANLIST, channel, ban_mask(member.user))
    client.send(
        Message(replies.RPL_ENDOFBANLIST, (client.nick, channel, "End of the bans."), SERVER)
    )
