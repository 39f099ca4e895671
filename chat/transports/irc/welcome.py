"""What a client is told when it comes in: the server, what it supports, the message of the day."""

from typing import Final

from chat import __version__
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.irc.nicks import MAX_NICK_CHARACTERS
from chat.rooms.titles import MAX_REASON_CHARACTERS, MAX_TOPIC_CHARACTERS
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER
from chat.transports.irc.message_commands import MAX_TARGETS

MAX_MONITORED: Final = 100
# How many words a line of ISUPPORT has: with the nick and the text, as many as a message may have.
_WORDS: Final = 12


def welcome(client: Client) -> None:
    site = client.dependencies.accounts.site
    client.reply(replies.RPL_WELCOME, f"Welcome to {site.name}, {client.nick}")
    client.reply(replies.RPL_YOURHOST, f"This is {SERVER}, of Parley {__version__}")
    client.reply(replies.RPL_CREATED, "Rooms and messages are the same as on the page")
    client.reply(replies.RPL_MYINFO, SERVER, f"parley-{__version__}", "i", "bhimnost")
    _send_support(client)
    _send_motd(client)


def _send_support(client: Client) -> None:
    network = "_".join(client.dependencies.accounts.site.name.split()) or "Parley"
    words = [
        *("CASEMAPPING=ascii", "CHANTYPES=#", "CHANMODES=b,,,imnst", "PREFIX=(oh)@%"),
        *(f"NICKLEN={MAX_NICK_CHARACTERS}", "CHANNELLEN=65", f"TOPICLEN={MAX_TOPIC_CHARACTERS}"),
        *(f"KICKLEN={MAX_REASON_CHARACTERS}", "MODES=4", f"MONITOR={MAX_MONITORED}"),
        f"TARGMAX=NAMES:,LIST:,JOIN:,PART:,PRIVMSG:{MAX_TARGETS},NOTICE:{MAX_TARGETS}",
        # Others go nowhere: what they mean is not known here.
        "CLIENTTAGDENY=*,-typing,-draft/react,-draft/unreact,-draft/reply",
        *("SAFELIST", "UTF8ONLY", f"CHATHISTORY={caps.MAX_HISTORY}"),
        *("MSGREFTYPES=msgid,timestamp", f"NETWORK={network}", "BOT=B"),
    ]
    for begin in range(0, len(words), _WORDS):
        client.reply(replies.RPL_ISUPPORT, *words[begin : begin + _WORDS], "are supported here")


async def motd(client: Client, message: Message) -> None:
    _send_motd(client)


def _send_motd(client: Client) -> None:
    about = client.dependencies.accounts.site.about
    if not about:
        client.reply(replies.ERR_NOMOTD, "There is no message of the day.")
        return
    client.reply(replies.RPL_MOTDSTART, f"- {SERVER} -")
    client.reply(replies.RPL_MOTD, f"- {about}")
    client.reply(replies.RPL_ENDOFMOTD, "End of the message of the day.")


async def version(client: Client, message: Message) -> None:
    client.reply(replies.RPL_VERSION, f"parley-{__version__}", SERVER, "a chat with IRC clients")
    _send_support(client)
