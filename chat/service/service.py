"""Commands of users: join, leave, send, edit … The only writer of logs.

Readers on all transports, the author's included, get the entries from the live feed.
"""

from collections.abc import Callable

from chat.accounts.access import AccessControl
from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import Appended
from chat.clock import Clock
from chat.errors import ChatError
from chat.files.shelf import Shelf
from chat.metrics.counters import FAILED, OK, Metrics
from chat.protocol import commands
from chat.protocol.cursor import Position, parse_room
from chat.protocol.pushes import Ok, Person, Pong, Reply, ok_reply
from chat.rooms.permissions import Action, Guests, not_member
from chat.rooms.search import Index
from chat.service.acts import Acts
from chat.service.admission import Admission
from chat.service.files import Files
from chat.service.levels import NotificationLevels
from chat.service.making import Making
from chat.service.members import Members
from chat.service.messages import Messages
from chat.service.moderation import Moderation
from chat.service.open_reports import OpenReports
from chat.service.pipeline import Pipeline
from chat.service.reading import Reading
from chat.service.reports import Reports
from chat.service.rooms import Rooms
from chat.service.rosters import Rosters
from chat.service.search import Search
from chat.service.standings import GuestsOnly, People, Standings
from chat.service.titles import Titles
from chat.service.uploads import Uploads


