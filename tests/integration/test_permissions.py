"""Each cell of the table of permissions, by the wire, and over each store.

Each action of each rank is tried over each transport, in one or another kind of room: what carries
a command knows nothing of rooms.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest

from chat.rooms.access import Access, MemberState
from chat.rooms.permissions import Action, Standing, refusal
from chat.rooms.roles import RoomRole, ServerRole
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.members import SETUP_CODE, Member
from tests.support.server import ServerProcess
from tests.support.stores import STORES, instances_over
from tests.support.wire import Push, Socket

CHANNELS = ("/send", "/chat", "/sockjs/websocket")
RANKS = ("stranger", "member", "moderator", "owner")
# An owner of the server, who is in the room or is not.
OF_SITE = SITE, SITE_OUTSIDE = "site owner", "site owner outside"
# Who else is there: the maker, somebody to act on, and somebody who is not in the room.
OTHERS = ("maker", "target", "outsider")
# These are not commands.
READ_BY_ASKING: Final = frozenset(
    {Action.FIND, Action.READ, Action.HOOKS, Action.REMOVE, Action.WEBHOOKS}
)
ABOUT_OWN: Final = frozenset({Action.EDIT, Action.DELETE_OWN})
ABOUT_MESSAGES: Final = ABOUT_OWN | {Action.REACT, Action.DELETE, Action.REPORT}


@pytest.fixture(scope="module", params=STORES)
def servers(request: pytest.FixtureRequest) -> Iterator[Sequence[ServerProcess]]:
    with instances_over(request.param, OWNER_SETUP_CODE=SETUP_CODE) as servers:
        yield servers


class People:
    """A client for each rank, each with a WebSocket by both ways."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.users: dict[str, str] = {}
        self._sockets: dict[tuple[str, str], Socket] = {}
        self._ids = itertools.count(1)

    async def add(self, client: Member, *names: str) -> None:
        """Sign somebody in, who is called by ``names``."""
        if SITE in names:
            await client.become_owner()
            user = client.user
        else:
            headers = {"Accept": "application/json"}
            answer = await client.post("/login", f"name=Person {len(self.users)}", headers)
            user = json.loads(answer.body)["user"]
        self.clients |= dict.fromkeys(names, client)
        self.users |= dict.fromkeys(names, user)
        for path in CHANNELS[1:]:
            socket = await client.websocket("?room=general", path=path)
            self._sockets |= {(name, path): socket for name in names}

    async def ok(self, name: str, **command: Any) -> Push:
        reply = await self.clients[name].command(**command)
        assert reply["type"] == "ok", (command, reply)
        return reply

    async def all_ok(self, name: str, *commands: dict[str, Any]) -> list[Push]:
        answer = await self.clients[name].post("/send", json.dumps(commands))
        replies: list[Push] = json.loads(answer.body)["replies"]
        assert {reply["type"] for reply in replies} == {"ok"}, replies
        return replies

    async def code_of(self, name: str, channel: str, command: dict[str, Any]) -> str | None:
        """Return the code of the error by which ``command`` is refused, or None."""
        if channel == "/send":
            reply = await self.clients[name].command(**command)
        else:
            reply = await self._ask(self._sockets[name, channel], command)
        return None if reply["type"] == "ok" else str(reply["code"])

    async def _ask(self, socket: Socket, command: dict[str, Any]) -> Push:
        id_ = next(self._ids)
        await socket.send(json.dumps({**command, "id": id_}))
        while True:
            push = await socket.read()
            assert push is not None
            if push.get("id") == id_:
                return push


