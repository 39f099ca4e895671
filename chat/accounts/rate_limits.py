"""All rate limits for addresses and users.

A client that drops its cookie becomes a new user. So a limit for a user goes with one for all
users of its address, some times as high. The limits for addresses are meant for a school or an
office of 200 people behind one address; operators with more people there set REQUESTS_PER_SECOND
and the like.

A bucket takes a few bytes for each recent user or address. Each instance counts for itself.
"""

from collections.abc import Callable
from typing import Final

from chat.accounts.identity import is_bot, is_guest
from chat.accounts.program_limits import BOT_BURST, BOT_RATE, HOOK_BURST, HOOK_RATE
from chat.clock import Clock
from chat.errors import Unavailable
from chat.net.addresses import host_of
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.settings.settings import Settings
from chat.token_bucket import Buckets

# A client that reconnects after hours offline sends its outbox at once: three full batches.
# In the long run nobody types, or needs, more than a few commands a second.
BURST: Final = 300
RATE: Final = 20.0
# Rendering 4,000 of the worst characters blocks the event loop for 15 ms, so a text costs one
# token for each 400 characters; usual messages are shorter.
CHARACTERS_A_TOKEN: Final = 400

# Bursts of an address, in seconds or minutes of its long-run rate.
# 200 people who open the page within a minute send some seven requests each, with all its files.
REQUESTS_BURST_S: Final = 40
NEWCOMERS_BURST_MIN: Final = 3
# Commands: by default 6,000 at once, which is 30 from each of 200 people, and 100 a second: each
# of them sends, types or reads something every two seconds.
COMMANDS_A_REQUEST: Final = 2
COMMANDS_BURST_S: Final = 60
# Rooms: 200 an hour by default, one for each of 200 people in one lesson; most never make one.
ROOM_MAKERS: Final = 10
# Guests who have just come: whoever is shut out comes back as one at once, with a program that is
# as fast as the other limits allow. A person who types needs no more than ten messages at once and
# one in two seconds, and a quarter of the rooms that others may make.
NEW_GUEST_BURST: Final = 10
NEW_GUEST_RATE: Final = 0.5
NEW_GUEST_ROOMS: Final = 0.25
# Joins: each of 200 people joins ten rooms at once; in the long run one join a second, because
# memberships last. Each stores some 300 bytes permanently: at most 26 MB a day.
JOINS_BURST: Final = 2000
JOINS_RATE: Final = 1.0
# Sign-outs stay in every instance's memory for a year: as many at once as new guests (360 by
# default), and a twelfth of their long-run rate (600 an hour): all 200 at the end of each lesson.
NEWCOMERS_A_SIGN_OUT: Final = 12
# Wrong passwords. Of one name: enough for somebody who has several passwords in mind. A browser
# where the name was signed in before has a bucket of its own, so that nobody's guessing keeps its
# owner out. Of an address: all of 200 people mistype theirs at once.
SIGN_INS_BURST: Final = 10
SIGN_INS_RATE: Final = 1 / 60
ADDRESS_SIGN_INS_BURST: Final = 300
ADDRESS_SIGN_INS_RATE: Final = 0.5
# New accounts last, at 500 bytes each: 200 people in one lesson, at most 1 MB a day.
SIGN_UPS_BURST: Final = 300
SIGN_UPS_RATE: Final = 1 / 60
# Changes of one's name, password and devices leave entries in logs; nobody needs many.
ACCOUNT_CHANGES_BURST: Final = 20
ACCOUNT_CHANGES_RATE: Final = 1 / 60
# WebSocket frames that are no commands, mostly pings. A client sends at most one every few
# seconds: this is 500 connections that send one in 5 s.
FRAMES_BURST: Final = 4000
FRAMES_RATE: Final = 100.0
# Health checks: three probes of a load balancer send two a second each, with much to spare.
CHECKS_BURST: Final = 1000
CHECKS_RATE: Final = 50.0
# Reports: a user who sees spam reports a screen of it at once. Each notifies people, and takes a
# place in the audit log, which is bounded: so the whole address has ten times as many.
REPORTS_BURST: Final = 10
REPORTS_RATE: Final = 1 / 60
REPORTERS: Final = 10
# Changes of webhooks, and deliveries that are to be sent again: whoever repairs a receiver sends a
# screen of them. Each is written, or makes this server connect to another.
WEBHOOKS_BURST: Final = 30
WEBHOOKS_RATE: Final = 0.2
WEBHOOK_KEEPERS: Final = 10
# Uploads at a time. A browser sends six requests at once; each upload holds up to half a megabyte.
USER_UPLOADS: Final = 6
ADDRESS_UPLOADS: Final = 40
# How many times as much all users of an address may upload as one.
UPLOADERS: Final = 10
# Wrong admin tokens: enough for an operator who mistypes. Guessing at 96 bits ten times a minute is
# no danger, but must not fill the log. Each network takes some 400 bytes.
WRONG_TOKENS_BURST: Final = 10
WRONG_TOKENS_RATE: Final = 1 / 6
MOST_NETWORKS: Final = 10_000

