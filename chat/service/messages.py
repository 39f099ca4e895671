"""Sending messages, changing them, and typing."""

import asyncio
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import Appended, Change, Draft
from chat.backplane.refusals import refused
from chat.clock import Clock
from chat.errors import ChatError, Conflict, Refused, Unavailable
from chat.protocol import commands, entries, pushes
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.protocol.entries import MessageBody
from chat.protocol.pushes import Person, skeleton_of
from chat.rooms.access import SAID, is_closed
from chat.rooms.amendments import no_message
from chat.rooms.mentions import find_mentions, may_mention, possible_names
from chat.rooms.permissions import Action, Rank, Standing
from chat.rooms.texts import check_text, digest
from chat.service.acts import Acts
from chat.service.files import Files, changes_for, used
from chat.service.rendering import Renderer
from chat.service.rosters import Rosters
from chat.service.standings import People, Standings


class _Said(msgspec.Struct, array_like=True):
    """When somebody sent the last message to a room in slow mode, and its key."""

    at_s: float
    key: str


class Prepared(NamedTuple):
    """A message that may be stored."""

    person: Person
    draft: Draft
    files: Sequence[entries.FileInfo]
    standing: Standing

    @property
    def slow_mode_s(self) -> int:
        """How long after the last message of its author it may be stored; 0: at any time."""
        slow_mode_s = self.standing.settings.slow_mode_s
        return slow_mode_s if slow_mode_s and self.standing.rank < Rank.MODERATOR else 0


_encoder: Final = msgspec.json.Encoder()
_said: Final = msgspec.json.Decoder(_Said)
_ACTIONS: Final = {
    commands.Edit: Action.EDIT,
    commands.Delete: Action.DELETE_OWN,
    commands.React: Action.REACT,
}


