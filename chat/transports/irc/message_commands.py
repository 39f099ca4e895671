"""Commands that say something: PRIVMSG, NOTICE, TAGMSG, REDACT, and messages of several lines."""

import re
from contextlib import suppress
from typing import Final

from chat.errors import ChatError, InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_cursor
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.formatting import action_text, ctcp_of, to_markdown
from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Ok, Person
from chat.transports.irc import replies
from chat.transports.irc.begun import Batch
from chat.transports.irc.client import Client
from chat.transports.irc.presence import tell_if_away

MAX_TARGETS: Final = 4
_REFERENCE: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_CONCAT: Final = "draft/multiline-concat"


async def privmsg(client: Client, message: Message) -> None:
    if client.batch is not None:
        client.batch.lines.append(message)
        return
    targets = message[0].split(",")
    if not message[0]:
        client.reply(replies.ERR_NORECIPIENT, f"Whom is this {message.command} for?")
    elif not message[1]:
        client.reply(replies.ERR_NOTEXTTOSEND, "There is no text to send.")
    elif len(targets) > MAX_TARGETS:
        text = f"A message goes to {MAX_TARGETS} at the most."
        client.reply(replies.ERR_TOOMANYTARGETS, message[0], text)
    else:
        for target in targets:
            await _say(client, message, target, message[1])


async def notice(client: Client, message: Message) -> None:
    """Send as PRIVMSG does: here both are messages. CTCP's answers go nowhere."""
    if ctcp_of(message[1]) is None:
        await privmsg(client, message)


async def _say(client: Client, message: Message, target: str, text: str) -> None:
    """Send ``text`` to a channel or a nick; tell the client if that is refused."""
    ctcp = ctcp_of(text)
    if ctcp is not None and ctcp[0] != "ACTION":
        _refuse_target(client, target, "CTCP goes to no other client here.")
        return
    text = to_markdown(text if ctcp is None else ctcp[1])
    if ctcp is not None:
        text = action_text(client.me.name, text)
    try:
        room = await _room_for(client, target)
        key = client.new_key(message.command)
        if caps.ECHO in client.caps and (label := client.pop_label()):
            client.labels[client.number] = label
        reply_to = _offset(message.tags.get("+draft/reply", ""), room)
        await client.perform(commands.Send(room=room, text=text, key=key, reply_to=reply_to))
    except ChatError as error:
        label = client.labels.pop(client.number, "")
        client.restore_label(label)
        if message.command == "NOTICE":  # which is never answered (RFC 2812 section 3.3.2)
            return
        if error.code == Code.EMPTY:
            client.reply(replies.ERR_NOTEXTTOSEND, error.message)
        elif target.startswith("#") or error.code not in (Code.BAD_COMMAND, Code.NO_SUCH_ROOM):
            client.refuse(message.command, error, target if target.startswith("#") else "")
        else:
            client.reply(replies.ERR_NOSUCHNICK, target, error.message)
    else:
        if message.command == "PRIVMSG" and not target.startswith("#"):
            with suppress(ChatError):  # it was sent
                await tell_if_away(client, client.user_of(target))


def _refuse_target(client: Client, target: str, text: str) -> None:
    numeric = replies.ERR_CANNOTSENDTOCHAN if target.startswith("#") else replies.ERR_NOSUCHNICK
    client.reply(numeric, target, text)


async def _room_for(client: Client, target: str) -> str:
    """Return the room of a channel, or the one for talking with a nick. Raises ChatError."""
    if target.startswith("#"):
        return client.room_of(target)
    user = client.user_of(target)
    for room, partner in client.partners.items():
        if partner.user == user:
            return room
    made = await client.perform(commands.Direct(users=[user]))
    assert isinstance(made, Ok) and made.room is not None
    client.partners[made.room] = Person(user=user, name=client.nicks.known(user) or user)
    return made.room


def _offset(msgid: str, room: str) -> int | None:
    """Return the offset of the message of ``room`` with this id; None if it is none of its."""
    try:
        position = parse_cursor(msgid).get(room)
    except InvalidInput:
        return None
    return position.offset if position is not None and position.offset else None


# About messages


