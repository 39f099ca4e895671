"""What so many clients in such rooms need: instances, Redis nodes, memory, and a storm's time.

Formulae, not events: a million clients are more than one machine simulates, and at this size
averages are what counts. docs/capacity.md has them in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log1p
from typing import Final

from benchmarks.capacity.crowd import storm
from benchmarks.capacity.engine import COOL_S
from benchmarks.capacity.instance import US
from benchmarks.capacity.parameters import Parameters
from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import presence_interval_s
from chat.backplane.redis.feed import CHECK_INTERVAL_S
from chat.backplane.redis.presence import LOOK_INTERVAL_S, RENEW_INTERVAL_S
from chat.hub.write_delay import FAN_OUT_S

# A core that is to answer in time, and to take over a part of a dead neighbour's work.
TARGET: Final = 0.6
# Measured up to here; descriptors (65,536) and memory allow more, a fan-out's time does not.
CONNECTIONS: Final = 10_000
# A process with nobody in it, about.
PROCESS_BYTES: Final = 60e6
# Ten gigabits, which is what a Redis node's network mostly is.
LINK_BYTES_PER_S: Final = 1.25e9
# Where no number of instances is enough, more than this were tried.
MOST_INSTANCES: Final = 2000


@dataclass(frozen=True)
class Demand:
    clients: int
    room: int  # members
    per_s: float  # messages a room
    stay_s: float = 1800.0  # for which a client stays, in the mean

    @property
    def rooms(self) -> float:
        return self.clients / self.room

    @property
    def messages_per_s(self) -> float:
        return self.rooms * self.per_s


@dataclass(frozen=True)
class Need:
    """What ``instances`` have to do; shares of a core by cause."""

    instances: int
    instance: Mapping[str, float]  # of each instance
    redis: Mapping[str, float]  # of all nodes together
    commands_per_s: float
    redis_out_bytes_per_s: float
    memory_bytes: float = field(default=0.0)  # of each instance, the kernel's for it too

    @property
    def nodes(self) -> int:
        return max(1, ceil(sum(self.redis.values()) / TARGET))


def spread(room: int, instances: int) -> float:
    """Return on how many instances somebody reads a room whose members are anywhere."""
    return instances * (1 - (1 - 1 / instances) ** room)


def _is_listed(demand: Demand) -> bool:
    """Return whether who comes is told who is there, not only how many."""
    return demand.room <= MAX_PRESENT_LISTED


def need(known: Parameters, demand: Demand, instances: int, *, reads_presence: bool = True) -> Need:
    """Return the load of ``instances``; ``reads_presence``: a room's people are read one by one."""
    clients_here = demand.clients / instances
    wide = spread(demand.room, instances)
    rooms_here = demand.rooms * wide / instances
    readers_here = demand.room / wide
    said_here = demand.messages_per_s / instances
    heard_here = demand.messages_per_s * wide / instances
    # A room rests after a fan-out for as long as that took, and what comes meanwhile is joined.
    busy_s = readers_here * (known.write_us * US + FAN_OUT_S)
    fan_outs = rooms_here * demand.per_s / (1 + demand.per_s * busy_s)
    connects_here = clients_here / demand.stay_s
    # Each coming and going has a room's people read, once an interval at most; without any, they
    # are looked at now and then for leases that ran out. Who comes to few reads them, too.
    changes = 2 * demand.room / demand.stay_s
    interval_s = presence_interval_s(demand.room)
    tellings_here = rooms_here * min(changes, 1 / interval_s)
    looks_here = max(tellings_here, rooms_here / max(interval_s, LOOK_INTERVAL_S))
    reads_here = looks_here + connects_here * _is_listed(demand)
    present_here = reads_here * demand.room * reads_presence
    upkeep_here = (
        clients_here / RENEW_INTERVAL_S + rooms_here / CHECK_INTERVAL_S + looks_here
    )  # commands
    events = said_here + heard_here + 1e-9
    instance_us = {
        "taking messages in": said_here * known.redis_take_us,
        "hearing them from Redis": heard_here * known.hear_us,
        "writing to readers": fan_outs * (known.room_us + readers_here * known.write_us),
        "telling who is present": tellings_here * (known.room_us + readers_here * known.write_us),
        "heartbeats": clients_here * known.idle_us_per_s,
        "the process itself": known.process_us_per_s,
        "leases and looking at Redis": upkeep_here * known.upkeep_us,
        "reading who is present": present_here * known.present_us,
        "connects": connects_here * known.attach_us,
    }
    # The busier, the less it sleeps: a wake-up is an event that found it asleep.
    idle = max(0.0, 1 - sum(instance_us.values()) * US)
    instance_us["waking up"] = events * idle * known.wake_us * log1p(1 / events / COOL_S)
    messages, connects = demand.messages_per_s, demand.clients / demand.stay_s
    present = present_here * instances
    redis_us = {
        "messages": messages * known.redis_message_us,
        "telling instances": (messages + demand.rooms * changes) * wide * known.redis_push_us,
        "leases and looks": upkeep_here * instances * known.redis_upkeep_us,
        "who is present": present * known.redis_present_us,
        "connects": connects * known.redis_attach_us,
    }
    return Need(
        instances=instances,
        instance={cause: cost * US for cause, cost in instance_us.items()},
        redis={cause: cost * US for cause, cost in redis_us.items()},
        commands_per_s=messages * known.message_commands
        + upkeep_here * instances
        + connects * known.attach_commands,
        redis_out_bytes_per_s=messages * wide * known.push_bytes + present * known.present_bytes,
        memory_bytes=PROCESS_BYTES + clients_here * (known.reader_bytes + known.kernel_bytes),
    )


def size(known: Parameters, demand: Demand, *, reads_presence: bool = True) -> Need:
    """Return the least number of instances that keep below TARGET, or the most that were tried."""
    instances = max(1, ceil(demand.clients / CONNECTIONS))
    while True:
        found = need(known, demand, instances, reads_presence=reads_presence)
        if sum(found.instance.values()) <= TARGET or instances >= MOST_INSTANCES:
            return found
        instances += max(1, instances // 50)


@dataclass(frozen=True)
class Storm:
    """What it takes until all of a dead instance are back: three limits, the worst counts."""

    instances_s: float
    redis_s: float
    network_s: float


def reconnect(
    known: Parameters, demand: Demand, sized: Need, *, part: float, reads_presence: bool = True
) -> Storm:
    """Have ``part`` of the clients come at once to what is left of the instances."""
    clients = demand.clients * part
    left = max(1, round(sized.instances * (1 - part)))
    present = demand.room * reads_presence * _is_listed(demand)
    each_us = known.attach_us + known.present_us * present
    free = max(0.05, 1 - sum(sized.instance.values()))
    figures = storm(known, members=ceil(clients / left), each_us=each_us / free)
    assert figures.p99_ms is not None
    redis_us = known.redis_attach_us + known.redis_present_us * present
    redis_free = max(0.05, 1 - sum(sized.redis.values()) / sized.nodes)
    return Storm(
        instances_s=figures.p99_ms / 1e3,
        redis_s=clients * redis_us * US / sized.nodes / redis_free,
        network_s=clients * known.present_bytes * present / sized.nodes / LINK_BYTES_PER_S,
    )
