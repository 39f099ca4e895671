"""A room for its members alone is, for everybody else, a room that is not there.

Each probe asks the same of a real room and of an unknown one with a name of the same length, and
the answers must be the same bytes: status, header fields and body, times and random parts masked.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest

from tests.security.case import faults
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.members import SETUP_CODE, Member
from tests.support.server import ServerProcess
from tests.support.stores import STORES, instances_over
from tests.support.wire import WAIT_S, Answer

UNKNOWN = {"p-": "p-abcdefghijkmnpqr", "d-": "d-abcdefghijkmnpqr"}
SECRET = "nobody else reads this"
EMOJI = "\U0001f44d"
# What differs between any two answers to the same question.
MASKED = [
    (re.compile(rb'nonce[-=]"?[\w+/=-]+'), b"nonce"),
    (re.compile(rb"[0-9a-zA-Z_-]{22,24}(?=[\"'\\])"), b"session"),
    (re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z"), b"time"),
    # Who is in the lobby is told when it changes, whatever else is asked: in a body, or as a push
    # that was read.
    (
        re.compile(
            rb""",? ?\{["']type["']: ?["']presence["'], ?["']room["']: ?["']general["'].*?\]\}"""
        ),
        b"",
    ),
    (re.compile(rb'"data":(?:\[\],"timeout":false|null,"timeout":true)'), b'"data":nothing'),
    (re.compile(rb"; this server is busy, and streams cost it less than polls"), b""),
]
# The length is that of the body, which is compared.
NOT_COMPARED = {
    "date", "x-request-id", "set-cookie", "content-security-policy", "content-length",
}  # fmt: skip
COMMANDS: Sequence[dict[str, Any]] = [
    {"type": "join"},
    {"type": "leave"},
    {"type": "send", "text": "hi", "key": "k"},
    {"type": "send", "text": "hi", "key": "k"},  # a retry
    {"type": "send", "text": "@Ada hi", "key": "k2"},
    {"type": "send", "text": "hi", "key": "k3", "reply_to": 3},
    {"type": "send", "text": "", "key": "k4"},
    {"type": "send", "key": "k6", "files": ["0" * 32]},
    {"type": "edit", "offset": 3, "text": "hi"},
    {"type": "edit", "offset": 999, "text": "hi"},
    {"type": "delete", "offset": 3},
    {"type": "report", "offset": 3, "reason": "spam"},
    {"type": "react", "offset": 3, "emoji": EMOJI, "on": True},
    {"type": "read", "offset": 0},
    {"type": "read", "offset": 3},
    {"type": "typing"},
    {"type": "set", "title": "mine"},
    {"type": "set", "is_locked": True},
    {"type": "set"},
    {"type": "invite", "user": "guest-0123456789abcdef"},
    {"type": "invite", "user": "nobody"},
    {"type": "kick", "user": "guest-0123456789abcdef"},
    {"type": "ban", "user": "guest-0123456789abcdef"},
    {"type": "unban", "user": "guest-0123456789abcdef"},
    {"type": "mute", "user": "guest-0123456789abcdef"},
    {"type": "role", "user": "guest-0123456789abcdef", "role": "owner"},
    {"type": "create", "title": "mine", "access": "public"},
]
REQUESTS: Sequence[tuple[str, str, object]] = [
    ("GET", "/rooms/{room}", None),
    ("GET", "/rooms/{room}/1", None),
    ("GET", "/rooms/{room}/3", None),
    ("GET", "/rooms/{room}/999", None),
    ("HEAD", "/rooms/{room}", None),
    ("GET", "/api/rooms/{room}", None),
    ("HEAD", "/api/rooms/{room}", None),
    ("PATCH", "/api/rooms/{room}", {"title": "mine"}),
    ("PATCH", "/api/rooms/{room}", {}),
    ("PATCH", "/api/rooms/{room}", {"is_archived": True}),
    ("DELETE", "/api/rooms/{room}", None),
    ("GET", "/api/rooms/{room}/messages", None),
    ("GET", "/api/rooms/{room}/messages?before=4", None),
    ("GET", "/api/rooms/{room}/messages?after=0&limit=1", None),
    ("GET", "/api/rooms/{room}/messages?after=999", None),
    ("HEAD", "/api/rooms/{room}/messages", None),
    ("POST", "/api/rooms/{room}/messages", {"text": "hi", "key": "k5"}),
    ("POST", "/api/rooms/{room}/messages", {"key": "k7", "files": ["0" * 32]}),
    ("GET", "/api/rooms/{room}/members", None),
    ("GET", "/api/rooms/{room}/members?after=a&limit=1", None),
    ("GET", "/api/rooms/{room}/members?set_apart=1", None),
    ("GET", "/api/rooms/{room}/reports", None),
    ("DELETE", "/api/rooms/{room}/reports/3", None),
    ("GET", "/api/rooms/{room}/hooks", None),
    ("POST", "/api/rooms/{room}/hooks", {"name": "Builds"}),
    ("POST", "/api/rooms/{room}/hooks", {"name": "Admin"}),
    ("DELETE", "/api/rooms/{room}/hooks/" + "0" * 64, None),
    ("POST", "/api/rooms/{room}/invites", {"user": "guest-0123456789abcdef"}),
    ("GET", "/api/webhooks?room={room}", None),
    ("POST", "/api/webhooks?room={room}", {"url": "https://a.example/", "events": ["message"]}),
    ("POST", "/api/webhooks?room={room}", {"url": "", "events": []}),
    ("PATCH", "/api/webhooks/{room}-0123456789abcdef", {"is_enabled": True}),
    ("DELETE", "/api/webhooks/{room}-0123456789abcdef", None),
    ("POST", "/api/webhooks/{room}-0123456789abcdef/secret", None),
    ("GET", "/api/webhooks/{room}-0123456789abcdef/deliveries", None),
    ("POST", "/api/webhooks/{room}-0123456789abcdef/deliveries/{room}:{epoch}:3/send", None),
    ("GET", "/api/rooms/{room}/notifications", None),
    ("PUT", "/api/rooms/{room}/notifications", {"level": "all"}),
    ("PUT", "/api/rooms/{room}/notifications", {}),
    ("GET", "/api/rooms?query={room}", None),
    ("GET", "/api/rooms?after={room}", None),
    ("GET", "/api/rooms?query={room}&limit=5", None),
    ("GET", "/api/search?q=nobody+else", None),
    ("GET", "/api/search?q=nobody&room={room}", None),
    ("GET", "/api/search?q=nobody&room={room}&before=2100-01-01&limit=1", None),
    ("GET", "/api/search?q=&room={room}", None),
    ("GET", "/api/search?q=nobody+in:{room}", None),
    ("GET", "/api/search?q=nobody+in:Ours", None),
    ("GET", "/api/search?q=from:Ada", None),
    ("HEAD", "/api/search?q=nobody&room={room}", None),
    ("GET", "/poll?room={room}&hold_s=0", None),
    ("GET", "/poll?room=general,{room}&hold_s=0", None),
    ("GET", "/poll?room={room},general&hello=1&hold_s=0", None),
    ("POST", "/poll", {"room": "{room}", "hold_s": 0}),
    ("GET", "/poll?cursor={room}:{epoch}:0&hold_s=0", None),
    ("GET", "/poll?cursor={room}:{epoch}:3&hold_s=0&hello=1", None),
    ("GET", "/poll?cursor=general:{lobby},{room}:{epoch}:1&hold_s=0", None),
    ("GET", "/poll?cursor={room}:{epoch}:1&room={room}&hold_s=0", None),
    ("GET", "/events?room={room}", None),
    ("GET", "/events?room=general,{room}&cursor={room}:{epoch}:1", None),
    ("GET", "/chat?room={room}", None),
    *[("POST", "/send", {"room": "{room}", **command}) for command in COMMANDS],
    ("POST", "/send", [{"room": "{room}", **command} for command in COMMANDS]),
]
# The queries of streams that are opened; the first pushes are compared.
STREAMS = (
    "?room={room}",
    "?room=general,{room}",
    "?cursor={room}:{epoch}:0",
    "?cursor={room}:{epoch}:3",
    "?cursor=general:{lobby},{room}:{epoch}:2",
)