class Messages:
    """Carries out the commands about messages."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        clock: Clock,
        directory: Directory,
        people: People,
        rosters: Rosters,
        standings: Standings,
        files: Files | None = None,
    ) -> None:
        """Without ``files``, messages have none."""
        self._backplane = backplane
        self._acts = acts
        self._clock = clock
        self._directory = directory
        self._people = people
        self._rosters = rosters
        self._standings = standings
        self._files = files
        self._renderer = Renderer()

    async def send(self, person: Person, command: commands.Send) -> Appended:
        return await self.store(await self.prepare(person, command))

    async def prepare(
        self, person: Person, command: commands.Send, before: Prepared | None = None
    ) -> Prepared:
        """Return the message that ``command`` asks for, if ``person`` may send it.

        ``before`` is one that the same person is about to send: where they may, they still may.
        """
        room = parse_room(command.room)
        text = check_text(command.text, may_be_empty=bool(command.files))
        if before is not None and before.draft.room == room:
            standing = before.standing
        else:
            standing = await self._standings.check(person, room, Action.SEND)
        return await self._compose(person, command, text, standing)

    async def say(self, hook: Person, command: commands.Send, *, may_mention: bool) -> Appended:
        """Append what a webhook says, which is no member of the room. Raises as ``send`` does."""
        standing = await self._standings.of_hook(command.room)
        text = check_text(command.text, may_be_empty=bool(command.files))
        message = await self._compose(hook, command, text, standing, may_mention=may_mention)
        return await self.store(message._replace(draft=replace(message.draft, is_open=True)))

    async def _compose(
        self,
        person: Person,
        command: commands.Send,
        text: str,
        standing: Standing,
        *,
        may_mention: bool = True,
    ) -> Prepared:
        room, key = command.room, command.key
        reply_user: str | None = None
        if command.reply_to is not None:
            reply_user = (await self._message(person, room, command.reply_to)).user
        files = await self._bound(person, command)
        body = MessageBody(
            **self._acts.by(person),
            key=key,
            text=text,
            html=await self._renderer.render(text) if text else "",
            mentions=await self._mentions(person, room, text) if may_mention else [],
            reply_to=command.reply_to,
            reply_user=reply_user,
            files=files,
        )
        content = text if command.reply_to is None else f"{command.reply_to}\0{text}"
        content = "\0".join([*command.files, content])
        draft = Draft(
            room=room,
            user=person.user,
            body=body,
            key=key,
            digest=digest(content),
            changes=changes_for(files),
        )
        return Prepared(person, draft, files, standing)

    async def store(self, message: Prepared) -> Appended:
        draft = message.draft
        try:
            if message.slow_mode_s:
                appended = await self._store_slowly(draft, message.slow_mode_s)
            else:
                appended = await self._backplane.append(draft)
        except Conflict:
            if not message.files:
                raise
            # Sent more than a day ago, so that the key is forgotten: retrying can't help.
            raise used(message.files[0]) from None
        if not draft.is_open:
            self._rosters.note(message.person, draft.room)
        return appended

    async def store_all(self, messages: Sequence[Prepared]) -> Sequence[Appended | ChatError]:
        """Store ``messages`` in their order; return for each what ``store`` returns or raises.

        They are stored together, unless what one of them needs may change before it is stored.
        """
        if len(messages) == 1 or any(one.files or one.slow_mode_s for one in messages):
            return [await self._try_to_store(message) for message in messages]
        try:
            answers = await self._backplane.append_all([message.draft for message in messages])
        except Unavailable as error:
            return [error] * len(messages)
        for message, answer in zip(messages, answers, strict=True):
            if not isinstance(answer, ChatError):
                self._rosters.note(message.person, message.draft.room)
        return answers

    async def _try_to_store(self, message: Prepared) -> Appended | ChatError:
        try:
            return await self.store(message)
        except ChatError as error:
            return error

    async def _store_slowly(self, draft: Draft, slow_mode_s: int) -> Appended:
        """Append ``draft`` unless its author sent another message less than ``slow_mode_s`` ago.

        The moment is a record that changes with the message: two instances can't both allow one.
        """
        own, key = f"{SAID}{draft.user}", draft.key or ""

        async def decide() -> Draft:
            record = (await self._directory.fresh(draft.room, own)).get(own)
            said = _Said(-math.inf, "") if record is None else _said.decode(record)
            if said.key == key:  # a retry: it gets the same answer
                return draft
            now = self._clock.time()
            if (wait_s := said.at_s + slow_mode_s - now) > 0:
                raise Unavailable(
                    Code.RATE_LIMITED,
                    f"Slow mode: one message in {slow_mode_s} s; this one is {wait_s:.0f} s early.",
                    retry_ms=math.ceil(1000 * wait_s),
                )
            said_now = Change(own, record, _encoder.encode(_Said(now, key)))
            return replace(draft, changes=[*draft.changes, said_now])

        return await self._acts.commit(decide)

    async def change(
        self, person: Person, command: commands.Edit | commands.Delete | commands.React
    ) -> Appended:
        room, text = command.room, ""
        if isinstance(command, commands.Edit):
            text = check_text(command.text, may_be_empty=True)
        action = _ACTIONS[type(command)]
        await self._standings.check(person, room, action)
        message = await self._message(person, room, command.offset)
        is_own = message.user == person.user or action is Action.REACT
        if not is_own:
            action = Action.DELETE if action is Action.DELETE_OWN else action
            standing = await self._standings.of(person.user, room)
            self._standings.check_standing(standing, action)
        about = {**self._acts.by(person), "target": command.offset}
        body: entries.Body
        match command:
            case commands.Edit():
                if not is_own:  # whatever one's rank
                    raise Refused(Code.FORBIDDEN, "Only its author can edit a message.")
                text = check_text(text, may_be_empty=bool(message.files))
                mentions = await self._mentions(person, room, text)
                html = await self._renderer.render(text) if text else ""
                body = entries.EditedBody(
                    **about, text=text, html=html, mentions=mentions, files=message.files
                )
            case commands.Delete():
                ids = [info.id for info in message.files]
                body = entries.DeletedBody(**about, file_ids=ids)
            case commands.React():
                body = entries.ReactionBody(**about, emoji=command.emoji, on=command.on)
        appended = await self._acts.append(Draft(room=room, user=person.user, body=body))
        if action is Action.DELETE and appended.is_new:
            await self._acts.audit(person, "delete", whom=message.user, room=room)
        return appended

    async def type(self, person: Person, room: str) -> None:
        memberships = await self._backplane.memberships(person.user)
        if all(membership.room != room for membership in memberships):
            raise refused(Code.NOT_MEMBER, room)
        await self._standings.check(person, room, Action.SEND)
        push = pushes.Typing(
            room=room, user=person.user, name=person.name, skeleton=skeleton_of(person.name)
        )
        await self._backplane.publish(room, push)

    async def _bound(self, person: Person, command: commands.Send) -> list[entries.FileInfo]:
        if not command.files:
            return []
        if self._files is None:
            raise Refused(Code.FORBIDDEN, "Messages have no files here.")
        return await self._files.bind(person, command.room, command.key, command.files)

    async def _message(self, person: Person, room: str, offset: int) -> MessageBody:
        """Return the message at ``offset``, if ``person`` may know of it; else raise ChatError."""
        entry = await self._backplane.entry(room, offset)
        if is_closed(room):  # after reading: see chat.service.reading
            since = await self._backplane.member_since(person.user, room)
            if since is None:
                raise refused(Code.NO_SUCH_ROOM, room)
            if offset < since:
                entry = None
        message = entry.decode() if entry is not None else None
        if not isinstance(message, MessageBody):
            raise no_message(offset, room)
        return message

    async def _mentions(self, person: Person, room: str, text: str) -> list[str]:
        if not may_mention(text):
            return []
        names = await self._rosters.names(room)
        if away := await self._away(text, room):
            names = names.extended(away)
        return find_mentions(text, names, author=person.user)

    async def _away(self, text: str, room: str) -> Sequence[Person]:
        """Return the members of ``room`` whom ``text`` may name, however long they were silent."""
        called = await self._people.called(possible_names(text))
        since = await asyncio.gather(
            *(self._backplane.member_since(one.user, room) for one in called)
        )
        return [one for one, offset in zip(called, since, strict=True) if offset is not None]
