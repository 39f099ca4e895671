"""Kills the instance that sends to webhooks, and their receiver, while people write.

The promise: each message reaches the webhook of its room, and none twice for who keeps the ids; all
signatures are right. A receiver that takes some and refuses others is told of all.
"""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chat.backplane.webhooks import room_of
from chat.metrics.followers import WEBHOOKS
from tests.chaos.deliveries import kill_active
from tests.support.client import RETURN_S
from tests.support.members import Member
from tests.support.relay import Relay
from tests.support.site import DURABLE, Site, run_site
from tests.support.webhook_program import FORGED, Program
from tests.support.wire import LOST

REFUSED: Final = 0.3
# The receiver lives for so long, and is away for so long.
LIVES_S: Final = (2.0, 6.0)
AWAY_S: Final = (0.2, 1.5)
# After the last kill the receiver stays. What fails seven times more has a pause of two minutes.
SENT_S: Final = 300.0
LOOK_S: Final = 0.2


@dataclass
class Told:
    """How many messages there were and how often something was killed; what is wrong."""

    messages: int = 0
    kills: int = 0
    restarts: int = 0  # of the receiver
    repeated: int = 0  # with the id of the first time
    late: int = 0  # after one that was said later
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.messages} messages, {self.kills} times the instance that sends to webhooks "
            f"killed, {self.restarts} times the receiver: {len(self.faults)} not brought, or "
            f"forged; {self.repeated} brought once more, {self.late} after later ones"
        )


def run(rooms: int, messages: int, kills: int, seed: int) -> Told:
    """Have so many messages said in each of so many rooms."""
    dice, told = random.Random(seed), Told(kills=kills)
    with (
        run_site(2, *DURABLE, WEBHOOKS_ALLOW="127.0.0.0/8") as site,
        tempfile.TemporaryDirectory() as folder,
    ):
        program = Program(Path(folder), REFUSED, seed)
        try:
            asyncio.run(_run(told, site, program, (rooms, messages), dice))
        finally:
            program.kill()
        told.faults += site.surprises()
    return told


async def _run(
    told: Told, site: Site, program: Program, count: tuple[int, int], dice: random.Random
) -> None:
    rooms, messages = count
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Relay([s.port for s in site.servers]))
        url = f"http://127.0.0.1:{balancer.port}"
        authors = [await stack.enter_async_context(Member(url)) for _ in range(rooms)]
        hooks = [await _make(author, program, n) for n, author in enumerate(authors)]
        program.know({f"/{n}": secret for n, (_, secret) in enumerate(hooks)})
        restarting = asyncio.create_task(_restart(told, program, dice))
        killing = asyncio.create_task(kill_active(site, WEBHOOKS, told.kills, dice))
        said = await asyncio.gather(
            *(_talk(one, id, messages) for one, (id, _) in zip(authors, hooks, strict=True))
        )
        await killing
        restarting.cancel()
        await asyncio.wait([restarting])
        due = {id for ids in said for id in ids}
        told.messages = len(due)
        for author, (id, _) in zip(authors, hooks, strict=True):
            # Of so many messages one may have failed nine times, and would wait for minutes.
            await author.must("PATCH", f"/api/webhooks/{id}", is_enabled=True)
        await _until_told(program, due)
        judge(told, due, program.taken())
        for author, (id, _) in zip(authors, hooks, strict=True) if told.faults else ():
            told.faults.append(str(await author.must("GET", f"/api/webhooks?room={room_of(id)}")))


def judge(told: Told, due: Set[str], taken: Sequence[str]) -> None:
    """Compare what the receiver has ``taken`` with what is ``due``."""
    counts = Counter(taken)
    told.faults += [f"{counts.pop(FORGED)} were forged"] if FORGED in counts else []
    told.faults += [f"the webhook was not told of {id}" for id in sorted(due - counts.keys())]
    told.faults += [f"the webhook was told of {id}" for id in sorted(counts.keys() - due)]
    told.repeated = counts.total() - len(counts)
    told.late = _late(taken)


def _late(taken: Iterable[str]) -> int:
    """Return how many came for the first time after a later one of their webhook."""
    newest: dict[str, int] = {}
    seen: set[str] = set()
    late = 0
    for id in taken:
        hook, _, offset = id.rpartition(":")
        if id != FORGED and id not in seen:
            seen.add(id)
            late += int(offset) < newest.get(hook, 0)
            newest[hook] = max(newest.get(hook, 0), int(offset))
    return late


async def _make(author: Member, program: Program, number: int) -> tuple[str, str]:
    """Make a room and its webhook; return its id and its secret."""
    await author.sign_up()
    room = (await author.must("POST", "/api/rooms", title=f"Told {number}", access="private"))[
        "room"
    ]
    made = await author.must(
        "POST",
        f"/api/webhooks?room={room}",
        url=f"http://127.0.0.1:{program.port}/{number}",
        events=["message"],
    )
    return made["id"], made["secret"]


async def _talk(author: Member, id: str, count: int) -> list[str]:
    """Say so much in the room of a webhook; return the ids that it is to be told."""
    room = room_of(id)
    return [f"{id}:{await _say(author, room, number)}" for number in range(count)]


async def _say(author: Member, room: str, number: int) -> str:
    """Say something once; return its epoch and offset."""
    command = {"type": "send", "room": room, "text": f"number {number}", "key": str(number)}
    while True:
        try:
            reply = await author.ask(**command)
        except LOST:
            await asyncio.sleep(RETURN_S)
            continue
        if reply["type"] == "ok":
            return f"{reply['epoch']}:{reply['offset']}"
        assert reply["code"] == "unavailable", reply
        await asyncio.sleep(reply["retry_ms"] / 1000)


async def _restart(told: Told, program: Program, dice: random.Random) -> None:
    """Start the receiver, and kill it again and again, in the middle of its work; it stays up."""
    while True:
        await asyncio.to_thread(program.start)
        await asyncio.sleep(dice.uniform(*LIVES_S))
        program.kill()
        told.restarts += 1
        try:
            await asyncio.sleep(dice.uniform(*AWAY_S))
        except asyncio.CancelledError:
            program.start()
            raise


async def _until_told(program: Program, due: Set[str]) -> None:
    """Wait until all have come, or nothing has come for SENT_S."""
    left, since_s = len(due), 0.0
    while left and since_s < SENT_S:
        await asyncio.sleep(LOOK_S)
        now_left = len(due - set(program.taken()))
        since_s = 0.0 if now_left < left else since_s + LOOK_S
        left = now_left