async def tagmsg(client: Client, message: Message) -> None:
    target, tags = message[0], message.tags
    if caps.TAGS not in client.caps:
        client.reply(replies.ERR_UNKNOWNCOMMAND, "TAGMSG", "Ask for message-tags first.")
        return
    try:
        room = await _room_for(client, target)
        if tags.get("+typing") == "active":
            await client.perform(commands.Typing(room=room))
        offset = _offset(tags.get("+draft/reply", ""), room)
        for tag, is_on in (("+draft/react", True), ("+draft/unreact", False)):
            if tag in tags and offset is not None:
                react = commands.React(room=room, offset=offset, emoji=tags[tag], on=is_on)
                await client.perform(react)
    except ChatError as error:
        client.refuse("TAGMSG", error, target if target.startswith("#") else "")
    except ValueError:  # React has checked the emoji
        client.fail("TAGMSG", "INVALID_REACTION", "A reaction is one emoji.", target)


async def redact(client: Client, message: Message) -> None:
    target, msgid = message[0], message[1]
    if caps.REDACTION not in client.caps:
        text = "Ask for draft/message-redaction first."
        client.reply(replies.ERR_UNKNOWNCOMMAND, "REDACT", text)
        return
    try:
        room = await _room_for(client, target)
        if not await client.dependencies.service.reading.exists(client.me.user, room):
            client.fail("REDACT", "INVALID_TARGET", "There is no such channel.", target)
            return
        offset = _offset(msgid, room)
        if offset is None:
            client.fail("REDACT", "UNKNOWN_MSGID", "There is no such message.", target, msgid)
            return
        await client.perform(commands.Delete(room=room, offset=offset))
    except (Refused, InvalidInput) as error:
        codes = {Code.FORBIDDEN: "REDACT_FORBIDDEN", Code.BAD_COMMAND: "UNKNOWN_MSGID"}
        code = codes.get(Code(error.code), "INVALID_TARGET")
        client.fail("REDACT", code, error.message, target, msgid)


# Messages of several lines


async def batch(client: Client, message: Message) -> None:
    reference = message[0][1:]
    if message[0].startswith("-") and client.batch and client.batch.reference == reference:
        ended, client.batch = client.batch, None
        await _say_batch(client, ended)
        return
    is_known = message[0].startswith("+") and _REFERENCE.fullmatch(reference)
    if not is_known or message[1] != caps.MULTILINE or caps.MULTILINE not in client.caps:
        client.fail("BATCH", "MULTILINE_INVALID", "This batch is not known.")
    elif client.batch is not None:
        client.batch = None
        client.fail("BATCH", "MULTILINE_INVALID", "A batch is under way.")
    else:
        client.batch = Batch(reference, message.tagged(label=client.pop_label()))


def is_of_batch(client: Client, message: Message) -> bool:
    """Return whether ``message`` belongs to the batch under way, within its limits."""
    under_way = client.batch
    assert under_way is not None
    if message.command == "BATCH":
        return True
    if message.command not in ("PRIVMSG", "NOTICE"):
        return False
    if message.tags.get("batch") != under_way.reference or message[0] != under_way.opening[2]:
        return False
    under_way.size_bytes += len(message[1].encode()) + 1
    is_short = under_way.size_bytes <= caps.MAX_MULTILINE_BYTES
    return is_short and len(under_way.lines) < caps.MAX_MULTILINE_LINES


async def give_up_batch(client: Client) -> None:
    """End a batch that something else came into, or too much."""
    assert client.batch is not None
    ended, client.batch = client.batch, None
    if ended.size_bytes > caps.MAX_MULTILINE_BYTES:
        most, code = caps.MAX_MULTILINE_BYTES, "MULTILINE_MAX_BYTES"
    elif len(ended.lines) >= caps.MAX_MULTILINE_LINES:
        most, code = caps.MAX_MULTILINE_LINES, "MULTILINE_MAX_LINES"
    else:
        text = "Something else came into a message of several lines: it is given up."
        client.fail("BATCH", "MULTILINE_INVALID", text)
        return
    client.fail("BATCH", code, "This message of several lines is too long.", str(most))


async def _say_batch(client: Client, ended: Batch) -> None:
    text = ""
    for number, line in enumerate(ended.lines):
        text += line[1] if not number or _CONCAT in line.tags else f"\n{line[1]}"
    target = ended.opening[2]
    if not text.strip() or any(not line[1] and _CONCAT in line.tags for line in ended.lines):
        client.fail("BATCH", "MULTILINE_INVALID", "There is no text to send, or to join.")
        return
    client.restore_label(ended.opening.tags.get("label", ""))
    await _say(client, Message("PRIVMSG", (target,), "", ended.opening.tags), target, text)
