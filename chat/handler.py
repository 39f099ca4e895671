"""What every request has: who asks, errors as JSON, headers that keep a page safe."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http.client import responses
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import jinja2
import msgspec
from tornado.log import app_log
from tornado.web import HTTPError, RequestHandler

from chat.accounts import identity
from chat.accounts.limits import Limits
from chat.accounts.network import network_id
from chat.accounts.rights import Rights
from chat.attach.attachment import Request
from chat.attach.attachments import Attachments
from chat.backplane.base import Backplane
from chat.errors import ChatError, InvalidInput, Refused, Unavailable
from chat.http.bridge import Bridge
from chat.http.connection import HttpConnection
from chat.http.origin import is_allowed
from chat.http.policy import still_page_headers
from chat.load import LoopLag
from chat.negotiation import Evidence, Failure, Load, Transport
from chat.protocol.codes import HTTP_STATUS, Code
from chat.protocol.cursor import parse_cursor, parse_room
from chat.protocol.pushes import Error, Person
from chat.service import Service
from chat.settings import Settings
from chat.witness import Limit, Witness

T = TypeVar("T")

# What the error codes call the statuses that Tornado raises by itself.
_CODES: Final = {403: Code.FORBIDDEN}
# What scripts and tutorials send JSON as. That no other site's page can post it in a user's
# name is held by the Origin check, not by the type.
_JSON_TYPES: Final = {
    "", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded",
}  # fmt: skip
_FORM_TYPES: Final = {"", "application/x-www-form-urlencoded", "text/plain"}
# Who has too many connections open closes one, or finds that one was dead: not at once.
FULL_RETRY_MS: Final = 5000
# A stream of every room one is in is the usual case; who picks rooms picks a few.
MAX_ROOMS_ASKED: Final = 100


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What handlers work with; chat.application builds it."""

    settings: Settings
    secret: bytes
    rights: Rights
    limits: Limits
    service: Service
    attachments: Attachments
    backplane: Backplane
    templates: jinja2.Environment
    static: Path
    witness: Witness
    lag: LoopLag


class PlainHandler(RequestHandler):
    """A request of which logs tell no more than its path: never a query, a header or a body."""

    is_routine = False  # asked so often that it is logged only when it fails
    is_logged = False  # there is nothing to log of it: it is counted, or has been told

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        if not isinstance(value, ChatError | HTTPError):  # those are answers, not accidents
            app_log.error(
                "%s %s met with a fault of ours",
                *(self.request.method, self.request.path),
                exc_info=(typ, value, tb),  # type: ignore[arg-type]
            )


