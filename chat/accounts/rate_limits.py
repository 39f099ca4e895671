"""How much one address, and one user, may ask for: all of it is asked here.

Whoever throws a cookie away is another user. So what a user may do, all users of one address may
do so many times, and no more. What an address may do is meant for a school or an office of 200
people behind one; who has more of them than that gives REQUESTS_PER_SECOND and the like.

A bucket is a few bytes for each who asked just now. Each instance counts for itself.
"""

from collections.abc import Callable
from typing import Final

from chat.clock import Clock
from chat.errors import Unavailable
from chat.net.addresses import host_of
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.settings.settings import Settings
from chat.token_bucket import Buckets

# A client that comes back after hours offline sends its outbox at once: three full batches.
# In the long run nobody types, or needs, more than a few a second.
BURST: Final = 300
RATE: Final = 20.0
# Rendering 4,000 of the worst characters holds the event loop up for 15 ms, usual messages are
# shorter than this: so a text costs a token for each so many characters that it has.
CHARACTERS_A_TOKEN: Final = 400

# What an address may ask at once, in seconds or minutes of what it may in the long run.
# 200 people who open the page within a minute ask some seven times each, with all of its files.
REQUESTS_BURST_S: Final = 40
NEWCOMERS_BURST_MIN: Final = 3
# Of commands: by default 6,000 at once, which is 30 from each of 200 people, and 100 a second,
# where each of them says, types or reads something every two seconds.
COMMANDS_A_REQUEST: Final = 2
COMMANDS_BURST_S: Final = 60
# Rooms: 200 an hour by default, one for each of them in one lesson; most people never make one.
ROOM_MAKERS: Final = 10
# Joins: each of 200 people into ten rooms at once; in the long run one in a second, for a
# membership lasts. Each stores some 300 bytes for good: 26 MB a day.
JOINS_BURST: Final = 2000
JOINS_RATE: Final = 1.0
# Sign-outs are kept in memory for a year, everywhere: as many at once as guests may come (360 by
# default), and in the long run a twelfth of that (600 an hour): all of 200, at each lesson's end.
NEWCOMERS_A_SIGN_OUT: Final = 12
# WebSocket frames that are no commands, pings above all. A client that sends some sends one in
# some seconds: this is 500 connections that send one in 5 s.
FRAMES_BURST: Final = 4000
FRAMES_RATE: Final = 100.0
# Health checks: a balancer's three probes ask twice a second each.
CHECKS_BURST: Final = 1000
CHECKS_RATE: Final = 50.0

_HOUR_S: Final = 3600.0


class Limits:
    """Each method takes from what somebody has left. Raises Unavailable ``rate_limited``.

    Whoever has too little of one thing loses nothing of another.
    """

    def __init__(
        self, settings: Settings, clock: Clock, on_limited: Callable[[Limit], None]
    ) -> None:
        """``on_limited`` is told of each limit that somebody has run into."""
        self._is_on = settings.has_rate_limits
        self._clock = clock
        self._on_limited = on_limited
        rate, a_minute = settings.requests_per_second, settings.newcomers_per_minute
        rooms, commands = settings.new_rooms_per_hour, COMMANDS_A_REQUEST * rate
        newcomers_burst = NEWCOMERS_BURST_MIN * a_minute
        self._requests = Buckets(burst=REQUESTS_BURST_S * rate, rate=rate)
        self._checks = Buckets(burst=CHECKS_BURST, rate=CHECKS_RATE)
        self._newcomers = Buckets(burst=newcomers_burst, rate=a_minute / 60)
        self._sign_outs = Buckets(burst=newcomers_burst, rate=a_minute / 60 / NEWCOMERS_A_SIGN_OUT)
        self._commands = Buckets(burst=BURST, rate=RATE)
        self._commands_at = Buckets(burst=COMMANDS_BURST_S * commands, rate=commands)
        self._new_rooms = Buckets(burst=rooms, rate=rooms / _HOUR_S)
        self._new_rooms_at = Buckets(burst=ROOM_MAKERS * rooms, rate=ROOM_MAKERS * rooms / _HOUR_S)
        self._joins_at = Buckets(burst=JOINS_BURST, rate=JOINS_RATE)
        self._frames_at = Buckets(burst=FRAMES_BURST, rate=FRAMES_RATE)
        self.max_at_address = settings.max_connections_per_address if self._is_on else None
        self.max_of_user = settings.max_connections_per_user if self._is_on else None
        self.max_rooms_of_user = settings.max_rooms_per_user if self._is_on else None

    def request(self, address: str, cost: float = 1.0) -> None:
        """Somebody at this IP address asks for something."""
        draw = Limit.REQUESTS, self._requests, host_of(address)
        self._take("Too many requests from your address.", cost, draw)

    def check(self, address: str) -> None:
        """Somebody there asks whether we are well."""
        draw = Limit.REQUESTS, self._checks, host_of(address)
        self._take("Too many requests from your address.", 1.0, draw)

    def newcomer(self, address: str) -> None:
        """Somebody new comes from there."""
        message = "Too many new guests from your address. Keep the cookie that you are given."
        self._take(message, 1.0, (Limit.NEWCOMERS, self._newcomers, host_of(address)))

    def sign_out(self, address: str) -> None:
        """Somebody there signs out."""
        message = "Too many have signed out at your address; try again later."
        self._take(message, 1.0, (Limit.SIGN_OUTS, self._sign_outs, host_of(address)))

    def carrying(self, address: str, cost: float) -> None:
        """A request from there carries commands; they themselves cost what they cost."""
        draw = Limit.ADDRESS_COMMANDS, self._commands_at, host_of(address)
        self._take("Too many commands from your address.", cost, draw)

    def command(self, user: str, address: str, cost: float = 1.0) -> None:
        """``user``, who is there, gives a command."""
        self._take(
            "That was too fast; go on a little later.",
            cost,
            (Limit.COMMANDS, self._commands, user),
            (Limit.ADDRESS_COMMANDS, self._commands_at, host_of(address)),
        )

    def new_room(self, user: str, address: str) -> None:
        """``user``, who is there, makes a room."""
        self._take(
            "You have made many rooms; make more later.",
            1.0,
            (Limit.NEW_ROOMS, self._new_rooms, user),
            (Limit.ADDRESS_ROOMS, self._new_rooms_at, host_of(address)),
        )

    def join(self, address: str) -> None:
        """Somebody there becomes a member of a room."""
        message = "Too many have joined rooms from your address; try again later."
        self._take(message, 1.0, (Limit.JOINS, self._joins_at, host_of(address)))

    def frame(self, address: str) -> None:
        """A WebSocket frame comes from there that is no command."""
        draw = Limit.FRAMES, self._frames_at, host_of(address)
        self._take("Too many frames from your address.", 1.0, draw)

    def _take(self, message: str, cost: float, *draws: tuple[Limit, Buckets, str | bytes]) -> None:
        """Take ``cost`` from each bucket, or from none."""
        if not self._is_on:
            return
        now = self._clock.monotonic()
        for limit, buckets, key in draws:
            if wait_ms := buckets.wait_ms(key, cost, now=now):
                self._on_limited(limit)
                raise Unavailable(Code.RATE_LIMITED, message, retry_ms=wait_ms)
        for _, buckets, key in draws:
            buckets.take(key, cost, now=now)
