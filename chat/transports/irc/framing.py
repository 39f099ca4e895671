"""Writes pushes as lines of IRC, once for all clients with the same capabilities.

What depends on the reader is left to its own ``Events``: it goes along as an event, between two
NULs, which no line has in it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote

import msgspec

from chat.accounts.identity import is_bot
from chat.protocol.cursor import Position, format_position
from chat.protocol.entries import (
    Body,
    DeletedBody,
    EditedBody,
    FileInfo,
    JoinedBody,
    LeftBody,
    MessageBody,
    ReactionBody,
    decode_body,
)
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.formatting import action_of, size_in_words, to_line
from chat.protocol.irc.messages import MAX_LINE_BYTES, Message
from chat.protocol.irc.nicks import Nicks
from chat.protocol.irc.wrapping import wrap
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Typing
from chat.rooms.access import Access, access_of

SERVER: Final = "irc.parley"
HOST: Final = "parley"
MARK: Final = b"\0"  # before and after each event
# What begins the key of a message that came by IRC; the id of the connection follows.
KEY: Final = "irc:"
NOTICED: Final = "n"  # and what ends it, if it came as a notice
AUTHORED: Final = b"="
# What it takes to be sent several lines as one message.
_BATCHED: Final = frozenset({caps.BATCH, caps.MULTILINE, caps.TAGS})

_typing: Final = msgspec.json.Decoder(Typing)
_error: Final = msgspec.json.Decoder(dict[str, object])


def channel_of(room: str) -> str:
    return f"#{room}"


def msgid_of(room: str, position: Position) -> str:
    return format_position(room, position)


class IrcFraming:
    """The lines for clients that have ``enabled`` capabilities."""

    separator = b""

    def __init__(
        self,
        enabled: frozenset[str],
        nicks: Nicks,
        has_account: Callable[[str], bool],
        files_url: str = "",
    ) -> None:
        """``files_url`` is what the addresses of files begin with; "": they are not shown."""
        self.enabled = enabled
        self._nicks = nicks
        self._has_account = has_account
        self._files_url = files_url

    def __hash__(self) -> int:
        return id(self)

    # The method of chat.protocol.outgoing.AnyFraming

    def frame(self, push: Outgoing) -> bytes:
        match push.type:
            case "heartbeat" | "notification" | "ok" | "pong":
                return b""
            case "typing":
                return self._typing(push.payload)
            case "error":
                return _closing_notice(push.payload)
            case "goodbye":
                return Message("ERROR", (_reason(push.payload),)).encode()
        is_shared = access_of(push.room) is not Access.DIRECT and push.position is not None
        body = decode_body(push.type, push.payload) if is_shared else None
        if body is None or push.position is None or not isinstance(body, _Shared):
            return MARK + push.payload + MARK
        lines = self.lines(body, push.room, push.position, channel_of(push.room))
        chunk = b"".join(line.encode() for line in lines)
        if isinstance(body, MessageBody) and body.key.startswith(KEY) and chunk:
            # Its author's client is sent it back with a label, or not at all.
            return b"%b%b%b %b%b" % (MARK, AUTHORED, body.key.encode(), chunk, MARK)
        return chunk

    # Entries

    def lines(self, body: Body, room: str, position: Position, target: str) -> Iterable[Message]:
        """Return the lines for an entry in ``target``: the channel of the room, or a nick."""
        tags = self._tags(body, room, position)
        source = self.source(body.user, body.name)
        match body:
            case MessageBody():
                return self._message(body, room, position, source, target, tags)
            case EditedBody():
                return self._edited(body, room, position, source, target, tags)
            case DeletedBody() if caps.REDACTION in self.enabled:
                msgid = msgid_of(room, Position(position.epoch, body.target))
                return [Message("REDACT", (target, msgid), source, tags)]
            case DeletedBody():
                return [Message("NOTICE", (target, "(deleted a message)"), source, tags)]
            case ReactionBody():
                return self._reaction(body, room, position, source, target, tags)
            case JoinedBody():
                return self._joined(body, source, target, tags)
            case LeftBody() if body.by is not None:
                by = self.source(body.by, body.by_name or "")
                nick = self._nicks.of(body.user, body.name)
                return [
                    Message("KICK", (target, nick, body.reason or by.partition("!")[0]), by, tags)
                ]
            case LeftBody():
                return [Message("PART", (target,), source, tags)]
        return []

    def _joined(
        self, body: JoinedBody, source: str, target: str, tags: dict[str, str]
    ) -> Iterable[Message]:
        if body.by is not None and caps.INVITED in self.enabled:
            by = self.source(body.by, body.by_name or "")
            yield Message("INVITE", (self._nicks.of(body.user, body.name), target), by)
        params: tuple[str, ...] = (target,)
        if caps.EXTENDED_JOIN in self.enabled:
            params = target, body.user if self._has_account(body.user) else "*", body.name
        yield Message("JOIN", params, source, tags)

    def source(self, user: str, name: str) -> str:
        """Return how lines name a person that they come from."""
        return f"{self._nicks.of(user, name)}!{user}@{HOST}"

    def _message(
        self,
        body: MessageBody,
        room: str,
        position: Position,
        source: str,
        target: str,
        tags: dict[str, str],
    ) -> Iterable[Message]:
        if body.deleted:
            return []
        texts = [to_line(line) for line in body.text.split("\n")]
        action = action_of(body.name, body.text)
        if action is not None:
            texts = [to_line(action)]
        elif body.reply_to is not None:
            if caps.TAGS in self.enabled:
                replied = Position(position.epoch, body.reply_to)
                tags["+draft/reply"] = msgid_of(room, replied)
            elif target.startswith("#") and (nick := self._nicks.known(body.reply_user or "")):
                texts[0] = f"{nick}: {texts[0]}"
        texts += map(self._file, body.files)
        is_notice = body.key.startswith(KEY) and body.key.endswith(NOTICED)
        command = "NOTICE" if is_notice else "PRIVMSG"
        return self._texts(
            texts, source, target, tags, command=command, is_action=action is not None
        )

    def _edited(
        self,
        body: EditedBody,
        room: str,
        position: Position,
        source: str,
        target: str,
        tags: dict[str, str],
    ) -> Iterable[Message]:
        if body.superseded:
            return []
        if caps.TAGS in self.enabled:
            tags["+draft/reply"] = msgid_of(room, Position(position.epoch, body.target))
        texts = [to_line(line) for line in body.text.split("\n")]
        texts[-1] = f"{texts[-1]} (edited)".strip()
        return self._texts(texts, source, target, tags)

    def _reaction(
        self,
        body: ReactionBody,
        room: str,
        position: Position,
        source: str,
        target: str,
        tags: dict[str, str],
    ) -> Iterable[Message]:
        if caps.TAGS not in self.enabled:
            text = f"(reacts with {body.emoji})"
            return [Message("NOTICE", (target, text), source, tags)] if body.on else []
        tags["+draft/react" if body.on else "+draft/unreact"] = body.emoji
        tags["+draft/reply"] = msgid_of(room, Position(position.epoch, body.target))
        return [Message("TAGMSG", (target,), source, tags)]

    def _texts(
        self,
        texts: Iterable[str],
        source: str,
        target: str,
        tags: dict[str, str],
        *,
        command: str = "PRIVMSG",
        is_action: bool = False,
    ) -> Iterable[Message]:
        """Return the lines of a message; without batches, only the first has all the tags."""
        frame = len(f":{source} PRIVMSG {target} :\x01ACTION \x01\r\n".encode())
        room_bytes = MAX_LINE_BYTES - frame
        pieces = [(list(wrap(text, room_bytes)) or [""]) for text in texts]
        if len(pieces) == 1 and len(pieces[0]) == 1:
            text = f"\x01ACTION {pieces[0][0]}\x01" if is_action else pieces[0][0]
            return [Message(command, (target, text), source, tags)]
        if _BATCHED <= self.enabled and not is_action:
            return self._batch(command, pieces, source, target, tags)
        told = [piece for line in pieces for piece in line if piece]
        if is_action:
            told = [f"\x01ACTION {piece}\x01" for piece in told]
        return [
            Message(command, (target, piece), source, tags if not number else _later(tags))
            for number, piece in enumerate(told)
        ]

    def _batch(
        self,
        command: str,
        pieces: list[list[str]],
        source: str,
        target: str,
        tags: dict[str, str],
    ) -> Iterator[Message]:
        # Unique among the open batches of a client, and this one is closed in the same breath.
        reference = "m"
        yield Message("BATCH", (f"+{reference}", caps.MULTILINE, target), source, tags)
        for line in pieces:
            for number, piece in enumerate(line):
                goes_on = {"draft/multiline-concat": ""} if number else {}
                own = {"batch": reference, **goes_on}
                yield Message(command, (target, piece), source, own)
        yield Message("BATCH", (f"-{reference}",), SERVER)

    def _file(self, info: FileInfo) -> str:
        about = f"[{info.name}: {info.type}, {size_in_words(info.bytes)}]"
        return (
            f"{about} {self._files_url}{info.id}/{quote(info.name, safe='')}"
            if self._files_url
            else about
        )

    def _tags(self, body: Body, room: str, position: Position) -> dict[str, str]:
        tags = {}
        if caps.TIME in self.enabled:
            tags["time"] = body.time
        if caps.ACCOUNT in self.enabled and self._has_account(body.user):
            tags["account"] = body.user
        if caps.TAGS in self.enabled:
            tags["msgid"] = msgid_of(room, position)
            if is_bot(body.user):
                tags["bot"] = ""
        return tags

    def _typing(self, payload: bytes) -> bytes:
        if caps.TAGS not in self.enabled:
            return b""
        push = _typing.decode(payload)
        if access_of(push.room) is Access.DIRECT:
            return MARK + payload + MARK
        return self.typing(push, channel_of(push.room)).encode()

    def typing(self, push: Typing, target: str) -> Message:
        source = self.source(push.user, push.name)
        return Message("TAGMSG", (target,), source, {"+typing": "active"})


_Shared = MessageBody | EditedBody | DeletedBody | ReactionBody | JoinedBody | LeftBody


def _later(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of the lines after the first: a message has its id once."""
    return {key: value for key, value in tags.items() if key in ("time", "account", "bot")}


def _closing_notice(payload: bytes) -> bytes:
    return Message("NOTICE", ("*", str(_error.decode(payload)["message"])), SERVER).encode()


def _reason(payload: bytes) -> str:
    return f"Closing link: {_error.decode(payload)['reason']}"
