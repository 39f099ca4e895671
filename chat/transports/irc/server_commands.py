"""Commands about the server: TIME, ADMIN, INFO, LUSERS, STATS, and those that only operators have.

There are no operators of IRC: who runs the server does that on the page, or by ``app.py admin``.
"""

from datetime import UTC, datetime
from typing import Final

from chat import __version__
from chat.protocol.irc.messages import Message
from chat.rooms import LOBBY
from chat.rooms.access import Access, access_of
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER

_ABOUT: Final = (
    "A chat server for browsers and IRC clients.",
    "Rooms and messages are the same as on the page.",
)


async def time(client: Client, message: Message) -> None:
    now = datetime.fromtimestamp(client.door.time(), UTC)
    client.reply(replies.RPL_TIME, SERVER, now.isoformat(" ", "seconds"))


async def admin(client: Client, message: Message) -> None:
    site = client.dependencies.accounts.site
    client.reply(replies.RPL_ADMINME, SERVER, "Who runs this server")
    client.reply(replies.RPL_ADMINLOC1, site.name)
    client.reply(replies.RPL_ADMINLOC2, site.about or "It says nothing about itself.")
    client.reply(replies.RPL_ADMINEMAIL, "Its owners are named on the page.")


async def info(client: Client, message: Message) -> None:
    for line in (f"Parley {__version__}", *_ABOUT):
        client.reply(replies.RPL_INFO, line)
    client.reply(replies.RPL_ENDOFINFO, "End of what is known.")


async def lusers(client: Client, message: Message) -> None:
    """Count people and public rooms, on all instances, and the clients of this one."""
    backplane, door = client.dependencies.backplane, client.door
    people = (await backplane.presence(LOBBY)).count
    rooms = [each for each in await backplane.rooms() if access_of(each.room) is Access.PUBLIC]
    here = len(door.connections)
    unknown = sum(connection.attachment is None for connection in door.connections)
    text = f"There are {people} users and 0 invisible on 1 servers"
    client.reply(replies.RPL_LUSERCLIENT, text)
    if unknown:
        client.reply(replies.RPL_LUSERUNKNOWN, str(unknown), "connections have not come in yet")
    client.reply(replies.RPL_LUSERCHANNELS, str(len(rooms)), "channels that anybody may find")
    client.reply(replies.RPL_LUSERME, f"I have {here - unknown} clients and 0 servers")
    client.reply(replies.RPL_LOCALUSERS, f"There are {here - unknown} clients of IRC here now")
    client.reply(replies.RPL_GLOBALUSERS, f"There are {people} users now")


async def stats(client: Client, message: Message) -> None:
    client.reply(replies.RPL_ENDOFSTATS, message[0] or "*", "Numbers are in /metrics.")


async def oper(client: Client, message: Message) -> None:
    client.reply(replies.ERR_NOOPERHOST, "There are no operators of IRC here.")


async def privileged(client: Client, message: Message) -> None:
    text = f"{message.command} is for operators, and there are none of IRC here."
    client.reply(replies.ERR_NOPRIVILEGES, text)