@pytest.fixture(scope="module", params=STORES)
def servers(request: pytest.FixtureRequest) -> Iterator[Sequence[ServerProcess]]:
    with instances_over(request.param, OWNER_SETUP_CODE=SETUP_CODE) as servers:
        yield servers
        for server in servers:
            server.until_all_logged()
            assert faults(server) == []


class Probes:
    """Asks about a real room and an unknown one, and compares the answers."""

    def __init__(self, prober: Client, room: str, epoch: str, lobby: str) -> None:
        self.count = 0
        self.differences: list[str] = []
        self._prober = prober
        self._rooms = (room, UNKNOWN[room[:2]])
        self._places = {"epoch": epoch, "lobby": lobby}

    def filled(self, what: object, room: str) -> str:
        text = what if isinstance(what, str) else json.dumps(what)
        for name, value in {"room": room, **self._places}.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def compare(self, probe: str, answers: Sequence[object]) -> None:
        self.count += 1
        one, other = (
            _masked(repr(answer).encode(), room)
            for answer, room in zip(answers, self._rooms, strict=True)
        )
        if one != other:
            self.differences.append(f"{probe}:\n  {one!r}\n  {other!r}")

    async def request(self, method: str, path: str, body: object) -> None:
        answers = []
        for room in self._rooms:
            data = None if body is None else self.filled(body, room)
            headers = {"Content-Type": "application/json"} if data else {}
            answer = await self._prober.fetch(method, self.filled(path, room), data, headers)
            answers.append(_comparable(answer))
        self.compare(f"{method} {path} {body}", answers)

    async def over_socket(self, path: str, command: dict[str, Any]) -> None:
        answers = []
        for room in self._rooms:
            socket = await self._prober.websocket(path=path)
            data = json.dumps({"id": 7, "room": room, **command})
            await socket.send(json.dumps([data]) if path.startswith("/sockjs") else data)
            # Typing has no reply if nothing is wrong with it: the ping's comes then.
            ping = '{"type":"ping","id":8}'
            await socket.send(json.dumps([ping]) if path.startswith("/sockjs") else ping)
            answers.append([data async for data in _replies(socket)])
            await socket.close()
        self.compare(f"{path} {command}", answers)

    async def stream(self, transport: str, query: str) -> None:
        answers = []
        for room in self._rooms:
            heard: list[Any] = []
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(1.0):
                    async for push in self._prober.pushes(transport, self.filled(query, room)):
                        heard.append(push)
                        if push["type"] in ("goodbye", "presence"):
                            break
            answers.append(heard)
        self.compare(f"{transport} {query}", answers)


