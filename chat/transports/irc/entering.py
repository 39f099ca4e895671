"""Registration: capabilities, a nick or an account; then the client comes in."""

from msgspec.structs import replace

from chat.accounts.identity import is_guest
from chat.attach.admission import check_limits
from chat.attach.attachment import AttachRequest
from chat.backplane.bookmarks import Place
from chat.errors import ChatError, InvalidInput, Refused, Unavailable
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_cursor
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.irc.nicks import MAX_NICK_CHARACTERS, nick_of
from chat.protocol.negotiation import Transport
from chat.protocol.pushes import Person
from chat.rooms.names import check_name
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import SERVER
from chat.transports.irc.presence import present
from chat.transports.irc.receipts import Receipts
from chat.transports.irc.signing_in import sign_in
from chat.transports.irc.welcome import welcome


async def cap(client: Client, message: Message) -> None:
    registration = client.registration
    match message[0].upper():
        case "LS":
            if client.person is None:
                registration.is_negotiating = True
            registration.is_302 = registration.is_302 or message[1] == "302"
            _cap(client, "LS", caps.listed(has_values=registration.is_302))
        case "LIST":
            _cap(client, "LIST", " ".join(sorted(client.caps)))
        case "REQ":
            if client.person is None:
                registration.is_negotiating = True
            enabled = caps.changed(client.caps, message[1])
            if enabled is None:
                _cap(client, "NAK", message[1])
                return
            _cap(client, "ACK", message[1])
            client.enable(enabled)
        case "END":
            registration.is_negotiating = False
            await _come_in(client)
        case _:
            client.reply(replies.ERR_INVALIDCAPCMD, message[0], "CAP has LS, LIST, REQ and END.")


def _cap(client: Client, command: str, text: str) -> None:
    # Never longer than a line: all that we know have 400 bytes together.
    client.send(Message("CAP", (client.nick, command, text), SERVER))


async def password(client: Client, message: Message) -> None:
    if client.person is not None:
        client.reply(replies.ERR_ALREADYREGISTERED, "You have come in already.")
        return
    client.registration.password = message[0]


async def nick(client: Client, message: Message) -> None:
    wanted = message[0]
    if not wanted:
        client.reply(replies.ERR_NONICKNAMEGIVEN, "Give a nick.")
    elif len(wanted) > MAX_NICK_CHARACTERS or nick_of(wanted) != wanted:
        text = "A nick is one word of letters, digits, - and _, and begins with a letter."
        client.reply(replies.ERR_ERRONEUSNICKNAME, wanted, text)
    elif client.person is not None:
        await _rename(client, wanted, "NICK")
    else:
        client.registration.nick = wanted
        await _come_in(client)


async def user(client: Client, message: Message) -> None:
    if client.person is not None:
        client.reply(replies.ERR_ALREADYREGISTERED, "You have come in already.")
        return
    if not message[3].strip():
        client.reply(replies.ERR_NEEDMOREPARAMS, "USER", "Give a real name, too.")
        return
    client.registration.username = message[0]
    await _come_in(client)


async def setname(client: Client, message: Message) -> None:
    await _rename(client, message[0], "SETNAME")


async def quit(client: Client, message: Message) -> None:
    await client.say_goodbye()
    client.connection.hang_up(message[0] or "bye")


async def ping(client: Client, message: Message) -> None:
    """Answer after all that has come of earlier commands: clients wait for that so."""
    await client.connection.told()
    client.send(Message("PONG", (SERVER, message[0]), SERVER))


async def pong(client: Client, message: Message) -> None:
    if client.receipts is not None and message.params:
        client.receipts.answered(message.params[-1])


# Coming in


async def _come_in(client: Client) -> None:
    """Let the client in once it has said all that it takes. Refusals are told to it."""
    registration = client.registration
    if client.person is not None or not registration.is_complete:
        return
    try:
        person = await _person(client)
        dependencies, address = client.dependencies, client.connection.address
        dependencies.access.check(person.user, address, device=person.device)
        check_limits(
            dependencies.attachments.registry,
            dependencies.limits,
            dependencies.metrics,
            person=person,
            address=address,
            session=None,
        )
    except (Refused, InvalidInput, Unavailable) as error:
        _refuse(client, error)
        return
    if not client.connection.is_open:
        return
    client.person = person
    client.door.accounts.note(person.user, not is_guest(person))
    await _take_nick(client)
    client.connection.registered()
    welcome(client)
    await _begin_to_read(client)


