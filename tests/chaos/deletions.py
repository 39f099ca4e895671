"""People delete messages, and make and remove rooms, while things break."""

import asyncio
import itertools
import json
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from tests.chaos.gone import Event, Gone, Kind, judge
from tests.support.client import LOBBY, RETURN_S, Client
from tests.support.record import Place
from tests.support.site import Site
from tests.support.wire import LOST, Push

# Between two acts of one task, on average.
PAUSE_S: Final = 0.1
# A room lives for so many acts in it.
ACTS_IN_A_ROOM: Final = 6
# After the last fault, an instance has compared the logs that it follows with Redis within this
# time: what a late instance stores of a removed room is stored by then.
SETTLED_S: Final = 6.0


class Said(NamedTuple):
    """A message that was acknowledged."""

    client: Client
    room: str
    text: str
    place: Place


class Deletions:
    """Deletes and probes as all of the ``clients``, whose user ids name them in the history."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._clients = clients
        self._history: list[Event] = []
        self._members: dict[str, set[str]] = {}  # by room, from before anything is said there
        self._places: dict[tuple[str, int], str] = {}  # texts, by room and offset
        self._deleted: list[Said] = []
        self._removed: list[str] = []
        self._epochs: dict[str, str] = {}
        self._rooms_of: dict[str, set[str]] = {}  # that a client knows of
        self._lobby: list[Said] = []  # not deleted yet
        self._numbers = itertools.count(1)

    # What the clients are given

    def note_ask(self, client: Client) -> None:
        """Note that ``client`` begins a request, or attaches."""
        self._history.append(Event(Kind.ASK, client.seen.user, request=client.transport))

    def note(self, client: Client, push: Push) -> None:
        """Note a push that ``client`` was sent."""
        user, transport = client.seen.user, client.transport
        known = self._rooms_of.setdefault(user, set())
        self._note_texts(user, transport, [push])
        match push:
            case {"type": "deleted", "room": room, "target": target}:
                if (text := self._places.get((room, target))) is not None:
                    self._history.append(Event(Kind.TELL, user, room, text, transport))
            case {"type": "rooms", "room": room, "is_member": False}:
                self._tell(client, [room])
            case {"type": "rooms", "room": room, "is_member": True}:
                self._join(user, [room])
            case {"type": "hello", "rooms": rooms}:
                now = {state["room"] for state in rooms}
                self._tell(client, known - now)
                self._join(user, now - known)

    def _join(self, user: str, rooms: Iterable[str]) -> None:
        self._rooms_of[user] |= set(rooms)
        self._history += [Event(Kind.JOIN, user, room) for room in sorted(rooms)]

    def _tell(self, client: Client, rooms: Iterable[str]) -> None:
        user = client.seen.user
        for room in sorted(rooms):
            self._history.append(Event(Kind.TELL, user, room, request=client.transport))
            self._rooms_of[user].discard(room)

    def _note_texts(self, user: str, request: str, pushes: Iterable[Push]) -> None:
        for push in pushes:
            # The room in which the owner of ``closed_room`` talks has a checker of its own.
            if (
                push["type"] == "message"
                and push["text"]
                and push["room"] in (LOBBY, *self._members)
            ):
                event = Event(Kind.GIVE, user, push["room"], push["text"], request)
                self._history.append(event)

    # What they do

    def note_said(self, client: Client, text: str, place: Place) -> None:
        """Note a message in the lobby, which may be deleted from now on."""
        if (LOBBY, place[1]) not in self._places:  # else it was acknowledged once more
            self._places[LOBBY, place[1]] = text
            self._lobby.append(Said(client, LOBBY, text, place))

    async def live(self, is_over: Callable[[], bool], dice: random.Random) -> None:
        """Delete, make, remove and probe until ``is_over``."""
        acts = (self._delete_in_lobby, self._use_a_room, self._use_a_room, self._probe)
        async with asyncio.TaskGroup() as group:
            for act in acts:
                group.create_task(self._repeat(act, is_over, random.Random(dice.random())))

    async def _repeat(
        self, act: Callable[[random.Random], Any], is_over: Callable[[], bool], dice: random.Random
    ) -> None:
        while not is_over():
            await act(dice)
            await asyncio.sleep(dice.uniform(0, 2 * PAUSE_S))

    async def _delete_in_lobby(self, dice: random.Random) -> None:
        """Have an author delete a message, be it new or old."""
        if self._lobby:
            said = self._lobby.pop(dice.choice([-1, dice.randrange(len(self._lobby))]))
            await self._delete(said.client, said)

    async def _use_a_room(self, dice: random.Random) -> None:
        """Make a room, talk and delete in it, and remove it while some still talk."""
        owner, *others = dice.sample(self._clients, 3)
        users = {client.seen.user for client in (owner, *others)}
        access = dice.choice(("public", "private"))
        room = await self._create(owner, access)
        self._members[room] = users
        said = []
        for other in others:
            await self._do(owner, type="invite", room=room, user=other.seen.user)
        for _ in range(ACTS_IN_A_ROOM):
            client = dice.choice((owner, *others))
            text = f"{room} {next(self._numbers)}"
            place = await client.say(text, room=room)
            self._epochs[room] = place[0]
            self._places[room, place[1]] = text
            said.append(Said(client, room, text, place))
            if dice.random() < 0.5:  # the owner of the room keeps order in it
                await self._delete(owner, said.pop(dice.randrange(len(said))))
        await asyncio.gather(self._remove(owner, room), self._talk(others[0], room))

    async def _create(self, owner: Client, access: str) -> str:
        name = f"short-{next(self._numbers)}"
        fields = {"room": name} if access == "public" else {}
        reply = await self._do(
            owner, done={"name_taken"}, type="create", title=name, access=access, **fields
        )
        return reply.get("room") or name

    async def _talk(self, client: Client, room: str) -> None:
        """Say something until the room is gone."""
        while room not in self._removed:
            text = f"{room} {next(self._numbers)}"
            try:
                await client.send(text, room=room)
            except LOST:
                pass
            await asyncio.sleep(RETURN_S)

    async def _delete(self, by: Client, said: Said) -> None:
        await self._do(by, done={"forbidden"}, type="delete", room=said.room, offset=said.place[1])
        self._history.append(Event(Kind.GONE, "", said.room, said.text))
        self._deleted.append(said)

    async def _remove(self, owner: Client, room: str) -> None:
        is_tried = False
        while True:
            try:
                answer = await owner.fetch("DELETE", f"/api/rooms/{room}")
            except LOST:
                is_tried = True
                await asyncio.sleep(RETURN_S)
                continue
            if answer.code == 200 or (is_tried and answer.code in (403, 404, 409)):
                break
            assert answer.code == 503, answer
            is_tried = True
            await asyncio.sleep(RETURN_S)
        self._history.append(Event(Kind.GONE, "", room))
        self._removed.append(room)

    async def _do(self, client: Client, *, done: Iterable[str] = (), **command: Any) -> Push:
        """Carry out a command until it is answered; ``done`` is what says that it was before."""
        is_tried = False
        while True:
            try:
                reply = await client.ask(**command)
            except LOST:
                is_tried = True
                await asyncio.sleep(RETURN_S)
                continue
            if reply["type"] == "ok" or (is_tried and reply["code"] in done):
                return reply
            assert reply["code"] == "unavailable", (command, reply)
            is_tried = True
            await asyncio.sleep(reply["retry_ms"] / 1000)

    # What they find

    async def _probe(self, dice: random.Random) -> None:
        """Ask for what is gone, and for rooms of others, as anybody."""
        client = dice.choice(self._clients)
        gone = [(said.room, said.place) for said in self._deleted]
        gone += [(room, (self._epochs[room], 1)) for room in self._removed]
        alive = self._epochs.keys() - set(self._removed)
        gone += [(room, (self._epochs[room], 1)) for room in sorted(alive)]
        if not gone:
            return
        room, (epoch, offset) = dice.choice(gone)
        cursor = f"{room}:{epoch}:{offset - 1}"
        paths = [
            f"/api/rooms/{room}/messages?before={offset + 1}&limit=3",
            f"/api/rooms/{room}/messages?after={offset - 1}&limit=3",
            f"/poll?hold_s=0&cursor={cursor}",
            f"/poll?hold_s=0&hello=1&cursor={cursor}",
            f"/poll?hold_s=0&room={room}&cursor={cursor}",
        ]
        user, path = client.seen.user, dice.choice(paths)
        request = f"{path} {next(self._numbers)}"
        self._history.append(Event(Kind.ASK, user, request=request))
        try:
            answer = await client.get(path)
        except LOST:
            return
        if answer.code == 200:
            found = json.loads(answer.body)
            self._note_texts(user, request, found.get("messages") or found.get("data") or ())

    # What there is at the end

    async def until_caught_up(self) -> None:
        """Wait until everybody was told which rooms are gone."""
        for client in self._clients:
            while self._rooms_of[client.seen.user] & set(self._removed):
                await client.change()

    async def judge(self, site: Site) -> Gone:
        await asyncio.sleep(SETTLED_S)
        for client in self._clients:  # a marker that came late goes when it is next looked at
            await client.get("/api/rooms")
        users = [client.seen.user for client in self._clients]
        left_over = _left_over(site, self._removed, users)
        return judge(self._history, self._members, left_over)


def _left_over(site: Site, rooms: Sequence[str], users: Sequence[str]) -> list[str]:
    """Return what Redis still holds of removed rooms; what expires by itself is not counted."""
    found = []
    with site.redis.client() as client:
        listed = client.smembers("parley:rooms")
        titles = client.hkeys("parley:{!site}:records")
        for room in rooms:
            keys = client.scan_iter(f"parley:{{{room}}}:*", count=1000)
            found += [key.decode() for key in keys if client.ttl(key) < 0]
            if room.encode() in listed:
                found.append(f"parley:rooms {room}")
            if f"title/{room}".encode() in titles:
                found.append(f"title/{room}")
            found += [
                f"the membership of {user} in {room}"
                for user in users
                if client.hexists(f"parley:user:{{{user}}}:rooms", room)
            ]
    return found