async def _replies(socket: Any) -> AsyncIterator[str]:
    """Yield replies up to that of the ping."""
    while (data := await socket.read_data()) is not None:
        text = str(data)
        if '"error' in text.replace("\\", "") or '"ok"' in text.replace("\\", ""):
            yield text
        if "pong" in text:
            return


def _comparable(answer: Answer) -> object:
    fields = [
        (name.lower(), value)
        for name, value in answer.headers.get_all()
        if name.lower() not in NOT_COMPARED
    ]
    return answer.code, fields, answer.body


def _masked(answer: bytes, room: str) -> bytes:
    answer = answer.replace(room.encode(), b"the-room")
    for pattern, mask in MASKED:
        answer = pattern.sub(mask, answer)
    return answer


@asynccontextmanager
async def rooms_of_two(
    servers: Sequence[ServerProcess],
) -> AsyncIterator[tuple[Client, Client, Client, dict[str, str], Callable[[str], Any]]]:
    """Yield two members, a stranger, and a private and a direct room where something was said."""
    async with AsyncExitStack() as stack:
        ada, bob, eve = [await stack.enter_async_context(Client(servers[n].url)) for n in (0, 1, 1)]
        users = []
        for client, name in ((ada, "Ada"), (bob, "Bob"), (eve, "Eve")):
            answer = await client.post("/login", f"name={name}", {"Accept": "application/json"})
            users.append(json.loads(answer.body)["user"])
        private = (await ada.command(type="create", title="Ours", access="private"))["room"]
        invited = await ada.command(type="invite", room=private, user=users[1])
        assert invited["type"] == "ok", invited
        direct = (await ada.command(type="direct", users=[users[1]]))["room"]
        epochs = {}
        for room in (private, direct, "general"):
            reply = await ada.command(type="send", room=room, text=SECRET, key="k")
            epochs[room] = reply["epoch"]
        del epochs["general"]
        await until_searchable(eve, reply["offset"])

        async def kick_bob(room: str) -> None:
            await ada.command(type="kick", room=room, user=users[1])

        yield ada, bob, eve, epochs, kick_bob