async def _person(client: Client) -> Person:
    """Return who comes in. Raises ChatError."""
    registration = client.registration
    if registration.signed_in is not None:
        return registration.signed_in
    if registration.password:
        name, colon, given = registration.password.partition(":")
        if not colon:
            name, given = registration.nick, registration.password
        return await sign_in(client, name, given)
    accounts = client.dependencies.accounts
    if accounts.site.guests == "off":
        message = "Only members come in here: sign in by SASL, or with PASS name:password."
        raise Refused(Code.UNAUTHORIZED, message)
    name = check_name(registration.nick)
    await accounts.people.check_free(name)
    _check_unused(client, name, "")
    client.dependencies.limits.newcomer(client.connection.address)
    return replace(client.dependencies.cookies.new_guest(), name=name)


async def _take_nick(client: Client) -> None:
    """Give the client its nick; also that of a guest who is not here any more.

    Whoever reads what somebody said gives them a nick, also when they have gone.
    """
    nicks, me = client.nicks, client.me
    wanted = nick_of(me.name)
    if (leaving := client.door.leaving.get(nicks.user_of(wanted) or "")) is not None:
        await leaving.wait()  # with this nick, perhaps to come back at once
    bearer = nicks.user_of(wanted)
    if bearer is not None and bearer != me.user and not client.door.accounts.has(bearer):
        is_gone = bearer not in await present(client) and not client.door.is_here(bearer)
        if is_gone:
            nicks.release(bearer)
    client.nick = nicks.of(me.user, me.name)
    client.connection.own = f"!{me.user}@".encode()


def _check_unused(client: Client, name: str, user: str) -> None:
    """Raise Refused ``name_taken`` if somebody else who is connected here has this nick.

    Of those who are elsewhere, one who comes later gets a mark.
    """
    bearer = client.nicks.user_of(nick_of(name))
    if bearer and bearer != user and client.dependencies.attachments.registry.of_user(bearer):
        raise Refused(Code.NAME_TAKEN, f"{name} is somebody else here.")


def _refuse(client: Client, error: ChatError) -> None:
    """Say why a client is not let in; it may try again with another nick, but nothing else."""
    nick = client.registration.nick
    match error.code:
        case Code.NAME_TAKEN | Code.FORBIDDEN:
            client.registration.nick = ""
            client.reply(replies.ERR_NICKNAMEINUSE, nick, error.message)
        case Code.BAD_COMMAND | Code.TOO_LONG | Code.EMPTY:
            client.registration.nick = ""
            client.reply(replies.ERR_ERRONEUSNICKNAME, nick, error.message)
        case Code.UNAUTHORIZED:
            client.reply(replies.ERR_PASSWDMISMATCH, error.message)
            client.connection.hang_up(error.message)
        case Code.BANNED:
            client.reply(replies.ERR_YOUREBANNEDCREEP, error.message)
            client.connection.hang_up(error.message)
        case _:
            client.connection.hang_up(error.message)


async def _begin_to_read(client: Client) -> None:
    person, connection = client.me, client.connection
    cursor = ""
    if not is_guest(person) and caps.HISTORY not in client.caps:
        cursor = await client.door.cursors.of(Place(person.user, person.device))
    attachments = client.dependencies.attachments
    attachment = client.attachment = connection.attachment = attachments.open(
        connection,
        person,
        Transport.IRC,
        None,
        framing=client.framing,
        address=connection.address,
    )
    if not connection.is_open:
        attachment.detach()
        return
    request = AttachRequest(cursor=parse_cursor(cursor), is_newcomer=is_guest(person))
    try:
        await attachments.start(attachment, request)
    except ChatError as error:
        attachments.fail(attachment, error)
    else:
        if not is_guest(person):
            client.receipts = Receipts(client.door.cursors, attachment)
            await client.door.cursors.stored(client.receipts.place)
    await connection.told()


# Another name


async def _rename(client: Client, name: str, command: str) -> None:
    accounts = client.dependencies.accounts
    try:
        if not is_guest(client.me) or await accounts.people.name_of(client.me.user):
            renamed = await accounts.profile.rename(client.me, name)
            renamed = replace(renamed, away=client.me.away)
        else:
            name = check_name(name)
            await accounts.people.check_free(name)
            _check_unused(client, name, client.me.user)
            renamed = replace(client.me, name=name)
    except ChatError as error:
        if command == "NICK" and error.code in (Code.NAME_TAKEN, Code.FORBIDDEN):
            client.reply(replies.ERR_NICKNAMEINUSE, name, error.message)
        elif command == "NICK" and isinstance(error, InvalidInput):
            client.reply(replies.ERR_ERRONEUSNICKNAME, name, error.message)
        else:
            client.refuse(command, error)
        return
    client.person = renamed
    client.door.events.renamed(client, renamed)
    client.door.changes.add(client)
    if client.attachment is not None:
        # Everybody else learns it from who is there now.
        await client.dependencies.attachments.show_as(client.attachment, renamed)
