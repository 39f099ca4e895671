"""The Python client against a real server, through a network as bad as they come."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chat.accounts.blocklist import Block, Why
from chat.backplane.embedded import EmbeddedBlocklistAdmin
from chat.client import Parley, Push, Refused, State, connect
from chat.client.history import Outcome
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.hostile import Mode, run_hostile
from tests.support.server import ServerProcess, run_server

LIMIT_S = 60
ROOM = "dev"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server
        assert not [line for line in server.log if " ERROR " in line]


class Friend:
    """A guest on a friendly network, for the client to talk with."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def say(self, text: str) -> None:
        reply = await self.client.command(type="send", room=ROOM, text=text, key=text)
        assert reply["type"] == "ok", reply


@asynccontextmanager
async def friend(server: ServerProcess) -> AsyncIterator[Friend]:
    async with Client(server.url) as client:
        await client.get("/healthz")
        await client.command(type="join", room=ROOM)
        yield Friend(client)


class Watch:
    """Hears of each change of a Parley."""

    def __init__(self) -> None:
        self.changes: list[tuple[State, str | None, str]] = []
        self._changed = asyncio.Event()

    def __call__(self, parley: Parley) -> None:
        self.changes.append((parley.state, parley.transport, parley.reason))
        self._changed.set()

    async def until_died(self, parley: Parley) -> None:
        while not any(attempt.outcome is Outcome.DIED for attempt in parley.attempts):
            self._changed.clear()
            await self._changed.wait()

    async def until_over(self, transport: str) -> None:
        await self.until(State.CONNECTED, transport)

    async def until(self, state: State, transport: str | None = None) -> None:
        while not self.changes or self.changes[-1][:2] != (state, transport):
            self._changed.clear()
            await self._changed.wait()


async def message(parley: Parley, text: str) -> Push:
    """Return the message that says ``text``."""
    async for push in parley:
        if push["type"] == "message" and push["text"] == text:
            return push
    raise AssertionError("closed")


@pytest.mark.parametrize(
    ("mode", "transport"),
    [
        ("friendly", "websocket"),
        ("websocket_refused", "sse"),
        ("websocket_swallowed", "sse"),
        ("websocket_mute", "sse"),
        ("stream_held", "websocket"),
        ("websocket_dies", "sse"),
        ("mute_and_held", "longpoll"),
        ("cut_after", "longpoll"),
        ("http_1_0", "sse"),
        ("posts_delayed", "websocket"),
        ("held_64_kib", "longpoll"),
        ("idle_cut", "longpoll"),
    ],
)
@in_a_loop(LIMIT_S)
async def test_a_message_comes_and_goes_by_what_the_network_allows(
    server: ServerProcess, mode: str, transport: str
) -> None:
    watch = Watch()
    # Cut at 2 s, to see it within a test's patience; what streams live then counts as early.
    with run_hostile(server.port, mode=mode, cut_after_s=2, idle_s=2) as network:
        async with (
            friend(server) as other,
            connect(network.url, ROOM, on_change=watch) as parley,
        ):
            await watch.until_over(transport)
            await other.say(f"over {mode}")
            push = await message(parley, f"over {mode}")
            reply = await parley.send(ROOM, f"heard over {mode}")
            assert reply["offset"] > push["offset"]
            assert (await message(parley, f"heard over {mode}"))["user"] == parley.user
            assert parley.transport == transport


@in_a_loop(LIMIT_S)
async def test_it_says_why_it_is_no_better_transport(server: ServerProcess) -> None:
    # A WebSocket that works, so that the server forgets upgrades that other tests took away: it
    # would offer Server-Sent Events first, and no WebSocket be tried.
    async with connect(server.url, ROOM, transports=["websocket"]):
        pass
    with run_hostile(server.port, mode="websocket_swallowed") as network:
        async with connect(network.url, ROOM) as parley:
            assert parley.reason.startswith("WebSocket gave no hello in ")
    with run_hostile(server.port, mode="websocket_refused") as network:
        async with connect(network.url, ROOM) as parley:
            assert parley.reason.startswith("WebSocket was refused after ")
            assert parley.reason.endswith(" ms (403 Forbidden)")


