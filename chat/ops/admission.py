"""Decides, by the settings and this process's limits, how many connections are accepted."""

from chat.clock import Clock
from chat.net.acceptor import Acceptor
from chat.net.admission import Capacity
from chat.net.open_files import first_reserved
from chat.net.per_address import PerAddressLimit, most_at_address
from chat.net.scoreboard import Share
from chat.settings.settings import Settings


def open_acceptor(settings: Settings, clock: Clock, share: Share | None) -> Acceptor:
    """Return the acceptor that ``settings`` select, which does not listen yet."""
    files, most_open = first_reserved(), settings.max_connections
    capacity = Capacity(max_connections=most_open, first_reserved=files)
    places = files if most_open is None else min(files, most_open)
    most = most_at_address(settings.max_connections_per_address, places)
    per_address = PerAddressLimit(
        most=most if settings.has_rate_limits else None, proxies=settings.proxies
    )
    return Acceptor(capacity, per_address, clock, share)
