"""Commands about people: WHO, WHOIS, USERHOST, AWAY, MONITOR."""

import re
from collections.abc import Collection
from itertools import islice
from typing import Final

from chat.accounts.identity import is_bot
from chat.errors import ChatError
from chat.protocol.irc.messages import Message
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms import LOBBY
from chat.rooms.access import MemberState
from chat.service.reading import Member
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import HOST, SERVER, channel_of
from chat.transports.irc.room_lines import PREFIXES, members_of
from chat.transports.irc.welcome import MAX_MONITORED

MAX_MATCHES: Final = 100  # of a mask in WHO


async def who(client: Client, message: Message) -> None:
    mask = message[0]
    online = await _online(client)
    if mask.startswith("#"):
        try:
            room = client.room_of(mask)
            for member in await members_of(client, room):
                _who_line(client, channel_of(room), member, online)
        except ChatError:
            pass  # a channel that one can't see has nobody in it
    elif (user := client.nicks.user_of(mask)) is not None:
        _who_line(client, "*", Member(user, await _name(client, user), MemberState()), online)
    elif "*" in mask or "?" in mask:
        matches = re.compile(_pattern(mask), re.IGNORECASE).fullmatch
        found = (user for user in online if matches(client.nicks.known(user) or ""))
        for user in islice(found, MAX_MATCHES):
            _who_line(client, "*", Member(user, await _name(client, user), MemberState()), online)
    client.reply(replies.RPL_ENDOFWHO, mask, "End of the list.")


def _pattern(mask: str) -> str:
    return re.escape(mask).replace(r"\*", ".*").replace(r"\?", ".")


def _who_line(client: Client, channel: str, member: Member, online: Collection[str]) -> None:
    nick = client.nicks.of(member.user, member.name)
    flags = "H" if member.user in online else "G"
    flags += ("B" if is_bot(member.user) else "") + PREFIXES[member.state.role]
    client.reply(
        replies.RPL_WHOREPLY, channel, member.user, HOST, SERVER, nick, flags, f"0 {member.name}"
    )


async def whois(client: Client, message: Message) -> None:
    nick = message.params[-1].split(",")[0]
    user = client.nicks.user_of(nick)
    if user is None:
        client.reply(replies.ERR_NOSUCHNICK, nick, f"Nobody here is called {nick}.")
    else:
        nick = client.nicks.known(user) or nick
        name = await _name(client, user)
        client.reply(replies.RPL_WHOISUSER, nick, user, HOST, "*", name)
        client.reply(replies.RPL_WHOISSERVER, nick, SERVER, "Parley")
        if await client.door.accounts.look_up(user):
            client.reply(replies.RPL_WHOISACCOUNT, nick, user, "is the account")
        if is_bot(user):
            client.reply(replies.RPL_WHOISBOT, nick, "is a bot")
        if user not in await _online(client):
            client.reply(replies.RPL_AWAY, nick, "not here now")
    client.reply(replies.RPL_ENDOFWHOIS, nick, "End of what is known.")


async def userhost(client: Client, message: Message) -> None:
    online = await _online(client)
    found = []
    for nick in message.params[:5]:
        if (user := client.nicks.user_of(nick)) is not None:
            found.append(f"{nick}={'+' if user in online else '-'}{user}@{HOST}")
    client.reply(replies.RPL_USERHOST, " ".join(found))


async def ison(client: Client, message: Message) -> None:
    online = await _online(client)
    here = [nick for nick in message.params if client.nicks.user_of(nick) in online]
    client.reply(replies.RPL_ISON, " ".join(here))


async def away(client: Client, message: Message) -> None:
    """Answer, and change nothing: others see whether somebody is connected."""
    if message[0]:
        client.reply(replies.RPL_NOWAWAY, "You are away, and shown so once you disconnect.")
    else:
        client.reply(replies.RPL_UNAWAY, "You are not away.")


async def monitor(client: Client, message: Message) -> None:
    match message[0]:
        case "+":
            await _monitor(client, message[1].split(","))
        case "-":
            for nick in message[1].split(","):
                client.monitored.pop(skeleton(nick), None)
        case "C" | "c":
            client.monitored.clear()
        case "L" | "l":
            nicks = ",".join(client.monitored.values())
            if nicks:
                client.reply(replies.RPL_MONLIST, nicks)
            client.reply(replies.RPL_ENDOFMONLIST, "End of the list.")
        case "S" | "s":
            await _monitor(client, list(client.monitored.values()))
        case _:
            client.fail("MONITOR", "INVALID_PARAMS", "MONITOR has +, -, C, L and S.")


async def _monitor(client: Client, nicks: Collection[str]) -> None:
    """Monitor ``nicks``, and tell who of them is here."""
    online = {skeleton(client.nicks.known(user) or "") for user in await _online(client)}
    here: list[str] = []
    others: list[str] = []
    for nick in filter(None, nicks):
        key = skeleton(nick)
        if len(client.monitored) >= MAX_MONITORED and key not in client.monitored:
            text = "Too many are monitored."
            client.reply(replies.ERR_MONLISTFULL, str(MAX_MONITORED), nick, text)
            break
        client.monitored[key] = nick
        (here if key in online else others).append(nick)
        client.online |= {key} & online
    if here:
        client.reply(replies.RPL_MONONLINE, ",".join(here))
    if others:
        client.reply(replies.RPL_MONOFFLINE, ",".join(others))


async def _online(client: Client) -> Collection[str]:
    """Return the users who are here; everybody who is, is in the lobby."""
    people = await client.dependencies.backplane.people(LOBBY)
    for person in people:
        client.nicks.of(person.user, person.name)
    return {person.user for person in people}


async def _name(client: Client, user: str) -> str:
    name = await client.dependencies.accounts.people.name_of(user)
    return name or client.nicks.known(user) or user
