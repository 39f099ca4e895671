"""Who is there or away, and by which name."""

import math
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from chat.backplane.presence import by_user
from chat.protocol.cursor import Position
from chat.protocol.entries import JoinedBody, MemberChange
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Presence, PresentPerson
from chat.protocol.unicode.skeleton import skeleton
from chat.rooms import LOBBY
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import HOST, channel_of

# What is said of a member who is not connected.
GONE: Final = "not here now"
# Beyond so many people, who is here is looked up once in a while, and pushes do not list them.
LARGE: Final = 100
KEPT_S: Final = 1.0
# What a client is known to know: new nicks, and who is away.
MOST_TOLD: Final = 1000
# The guests who were last seen going, with the rooms that they are still in: all clients ask.
MOST_GONE: Final = 200


class Present(NamedTuple):
    """What each user who is here says of being away, as it was a moment ago; "": nothing."""

    until: float
    away: Mapping[str, str]


NOBODY_SEEN: Final = Present(-math.inf, {})


async def present(client: Client) -> Mapping[str, str]:
    """Return who is here, and what they say of being away: everybody who is, is in the lobby."""
    door, now = client.door, client.door.monotonic()
    if now < door.present.until:
        return door.present.away
    people = by_user(await client.dependencies.backplane.people(LOBBY))
    for person in people.values():
        client.nicks.of(person.user, person.name)
    away = {user: person.away for user, person in people.items()}
    door.present = Present(now + KEPT_S if len(people) > LARGE else now, away)
    return away


async def tell_if_away(client: Client, user: str) -> None:
    """Reply what ``user`` says of being away; of a member who is not connected, that."""
    away = (await present(client)).get(user, GONE)
    if away:
        client.reply(replies.RPL_AWAY, client.nicks.known(user) or user, away)


async def tell_presence(client: Client, push: Presence) -> None:
    """Tell of who has come to the lobby or gone, is away, has another name, or is monitored."""
    if push.room != LOBBY:
        return
    if push.users is None:
        if client.monitored:
            _tell_monitored(client, await present(client))
        return
    people = {person.user: person for person in push.users}
    for person in push.users:
        tell_renamed(client, MemberChange(user=person.user, name=person.name))
    if LOBBY in client.channels:
        departures = [line async for line in _departures(client, people)]
        client.tell(*departures, *_arrivals(client, people.values()))
    _tell_monitored(client, people)


def _tell_monitored(client: Client, present: Iterable[str]) -> None:
    """Tell of those nicks that the client monitors who have come or gone."""
    if not client.monitored:
        return
    online = {skeleton(client.nicks.known(user) or "") for user in present}
    now = client.monitored.keys() & online
    for numeric, keys in (
        (replies.RPL_MONONLINE, now - client.online),
        (replies.RPL_MONOFFLINE, client.online - now),
    ):
        nicks = [client.monitored[key] for key in keys if key in client.monitored]
        client.tell(*client.lists(numeric, nicks))
    client.online = set(now)


def tell_renamed(client: Client, change: MemberChange, *, is_answer: bool = False) -> None:
    """Tell of somebody's new name and nick, once."""
    told = client.told.get(change.user, client.came_after)
    renamed = client.nicks.rename(change.user, change.name, told)
    if renamed is None:
        return
    client.told[change.user] = renamed.number
    if len(client.told) > MOST_TOLD:  # that one may be told once more
        del client.told[next(iter(client.told))]
    if change.user in client.lobby:
        client.lobby[change.user] = renamed.after
    source = client.framing.source(change.user, change.name).partition("!")[2]
    if change.user == client.me.user:
        client.person = msgspec.structs.replace(client.me, name=change.name)
        client.nick = renamed.after
    if renamed.before == renamed.after:  # and back again meanwhile
        return
    tell, before = client.send if is_answer else client.tell, f"{renamed.before}!{source}"
    if caps.SETNAME in client.caps:
        tell(Message("SETNAME", (change.name,), before))
    tell(Message("NICK", (renamed.after,), before))


def _arrivals(client: Client, present: Iterable[PresentPerson]) -> Iterator[Message]:
    """Yield what tells of who has come to the lobby, is away or back there."""
    for person in present:
        if person.user == client.me.user:
            continue
        if person.user in client.lobby:
            yield from _away_lines(client, person.user, person.name, person.away)
            continue
        client.door.gone.pop(person.user, None)
        client.lobby[person.user] = client.nicks.of(person.user, person.name)
        body = JoinedBody(user=person.user, name=person.name, time="")
        for line in client.framing.lines(body, LOBBY, Position("", 0), channel_of(LOBBY)):
            yield untagged(line)
        client.away[person.user] = GONE  # until now, so that they are back, or away otherwise
        yield from _away_lines(client, person.user, person.name, person.away)


def tell_away(client: Client, user: str, name: str, away: str) -> None:
    """Tell of what somebody else says of being away, if that has changed."""
    client.tell(*_away_lines(client, user, name, away))


def _away_lines(client: Client, user: str, name: str, away: str) -> Iterator[Message]:
    if user == client.me.user or away == client.away.get(user, ""):
        return
    if away:
        client.away[user] = away
        if len(client.away) > MOST_TOLD:  # that one may be told once more
            del client.away[next(iter(client.away))]
    else:
        del client.away[user]
    if caps.AWAY in client.caps:
        yield Message("AWAY", (away,) if away else (), client.framing.source(user, name))


async def _departures(
    client: Client, present: Mapping[str, PresentPerson]
) -> AsyncIterator[Message]:
    """Yield what tells of who has gone from the lobby."""
    for user in client.lobby.keys() - present.keys():
        nick = client.lobby.pop(user)
        client.away.pop(user, None)
        source = f"{nick}!{user}@{HOST}"  # by now, somebody else may have the nick
        if await _has_quit(client, user):
            yield Message("QUIT", (GONE,), source)
            continue
        yield Message("PART", (channel_of(LOBBY),), source)
        if caps.AWAY in client.caps:
            yield Message("AWAY", (GONE,), source)


async def _has_quit(client: Client, user: str) -> bool:
    """Return whether a guest who is not present is in none of the client's channels either."""
    door = client.door
    if door.accounts.has(user):
        return False
    if user not in door.gone:
        if len(door.gone) > MOST_GONE:
            door.gone.clear()
        memberships = await client.dependencies.backplane.memberships(user)
        door.gone[user] = frozenset(membership.room for membership in memberships) - {LOBBY}
    return door.gone[user].isdisjoint(client.channels)


def untagged(message: Message) -> Message:
    """Return a line that tells of no entry, and so has neither its id nor its time."""
    return Message(message.command, message.params, message.source)
