"""Identifies and admits a caller, and reads what it asks for, the same for every transport."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import jinja2
from tornado.httputil import parse_cookie
from tornado.web import HTTPError

from chat.accounts import identity
from chat.accounts.access import AccessControl
from chat.accounts.cookies import IdentityCookies
from chat.accounts.known_browsers import KnownBrowsers
from chat.accounts.rate_limits import Limits
from chat.attach.admission import check_limits
from chat.attach.attachment import AttachRequest
from chat.attach.attachments import Attachments
from chat.backplane.base import Backplane
from chat.errors import InvalidInput, Refused, Unavailable
from chat.http.origin import is_allowed
from chat.metrics.counters import Metrics
from chat.metrics.loop_lag import LoopLag
from chat.negotiation.evidence import NetworkEvidence
from chat.net.addresses import network_id
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_cursor, parse_room
from chat.protocol.pushes import Person
from chat.service.accounts import Accounts
from chat.service.hooks import Hooks
from chat.service.room_links import RoomLinks
from chat.service.service import Service
from chat.service.webhooks import Webhooks
from chat.settings.settings import Settings

# What drops cookies is another network, or a proxy's fault: neither passes within milliseconds.
COOKIE_RETRY_MS: Final = 1000
# Most streams carry all rooms of their user; a client that picks rooms picks a few.
MAX_ROOMS_ASKED: Final = 100


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The parts of the server that requests use; chat.application builds it."""

    settings: Settings
    secret: bytes
    cookies: IdentityCookies
    access: AccessControl
    limits: Limits
    service: Service
    accounts: Accounts
    room_links: RoomLinks
    webhooks: Webhooks | None
    hooks: Hooks
    known_browsers: KnownBrowsers
    attachments: Attachments
    backplane: Backplane
    templates: Mapping[str, jinja2.Environment]  # by language
    metrics: Metrics
    evidence: NetworkEvidence
    lag: LoopLag


class MembersOnly(Refused):
    """Guests have no access here now; the caller may be one again later."""

    def __init__(self) -> None:
        super().__init__(Code.UNAUTHORIZED, "Only members come in here: sign in first.")


class CookieMissing(Unavailable):
    """The request names its user, and came without any cookie: something on the way drops them.

    As a new guest, the client would get a cookie that takes the place of its user's for good.
    """

    def __init__(self) -> None:
        message = "This request came without the cookie that says who you are."
        super().__init__(Code.COOKIE_MISSING, message, retry_ms=COOKIE_RETRY_MS)