@pytest.mark.parametrize("mode", ["down", "swallow_all"])
@in_a_loop(LIMIT_S)
async def test_it_comes_back_where_the_whole_network_was_away(
    server: ServerProcess, mode: str
) -> None:
    watch = Watch()
    with run_hostile(server.port) as network:
        async with (
            friend(server) as other,
            connect(network.url, ROOM, on_change=watch) as parley,
        ):
            await asyncio.to_thread(network.become, mode)
            sending = asyncio.create_task(parley.send(ROOM, f"through {mode}"))
            await other.say(f"during {mode}")
            await watch.until(State.WAITING)
            await asyncio.to_thread(network.become, "friendly")
            await watch.until_over("websocket")
            await sending
            texts = []
            while len(texts) < 2:
                push = await anext(parley)
                texts += [push["text"]] if push["type"] == "message" else []
            assert sorted(texts) == [f"during {mode}", f"through {mode}"]


@in_a_loop(LIMIT_S)
async def test_it_climbs_back_when_the_network_is_better(server: ServerProcess) -> None:
    watch = Watch()
    with run_hostile(server.port, mode=Mode.MUTE_AND_HELD) as network:
        async with connect(network.url, ROOM, on_change=watch) as parley:
            assert parley.transport == "longpoll"
            await asyncio.to_thread(network.become, "friendly")
            parley.network_changed()
            await watch.until_over("websocket")
            states = {state for state, _, _ in watch.changes}
            assert states == {State.CONNECTING, State.CONNECTED}, "it was never cut off"


@in_a_loop(LIMIT_S)
async def test_what_died_young_leads_again_only_when_it_has_lived_through_a_trial(
    server: ServerProcess,
) -> None:
    watch = Watch()
    with run_hostile(server.port, mode=Mode.WEBSOCKET_DIES) as network:
        async with connect(network.url, ROOM, on_change=watch) as parley:
            await watch.until_died(parley)  # on a slow machine the stream may have been first
            await watch.until_over("sse")
            await asyncio.to_thread(network.become, "friendly")
            await watch.until_over("websocket")
            died = [a for a in parley.attempts if a.outcome is Outcome.DIED]
            assert {attempt.transport for attempt in died} == {"websocket"}
            last = parley.attempts[-1]
            assert last.led_s is not None and last.proven_s is not None
            assert last.led_s - last.proven_s >= 5


@in_a_loop(LIMIT_S)
async def test_a_command_that_is_swallowed_on_its_way_up_moves_it_to_another_transport(
    server: ServerProcess,
) -> None:
    watch = Watch()
    with run_hostile(server.port, mode=Mode.WEBSOCKET_REFUSED) as network:
        async with connect(network.url, ROOM, on_change=watch) as parley:
            assert parley.transport == "sse"
            await asyncio.to_thread(network.become, "posts_swallowed")
            reply = await parley.send(ROOM, "not to be swallowed")
            assert parley.transport == "websocket"
            push = await message(parley, "not to be swallowed")
            assert push["offset"] == reply["offset"]


@in_a_loop(LIMIT_S)
async def test_a_server_that_stops_is_left_and_found_again() -> None:
    watch = Watch()
    with run_server(RATE_LIMITS="off") as server:
        async with connect(server.url, ROOM, name="Ann", on_change=watch) as parley:
            user = parley.user
            await asyncio.to_thread(server.stop)
            sending = asyncio.create_task(parley.send(ROOM, "still here"))
            await watch.until(State.WAITING)
            await asyncio.to_thread(server.start)
            await sending
            push = await message(parley, "still here")
            assert (push["user"], push["name"]) == (user, "Ann")
            assert [a.outcome for a in parley.attempts][0] is Outcome.LEFT


@pytest.mark.parametrize("transport", ["websocket", "sse", "longpoll"])
@in_a_loop(LIMIT_S)
async def test_it_keeps_to_what_the_server_offers(transport: str) -> None:
    with run_server(TRANSPORTS=transport) as server:
        async with connect(server.url) as parley:
            assert parley.transport == transport
            await parley.send("general", "hello")
            assert (await message(parley, "hello"))["room"] == "general"
        if transport != "websocket":
            with pytest.raises(Refused):
                async with connect(server.url, transports=["websocket"]):
                    pass


@in_a_loop(LIMIT_S)
async def test_what_the_server_refuses_is_raised(server: ServerProcess) -> None:
    with pytest.raises(Refused) as refused:
        async with connect(server.url, "No Room"):
            pass
    assert refused.value.code == "bad_room"
    with pytest.raises(Refused) as refused:
        async with connect(server.url, name="x" * 100):
            pass
    assert refused.value.code == "too_long"
    async with connect(server.url, ROOM) as parley:
        with pytest.raises(Refused) as refused:
            await parley.send(ROOM, " ")
        assert refused.value.code == "empty"