async def until_searchable(reader: Client, offset: int) -> None:
    """Wait until the index has the lobby's message at `offset`, the last one.

    While messages are added to the index, answers change by themselves. Rooms that the reader may
    not know of make no difference to that.
    """
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await reader.get("/api/search?q=nobody&room=general")
            if answer.code == 200:
                found = json.loads(answer.body)
                offsets = {one["offset"] for one in found["results"]}
                if offset in offsets and "is_building" not in found:
                    return


async def probe_all(prober: Client, room: str, epoch: str) -> Probes:
    state = json.loads((await prober.get("/api/rooms")).body)["rooms"]
    lobby = next(one for one in state if one["room"] == "general")
    probes = Probes(prober, room, epoch, f"{lobby['epoch']}:{lobby['offset']}")
    for method, path, body in REQUESTS:
        await probes.request(method, path, body)
    for path in ("/chat", "/sockjs/0/probe/websocket"):
        for command in COMMANDS:
            await probes.over_socket(path, command)
    for transport in ("websocket", "sse", "longpoll"):
        for query in STREAMS:
            await probes.stream(transport, query)
    return probes


@in_a_loop(200)
async def test_strangers_get_byte_for_byte_what_an_unknown_room_gives(
    servers: Sequence[ServerProcess],
) -> None:
    async with rooms_of_two(servers) as (ada, _, eve, epochs, _):
        count = 0
        for room, epoch in epochs.items():
            async with AsyncExitStack() as stack:
                reading = Client(servers[0].url)
                reading.cookie = ada.cookie
                await stack.enter_async_context(reading.reading("websocket"))  # somebody is there
                probes = await probe_all(eve, room, epoch)
            assert probes.differences == [], "\n".join(probes.differences)
            count += probes.count
        print(f"{count} probes, 0 differences from an unknown room")
        page = await ada.get(f"/api/rooms/{room}/messages")
        assert SECRET in page.body.decode()  # it was there all the time


@in_a_loop(200)
async def test_a_former_member_gets_the_same(servers: Sequence[ServerProcess]) -> None:
    async with rooms_of_two(servers) as (ada, bob, _, epochs, kick_bob):
        room = next(iter(epochs))
        assert SECRET in (await bob.get(f"/api/rooms/{room}/messages")).body.decode()
        await kick_bob(room)
        await ada.command(type="send", room=room, text=SECRET, key="later")
        await asyncio.sleep(1.0)  # as long as it may take on another instance
        probes = await probe_all(bob, room, epochs[room])
        assert probes.differences == [], "\n".join(probes.differences)
        print(f"{probes.count} probes of a former member, 0 differences from an unknown room")


@in_a_loop(200)
async def test_an_owner_of_the_server_gets_the_same(servers: Sequence[ServerProcess]) -> None:
    async with rooms_of_two(servers) as (_, _, _, epochs, _), Member(servers[1].url) as owner:
        await owner.become_owner()
        for room, epoch in epochs.items():
            probes = await probe_all(owner, room, epoch)
            assert probes.differences == [], "\n".join(probes.differences)
            print(f"{probes.count} probes of an owner, 0 differences from an unknown room")


@in_a_loop(60)
async def test_the_probes_tell_a_room_that_is_there_for_a_member(
    servers: Sequence[ServerProcess],
) -> None:
    async with rooms_of_two(servers) as (_, bob, _, epochs, _):
        for room, epoch in epochs.items():
            probes = Probes(bob, room, epoch, f"{epoch}:0")
            asked = [
                one
                for one in REQUESTS
                if one[0] == "GET" and re.match("/(rooms|poll|api/rooms/)", one[1])
            ]  # they change nothing, and end
            for method, path, body in asked:
                await probes.request(method, path, body)
            assert len(probes.differences) > len(asked) / 2