class Handler(PlainHandler):
    """A request, by a person: a guest is made for whoever has no cookie yet."""

    is_newcomer = False  # nobody has been this person before
    has_token = False  # a program says who it is in a header, not in a cookie
    identity_header: str | None = None  # the Set-Cookie that this response carries, if any

    def initialize(self, parts: Parts) -> None:
        self.parts = parts
        try:
            urlsplit(self.request.headers.get("Origin", ""))
        except ValueError:  # Tornado's check would fail at it, not refuse it
            self.request.headers["Origin"] = "null"

    def prepare(self) -> None:
        request, trusted = self.request, self.parts.settings.trusted_origins
        if not is_allowed(request.headers, method=request.method or "", trusted=trusted):
            raise HTTPError(403)
        self.person = self._identify()
        self.parts.rights.check(self.person.user, self.address)
        if self.is_counted and (wait_ms := self.parts.limits.request(self.address)):
            raise self._limited(Limit.REQUESTS, "Too many requests from your address.", wait_ms)

    @property
    def is_counted(self) -> bool:
        """Whether this request counts among those of its address."""
        return True

    @property
    def is_new_guest(self) -> bool:
        """Whether a newcomer who asks this is somebody new, and counts among those."""
        return True

    def admit(self, session: str | None) -> None:
        """Return if one more transport may be opened. Raises ``rate_limited``."""
        limits, register = self.parts.limits, self.parts.attachments.register
        if session is not None and register.is_attached(session):
            return  # it takes that one's place
        user, address = self.person.user, self.address
        if (most := limits.max_of_user) and register.count_of(user) >= most:
            what = f"You are connected {most} times: close some."
            raise self._limited(Limit.USER_CONNECTIONS, what, FULL_RETRY_MS)
        if (most := limits.max_at_address) and register.count_at(address) >= most:
            what = f"There are {most} connections from your address: close some."
            raise self._limited(Limit.ADDRESS_CONNECTIONS, what, FULL_RETRY_MS)

    def _limited(self, limit: Limit, message: str, retry_ms: int) -> Unavailable:
        self.parts.witness.limited(limit)
        return Unavailable(Code.RATE_LIMITED, message, retry_ms=retry_ms)

    @property
    def address(self) -> str:
        """The client's IP address."""
        return self.request.remote_ip or ""

    @property
    def network(self) -> str:
        """The id of the network that this request comes from."""
        return network_id(self.parts.secret, self.address)

    def own_session(self, session: str | None) -> str | None:
        """Return ``session`` if this person may carry it on, else None."""
        if session is None or not self.parts.attachments.is_session_of(session, self.person.user):
            return None
        return session

    def evidence(
        self, can: Sequence[str], failed: Sequence[Failure] = (), session: str | None = None
    ) -> Evidence:
        """Return all that is known of the way between this client and us."""
        witness = self.parts.witness
        return Evidence(
            can=can,
            failed=failed,
            http_version=self.request.version,
            via=self.request.headers.get("Via", ""),
            enabled=[Transport(name) for name in self.parts.settings.transports],
            is_upgrade_stripped=witness.is_upgrade_stripped(self.network, session),
            is_slow_reader=session is not None and witness.is_slow_reader(session),
            is_store_away=witness.is_store_away,
            load=Load(lag_s=self.parts.lag.lag_s, readers=self.parts.attachments.register.readers),
        )

    def take_connection(self) -> HttpConnection:
        """Return the connection, to be spoken on otherwise; there will be no response."""
        self.detach()
        del self.ui  # what it holds holds this handler; finish, which is not called, breaks that
        return self.bridge.connection

    @property
    def bridge(self) -> Bridge:
        """What stands between this handler and its connection."""
        bridge = self.request.connection
        assert isinstance(bridge, Bridge)
        return bridge

    @property
    def is_secure(self) -> bool:
        """Whether the client speaks HTTPS, with us or with the proxy before us."""
        return self.request.protocol == "https"

    def know_as(self, person: Person) -> None:
        """Have the client be ``person`` from now on."""
        self.person = person
        self.identity_header = identity.cookie_header(
            person, self.parts.secret, is_secure=self.is_secure
        )
        self.set_header("Set-Cookie", self.identity_header)

    def forget(self) -> None:
        """Have the client be nobody: the next request makes somebody new."""
        self.identity_header = None
        self.clear_header("Set-Cookie")
        for header in identity.forgetting_headers(is_secure=self.is_secure):
            self.add_header("Set-Cookie", header)

    def send_json(self, value: Any) -> None:
        """Finish with ``value``, a struct or what msgspec can encode."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(value))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ChatError):
            status_code = HTTP_STATUS[error.code]
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ChatError):
            reply = Error(code=error.code, message=error.message, retry_ms=error.retry_ms)
            self.set_retry_after(error.retry_ms)
            if error.code == Code.UNAUTHORIZED:
                self._say_who_may()
        else:
            code = Code.UNAVAILABLE if status_code >= 500 else Code.BAD_COMMAND
            what = responses.get(status_code, "Error")
            message = f"{status_code} {what}: {self.request.method} {self.request.path}"
            if status_code == 404:
                message = f"There is nothing at {self.request.path}."
            reply = Error(code=_CODES.get(status_code, code), message=message)
        self.show_error(status_code, reply)

    def show_error(self, status_code: int, error: Error) -> None:
        """Finish with ``error``, as a page where somebody is looking."""
        self.set_status(status_code)
        if "text/html" in self.request.headers.get("Accept", ""):
            self._show_error_page(status_code, error.message)
        else:
            self.send_json(error)

    def _show_error_page(self, status_code: int, message: str) -> None:
        page = self.parts.templates.get_template("error.html").render(
            title=responses.get(status_code, "Error"),
            message=message,
            static_url=self.static_url,
        )
        for name, value in still_page_headers().items():
            self.set_header(name, value)
        self.finish(page)

    def _say_who_may(self) -> None:
        self.set_header("WWW-Authenticate", "Bearer")  # RFC 9110 section 15.5.2 asks for it
        if not self.has_token:
            self.forget()  # a browser would be kept out for good

    def set_retry_after(self, retry_ms: int | None) -> None:
        """Say when to come back, if anything is to be said: whole seconds (RFC 9110, 10.2.3)."""
        if retry_ms is not None:
            self.set_header("Retry-After", str(-(-retry_ms // 1000)))

    # What requests say, alike on every endpoint

    def _body_of(self, types: Collection[str]) -> bytes:
        """Return the body, which says it is one of ``types``."""
        type_ = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if type_ not in types:
            raise HTTPError(415)
        return self.request.body

    def json_body(self) -> bytes:
        """Return a body that may be JSON."""
        return self._body_of(_JSON_TYPES)

    def json_as(self, type_: type[T]) -> T:
        """Return the body as a ``type_``; no body is an empty object. Raises InvalidInput."""
        try:
            return msgspec.json.decode(self.json_body() or b"{}", type=type_)
        except msgspec.ValidationError as error:
            raise InvalidInput(Code.BAD_COMMAND, f"{error}.") from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InvalidInput(Code.BAD_JSON, f"This is not JSON in UTF-8: {error}.") from error

    def form_field(self, name: str) -> str:
        """Return a field of an urlencoded body, or an empty string."""
        try:
            fields = parse_qs(self._body_of(_FORM_TYPES).decode(), max_num_fields=20)
        except ValueError as error:
            raise HTTPError(400) from error
        return fields.get(name, [""])[0]

    def whole_number(self, name: str) -> int | None:
        """Return an argument that is a whole number, None where there is none."""
        text = self.argument(name)
        if text == "":
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise InvalidInput(Code.BAD_COMMAND, f"{name} is a whole number.")
        return int(text)

    def argument(self, name: str) -> str:
        """Return what is asked for as ``name``, or an empty string."""
        return self.get_query_argument(name, "", strip=False)

    def asked(self) -> Request:
        """Return what a client that attaches asks for. Raises InvalidInput."""
        rooms = dict.fromkeys(parse_room(name) for name in self.argument("room").split(",") if name)
        if len(rooms) > MAX_ROOMS_ASKED:
            raise InvalidInput(Code.BAD_ROOM, f"Ask for at most {MAX_ROOMS_ASKED} rooms.")
        return Request(
            session=self.argument("session") or None,
            cursor=parse_cursor(self.argument("cursor")),
            rooms=tuple(rooms),
            heartbeat_s=self.whole_number("heartbeat_s"),
            is_newcomer=self.is_newcomer,
        )

    def _identify(self) -> Person:
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self.has_token = True
            person = identity.from_token(token.strip(), self.parts.secret)
            if person is None:
                raise Refused(Code.UNAUTHORIZED, "This token is none of ours, or has run out.")
            return person
        names = identity.cookie_names(is_secure=self.is_secure)
        for name in names:
            cookie = self.get_cookie(name)
            person = identity.verify(cookie, self.parts.secret) if cookie else None
            if person is not None:
                if name != names[0]:
                    self.know_as(person)
                return person
        if self.is_new_guest and (wait_ms := self.parts.limits.newcomer(self.address)):
            what = "Too many new guests from your address. Keep the cookie that you are given."
            raise self._limited(Limit.NEWCOMERS, what, wait_ms)
        self.is_newcomer = True
        self.know_as(identity.new_guest())
        return self.person