@in_a_loop(LIMIT_S)
async def test_whom_a_message_mentions_is_told_by_id(server: ServerProcess) -> None:
    async with friend(server) as other, connect(server.url, ROOM, name="Jos\u00e9") as parley:
        await other.say("@jose\u0301, look")
        assert (await message(parley, "@jose\u0301, look"))["mentions"] == [parley.user]
        async for push in parley:
            if push["type"] == "notification":
                assert (push["kind"], push["text"]) == ("mention", "@jose\u0301, look")
                break


@in_a_loop(LIMIT_S)
async def test_rooms_can_be_joined_and_left_in_mid_conversation(server: ServerProcess) -> None:
    async with connect(server.url, ROOM) as parley, connect(server.url, "attic") as other:
        assert (await parley.command(type="join", room="attic"))["type"] == "ok"
        await other.send("attic", "up here")
        assert (await message(parley, "up here"))["room"] == "attic"
        assert (await parley.command(type="leave", room="attic"))["type"] == "ok"
        await other.send("attic", "alone")
        await other.command(type="join", room=ROOM)
        await other.send(ROOM, "down here")
        async for push in parley:
            assert push.get("text") != "alone"
            if push.get("text") == "down here":
                break


@in_a_loop(180)
async def test_nothing_is_lost_doubled_or_reordered_while_the_network_turns_at_random(
    server: ServerProcess,
) -> None:
    seed = int(os.environ.get("HOSTILE_SEED", random.randrange(10**6)))
    print(f"HOSTILE_SEED={seed}")  # pytest shows it when the test fails
    dice = random.Random(seed)
    watch = Watch()
    count = 300
    down = [f"down-{seed}-{n}" for n in range(count)]
    up = [f"up-{seed}-{n}" for n in range(count)]
    modes = [m for m in Mode if m is not Mode.FRIENDLY]
    with run_hostile(server.port, rtt_ms=10, cut_after_s=0.5, idle_s=0.5, post_delay_s=0.3) as net:
        async with (
            friend(server) as other,
            connect(net.url, ROOM, on_change=watch) as parley,
        ):
            heard: list[Push] = []

            async def hear() -> None:
                while len(heard) < 2 * count:
                    push = await anext(parley)
                    assert push["type"] != "resync"
                    heard.extend([push] if push["type"] == "message" else [])

            async def say(texts: list[str]) -> None:
                for text in texts:
                    await other.say(text)
                    # The messages spread over the turns of the network.
                    await asyncio.sleep(dice.uniform(0, 0.1))

            async def send(texts: list[str]) -> None:
                for text in texts:
                    await parley.send(ROOM, text, key=text)

            async def turn() -> None:
                for mode in dice.sample(modes, len(modes)):
                    await asyncio.to_thread(net.become, mode)
                    await asyncio.sleep(dice.uniform(0.1, 1.5))
                    await asyncio.to_thread(net.become, "friendly")
                    await asyncio.sleep(dice.uniform(0.1, 0.5))

            turning = asyncio.create_task(turn())
            hearing = asyncio.create_task(hear())
            sending = asyncio.create_task(send(up))
            await say(down)
            await asyncio.gather(turning, hearing, sending)
            texts = [push["text"] for push in heard]
            assert [text for text in texts if text.startswith("down")] == down
            assert [text for text in texts if text.startswith("up")] == up
            offsets = [push["offset"] for push in heard]
            assert offsets == sorted(set(offsets))
            await watch.until_over("websocket")
            assert len(parley.attempts) > 1, "it was never thrown out"


@pytest.mark.parametrize("transport", ["websocket", "sse", "longpoll"])
@pytest.mark.parametrize(
    ("why", "code"), [(Why.BANNED, "banned"), (Why.SIGNED_OUT, "unauthorized")]
)
@in_a_loop(LIMIT_S)
async def test_who_is_kept_out_is_told_and_does_not_come_back(
    tmp_path: Path, transport: str, why: Why, code: str
) -> None:
    with run_server(tmp_path) as server:
        watch = Watch()
        async with connect(server.url, transports=[transport], on_change=watch) as parley:
            await watch.until_over(transport)
            book = EmbeddedBlocklistAdmin(tmp_path)
            await book.put(Block(who=parley.user, why=why, until_s=4e9))
            with pytest.raises(Refused) as refused:
                async for _ in parley:
                    pass
            await book.close()
            assert refused.value.code == code
            assert parley.state is State.CLOSED
