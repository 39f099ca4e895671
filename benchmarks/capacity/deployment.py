"""Computes what a demand needs: instances, Redis nodes, memory, and the duration of a storm.

It uses formulae, not events: one machine cannot simulate a million clients, and at this size the
averages count. docs/capacity.md explains the formulae.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log1p
from typing import Final

from benchmarks.capacity.crowd import storm
from benchmarks.capacity.engine import COOL_S, US
from benchmarks.capacity.followers import costs
from benchmarks.capacity.parameters import Parameters
from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import presence_interval_s
from chat.backplane.redis.feed import CHECK_INTERVAL_S
from chat.backplane.redis.presence import EXPIRY_INTERVAL_S, RENEW_INTERVAL_S
from chat.followers.runner import GATHER_S
from chat.hub.write_schedule import FAN_OUT_S

# The load of a core that still answers in time and can take a share of a dead instance's work.
TARGET: Final = 0.6
# The most that was measured; descriptors (65,536) and memory allow more, a fan-out's time does not.
CONNECTIONS: Final = 10_000
# The memory of a process without clients, about.
PROCESS_BYTES: Final = 60e6
# Ten gigabits a second, the usual network of a Redis node.
LINK_BYTES_PER_S: Final = 1.25e9
# Past this many instances the search gives up: no number is enough.
MOST_INSTANCES: Final = 2000


@dataclass(frozen=True)
class Demand:
    clients: int
    room: int  # members
    per_s: float  # messages a room
    stay_s: float = 1800.0  # the mean time for which a client stays

    @property
    def rooms(self) -> float:
        return self.clients / self.room

    @property
    def messages_per_s(self) -> float:
        return self.rooms * self.per_s


@dataclass(frozen=True)
class Need:
    """The load of ``instances``: shares of a core, by cause."""

    instances: int
    instance: Mapping[str, float]  # of each instance
    redis: Mapping[str, float]  # of all nodes together
    commands_per_s: float
    redis_out_bytes_per_s: float
    memory_bytes: float = field(default=0.0)  # of each instance, with the kernel's share

    @property
    def nodes(self) -> int:
        return max(1, ceil(sum(self.redis.values()) / TARGET))


def spread(room: int, instances: int) -> float:
    """Return how many instances have a reader of a room whose members are spread at random."""
    return instances * (1 - (1 - 1 / instances) ** room)


def following(known: Parameters, demand: Demand, instances: int) -> float:
    """Return what followers are of each instance's core: they read the rooms of all instances."""
    each = costs(known, instances=instances)
    turns = demand.messages_per_s / (1 + demand.messages_per_s * GATHER_S)
    pages = demand.messages_per_s / (1 + demand.per_s * GATHER_S)  # one a room and turn
    return US * (
        turns * each.turn_us + pages * each.room_us + demand.messages_per_s * each.message_us
    )


def _is_listed(demand: Demand) -> bool:
    """Return whether a client that joins gets the list of those present, not only their number."""
    return demand.room <= MAX_PRESENT_LISTED


def need(known: Parameters, demand: Demand, instances: int, *, reads_presence: bool = True) -> Need:
    """Return the load of ``instances``; ``reads_presence``: presence is read member by member."""
    clients_here = demand.clients / instances
    wide = spread(demand.room, instances)
    rooms_here = demand.rooms * wide / instances
    readers_here = demand.room / wide
    said_here = demand.messages_per_s / instances
    heard_here = demand.messages_per_s * wide / instances
    # After a fan-out a room rests for as long as that took; messages that arrive then are joined.
    busy_s = readers_here * (known.write_us * US + FAN_OUT_S)
    fan_outs = rooms_here * demand.per_s / (1 + demand.per_s * busy_s)
    connects_here = clients_here / demand.stay_s
    # Each join or leave causes a read of the room's presence, at most one an interval. Without any,
    # it is still read at intervals, for leases that ran out. A join to a small room also reads it.
    changes = 2 * demand.room / demand.stay_s
    interval_s = presence_interval_s(demand.room)
    tellings_here = rooms_here * min(changes, 1 / interval_s)
    looks_here = max(tellings_here, rooms_here / max(interval_s, EXPIRY_INTERVAL_S))
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
    # A busier process sleeps less: a wake-up is an event that finds it asleep.
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
    """Return the need of the fewest instances that stay within TARGET, or of the most tried."""
    instances = max(1, ceil(demand.clients / CONNECTIONS))
    while True:
        found = need(known, demand, instances, reads_presence=reads_presence)
        if sum(found.instance.values()) <= TARGET or instances >= MOST_INSTANCES:
            return found
        instances += max(1, instances // 50)


@dataclass(frozen=True)
class Storm:
    """How long all clients of a dead instance need to reconnect: three limits, the worst counts."""

    instances_s: float
    redis_s: float
    network_s: float


def reconnect(
    known: Parameters, demand: Demand, sized: Need, *, part: float, reads_presence: bool = True
) -> Storm:
    """Return the storm when ``part`` of the clients reconnect at once to the instances left."""
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
