"""Carries out what people write in a terminal: messages, and commands that begin with a slash."""

import os
import re
from collections.abc import Awaitable, Callable
from typing import Final

from chat.client import Parley, Unavailable
from chat.client.commands import succeeded
from chat.client.emoji import EMOJI
from chat.client.lines import Line, line_of, news
from chat.client.slash import COMMANDS, Meaning, help_lines, meaning_of
from chat.client.transcript import Transcript

_LAST: Final = 30  # messages of /history
_MARKS: Final = re.compile(r"[\\`*_{}\[\]()#+.!<>~|-]")  # of Markdown


class NotDone(Exception):
    """A command that can't be carried out as it was written; the text says why."""


class Actions:
    """The actions of one person. Methods raise Refused, Unavailable, OSError and NotDone."""

    def __init__(
        self,
        parley: Parley,
        transcript: Transcript,
        *,
        show: Callable[[Line], None],
        show_last: Callable[[str, int], Awaitable[None]],
    ) -> None:
        """``show`` prints a line; ``show_last`` so many messages of a room."""
        self._parley = parley
        self._transcript = transcript
        self._show = show
        self._show_last = show_last
        self._entered = [transcript.room]  # the room that is shown comes last

    async def do(self, line: str) -> bool:
        """Carry out ``line``; return False if it says to end."""
        meaning = meaning_of(line)
        if not meaning.name:
            await self._parley.send(self._room, meaning.rest)
            return True
        if meaning.name == "quit":
            return False
        if meaning.name not in COMMANDS:
            raise NotDone(f"there is no /{meaning.name}: /help lists the commands, // sends a /")
        await getattr(self, f"_{meaning.name}")(meaning)
        return True

    @property
    def _room(self) -> str:
        return self._transcript.room

    async def _help(self, _: Meaning) -> None:
        for line in help_lines():
            self._show([("", line)])

    async def _join(self, meaning: Meaning) -> None:
        room = meaning.rest.removeprefix("#")
        if meaning.number is not None or not room:
            raise NotDone("which room? /join ROOM")
        succeeded(await self._parley.command(type="join", room=room))
        await self._enter(room)

    async def _enter(self, room: str) -> None:
        self._entered = [*(one for one in self._entered if one != room), room]
        self._transcript.show(room)
        self._show(news(f"you are in {room}"))
        await self._show_last(room, _LAST)

    async def _leave(self, _: Meaning) -> None:
        if len(self._entered) == 1:
            raise NotDone("this is the only room you are in; /quit ends the chat")
        left = self._room
        succeeded(await self._parley.command(type="leave", room=left))
        self._entered.remove(left)
        self._transcript.leave(left)
        await self._enter(self._entered[-1])

    async def _rooms(self, _: Meaning) -> None:
        for room in await self._parley.rooms():
            name = str(room["room"])
            self._transcript.known_rooms.add(name)
            unread = self._transcript.unread.get(name, 0)
            parts = [name, room.get("title", ""), f"({unread} unread)" if unread else ""]
            self._show([("", "  " + " ".join(filter(None, parts)))])

    async def _who(self, _: Meaning) -> None:
        self._show(news(", ".join(sorted(self._transcript.names, key=str.casefold))))

    async def _me(self, meaning: Meaning) -> None:
        name = _MARKS.sub(r"\\\g<0>", self._parley.name)
        await self._parley.send(self._room, f"*{name} {meaning.rest}*")

    async def _reply(self, meaning: Meaning) -> None:
        target = self._target(meaning, but=self._parley.user)
        await self._parley.send(self._room, meaning.rest, reply_to=target)

    async def _edit(self, meaning: Meaning) -> None:
        target = self._target(meaning, by=self._parley.user)
        await self._parley.edit(self._room, target, meaning.rest)

    async def _delete(self, meaning: Meaning) -> None:
        await self._parley.delete(self._room, self._target(meaning, by=self._parley.user))

    async def _react(self, meaning: Meaning) -> None:
        sign = meaning.rest.removeprefix("-")
        emoji = EMOJI.get(sign.strip(":"), sign)
        is_on = sign == meaning.rest or meaning.rest in EMOJI  # -1 is an emoji
        emoji = EMOJI.get(meaning.rest, emoji)
        target = self._target(meaning, but=self._parley.user if is_on else "")
        await self._parley.react(self._room, target, emoji, on=is_on)

    async def _file(self, meaning: Meaning) -> None:
        file = await self._parley.upload(_path(meaning.rest))
        await self._parley.send(self._room, files=[file])

    async def _search(self, meaning: Meaning) -> None:
        found = await self._parley.search(meaning.rest)
        for message in reversed(found["results"]):
            place = f"{message['room']} #{message['offset']} "
            self._show([("number", place), *line_of(message, me=self._parley.user)])
        if not found["results"]:
            self._show(news("nothing is found"))

    async def _history(self, meaning: Meaning) -> None:
        count = int(meaning.rest) if re.fullmatch(r"[0-9]{1,3}", meaning.rest) else _LAST
        await self._show_last(self._room, min(count, 200))

    def _target(self, meaning: Meaning, *, by: str = "", but: str = "") -> int:
        """Return the message that a command is about."""
        target = meaning.number
        if target is None:
            target = self._transcript.newest(by=by, but=but)
        if target is None:
            raise NotDone("which message? name it by its number, as in #57")
        return target


def _path(text: str) -> str:
    """Return a path as people write it in a shell."""
    return os.path.expanduser(text.strip("'\""))


def reason(error: Exception) -> str:
    """Return why a line was not carried out, in words."""
    match error:
        case Unavailable():
            return f"{error.message}; try it again"
        case OSError(strerror=str(text), filename=str(name)):
            return f"{name}: {text}"
    return str(error)
