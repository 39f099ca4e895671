"""Opens WebSockets: the same checks, in the same order, for every way in (RFC 6455 section 4.2).

The usual handshakes come by chat.transports.websocket.fast_path, all others by Tornado
(chat.transports.websocket.handler); afterwards the socket is taken over from HTTP.
"""

from dataclasses import dataclass
from typing import Final

from chat.attach.attachment import AttachRequest
from chat.errors import ChatError, InvalidInput
from chat.http.tornado_adapter import RequestResponseCycle
from chat.protocol.codes import Code
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Framing
from chat.requests.caller import Caller
from chat.transports.commands import CommandSink
from chat.transports.websocket.handshake import VERSION, accepting_head, has_upgrade, key_of


class UpgradeRequired(InvalidInput):
    """The request asks for no WebSocket, or for a version that we don't speak.

    The answer is 426 (RFC 9110 section 15.5.22), with ``version`` if that is the reason.
    """

    def __init__(self, message: str, *, version: str | None = None) -> None:
        super().__init__(Code.BAD_COMMAND, message)
        self.version = version


@dataclass(frozen=True, slots=True)
class Dialect:
    """The contents of a WebSocket's frames."""

    transport: Transport
    framing: Framing
    sink: type[CommandSink]
    prelude: bytes = b""  # the frames sent before all others


# Pushes, replies and commands, one JSON object per text frame.
PARLEY: Final = Dialect(Transport.WEBSOCKET, Framing.WEBSOCKET, CommandSink)


def open_websocket(
    caller: Caller, cycle: RequestResponseCycle, dialect: Dialect
) -> tuple[CommandSink, AttachRequest]:
    """Accept the handshake in ``cycle`` and attach; call ``read`` next, with what is returned.

    Nothing is written unless all checks pass. The cheap ones come before those that count
    something, and the person is known before a missing header is remembered of their network.

    Raises:
        HTTPError: 403, the page of another site asks.
        UpgradeRequired: there is no handshake, perhaps because a proxy removed its header.
        ChatError: the person, the arguments or the key are refused, or a limit is reached.
    """
    caller.authenticate("GET")
    request = caller.asked()
    headers = caller.headers
    if not has_upgrade(headers, cycle.request.version):
        _record_missing_upgrade(caller, request.session)
        raise UpgradeRequired(
            "This is for WebSockets, and the request came without its Upgrade header. If you sent "
            "it, a proxy took it out: read /events or /poll instead."
        )
    if headers.get("Sec-WebSocket-Version") != VERSION:
        raise UpgradeRequired(
            f"Speak version {VERSION} of the WebSocket protocol.", version=VERSION
        )
    caller.check_limits(request.session)
    head = accepting_head(key_of(headers), caller.identity_headers, request_id=cycle.request_id)
    dependencies = caller.dependencies
    dependencies.evidence.upgrade_passed(caller.network, request.session or "")
    sink = dialect.sink(dependencies, caller.person, caller.address)
    sink.take_over(cycle.connection, head + dialect.prelude)
    sink.attachment = dependencies.attachments.open(
        sink,
        caller.person,
        dialect.transport,
        request.session,
        framing=dialect.framing,
        address=caller.address,
    )
    return sink, request


async def read(caller: Caller, sink: CommandSink, request: AttachRequest) -> None:
    """Start to read the rooms; send a goodbye if that fails."""
    assert sink.attachment is not None
    attachments = caller.dependencies.attachments
    try:
        await attachments.start(sink.attachment, request)
    except ChatError as error:
        attachments.fail(sink.attachment, error)


def _record_missing_upgrade(caller: Caller, asked_session: str | None) -> None:
    """Remember of the network that a proxy may have removed the Upgrade header.

    No page can make a browser send the two headers, and another site's page does not know a
    session of this person. So no such page can turn its visitors away from WebSockets.
    """
    headers, session = caller.headers, caller.own_session(asked_session)
    is_handshake = "Sec-WebSocket-Key" in headers or "Sec-WebSocket-Version" in headers
    if is_handshake or session is not None:
        caller.dependencies.evidence.upgrade_stripped(caller.network, session)
