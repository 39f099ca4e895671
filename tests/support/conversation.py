"""A conversation of clients that change transport and instance at random moments.

It checks that no message was lost, repeated or reordered.
"""

import asyncio
import random

from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.roamer import TRANSPORTS, Roamer

CLIENTS = 8
MESSAGES = 2000
ROOMS = ("general", "dev")
# If nothing arrives in this time, it hangs. The total time depends on the machine.
STALL_S = 60


async def roam_at_random(client: Roamer, dice: random.Random, switches: list[str]) -> None:
    """Change transport repeatedly: sometimes before the old one is closed, as an upgrade does,
    sometimes after, as a fallback does."""
    attached: list[asyncio.Task[None]] = []
    try:
        while True:
            transport = dice.choice(TRANSPORTS)
            switches.append(transport)
            is_upgrade = dice.random() < 0.5
            if attached and not is_upgrade:
                await end(attached.pop())
            attached.append(asyncio.create_task(client.roam(transport)))
            # A random stay, not a wait for an event: the moment of the switch is tested.
            await asyncio.wait(attached[-1:], timeout=dice.uniform(0.0, 0.15))
            for older in attached[:-1]:
                await end(older)
                attached.remove(older)
    finally:
        for task in attached:
            await end(task)


async def end(task: "asyncio.Task[None]") -> None:
    """Stop ``task``; raise its error if it has failed."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def send_all(client: Roamer, dice: random.Random, texts: list[str]) -> list[tuple[str, int]]:
    """Send ``texts`` in order, each to a random room; return the room and offset of each."""
    places = []
    for text in texts:
        room = dice.choice(ROOMS)
        reply = await client.send(room, text, key=text)
        assert reply["type"] == "ok", reply
        places.append((room, reply["offset"]))
        await asyncio.sleep(0)
    return places


async def until_stalled(clients: list[Roamer]) -> None:
    """Raise AssertionError when no client has applied anything for STALL_S."""
    before: list[int] = []
    while (came := [sum(map(len, client.log.values())) for client in clients]) != before:
        before = came
        await asyncio.sleep(STALL_S)
    raise AssertionError(f"Nothing came for {STALL_S} s; each has had {came} entries.")


async def converse(urls: list[str], seed: int) -> None:
    """Let CLIENTS send MESSAGES to each other, each request to a random one of ``urls``."""
    dice = random.Random(seed)
    http = SimpleAsyncHTTPClient(force_instance=True, max_clients=100)
    clients = [Roamer(urls, http, dice) for _ in range(CLIENTS)]
    for client in clients:
        await client.sign_in("dev")
    starts = [dict(client.positions) for client in clients]
    switches: list[str] = []
    roaming = [asyncio.create_task(roam_at_random(c, dice, switches)) for c in clients]
    per_client = MESSAGES // CLIENTS
    texts = [[f"{c}-{n}" for n in range(per_client)] for c in range(CLIENTS)]
    sending = asyncio.gather(
        *(send_all(client, dice, t) for client, t in zip(clients, texts, strict=True))
    )
    arriving = asyncio.gather(*(client.until(MESSAGES) for client in clients))
    talk = asyncio.gather(sending, arriving)
    stall = asyncio.create_task(until_stalled(clients))
    await asyncio.wait([talk, stall, *roaming], return_when=asyncio.FIRST_COMPLETED)
    if not talk.done():
        talk.cancel()
    for task in [stall, *roaming]:
        await end(task)  # raises the error that stopped it
    places, _ = await talk
    http.close()
    check(clients, starts, texts, places)
    assert set(switches) == set(TRANSPORTS)
    assert len(switches) > 10 * CLIENTS, "too few switches to prove anything"


def check(
    clients: list[Roamer],
    starts: list[dict[str, tuple[str, int]]],
    texts: list[list[str]],
    places: list[list[tuple[str, int]]],
) -> None:
    wanted = {
        (room, offset, text)
        for ts, ps in zip(texts, places, strict=True)
        for text, (room, offset) in zip(ts, ps, strict=True)
    }
    assert len(wanted) == MESSAGES, "two messages were told the same place"
    for client, start in zip(clients, starts, strict=True):
        seen = [
            (room, push["offset"], push["text"])
            for room, pushes in client.messages.items()
            for push in pushes
        ]
        assert len(seen) == MESSAGES
        assert set(seen) == wanted
        assert client.resyncs == 0
        for room, pushes in client.log.items():
            offsets = [push["offset"] for push in pushes]
            first = start[room][1] + 1
            assert offsets == list(range(first, first + len(offsets)))