class Cells:
    """Tries each action in a room for each rank, and compares with the table.

    What was allowed is undone afterwards, so that the next cell finds the room as it was.
    """

    def __init__(self, people: People) -> None:
        self.people = people
        self.wrong: list[str] = []
        self.count = 0
        self._numbers = itertools.count(1)
        self._rooms: dict[tuple[Access, str], str] = {}

    async def try_cell(self, action: Action, access: Access, rank: str, channel: str) -> None:
        is_direct = access is Access.DIRECT
        if is_direct and rank in ("moderator", "owner", SITE):
            return  # nobody has a role there
        is_member = rank not in ("stranger", SITE_OUTSIDE)
        if (access, rank) not in self._rooms:
            self._rooms[access, rank] = await self._room(access, rank)
        room = self._rooms[access, rank]
        author = rank if is_member and action in ABOUT_OWN else "maker"
        offset = await self._say(author, room) if action in ABOUT_MESSAGES else 0
        standing = Standing(
            room=room,
            is_member=is_member,
            server_role=ServerRole.OWNER if rank in OF_SITE else ServerRole.GUEST,
            state=MemberState(role=RoomRole(rank) if rank in RANKS[2:] else RoomRole.MEMBER),
        )
        refused = refusal(action, standing, now=0.0)
        expected = None if refused is None else refused.code
        if action in READ_BY_ASKING:
            found = await self._ask(action, room, rank)
            expected = "no_such_room" if action is Action.FIND and expected else expected
        else:
            command = self._command(action, room, offset)
            found = await self.people.code_of(rank, channel, command)
        self.count += 1
        if found != expected:
            cell = f"{action} in a {access} room as {rank} by {channel}"
            self.wrong.append(f"{cell}: {found}, not {expected}")
        if found is None:
            await self._undo(action, access, rank, is_member=is_member)

    def _command(self, action: Action, room: str, offset: int) -> dict[str, Any]:
        target, outsider = self.people.users["target"], self.people.users["outsider"]
        fields: dict[Action, dict[str, Any]] = {
            Action.JOIN: {"type": "join"},
            Action.LEAVE: {"type": "leave"},
            Action.SEND: {"type": "send", "text": "hi", "key": f"sent {next(self._numbers)}"},
            Action.EDIT: {"type": "edit", "offset": offset, "text": "changed"},
            Action.REACT: {"type": "react", "offset": offset, "emoji": "\U0001f44d", "on": True},
            Action.DELETE_OWN: {"type": "delete", "offset": offset},
            Action.DELETE: {"type": "delete", "offset": offset},
            Action.REPORT: {"type": "report", "offset": offset, "reason": "spam"},
            Action.DESCRIBE: {"type": "set", "topic": f"topic {next(self._numbers)}"},
            Action.REGULATE: {"type": "set", "slow_mode_s": 1},
            Action.ARCHIVE: {"type": "set", "keep_days": 5},
            Action.INVITE: {"type": "invite", "user": outsider},
            Action.KICK: {"type": "kick", "user": target},
            Action.BAN: {"type": "ban", "user": target},
            Action.MUTE: {"type": "mute", "user": target},
            Action.ROLE: {"type": "role", "user": target, "role": "moderator"},
        }
        return {"room": room, **fields[action]}

    async def _ask(self, action: Action, room: str, rank: str) -> str | None:
        client = self.people.clients[rank]
        if action is Action.FIND:
            page = json.loads((await client.get("/api/rooms")).body)
            is_found = any(one["room"] == room for one in page["rooms"])
            return None if is_found else "no_such_room"
        if action is Action.HOOKS:
            answer = await client.get(f"/api/rooms/{room}/hooks")
            return None if answer.code == 200 else str(json.loads(answer.body)["code"])
        if action is Action.WEBHOOKS:
            answer = await client.get(f"/api/webhooks?room={room}")
            return None if answer.code == 200 else str(json.loads(answer.body)["code"])
        if action is Action.REMOVE:
            answer = await client.fetch("DELETE", f"/api/rooms/{room}")
            return None if answer.code == 200 else str(json.loads(answer.body)["code"])
        codes = []
        for path in (
            f"/api/rooms/{room}",
            f"/api/rooms/{room}/messages",
            f"/api/rooms/{room}/members",
            f"/poll?room={room}&hold_s=0",
        ):
            answer = await client.get(path)
            codes.append(None if answer.code == 200 else json.loads(answer.body)["code"])
        assert len(set(codes)) == 1, (room, codes)
        return codes[0]

    async def _undo(self, action: Action, access: Access, rank: str, *, is_member: bool) -> None:
        """Make the room what it was before somebody did ``action``."""
        fields: dict[Action, list[dict[str, Any]]] = {
            Action.LEAVE: self._membership(rank),
            Action.REGULATE: [{"type": "set", "slow_mode_s": 0}],
            Action.INVITE: [self._of("kick", "outsider")],
            Action.KICK: [self._of("invite", "target")],
            Action.BAN: [self._of("unban", "target"), self._of("invite", "target")],
            Action.MUTE: [self._of("mute", "target") | {"until": ""}],
            Action.ROLE: [self._of("role", "target") | {"role": "member"}],
        }
        if action is Action.REMOVE or (action is Action.LEAVE and access is Access.DIRECT):
            del self._rooms[access, rank]
        elif action is Action.JOIN and not is_member:
            await self.people.ok(rank, type="leave", room=self._rooms[access, rank])
        elif action in fields:
            await self._by_maker(self._rooms[access, rank], fields[action])

    async def _room(self, access: Access, rank: str) -> str:
        """Return a new room with somebody of each rank, or the one of these people."""
        if access is Access.DIRECT:
            users = [self.people.users[name] for name in ("member", "target")]
            return str((await self.people.ok("maker", type="direct", users=users))["room"])
        title = f"Room {next(self._numbers)}"
        made = await self.people.ok("maker", type="create", title=title, access=access.value)
        room = str(made["room"])
        invited = (*RANKS[1:], "target", *([SITE] if rank == SITE else []))
        await self._by_maker(room, [c for name in invited for c in self._membership(name)])
        return room

    def _membership(self, name: str) -> list[dict[str, Any]]:
        """Return the commands by which somebody is a member, with the role that they are named."""
        role = [self._of("role", name) | {"role": name}] if name in RANKS[2:] else []
        return [self._of("invite", name), *role]

    def _of(self, type_: str, name: str) -> dict[str, Any]:
        return {"type": type_, "user": self.people.users[name]}

    async def _by_maker(self, room: str, commands: Sequence[dict[str, Any]]) -> None:
        if commands:
            await self.people.all_ok("maker", *({"room": room, **one} for one in commands))

    async def _say(self, name: str, room: str) -> int:
        """Return the offset of a new message."""
        key = f"said {next(self._numbers)}"
        return int(
            (await self.people.ok(name, type="send", room=room, text="hi", key=key))["offset"]
        )


@in_a_loop(180)
async def test_every_cell_is_as_the_table_says(servers: Sequence[ServerProcess]) -> None:
    async with AsyncExitStack() as stack:
        people = People()
        for n, names in enumerate((*((name,) for name in (*RANKS, *OTHERS)), OF_SITE)):
            client = await stack.enter_async_context(Member(servers[n % 2].url))
            await people.add(client, *names)
        cells = Cells(people)
        channels = itertools.cycle(CHANNELS)
        for action, rank in itertools.product(Action, (*RANKS, *OF_SITE)):
            for access, channel in zip(Access, channels, strict=False):  # it goes on
                await cells.try_cell(action, access, rank, channel)
        print(f"{cells.count} cells as the table says")
        assert cells.wrong == [], "\n".join(cells.wrong)
