"""A hostile network of our own: an HTTP proxy that is as bad as those in the field, on demand.

What it models: a round trip of ``rtt_ms``, half of it in each direction, at any throughput and in
order. Setting up a connection costs a whole round trip more, as TCP's does: what a client sends at
once is late by it, while a connection that stood open before has paid already. Bandwidth, loss and
jitter are not modelled. A client that has asked for an upgrade uses its connection for nothing
else, as all do.
"""

from tests.support.hostile.modes import HELD_BYTES, Mode
from tests.support.hostile.network import HostileNetwork, run_hostile

__all__ = ["HELD_BYTES", "HostileNetwork", "Mode", "run_hostile"]
