"""Signing in to an account: SASL PLAIN (IRCv3 SASL 3.2), or PASS."""

import base64
import binascii
from typing import Final

from chat.errors import ChatError
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Person
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import HOST

# Responses come in pieces of this length; a shorter one is the last.
_SASL_PIECE: Final = 400
# A name and a password of the longest, in base64.
_MAX_SASL: Final = 4 * _SASL_PIECE
# The mark between the name of an account and that of one of its clients.
_OF_CLIENT: Final = "@"
_MAX_CLIENT_NAME: Final = 32


async def authenticate(client: Client, message: Message) -> None:
    registration, given = client.registration, message[0]
    if client.person is not None or registration.signed_in is not None:
        client.reply(replies.ERR_SASLALREADY, "You have signed in already.")
    elif caps.SASL not in client.caps:
        client.reply(replies.ERR_SASLFAIL, "Ask for the capability sasl first.")
    elif given == "*":
        registration.sasl = None
        client.reply(replies.ERR_SASLABORTED, "Signing in was given up.")
    elif registration.sasl is None:
        if given.upper() != "PLAIN":
            client.reply(replies.RPL_SASLMECHS, "PLAIN", "are the mechanisms.")
            client.reply(replies.ERR_SASLFAIL, "There is no such mechanism.")
            return
        registration.sasl = ""
        client.send(Message("AUTHENTICATE", ("+",)))
    elif len(given) > _SASL_PIECE or len(registration.sasl) + len(given) > _MAX_SASL:
        registration.sasl = None
        client.reply(replies.ERR_SASLTOOLONG, "This is too long.")
    else:
        registration.sasl += "" if given == "+" else given
        if len(given) < _SASL_PIECE:
            encoded, registration.sasl = registration.sasl, None
            await _sign_in_by_sasl(client, encoded)


async def _sign_in_by_sasl(client: Client, encoded: str) -> None:
    try:
        # RFC 4616: who to act for, who signs in, and the password.
        _, name, given = base64.b64decode(encoded, validate=True).decode().split("\0")
    except (binascii.Error, ValueError):
        client.reply(replies.ERR_SASLFAIL, "This is no answer to PLAIN (RFC 4616).")
        return
    try:
        person = await sign_in(client, name, given)
    except ChatError as error:
        client.reply(replies.ERR_SASLFAIL, error.message)
        return
    client.registration.signed_in = person
    account = f"{client.nick}!{person.user}@{HOST}"
    client.reply(replies.RPL_LOGGEDIN, account, person.user, f"You are {person.name}.")
    client.reply(replies.RPL_SASLSUCCESS, "You have signed in.")


async def sign_in(client: Client, name: str, given: str) -> Person:
    """Sign in as ``name``, which the name of the client may follow, after a mark.

    The token of a bot takes the place of a password, whatever the name is. Raises ChatError.
    """
    dependencies = client.dependencies
    if (bot := dependencies.access.bots.person_of(given)) is not None:
        dependencies.access.check(bot.user, client.connection.address, device=bot.device)
        dependencies.accounts.uses.note(bot.user)
        return bot
    account, _, of_client = name.partition(_OF_CLIENT)
    signed_in = await dependencies.accounts.people.log_in(
        name=account,
        password=given,
        browser=f"IRC {of_client[:_MAX_CLIENT_NAME]}".strip(),
        address=client.connection.address,
        known=None,
        is_lasting=True,
    )
    return signed_in.person
