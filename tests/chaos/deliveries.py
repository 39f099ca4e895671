"""Kills the instance that notifies people's devices, again and again, while somebody writes.

The promise: each device is notified of each message, and of none twice if it keeps the keys.
"""

import asyncio
import random
from collections.abc import Sequence, Set
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from chat.metrics.followers import PUSH
from chat.protocol.cursor import Position, format_position
from tests.support.client import LOBBY, RETURN_S
from tests.support.members import Member
from tests.support.push_service import Device, PushService, run_push_service
from tests.support.relay import Relay
from tests.support.server import ServerProcess
from tests.support.site import DURABLE, POLL_S, Site, run_site
from tests.support.wire import LOST

PEOPLE: Final = 3
# Between two messages, on average.
PAUSE_S: Final = 0.03
# The one that notifies is killed after so long, in the middle of its work.
WORKING_S: Final = (0.2, 1.5)
# The lease of the dead one expires before it is back, and it goes on itself; or after, and whoever
# asks first goes on.
GOES_ON: Final = 0.7
# What is due is sent 3 s later, one message after the other; slower beside other work.
SENT_S: Final = 60.0


@dataclass
class Deliveries:
    """How often somebody was to be notified and the instance killed, and what is wrong."""

    due: int = 0
    kills: int = 0
    repeated: int = 0  # with the key of the first time
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.due} notifications, {self.kills} times the instance that sends them killed: "
            f"{len(self.faults)} not brought, or never due; {self.repeated} brought once more"
        )


def run(kills: int, seed: int) -> Deliveries:
    """Kill the instance that notifies so often, under load."""
    with run_site(2, *DURABLE, PUSH="any") as site, run_push_service() as service:
        verdict = asyncio.run(_run(site, service, kills, random.Random(seed)))
        verdict.faults += site.surprises()
    return verdict


async def _run(site: Site, service: PushService, kills: int, dice: random.Random) -> Deliveries:
    verdict = Deliveries(kills=kills)
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Relay([s.port for s in site.servers]))
        url = f"http://127.0.0.1:{balancer.port}"
        author, *others = [await stack.enter_async_context(Member(url)) for _ in range(1 + PEOPLE)]
        await author.sign_up()
        devices = []
        for other in others:
            await other.sign_up()
        for other in others:
            devices.append(service.device())
            await other.must("PUT", "/api/me/push", **devices[-1].subscription)
            await other.must("PUT", f"/api/rooms/{LOBBY}/notifications", level="all")
        due: set[str] = set()
        killing = asyncio.create_task(kill_active(site, PUSH, kills, dice))
        while not killing.done():
            due.add(await _say(author, len(due)))
            await asyncio.sleep(dice.uniform(0, 2 * PAUSE_S))
        await killing
        verdict.due = len(due) * len(devices)
        for device in devices:
            received = await asyncio.to_thread(_received, device, author.user, due)
            verdict.repeated += len(received) - len(set(received))
            verdict.faults += compare(due, received)
    return verdict


def compare(due: Set[str], received: Sequence[str]) -> list[str]:
    """Return how what a device ``received`` differs from what is ``due``."""
    missing = [f"a device was not told of {key}" for key in sorted(due - set(received))]
    return missing + [f"a device was told of {key}" for key in sorted(set(received) - due)]


async def _say(author: Member, number: int) -> str:
    """Say something once; return the key of the notification."""
    command = {"type": "send", "room": LOBBY, "text": f"number {number}", "key": str(number)}
    while True:
        try:
            reply = await author.ask(**command)
        except LOST:
            await asyncio.sleep(RETURN_S)
            continue
        if reply["type"] == "ok":
            return format_position(LOBBY, Position(reply["epoch"], reply["offset"]))
        assert reply["code"] == "unavailable", reply
        await asyncio.sleep(reply["retry_ms"] / 1000)


async def kill_active(site: Site, follower: str, kills: int, dice: random.Random) -> None:
    """Kill the instance that does the work of ``follower``, so often; another goes on with it."""
    for _ in range(kills):
        server = await _active(site.servers, follower)
        await asyncio.sleep(dice.uniform(*WORKING_S))
        server.kill()
        goes_on = dice.random() < GOES_ON
        if not goes_on:
            await asyncio.to_thread(server.start)
        with site.redis.client() as client:
            client.delete(f"parley:lease:{follower}")  # as after 18 s
        if goes_on:
            await asyncio.to_thread(server.start)


async def _active(servers: Sequence[ServerProcess], follower: str) -> ServerProcess:
    """Return the instance that does the work, when there is one."""
    while True:
        for server in servers:
            if await _is_active(server, follower):
                return server
        await asyncio.sleep(POLL_S)


async def _is_active(server: ServerProcess, follower: str) -> bool:
    async with Member(server.url) as member:
        metrics = (await member.get("/metrics")).body.decode()
    return f'parley_follower_active{{follower="{follower}"}} 1.0' in metrics


def _received(device: Device, author: str, due: Set[str]) -> list[str]:
    """Return the keys of what ``device`` received of ``author``, when nothing of ``due`` lacks."""

    def keys() -> list[str]:
        notices = [one.notice for one in device.received]
        return [notice["key"] for notice in notices if notice["user"] == author]

    with device.changed:
        device.changed.wait_for(lambda: due <= set(keys()), SENT_S)
        return keys()
