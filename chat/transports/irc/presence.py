"""Who is there, and by which name."""

from collections.abc import Iterable
from typing import Any

import msgspec

from chat.protocol.cursor import Position
from chat.protocol.entries import JoinedBody, MemberChange
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Presence
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms import LOBBY
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER, channel_of


def tell_presence(client: Client, push: Presence) -> None:
    """Tell of who has come to the lobby or gone, has another name, or is monitored."""
    if push.room != LOBBY or push.users is None:
        return
    present = {person.user: person for person in push.users}
    for person in push.users:
        tell_renamed(client, MemberChange(user=person.user, name=person.name))
    if LOBBY in client.channels:
        _tell_arrivals(client, present.values())
        _tell_departures(client, present.keys())
    _tell_monitored(client, {skeleton(client.nicks.of(u, p.name)) for u, p in present.items()})


def _tell_monitored(client: Client, online: set[str]) -> None:
    """Tell of those nicks that the client monitors who have come or gone."""
    now = client.monitored.keys() & online
    for numeric, keys in (
        (replies.RPL_MONONLINE, now - client.online),
        (replies.RPL_MONOFFLINE, client.online - now),
    ):
        if nicks := [client.monitored[key] for key in keys if key in client.monitored]:
            client.tell(Message(numeric, (client.nick, ",".join(nicks)), SERVER))
    client.online = set(now)


def tell_renamed(client: Client, change: MemberChange, *, is_answer: bool = False) -> None:
    """Tell of somebody's new name and nick, once."""
    renamed = client.nicks.rename(change.user, change.name)
    if renamed is None or renamed.number <= client.told.get(change.user, client.came_after):
        return
    client.told[change.user] = renamed.number
    if change.user in client.lobby:
        client.lobby[change.user] = renamed.after
    source = client.framing.source(change.user, change.name).partition("!")[2]
    if change.user == client.me.user:
        client.person = msgspec.structs.replace(client.me, name=change.name)
        client.set_nick(renamed.after)
    tell, before = client.send if is_answer else client.tell, f"{renamed.before}!{source}"
    if caps.SETNAME in client.caps:
        tell(Message("SETNAME", (change.name,), before))
    tell(Message("NICK", (renamed.after,), before))


def _tell_arrivals(client: Client, present: Iterable[Any]) -> None:
    for person in present:
        if person.user in client.lobby or person.user == client.me.user:
            continue
        client.lobby[person.user] = client.nicks.of(person.user, person.name)
        body = JoinedBody(user=person.user, name=person.name, time="")
        for line in client.framing.lines(body, LOBBY, Position("", 0), channel_of(LOBBY)):
            client.tell(untagged(line))
        if caps.AWAY in client.caps:
            client.tell(Message("AWAY", (), client.framing.source(person.user, person.name)))


def _tell_departures(client: Client, present: Iterable[str]) -> None:
    for user in client.lobby.keys() - set(present):
        nick = client.lobby.pop(user)
        source = client.framing.source(user, nick)
        client.tell(Message("PART", (channel_of(LOBBY),), source))
        if caps.AWAY in client.caps:
            client.tell(Message("AWAY", ("not here now",), source))


def untagged(message: Message) -> Message:
    """Return a line that tells of no entry, and so has neither its id nor its time."""
    return Message(message.command, message.params, message.source)