class Service:
    """Carries out commands in the name of a person."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        clock: Clock,
        limits: Limits,
        access: AccessControl | None = None,
        metrics: Metrics | None = None,
        directory: Directory | None = None,
        people: People | None = None,
        guests: Callable[[], Guests] = lambda: Guests.ON,
        index: Index | None = None,
        shelf: Shelf | None = None,
        secret: bytes = b"",
    ) -> None:
        """``guests`` returns what people without an account may do now.

        Without an ``index``, there is no search; without a ``shelf``, there are no files.
        """
        self._backplane = backplane
        self._metrics = metrics = metrics or Metrics()
        directory = directory or Directory(backplane, clock)
        people = people or GuestsOnly()
        self._admission = Admission(access=access, limits=limits, people=people)
        rosters = Rosters(backplane, clock)
        self._standings = standings = Standings(
            backplane,
            directory=directory,
            people=people,
            clock=clock,
            guests=guests,
            bots=access.bots if access is not None else None,
        )
        acts = Acts(backplane, directory=directory, clock=clock)
        titles = Titles(backplane, clock)
        members = Members(
            backplane,
            acts=acts,
            directory=directory,
            limits=limits,
            metrics=metrics,
            people=people,
            rosters=rosters,
        )
        self.reading = Reading(
            backplane, members=members, people=people, standings=standings, titles=titles
        )
        self.files: Files | None = None
        self.uploads: Uploads | None = None
        if shelf is not None:
            self.files = Files(backplane, store=shelf.store, reading=self.reading)
            self.uploads = Uploads(shelf=shelf, limits=limits, metrics=metrics, standings=standings)
        self._messages = Messages(
            backplane,
            acts=acts,
            clock=clock,
            directory=directory,
            people=people,
            rosters=rosters,
            standings=standings,
            files=self.files,
        )
        pipeline = Pipeline(self._admission, self._messages, metrics, perform=self.perform)
        self.answer_all = pipeline.answer
        self._making = Making(
            backplane,
            acts=acts,
            directory=directory,
            limits=limits,
            members=members,
            people=people,
            secret=secret,
            standings=standings,
            titles=titles,
        )
        self.open_reports = OpenReports(
            backplane, acts=acts, directory=directory, standings=standings
        )
        self._rooms = Rooms(
            backplane,
            acts=acts,
            open_reports=self.open_reports,
            directory=directory,
            limits=limits,
            members=members,
            rosters=rosters,
            standings=standings,
            titles=titles,
        )
        self._moderation = Moderation(
            backplane, acts=acts, clock=clock, members=members, standings=standings
        )
        self._reports = Reports(
            backplane,
            acts=acts,
            open_reports=self.open_reports,
            limits=limits,
            people=people,
            standings=standings,
        )
        self.levels = NotificationLevels(backplane, reading=self.reading, limits=limits)
        self.search: Search | None = None
        if index is not None:
            self.search = Search(
                backplane, index=index, limits=limits, reading=self.reading, standings=standings
            )

    async def answer(self, person: Person, data: bytes | str, address: str) -> Reply | None:
        """Carry out one encoded command; return its reply, if it has one: an Error if it failed."""
        return (await self.answer_all(person, [data], address))[0]

    async def perform(
        self, person: Person, command: commands.AnyCommand, address: str
    ) -> Reply | None:
        """Carry out one command and return its reply. Raises ChatError if it failed."""
        outcome = FAILED
        try:
            reply = await self._perform(person, command, address)
            outcome = OK
        except ChatError as error:
            outcome = error.code
            raise
        finally:
            self._metrics.command_done(str(command.__struct_config__.tag), outcome)
        return reply

    async def _perform(
        self, person: Person, command: commands.AnyCommand, address: str
    ) -> Reply | None:
        person = await self._admission.admit(person, command, address)
        if isinstance(command, commands.Ping):
            return Pong(id=command.id)
        if isinstance(command, commands.Create | commands.Direct):
            return await self._make(person, command, address)
        room = parse_room(command.room)
        match command:
            case commands.Join():
                appended = await self._rooms.join(person, room, address)
            case commands.Leave():
                appended = await self._rooms.leave(person, room)
            case commands.Send():
                appended = await self._messages.send(person, command)
            case commands.Edit() | commands.Delete() | commands.React():
                appended = await self._messages.change(person, command)
            case commands.Invite():
                appended = await self._rooms.invite(person, command, address)
            case commands.Set():
                appended = await self._top(room, await self._rooms.set(person, command))
            case commands.Kick() | commands.Ban() | commands.Unban() | commands.Mute():
                appended = await self._top(room, await self._moderation.perform(person, command))
            case commands.Role():
                appended = await self._top(room, await self._moderation.perform(person, command))
            case commands.Report():
                await self._reports.report(person, command, address)
                return Ok(id=command.id, room=room)
            case commands.Read():
                await self._backplane.mark_read(person.user, room, command.offset)
                return Ok(id=command.id, room=room)
            case commands.Typing():
                await self._messages.type(person, room)
                return None
        key = command.key if isinstance(command, commands.Send) else None
        return ok_reply(command.id, room, appended.position, key)

    async def check_may_invite(self, person: Person, room: str) -> None:
        """Raise Refused unless ``person`` may make others members of ``room``."""
        await self._standings.check(person, room, Action.INVITE)
        if await self._backplane.member_since(person.user, room) is None:
            raise not_member(room)

    async def check_may(self, person: Person, room: str, action: Action) -> None:
        """Raise Refused unless ``person`` may do ``action``, which appends nothing to the room."""
        await self._standings.check(person, room, action)

    async def say(self, hook: Person, command: commands.Send, *, may_mention: bool) -> None:
        """Say what was posted to a webhook. Raises ChatError."""
        outcome = FAILED
        try:
            await self._messages.say(hook, command, may_mention=may_mention)
            outcome = OK
        except ChatError as error:
            outcome = error.code
            raise
        finally:
            self._metrics.command_done("send", outcome)

    async def remove_room(self, person: Person, room: str, address: str) -> None:
        """Remove ``room`` with everything in it. Raises ChatError."""
        self._admission.admit_any(person, address)
        await self._rooms.remove(person, room)

    async def _make(
        self, person: Person, command: commands.Create | commands.Direct, address: str
    ) -> Ok:
        match command:
            case commands.Create():
                made = await self._making.create(person, command, address)
            case commands.Direct():
                made = await self._making.direct(person, command, address)
        return ok_reply(command.id, made.room, made.appended.position)

    async def _top(self, room: str, appended: Appended | None) -> Appended:
        """Return ``appended``, or the room's position if nothing has changed."""
        if appended is not None:
            return appended
        positions = await self._backplane.positions([room])
        return Appended(positions.get(room, Position("0", 0)), False)
