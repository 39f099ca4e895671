"""Commands about people: WHO, WHOIS, WHOWAS, USERHOST, ISON, AWAY, MONITOR."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Final

from msgspec.structs import replace

from chat.accounts.identity import is_bot
from chat.errors import ChatError
from chat.protocol.irc.formatting import to_line
from chat.protocol.irc.masks import matches
from chat.protocol.irc.messages import Message
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms.access import MemberState
from chat.rooms.titles import check_line
from chat.service.reading import Member
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import HOST, SERVER, channel_of
from chat.transports.irc.presence import GONE, NOBODY_SEEN, present, tell_if_away
from chat.transports.irc.room_lines import PREFIXES
from chat.transports.irc.welcome import MAX_MONITORED

WHO_A_TOKEN: Final = 100  # people in a list cost as much as one command
MAX_MATCHES: Final = 100  # of a mask in WHO
MAX_AWAY_CHARACTERS: Final = 100  # all people of a room are sent it


async def who(client: Client, message: Message) -> None:
    mask = message[0]
    online = await present(client)
    if mask.startswith("#"):
        try:
            room = client.room_of(mask)
            listed = await client.door.members.of(client.me.user, room)
            await client.charge(len(listed.members) / WHO_A_TOKEN)
            for member in listed.members.values():
                _who_line(client, channel_of(room), member, online)
        except ChatError:
            pass  # a channel that one can't see has nobody in it
    elif (user := client.nicks.user_of(mask)) is not None:
        _who_line(client, "*", Member(user, await _name(client, user), MemberState()), online)
    elif "*" in mask or "?" in mask:
        found = (user for user in online if matches(mask, client.nicks.known(user) or ""))
        for user in islice(found, MAX_MATCHES):
            _who_line(client, "*", Member(user, await _name(client, user), MemberState()), online)
    client.reply(replies.RPL_ENDOFWHO, mask, "End of the list.")


def _who_line(client: Client, channel: str, member: Member, online: Mapping[str, str]) -> None:
    nick = client.nicks.of(member.user, member.name)
    is_here = not online.get(member.user, GONE)
    flags = ("H" if is_here else "G") + ("B" if is_bot(member.user) else "")
    flags += PREFIXES[member.state.role]
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
        await tell_if_away(client, user)
    client.reply(replies.RPL_ENDOFWHOIS, nick, "End of what is known.")


async def userhost(client: Client, message: Message) -> None:
    online = await present(client)
    found = []
    for nick in message.params[:5]:
        if (user := client.nicks.user_of(nick)) is not None:
            found.append(f"{nick}={'-' if online.get(user, GONE) else '+'}{user}@{HOST}")
    client.send(*client.lists(replies.RPL_USERHOST, found or [""], " "))


async def ison(client: Client, message: Message) -> None:
    online = await present(client)
    here = [nick for nick in message.params if client.nicks.user_of(nick) in online]
    client.send(*client.lists(replies.RPL_ISON, here or [""], " "))


async def away(client: Client, message: Message) -> None:
    """Show somebody as away, unless they are here with another client or on the page."""
    text = to_line(message[0]).strip()[:MAX_AWAY_CHARACTERS]
    if text:
        text = check_line(text, "What one says of being away", MAX_AWAY_CHARACTERS)
    if text != client.me.away:
        client.person = replace(client.me, away=text)
        client.door.present = NOBODY_SEEN
        assert client.attachment is not None
        await client.dependencies.attachments.show_as(client.attachment, client.person)
        client.door.changes.add(client)
    if text:
        client.reply(replies.RPL_NOWAWAY, "You are shown as away.")
    else:
        client.reply(replies.RPL_UNAWAY, "You are not shown as away any more.")


async def whowas(client: Client, message: Message) -> None:
    """Answer that nothing is kept of people who are gone."""
    nick = message[0].split(",")[0]
    client.reply(replies.ERR_WASNOSUCHNICK, nick, "Nothing is kept of who was here.")
    client.reply(replies.RPL_ENDOFWHOWAS, nick, "End of what is known.")


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
            client.send(*client.lists(replies.RPL_MONLIST, client.monitored.values()))
            client.reply(replies.RPL_ENDOFMONLIST, "End of the list.")
        case "S" | "s":
            await _monitor(client, list(client.monitored.values()))
        case _:
            client.fail("MONITOR", "INVALID_PARAMS", "MONITOR has +, -, C, L and S.")


async def _monitor(client: Client, nicks: Collection[str]) -> None:
    """Monitor ``nicks``, and tell who of them is here."""
    online = {skeleton(client.nicks.known(user) or "") for user in await present(client)}
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
    client.send(*client.lists(replies.RPL_MONONLINE, here))
    client.send(*client.lists(replies.RPL_MONOFFLINE, others))


async def _name(client: Client, user: str) -> str:
    name = await client.dependencies.accounts.people.name_of(user)
    return name or client.nicks.known(user) or user
