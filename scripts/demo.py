"""`make demo`: a server full of people, rooms and 5,000 messages of the last weeks, to look around.

Fills data/demo, unless it is there already, and serves it on PORT (8000). Sign in as Zoe, who owns
it, or as anybody else, with the password that is printed; or be a guest.
"""

import asyncio
import os
import random
import secrets
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from chat.accounts.records import Site  # noqa: E402
from chat.application import Server  # noqa: E402
from chat.backplane.listener import Deaf  # noqa: E402
from chat.protocol import commands  # noqa: E402
from chat.protocol.pushes import Ok, Person  # noqa: E402
from chat.rooms import LOBBY  # noqa: E402
from chat.service.service import Service  # noqa: E402
from chat.settings.settings import Settings  # noqa: E402
from scripts import demo_words as words  # noqa: E402

MESSAGES: Final = 5000
SPAN_S: Final = 21 * 86400
PASSWORD: Final = "the password of the demo"
CODE: Final = "the-code-of-the-demos-owner"
ADDRESS: Final = "127.0.0.1"
FOLDER: Final = ROOT / "data/demo"


class Calendar:
    """A clock that goes through the last weeks as messages are said, by night more slowly."""

    def __init__(self) -> None:
        self._now_s = time.time() - SPAN_S

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return self._now_s

    def go_on(self, dice: random.Random) -> None:
        """Go on to the next message: most follow soon, some hours later."""
        step_s = SPAN_S / MESSAGES
        pause = dice.choice((0.05, 0.1, 0.2, 0.5, 1.0, 4.15))
        self._now_s = min(self._now_s + step_s * pause, time.time())


class Demo:
    """Has people join rooms and talk, by the commands that clients send."""

    def __init__(self, server: Server, calendar: Calendar) -> None:
        self._server = server
        self._calendar = calendar
        self._dice = random.Random(7)  # the same each time
        self._people: list[Person] = []
        self._rooms: list[str] = []
        self._said: dict[str, list[int]] = {}  # the offsets of a room's last messages
        self._keys = 0

    async def fill(self, messages: int) -> None:
        accounts = self._server.accounts
        await accounts.start()
        await accounts.invite_owner("")
        for number, name in enumerate(words.PEOPLE):
            guest = Person(user=f"guest-{secrets.token_hex(8)}", name="")
            if number == 0:
                site = Site(name="Elm Street", about="Neighbours, their garden and its shed.")
                signed_in = await accounts.setting_up.set_up(
                    guest, CODE, name=name, password=PASSWORD, site=site, browser=""
                )
            else:
                signed_in = await accounts.people.sign_up(
                    guest,
                    name=name,
                    password=PASSWORD,
                    invite="",
                    browser="",
                    address=ADDRESS,
                    is_newcomer=True,
                )
            self._people.append(signed_in.person)
            await self._do(signed_in.person, commands.Join(room=LOBBY))
        await self._make_rooms()
        await self._make_directs()
        await asyncio.gather(*map(self._talk, self._rooms))  # so that none is empty
        weights = [words.LOBBY_SHARE, *(room.share for room in words.ROOMS)]
        while self._keys < messages:
            rooms = set(self._dice.choices(self._rooms, weights, k=8))
            # Together, for those of one turn share a transaction, and so one fsync.
            await asyncio.gather(*map(self._talk, sorted(rooms)))

    async def _make_rooms(self) -> None:
        owner, *others = self._people
        self._rooms = [LOBBY]
        for room in words.ROOMS:
            create = commands.Create(
                title=room.title, access=room.access, topic=room.topic, room=room.name or None
            )
            made = await self._do(owner, create)
            self._rooms.append(str(made.room))
            for person in others if room.access != "private" else others[:4]:
                command = commands.Invite(room=str(made.room), user=person.user)
                await self._do(owner, command)
            role = commands.Role(room=str(made.room), user=others[0].user, role="moderator")
            await self._do(owner, role)

    async def _make_directs(self) -> None:
        owner, *others = self._people
        for together in (others[:1], others[1:2], others[2:5]):
            users = [person.user for person in together]
            room = str((await self._do(owner, commands.Direct(users=users))).room)
            for text in words.DIRECT:
                await self._say(self._dice.choice([owner, *together]), room, text)

    async def _talk(self, room: str) -> None:
        """Let some people say a few things, one after the other."""
        members = self._people if room != self._rooms[8] else self._people[:5]
        talking = self._dice.sample(members, 3)
        await self._say(talking[0], room, self._dice.choice(words.SAYINGS))
        for _ in range(self._dice.randrange(1, 7)):
            lines = words.ANSWERS if self._dice.random() < 0.5 else words.SAYINGS
            await self._say(self._dice.choice(talking), room, self._dice.choice(lines))
        await self._react(room)

    async def _say(self, person: Person, room: str, text: str) -> None:
        self._calendar.go_on(self._dice)
        self._keys += 1
        who = self._dice.choice(self._people[:6]).name
        text = text.format(n=self._dice.randrange(2, 12), who=who)
        said = self._said.setdefault(room, [])
        reply_to = self._dice.choice(said[-5:]) if said and self._dice.random() < 0.12 else None
        command = commands.Send(room=room, text=text, key=str(self._keys), reply_to=reply_to)
        done = await self._do(person, command)
        assert done.offset is not None
        said.append(done.offset)
        if self._dice.random() < 0.02:
            edit = commands.Edit(room=room, offset=done.offset, text=f"{text} (I mean it)")
            await self._do(person, edit)

    async def _react(self, room: str) -> None:
        offset = self._said[room][-1]
        for person in self._dice.sample(self._people[:5], self._dice.choice((0, 0, 1, 3))):
            emoji = self._dice.choice(words.EMOJI)
            await self._do(person, commands.React(room=room, offset=offset, emoji=emoji, on=True))

    async def _do(self, person: Person, command: commands.AnyCommand) -> Ok:
        service: Service = self._server.service
        reply = await service.perform(person, command, ADDRESS)
        assert isinstance(reply, Ok)
        return reply


async def fill(settings: Settings, messages: int = MESSAGES) -> None:
    """Fill the store that ``settings`` name with people, rooms and messages."""
    calendar = Calendar()
    server = Server(replace(settings, has_rate_limits=False), clock=calendar)
    await server.backplane.start(Deaf())
    try:
        await Demo(server, calendar).fill(messages)
    finally:
        await server.backplane.stop()


def main() -> None:
    env = {**os.environ, "DATA_DIR": str(FOLDER), "OWNER_SETUP_CODE": CODE}
    if not FOLDER.exists():
        print(f"Filling {FOLDER} with {MESSAGES:,} messages takes some seconds …", flush=True)
        filling = FOLDER.with_name("demo.new")
        shutil.rmtree(filling, ignore_errors=True)  # of a run that was ended
        asyncio.run(fill(Settings.read({**env, "DATA_DIR": str(filling), "REDIS_URL": ""})))
        filling.rename(FOLDER)
    names = ", ".join(words.PEOPLE)
    print(f"Sign in as {names}\nwith the password: {PASSWORD}", flush=True)
    os.execve(sys.executable, [sys.executable, str(ROOT / "app.py")], env)


if __name__ == "__main__":
    main()