_HOUR_S: Final = 3600.0
_DAY_S: Final = 86_400.0
_MB: Final = 1_000_000
_UPLOADED: Final = "You have uploaded much today; upload more later."
# One of those that come in may have ended by then.
UPLOADS_RETRY_MS: Final = 5000
_Draw = tuple[Limit, Buckets, str | bytes]  # the key of the bucket comes last


class Limits:
    """Each method consumes tokens of the caller, or raises Unavailable ``rate_limited``."""

    def __init__(
        self, settings: Settings, clock: Clock, on_limited: Callable[[Limit], None]
    ) -> None:
        """Call ``on_limited`` with each limit that rejects something."""
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
        self._bot_commands = Buckets(burst=BOT_BURST, rate=BOT_RATE)
        self._commands_at = Buckets(burst=COMMANDS_BURST_S * commands, rate=commands)
        self._new_rooms = Buckets(burst=rooms, rate=rooms / _HOUR_S)
        self._new_rooms_at = Buckets(burst=ROOM_MAKERS * rooms, rate=ROOM_MAKERS * rooms / _HOUR_S)
        self._new_guest_s = 60 * settings.new_guest_minutes
        self._new_guests = Buckets(burst=NEW_GUEST_BURST, rate=NEW_GUEST_RATE)
        few = max(1.0, NEW_GUEST_ROOMS * rooms)
        self._new_guests_rooms = Buckets(burst=few, rate=few / _HOUR_S)
        self._joins_at = Buckets(burst=JOINS_BURST, rate=JOINS_RATE)
        self._frames_at = Buckets(burst=FRAMES_BURST, rate=FRAMES_RATE)
        self._sign_ins = Buckets(burst=SIGN_INS_BURST, rate=SIGN_INS_RATE)
        self._sign_ins_at = Buckets(burst=ADDRESS_SIGN_INS_BURST, rate=ADDRESS_SIGN_INS_RATE)
        self._sign_ups_at = Buckets(burst=SIGN_UPS_BURST, rate=SIGN_UPS_RATE)
        self._account_changes = Buckets(burst=ACCOUNT_CHANGES_BURST, rate=ACCOUNT_CHANGES_RATE)
        self._reports = Buckets(burst=REPORTS_BURST, rate=REPORTS_RATE)
        self._reports_at = Buckets(burst=REPORTERS * REPORTS_BURST, rate=REPORTERS * REPORTS_RATE)
        self._webhooks = Buckets(burst=WEBHOOKS_BURST, rate=WEBHOOKS_RATE)
        self._webhooks_at = Buckets(
            burst=WEBHOOK_KEEPERS * WEBHOOKS_BURST, rate=WEBHOOK_KEEPERS * WEBHOOKS_RATE
        )
        self._hooks = Buckets(burst=HOOK_BURST, rate=HOOK_RATE)
        self._wrong_tokens = Buckets(
            burst=WRONG_TOKENS_BURST, rate=WRONG_TOKENS_RATE, most=MOST_NETWORKS
        )
        mb = float(settings.files_mb_per_day)
        self._uploads = Buckets(burst=mb, rate=mb / _DAY_S)
        self._uploads_at = Buckets(burst=UPLOADERS * mb, rate=UPLOADERS * mb / _DAY_S)
        self.max_at_address = settings.max_connections_per_address if self._is_on else None
        self.max_of_user = settings.max_connections_per_user if self._is_on else None
        self.max_rooms_of_user = settings.max_rooms_per_user if self._is_on else None

    def request(self, address: str, cost: float = 1.0) -> None:
        draw = Limit.REQUESTS, self._requests, host_of(address)
        self._consume("Too many requests from your address.", cost, draw)

    def check(self, address: str) -> None:
        """Count a health check from this IP address."""
        draw = Limit.REQUESTS, self._checks, host_of(address)
        self._consume("Too many requests from your address.", 1.0, draw)

    def newcomer(self, address: str) -> None:
        message = "Too many new guests from your address. Keep the cookie that you are given."
        self._consume(message, 1.0, (Limit.NEWCOMERS, self._newcomers, host_of(address)))

    def sign_out(self, address: str) -> None:
        message = "Too many have signed out at your address; try again later."
        self._consume(message, 1.0, (Limit.SIGN_OUTS, self._sign_outs, host_of(address)))

    def sign_in(self, name: str, address: str) -> None:
        """Count an attempt to sign in, also if the other limits are off.

        ``name`` is the key of the account, and of the browser if the account is known there.
        ``signed_in`` takes it back.
        """
        message = "There were too many wrong passwords. Try again later."
        of_name = Limit.SIGN_INS, self._sign_ins, name
        self._charge(message, 1.0, of_name, self._sign_in_at(address))

    def signed_in(self, name: str, address: str) -> None:
        """Take back an attempt, for its password was right."""
        now = self._clock.monotonic()
        self._sign_ins.consume(name, -1.0, now=now)
        self._sign_ins_at.consume(host_of(address), -1.0, now=now)

    def sign_up(self, address: str) -> None:
        message = "Too many have signed up at your address; try again later."
        self._consume(message, 1.0, (Limit.SIGN_UPS, self._sign_ups_at, host_of(address)))

    def account_change(self, user: str) -> None:
        message = "You have changed your account often; change it again later."
        self._consume(message, 1.0, (Limit.ACCOUNT_CHANGES, self._account_changes, user))

    def _sign_in_at(self, address: str) -> _Draw:
        return Limit.ADDRESS_SIGN_INS, self._sign_ins_at, host_of(address)

    def command_request(self, address: str, cost: float) -> None:
        """Count a request that carries commands; the commands themselves cost extra."""
        draw = Limit.ADDRESS_COMMANDS, self._commands_at, host_of(address)
        self._consume("Too many commands from your address.", cost, draw)

    def command(self, user: str, address: str, cost: float = 1.0) -> None:
        of_user = Limit.COMMANDS, self._bot_commands if is_bot(user) else self._commands, user
        of_address = Limit.ADDRESS_COMMANDS, self._commands_at, host_of(address)
        self._consume("That was too fast; go on a little later.", cost, of_user, of_address)

    def new_room(self, person: Person, address: str) -> None:
        """Count a room that ``person`` makes, also one to write to somebody."""
        draws: list[_Draw] = [
            (Limit.NEW_ROOMS, self._new_rooms, person.user),
            (Limit.ADDRESS_ROOMS, self._new_rooms_at, host_of(address)),
        ]
        if self._is_new(person):
            draws.append((Limit.NEW_GUESTS, self._new_guests_rooms, person.user))
        self._consume("You have made many rooms; make more later.", 1.0, *draws)

    def write(self, person: Person, cost: float) -> None:
        """Count a message of ``person``, if they are a guest who has just come."""
        if self._is_new(person):
            draw = Limit.NEW_GUESTS, self._new_guests, person.user
            message = "You have just come and write fast; go on a little later, or sign up."
            self._consume(message, cost, draw)

    def _is_new(self, person: Person) -> bool:
        return is_guest(person) and person.since_s + self._new_guest_s > self._clock.time()

    def report(self, user: str, address: str) -> None:
        of_user = Limit.REPORTS, self._reports, user
        of_address = Limit.REPORTS, self._reports_at, host_of(address)
        self._consume("You have reported much; wait a little.", 1.0, of_user, of_address)

    def webhook(self, user: str, address: str) -> None:
        """Count a change of a webhook, or a delivery that is to be sent again."""
        of_user = Limit.WEBHOOKS, self._webhooks, user
        of_address = Limit.WEBHOOKS, self._webhooks_at, host_of(address)
        self._consume("That was much at once; wait a little.", 1.0, of_user, of_address)

    def hook(self, id: str, address: str) -> None:
        """Count what is posted to the webhook ``id``."""
        of_hook = Limit.HOOKS, self._hooks, id
        of_address = Limit.ADDRESS_COMMANDS, self._commands_at, host_of(address)
        self._consume("This webhook says too much; go on later.", 1.0, of_hook, of_address)

    def check_uploads(self, of_user: int, at_address: int) -> None:
        """Check that one more upload may begin beside these. Raises Unavailable."""
        if not self._is_on:
            return
        for count, most, limit in (
            (of_user, USER_UPLOADS, Limit.UPLOADS),
            (at_address, ADDRESS_UPLOADS, Limit.ADDRESS_UPLOADS),
        ):
            if count >= most:
                self._on_limited(limit)
                message = "Too many files are coming in at once; send the others after them."
                raise Unavailable(Code.RATE_LIMITED, message, retry_ms=UPLOADS_RETRY_MS)

    def check_upload(self, user: str, address: str, size_bytes: int) -> None:
        """Check that so many bytes may be uploaded now; count none of them."""
        self._consume(_UPLOADED, size_bytes / _MB, *self._uploads_of(user, address), is_taken=False)

    def upload(self, user: str, address: str, size_bytes: int) -> None:
        """Count so many bytes that were uploaded."""
        self._consume(_UPLOADED, size_bytes / _MB, *self._uploads_of(user, address))

    def _uploads_of(self, user: str, address: str) -> tuple[_Draw, _Draw]:
        of_address = Limit.ADDRESS_UPLOADS, self._uploads_at, host_of(address)
        return (Limit.UPLOADS, self._uploads, user), of_address

    def join(self, address: str) -> None:
        message = "Too many have joined rooms from your address; try again later."
        self._consume(message, 1.0, (Limit.JOINS, self._joins_at, host_of(address)))

    def frame(self, address: str) -> None:
        """Count a WebSocket frame from this IP address that is no command."""
        draw = Limit.FRAMES, self._frames_at, host_of(address)
        self._consume("Too many frames from your address.", 1.0, draw)

    def wrong_token(self, network: str) -> None:
        """Count a wrong admin token from a network, also if the other limits are off."""
        draw = Limit.ADMIN, self._wrong_tokens, network
        self._charge("There were too many wrong tokens. Try again later.", 1.0, draw)

    def _consume(self, message: str, cost: float, *draws: _Draw, is_taken: bool = True) -> None:
        """Consume ``cost`` tokens from each bucket, or from none if one has too few."""
        if self._is_on:
            self._charge(message, cost, *draws, is_taken=is_taken)

    def _charge(self, message: str, cost: float, *draws: _Draw, is_taken: bool = True) -> None:
        now = self._clock.monotonic()
        for limit, buckets, key in draws:
            if wait_ms := buckets.wait_ms(key, cost, now=now):
                self._on_limited(limit)
                raise Unavailable(Code.RATE_LIMITED, message, retry_ms=wait_ms)
        for _, buckets, key in draws if is_taken else ():
            buckets.consume(key, cost, now=now)
