"""The base of all Tornado handlers: errors as JSON or a page, bodies, JSON answers."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from http.client import responses
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

import msgspec
from tornado.log import app_log
from tornado.web import HTTPError, RequestHandler, stream_request_body

from chat.errors import ChatError, InvalidInput, Missing
from chat.http.connection import HttpConnection
from chat.http.csp import still_page_headers
from chat.http.tornado_adapter import RequestResponseCycle
from chat.negotiation.ranking import Evidence, Load, rank
from chat.protocol.codes import HTTP_STATUS, Code
from chat.protocol.negotiation import OFFERED, Failure, Terms, Transport
from chat.protocol.pushes import Error, Person
from chat.requests.caller import Caller, Dependencies, MembersOnly
from chat.requests.language import chosen_language, language_of
from chat.requests.paths import logged

T = TypeVar("T")

# The error codes for the statuses that Tornado raises by itself.
_CODES: Final = {403: Code.FORBIDDEN, 413: Code.TOO_LONG}
# The types that scripts and tutorials send JSON as. The Origin check, not the type, prevents other
# sites' pages from posting it in a user's name.
_JSON_TYPES: Final = {
    "", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded",
}  # fmt: skip
# Skipping this many bytes of unknown fields takes a millisecond.
MAX_JSON_BYTES: Final = 256 << 10
# The longest cursor, percent-encoded, is a third of it; a form takes 100 times as long as JSON.
MAX_FORM_BYTES: Final = 64 << 10
_MAX_FORM_FIELDS: Final = 20  # three times as many as our largest form has
_FORM_TYPES: Final = {"", "application/x-www-form-urlencoded", "text/plain"}


_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_UNIMPLEMENTED: Final = RequestHandler.get


@stream_request_body  # else Tornado decodes every form, whatever its length
class PlainHandler(RequestHandler):
    """A request whose log lines contain its path only: never a query, a header or a body."""

    is_routine = False  # so frequent that it is logged only when it fails
    is_logged = False  # needs no log line: it is counted or logged elsewhere
    has_head = True  # False where GET waits or streams without end

    async def head(self, *args: Any, **kwargs: Any) -> None:
        """Answer like GET; the connection leaves the body out (RFC 9110 section 9.3.2)."""
        if "HEAD" not in self.methods():
            raise HTTPError(405)
        answering = self.get(*args, **kwargs)
        if answering is not None:
            await answering

    def data_received(self, chunk: bytes) -> None:
        self.request.body += chunk

    @cached_property
    def form_fields(self) -> Mapping[str, str]:
        """The fields of an urlencoded body; of repeated fields the first."""
        try:
            body = self._body_of(_FORM_TYPES, MAX_FORM_BYTES).decode()
            fields = parse_qs(body, max_num_fields=_MAX_FORM_FIELDS)
        except ValueError as error:
            raise HTTPError(400) from error
        return {name: values[0] for name, values in fields.items()}

    def _body_of(self, types: Collection[str], limit_bytes: int) -> bytes:
        """Return the body, after checking its type and size. Raises HTTPError.

        The check precedes decoding, so no oversized body is decoded. ``types`` are media types.
        """
        type_ = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if type_ not in types:
            raise HTTPError(415)
        if len(self.request.body) > limit_bytes:
            raise HTTPError(413)
        return self.request.body

    @classmethod
    def methods(cls) -> Sequence[str]:
        own = [name for name in _METHODS if getattr(cls, name.lower()) is not _UNIMPLEMENTED]
        return own if cls.has_head and "GET" in own else [name for name in own if name != "HEAD"]

    def set_status(self, status_code: int, reason: str | None = None) -> None:
        super().set_status(status_code, reason)
        if status_code == 405:  # RFC 9110 section 15.5.6 asks for it
            self.set_header("Allow", ", ".join(self.methods()))

    def send_json(self, value: Any) -> None:
        """Finish with ``value``, a struct or any value that msgspec can encode."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(value))

    def set_retry_after(self, retry_ms: int | None) -> None:
        """Set Retry-After, in whole seconds, if there is a delay (RFC 9110 section 10.2.3)."""
        if retry_ms is not None:
            self.set_header("Retry-After", str(-(-retry_ms // 1000)))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        if not isinstance(value, ChatError | HTTPError):  # those are intended answers, not faults
            app_log.error(
                "%s %s met with a fault of ours",
                *(self.request.method, logged(self.request.path)),
                exc_info=(typ, value, tb),  # type: ignore[arg-type]
            )


class Handler(Caller, PlainHandler):
    """A request by a person; a client without a cookie becomes a new guest."""

    def initialize(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    def prepare(self) -> None:
        self.authenticate(self.request.method or "")

    # Methods of chat.requests.caller.Caller

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def address(self) -> str:
        return self.request.remote_ip or ""

    @property
    def is_secure(self) -> bool:
        return self.request.protocol == "https"

    def argument(self, name: str) -> str:
        return self.get_query_argument(name, "", strip=False)

    def set_identity(self, person: Person) -> None:
        super().set_identity(person)
        self.clear_header("Set-Cookie")
        for header in self.identity_headers:
            self.add_header("Set-Cookie", header)

    def terms(
        self,
        can: Sequence[str] = OFFERED,
        failed: Sequence[Failure] = (),
        session: str | None = None,
    ) -> Terms:
        """Return the terms with this client's offers, and count the offers.

        Raises InvalidInput if the client supports no transport that we offer.
        """
        settings = self.dependencies.settings
        offers = rank(self._evidence(can, failed, session))
        if not offers:
            known = ", ".join(settings.transports)
            raise InvalidInput(Code.BAD_COMMAND, f"Nothing in common: we offer {known}.")
        self.dependencies.metrics.offered(offers)
        return Terms(
            network=self.network,
            heartbeat_s=settings.heartbeat_s,
            poll_hold_s=settings.poll_hold_s,
            transports=offers,
        )

    def _evidence(
        self, can: Sequence[str], failed: Sequence[Failure], session: str | None
    ) -> Evidence:
        evidence = self.dependencies.evidence
        return Evidence(
            can=can,
            failed=failed,
            http_version=self.request.version,
            via=self.request.headers.get("Via", ""),
            enabled=[Transport(name) for name in self.dependencies.settings.transports],
            is_upgrade_stripped=evidence.is_upgrade_stripped(self.network, session),
            is_slow_reader=session is not None and evidence.is_slow_reader(session),
            is_store_away=evidence.is_store_away,
            base_path=self.dependencies.settings.base_path,
            load=Load(
                lag_s=self.dependencies.lag.lag_s,
                readers=self.dependencies.attachments.registry.readers,
            ),
        )

    def detach_connection(self) -> HttpConnection:
        """Return the connection for use by another protocol; there will be no response."""
        self.detach()
        del self.ui  # breaks a reference cycle, as finish would, which is not called
        return self.cycle.connection

    @property
    def cycle(self) -> RequestResponseCycle:
        cycle = self.request.connection
        assert isinstance(cycle, RequestResponseCycle)
        return cycle

    def forget(self) -> None:
        """Delete the client's identity cookie: its next request creates a new guest."""
        self.identity_headers = ()
        self.clear_header("Set-Cookie")
        headers = self.dependencies.cookies.expire(self.sent_cookies, is_secure=self.is_secure)
        for header in headers:
            self.add_header("Set-Cookie", header)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ChatError):
            status_code = 404 if isinstance(error, Missing) else HTTP_STATUS[error.code]
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ChatError):
            reply = Error(code=error.code, message=error.message, retry_ms=error.retry_ms)
            self.set_retry_after(error.retry_ms)
            self.cycle.is_limited = error.code == Code.RATE_LIMITED
            if error.code == Code.UNAUTHORIZED:
                self._say_who_may(error)
        else:
            code = Code.UNAVAILABLE if status_code >= 500 else Code.BAD_COMMAND
            what = responses.get(status_code, "Error")
            path = f"{self.dependencies.settings.base_path}{self.request.path}"
            message = f"{status_code} {what}: {self.request.method} {path}"
            if status_code == 404:
                message = f"There is nothing at {path}."
            reply = Error(code=_CODES.get(status_code, code), message=message)
        self.show_error(status_code, reply)

    def show_error(self, status_code: int, error: Error) -> None:
        """Finish with ``error``, as a page if the client accepts HTML, else as JSON."""
        self.set_status(status_code)
        if "text/html" in self.request.headers.get("Accept", ""):
            self._show_error_page(status_code, error)
        else:
            self.send_json(error)

    def render_page(self, template: str, **names: Any) -> str:
        """Return ``template`` in the caller's language, which the answer's headers then say."""
        language = language_of(self)
        self.set_header("Content-Language", language)
        self.set_header("Vary", "Accept, Accept-Encoding, Accept-Language, Cookie")
        return (
            self.dependencies.templates[language]
            .get_template(template)
            .render(static_url=self.static_url, chosen_language=chosen_language(self), **names)
        )

    def _show_error_page(self, status_code: int, error: Error) -> None:
        site = self.dependencies.accounts.site
        if status_code == 401 and site.guests == "off":
            page = self.render_page("signin.html", site=site, error="", name="")
        else:
            page = self.render_page(
                "error.html",
                status=status_code,
                title=responses.get(status_code, "Error"),
                message=error.message,
                is_nothing_there=status_code == 404 and error.code == Code.BAD_COMMAND,
                path=f"{self.dependencies.settings.base_path}{self.request.path}",
                site=site,
            )
        for name, value in still_page_headers().items():
            self.set_header(name, value)
        self.finish(page)

    def _say_who_may(self, error: ChatError) -> None:
        self.set_header("WWW-Authenticate", "Bearer")  # RFC 9110 section 15.5.2 asks for it
        is_lasting = not isinstance(error, MembersOnly) and not self.is_for_everybody
        # A service worker asks in the background. Without the cookie its page, which has not been
        # told yet, would be told that cookies are missing.
        is_worker = self.argument("as") == "me"
        if is_lasting and self.gives_cookies and not self.has_token and not is_worker:
            self.forget()  # else a browser would be refused for ever

    # Request bodies, alike on every endpoint

    @property
    def max_json_bytes(self) -> int:
        """The maximum length of a JSON body here; /send, for batches of commands, allows more."""
        return MAX_JSON_BYTES

    def json_body(self) -> bytes:
        """Return the body, not decoded. Raises HTTPError if it can't be JSON or is too long."""
        return self._body_of(_JSON_TYPES, self.max_json_bytes)

    def json_as(self, type_: type[T]) -> T:
        """Decode the body as a ``type_``; no body is an empty object. Raises InvalidInput."""
        try:
            return msgspec.json.decode(self.json_body() or b"{}", type=type_)
        except msgspec.ValidationError as error:
            raise InvalidInput(Code.BAD_COMMAND, f"{error}.") from error
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise InvalidInput(Code.BAD_JSON, f"This is not JSON in UTF-8: {error}.") from error
