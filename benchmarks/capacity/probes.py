"""What the model must know of Redis and of the kernel, measured: three minutes, on real ones.

Costs are per message, per connect and per command while nothing is said. Where two things were
spent together (a reader's heartbeat and its lease), the known one is taken off.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.capacity.probe import Probe, Spent, probe
from benchmarks.load.contenders import contenders, parley
from benchmarks.load.crowd import Clock, Crowd, crowd
from benchmarks.load.runs import WARM_UP_S, Talk, gather, room_name
from benchmarks.load.stream import Stream

FLOOD_S: Final = 4.0
FLOODS: Final = 3
IDLE_S: Final = 16.0  # two renewals of each lease
ROOMS: Final = 63  # of two, odd: so that of two instances each reads every room
SMALL: Final = 5000, 1000  # members, rooms: of five, as conversations are
LARGE: Final = 2000, 1  # on average half of them are there when one more comes
COMMITS: Final = 200
UNSEEN: Final = 5000  # connections whose memory in the kernel is looked at

_OURS: Final = contenders()["Parley"]


def measure(*, write_us: float, idle_us_per_s: float) -> dict[str, float]:
    """Return what is known then, by the names that Parameters has."""
    found = _messages(write_us)
    small_connect, small_idle, base = _crowd(*SMALL)
    large_connect, _, _ = _crowd(*LARGE)
    members, rooms = SMALL
    connects, present = members - rooms, LARGE[0] / 2
    found |= {
        "attach_us": 1e6 * small_connect.instances_s / connects,
        "redis_attach_us": 1e6 * small_connect.redis_s / connects,
        "attach_commands": small_connect.calls.total() / connects,
        "present_us": _each_present("instances_s", large_connect, small_connect, present),
        "redis_present_us": _each_present("redis_s", large_connect, small_connect, present),
        "present_bytes": _each_present("out_bytes", large_connect, small_connect, present) / 1e6,
    }
    idle_s = small_idle.instances_s / small_idle.wall_s - base.instances_s / base.wall_s
    idle_redis_s = small_idle.redis_s / small_idle.wall_s - base.redis_s / base.wall_s
    commands_per_s = small_idle.calls.total() / small_idle.wall_s
    found["upkeep_us"] = (1e6 * idle_s - members * idle_us_per_s) / commands_per_s
    found["redis_upkeep_us"] = 1e6 * idle_redis_s / commands_per_s
    found["kernel_bytes"] = _kernel_bytes()
    found["sync_ms"] = _sync_ms()
    return found


def _messages(write_us: float) -> Mapping[str, float]:
    """Flood rooms of two, on one instance and on two: what differs is what one more hears.

    That is a small difference of large numbers: so the median of some, in turn.
    """
    found = [(_flood(1), _flood(2)) for _ in range(FLOODS)]
    one, two = (_median([each[place] for each in found]) for place in (0, 1))
    hear_us = max(0.0, two["instances_us"] - one["instances_us"])
    push_us = max(0.0, two["redis_us"] - one["redis_us"])
    return {
        "hear_us": hear_us,
        "redis_take_us": one["instances_us"] - hear_us - 2 * write_us,
        "redis_push_us": push_us,
        "redis_message_us": one["redis_us"] - push_us,
        "message_commands": one["scripts"],
        "message_in_bytes": one["in_bytes"],
        "push_bytes": two["out_bytes"] - one["out_bytes"],
        "stored_bytes": one["memory_bytes"],
    }


def _median(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def _flood(instances: int) -> Mapping[str, float]:
    """Return what a message cost."""
    with probe(instances) as seen, crowd() as them:
        gather(
            them,
            _OURS,
            seen.running,
            transport="websocket",
            members=2 * ROOMS,
            speakers=ROOMS,
            rooms=ROOMS,
        )
        talk = Talk(them)
        for _ in range(ROOMS):
            talk.say()
        talk.keep_on_until(Clock() + WARM_UP_S)
        before = talk.heard
        seen.begin()
        talk.keep_on_until(Clock() + FLOOD_S)
        spent = seen.spent()
        messages = talk.heard - before
        talk.end()
    return {
        "instances_us": 1e6 * spent.instances_s / messages,
        "redis_us": 1e6 * spent.redis_s / messages,
        "scripts": spent.calls["evalsha"] / messages,
        "in_bytes": spent.in_bytes / messages,
        "out_bytes": spent.out_bytes / messages,
        "memory_bytes": spent.memory_bytes / messages,
    }


def _crowd(members: int, rooms: int) -> tuple[Spent, Spent, Spent]:
    """Return what connecting cost, what being there does, and what nobody does."""
    with probe(1) as seen, crowd() as them:
        base = _wait(seen, lambda: time.sleep(1), IDLE_S / 4)
        (port,) = seen.running.ports
        places = [(port, room_name(number, rooms), number) for number in range(members)]
        them.connect([partial(_OURS.speaker, *place) for place in places[:rooms]])
        seen.begin()
        them.connect([partial(_OURS.reader, "websocket", *place) for place in places[rooms:]])
        connecting = seen.spent()
        speaking = [one for one in them.members[:rooms] if isinstance(one, Stream)]
        them.appoint(speaking, speaking)
        them.settle()
        time.sleep(2)  # until nobody's coming is news any more
        return connecting, _wait(seen, partial(_stay, them), IDLE_S), base


def _stay(them: Crowd) -> None:
    them.pong()
    them.settle()
    time.sleep(1)


def _wait(seen: Probe, go_on: Callable[[], None], seconds: float) -> Spent:
    seen.begin()
    end = Clock() + seconds
    while Clock() < end:
        go_on()
    return seen.spent()


def _each_present(name: str, large: Spent, small: Spent, present: float) -> float:
    """Return in millionths what one more who is there adds to a connect."""
    members, rooms = SMALL
    each = getattr(large, name) / (LARGE[0] - LARGE[1]) - getattr(small, name) / (members - rooms)
    return 1e6 * each / present


def _kernel_bytes() -> float:
    """Return what the kernel keeps for an idle connection: half of it is the client's end."""
    with ExitStack() as stack:
        running = stack.enter_context(parley())
        them = stack.enter_context(crowd())
        before_bytes = _slab_bytes()
        port = running.ports[0]
        them.connect(
            [partial(_OURS.reader, "websocket", port, "general", n) for n in range(UNSEEN)]
        )
        time.sleep(1)
        return (_slab_bytes() - before_bytes) / UNSEEN / 2


def _slab_bytes() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Slab:"))


def _sync_ms() -> float:
    """Return what a commit waits for the disk, in the median."""
    waits_ms = []
    with tempfile.TemporaryDirectory() as folder:
        descriptor = os.open(Path(folder) / "log", os.O_CREAT | os.O_WRONLY)
        for _ in range(COMMITS):
            os.write(descriptor, bytes(4096))  # a page, as SQLite's log of writes has them
            began = Clock()
            os.fdatasync(descriptor)
            waits_ms.append(1e3 * (Clock() - began))
        os.close(descriptor)
    return statistics.median(waits_ms)