class Caller(ABC):
    """A person who makes a request; a client without a cookie becomes a new guest."""

    dependencies: Dependencies
    person: Person  # set by authenticate
    is_for_everybody = False  # also for people without an account where guests may not come in
    # A picture's request can't say whose page it is on: it must not make that person another one,
    # with a cookie, where something on the way has dropped theirs.
    gives_cookies = True
    is_for_bots = True  # False where people do something with their accounts
    is_newcomer = False  # this request created the person
    identity_headers: Sequence[str] = ()  # the values of Set-Cookie for the answer

    # The request

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """The request's headers; names are case-insensitive."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The client's IP address."""

    @property
    @abstractmethod
    def is_secure(self) -> bool:
        """Whether the client speaks HTTPS, with us or with the proxy in front."""

    @abstractmethod
    def argument(self, name: str) -> str:
        """Return the argument ``name``, or an empty string."""

    @property
    def has_token(self) -> bool:
        """Whether the client authenticates by a token in a header, not by a cookie."""
        return self._token is not None

    # Admission

    @property
    def is_new_guest(self) -> bool:
        """Whether a client without a cookie counts against the limit of new guests here."""
        return True

    def authenticate(self, method: str) -> None:
        """Identify the person, and check that they may make this request.

        Raises HTTPError 403 for the page of another site, and ChatError.
        """
        trusted = self.dependencies.settings.trusted_origins
        if not is_allowed(self.headers, method=method, trusted=trusted):
            raise HTTPError(403)
        self.person, is_due = self._identify()
        if self._is_shut and identity.is_guest(self.person):
            raise MembersOnly
        if not self.is_for_bots and self.dependencies.access.bots.grant(self.person.user):
            raise Refused(Code.FORBIDDEN, "Only people do this, not bots.")
        try:
            self.dependencies.access.check(
                self.person.user, self.address, device=self.person.device
            )
        except Refused as error:
            if error.code != Code.UNAUTHORIZED or not self.is_for_everybody or self.has_token:
                raise
            is_due = False
            self._begin_as_guest()  # who has signed out can sign in again
        if (
            is_due and self.gives_cookies
        ):  # after the check: a renewed cookie must not outlive a ban or a sign-out
            self.set_identity(self.person)

    def check_limits(self, session: str | None) -> None:
        """Check that one more transport may be opened. Raises Unavailable, ``rate_limited``."""
        dependencies = self.dependencies
        check_limits(
            dependencies.attachments.registry,
            dependencies.limits,
            dependencies.metrics,
            person=self.person,
            address=self.address,
            session=session,
        )

    @property
    def network(self) -> str:
        return network_id(self.dependencies.secret, self.address)

    def own_session(self, session: str | None) -> str | None:
        """Return ``session`` if it belongs to this person, else None."""
        attachments = self.dependencies.attachments
        is_own = session is not None and attachments.is_session_of(session, self.person.user)
        return session if is_own else None

    def set_identity(self, person: Person) -> None:
        """Identify the client as ``person`` from now on, by a cookie."""
        self.person = person
        self.identity_headers = self.dependencies.cookies.issue(person, is_secure=self.is_secure)

    # The arguments

    def asked(self) -> AttachRequest:
        """Return the client's request to attach. Raises InvalidInput."""
        rooms = dict.fromkeys(parse_room(name) for name in self.argument("room").split(",") if name)
        if len(rooms) > MAX_ROOMS_ASKED:
            raise InvalidInput(Code.BAD_ROOM, f"Ask for at most {MAX_ROOMS_ASKED} rooms.")
        return AttachRequest(
            session=self.argument("session") or None,
            cursor=parse_cursor(self.argument("cursor")),
            rooms=tuple(rooms),
            heartbeat_s=self.whole_number("heartbeat_s"),
            is_newcomer=self.is_newcomer,
        )

    def whole_number(self, name: str) -> int | None:
        """Return the argument ``name`` as an integer, or None if absent. Raises InvalidInput."""
        text = self.argument(name)
        if text == "":
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise InvalidInput(Code.BAD_COMMAND, f"{name} is a whole number.")
        return int(text)

    @property
    def _token(self) -> str | None:
        """The bearer token, or None (RFC 6750 section 2.1)."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def sent_cookies(self) -> Mapping[str, str]:
        return parse_cookie(self.headers.get("Cookie", ""))

    def _identify(self) -> tuple[Person, bool]:
        if (token := self._token) is not None:
            if (bot := self.dependencies.access.bots.person_of(token)) is not None:
                self.dependencies.accounts.uses.note(bot.user)
                return bot, False
            person = identity.from_token(token, self.dependencies.secret)
            if person is None:
                raise Refused(Code.UNAUTHORIZED, "This token is none of ours, or has run out.")
            return person, False
        found = self.dependencies.cookies.find(self.sent_cookies, is_secure=self.is_secure)
        if found is not None:
            return found
        if self.argument("as") and "Cookie" not in self.headers:
            raise CookieMissing
        self._begin_as_guest()
        return self.person, False

    @property
    def _is_shut(self) -> bool:
        return self.dependencies.accounts.site.guests == "off" and not self.is_for_everybody

    def _begin_as_guest(self) -> None:
        """Make the caller a new guest; without a cookie where guests may not come in."""
        if self._is_shut:
            raise MembersOnly
        self.is_newcomer = True
        if not self.gives_cookies or self.dependencies.accounts.site.guests == "off":
            self.person = self.dependencies.cookies.new_guest()
            return
        if self.is_new_guest:
            self.dependencies.limits.newcomer(self.address)
        self.set_identity(self.dependencies.cookies.new_guest())
