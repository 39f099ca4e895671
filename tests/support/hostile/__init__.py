"""The tests' own hostile network: an HTTP proxy that behaves as badly as those in the field.

It models a round trip of ``rtt_ms``, half of it in each direction, at any throughput and in order.
Setting up a connection costs one more round trip, as with TCP: the first data of a new connection
is late by it, that of an open one is not. Bandwidth, loss and jitter are not modelled. It assumes
that a client that has asked for an upgrade uses its connection for nothing else, as all clients do.
"""

from tests.support.hostile.modes import HELD_BYTES, Mode
from tests.support.hostile.network import HostileNetwork, run_hostile

__all__ = ["HELD_BYTES", "HostileNetwork", "Mode", "run_hostile"]
