"""The table of commands, and what holds for all of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from chat.errors import ChatError
from chat.protocol.irc.messages import Message
from chat.transports.irc import (
    channel_commands,
    entering,
    history_commands,
    message_commands,
    people_commands,
    replies,
    server_commands,
    signing_in,
    welcome,
)
from chat.transports.irc.client import Client

Handler = Callable[[Client, Message], Awaitable[None]]


class Row(NamedTuple):
    """A command: ``params`` are how many it takes at least."""

    handler: Handler
    params: int = 0
    is_early: bool = False  # also before the registration
    is_counted: bool = True  # here; the service counts the others


COMMANDS: Final[Mapping[str, Row]] = {
    "CAP": Row(entering.cap, 1, is_early=True),
    "PASS": Row(entering.password, 1, is_early=True),
    "NICK": Row(entering.nick, is_early=True),
    "USER": Row(entering.user, 4, is_early=True),
    "AUTHENTICATE": Row(signing_in.authenticate, 1, is_early=True),
    "PING": Row(entering.ping, 1, is_early=True),
    "PONG": Row(entering.pong, is_early=True),
    "QUIT": Row(entering.quit, is_early=True, is_counted=False),
    "MOTD": Row(welcome.motd),
    "VERSION": Row(welcome.version),
    "TIME": Row(server_commands.time),
    "ADMIN": Row(server_commands.admin),
    "INFO": Row(server_commands.info),
    "LUSERS": Row(server_commands.lusers),
    "STATS": Row(server_commands.stats),
    "OPER": Row(server_commands.oper, 2),
    "KILL": Row(server_commands.privileged),
    "REHASH": Row(server_commands.privileged),
    "RESTART": Row(server_commands.privileged),
    "DIE": Row(server_commands.privileged),
    "SQUIT": Row(server_commands.privileged),
    "CONNECT": Row(server_commands.privileged),
    "WALLOPS": Row(server_commands.privileged),
    "SETNAME": Row(entering.setname, 1),
    "JOIN": Row(channel_commands.join, 1, is_counted=False),
    "PART": Row(channel_commands.part, 1, is_counted=False),
    "TOPIC": Row(channel_commands.topic, 1),
    "NAMES": Row(channel_commands.names),
    "LIST": Row(channel_commands.list_rooms),
    "MODE": Row(channel_commands.mode, 1),
    "KICK": Row(channel_commands.kick, 2, is_counted=False),
    "INVITE": Row(channel_commands.invite, 2, is_counted=False),
    "PRIVMSG": Row(message_commands.privmsg, is_counted=False),
    "NOTICE": Row(message_commands.notice, is_counted=False),
    "TAGMSG": Row(message_commands.tagmsg, 1, is_counted=False),
    "REDACT": Row(message_commands.redact, 2, is_counted=False),
    "BATCH": Row(message_commands.batch, 1),
    "WHO": Row(people_commands.who, 1),
    "WHOIS": Row(people_commands.whois, 1),
    "WHOWAS": Row(people_commands.whowas, 1),
    "USERHOST": Row(people_commands.userhost, 1),
    "ISON": Row(people_commands.ison, 1),
    "AWAY": Row(people_commands.away),
    "MONITOR": Row(people_commands.monitor, 1),
    "CHATHISTORY": Row(history_commands.chathistory, 2),
    "MARKREAD": Row(history_commands.markread),
}


class Commands:
    """Carries out the commands of clients."""

    async def run(self, client: Client, message: Message) -> None:
        row = COMMANDS.get(message.command)
        if row is None or row.is_counted:
            await client.charge()
        if client.person is None and (row is None or not row.is_early):
            client.reply(replies.ERR_NOTREGISTERED, "Say who you are first: NICK and USER.")
        elif row is None:
            client.reply(replies.ERR_UNKNOWNCOMMAND, message.command, "There is no such command.")
        elif len(message.params) < row.params or (row.params and not message.params[0]):
            text = f"This takes {row.params} parameters at least."
            client.reply(replies.ERR_NEEDMOREPARAMS, message.command, text)
        else:
            if client.batch is not None and not message_commands.is_of_batch(client, message):
                await message_commands.give_up_batch(client)
            try:
                await row.handler(client, message)
            except ChatError as error:
                client.refuse(message.command, error)
