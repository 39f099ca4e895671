"""The URL table: which handler answers which path, with which arguments."""

from typing import Any, Final

from tornado.web import Application

from chat.clock import Clock
from chat.i18n.texts import ENGLISH
from chat.net.acceptor import Acceptor
from chat.ops.access import AccessLog
from chat.ops.admin_page import AdminPage
from chat.ops.drain import Drain
from chat.ops.health import HealthHandler, ReadyHandler
from chat.ops.instance_report import Reporter
from chat.ops.metrics import MetricsHandler
from chat.ops.prometheus import MetricSources
from chat.ops.unavailable import FullHandler, StartingHandler
from chat.protocol.negotiation import PATHS, SEND_PATH, Transport
from chat.requests.caller import Dependencies
from chat.requests.handler import Handler
from chat.settings.settings import Settings
from chat.transports.longpoll import LongPollTransport
from chat.transports.negotiate import NegotiateTransport
from chat.transports.nextpoll import NextPolls
from chat.transports.send import SendTransport
from chat.transports.sse import SseTransport
from chat.transports.websocket.handler import WebSocketTransport
from chat.web import openapi
from chat.web.account_pages import (
    InvitePage,
    JoinPage,
    LinkPage,
    ResetPage,
    SetupPage,
    SignInPage,
)
from chat.web.accounts import (
    ExportHandler,
    LogInHandler,
    MeHandler,
    PasswordHandler,
    SignUpHandler,
)
from chat.web.api import MessagesHandler
from chat.web.api_page import api_page
from chat.web.app_files import ManifestHandler, ServiceWorkerHandler
from chat.web.bots import BotHandler, BotsHandler, BotTokenHandler
from chat.web.devices import DeviceHandler, DevicesHandler, LinkHandler
from chat.web.doctor import DoctorPage
from chat.web.document import Document, DocumentHandler
from chat.web.hooks import HookHandler, HooksHandler, PostedHookHandler
from chat.web.login import LoginHandler
from chat.web.logout import LogoutHandler
from chat.web.pages import ChatPage
from chat.web.passkeys import (
    PasskeyHandler,
    PasskeyOptionsHandler,
    PasskeysHandler,
    PasskeySignInHandler,
)
from chat.web.people import (
    DisableHandler,
    InviteHandler,
    PeopleHandler,
    PersonExportHandler,
    PersonHandler,
    ResetHandler,
    RoleHandler,
    SiteHandler,
    SiteInvitesHandler,
)
from chat.web.push import LevelHandler, PushHandler
from chat.web.reports import ReportHandler, ReportsHandler
from chat.web.rooms import (
    AuditHandler,
    InvitesHandler,
    MembersHandler,
    RoomHandler,
    RoomsHandler,
)
from chat.web.search import SearchHandler
from chat.web.static import StaticFile
from chat.web.static_files import StaticFiles
from chat.web.uploads import FileHandler, UploadsHandler
from chat.web.webhooks import (
    DeliveriesHandler,
    DeliveryHandler,
    WebhookHandler,
    WebhookSecretHandler,
    WebhooksHandler,
)


class _NotFound(Handler):
    """Answers paths without a route with 404, as JSON like every other error."""

    def prepare(self) -> None:
        self.send_error(404)


def operator_routes(
    sources: MetricSources, drain: Drain, metrics: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the routes for operators and their machines, which also work when full."""
    ready = {
        "instance": sources.attachments.instance,
        "backplane": sources.backplane,
        "acceptor": sources.acceptor,
        "drain": drain,
        "followers": sources.followers,
    }
    return [
        (r"/healthz", HealthHandler, {"instance": sources.attachments.instance}),
        (r"/readyz", ReadyHandler, ready),
        (r"/metrics", MetricsHandler, metrics),
    ]


def admin_routes(
    dependencies: Dependencies, reporter: Reporter, clock: Clock
) -> list[tuple[Any, ...]]:
    """Return the route of the admin page; none without ADMIN_TOKEN."""
    token = dependencies.settings.admin_token
    if token is None:
        return []
    page = {
        "dependencies": dependencies,
        "token": token,
        "reporter": reporter,
        "time_s": clock.time,
    }
    return [(r"/admin", AdminPage, page)]


def build_refusal(acceptor: Acceptor, operations: list[tuple[Any, ...]]) -> Application:
    """Return the application for new connections while this instance is full."""
    return Application(
        operations,
        default_handler_class=FullHandler,
        default_handler_args={"acceptor": acceptor},
        log_function=lambda handler: None,  # no line for each; one line says that we are full
    )


def build_waiting(operations: list[tuple[Any, ...]]) -> Application:
    """Return the application for the time in which this instance waits for its store."""
    return Application(
        operations,
        default_handler_class=StartingHandler,
        log_function=lambda handler: None,  # the log says what it waits for
    )


def _account_routes(edge: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the routes of accounts: one's own, others' for owners, and the pages of both."""
    user = r"((?:guest|bot)-[0-9a-f]{16})"
    return [
        (r"/api/signup", SignUpHandler, edge),
        (r"/api/login", LogInHandler, edge),
        (r"/api/me", MeHandler, edge),
        (r"/api/me/password", PasswordHandler, edge),
        (r"/api/me/devices", DevicesHandler, edge),
        (r"/api/me/devices/([mg]-[0-9a-f]{16})", DeviceHandler, edge),
        (r"/api/me/link", LinkHandler, edge),
        (r"/api/me/push", PushHandler, edge),
        (r"/api/me/export", ExportHandler, edge),
        (r"/api/passkeys", PasskeysHandler, edge),
        (r"/api/passkeys/options", PasskeyOptionsHandler, edge),
        (r"/api/passkeys/signin", PasskeySignInHandler, edge),
        (r"/api/passkeys/([A-Za-z0-9_-]{1,1400})", PasskeyHandler, edge),
        (r"/api/people", PeopleHandler, edge),
        (rf"/api/people/{user}", PersonHandler, edge),
        (rf"/api/people/{user}/export", PersonExportHandler, edge),
        (rf"/api/people/{user}/role", RoleHandler, edge),
        (rf"/api/people/{user}/reset", ResetHandler, edge),
        (rf"/api/people/{user}/disable", DisableHandler, edge),
        (r"/api/invites", SiteInvitesHandler, edge),
        (r"/api/invites/([0-9a-f]{64})", InviteHandler, edge),
        (r"/api/site", SiteHandler, edge),
        (r"/signin", SignInPage, edge),
        (r"/invite", InvitePage, edge),
        (r"/join", JoinPage, edge),
        (r"/link", LinkPage, edge),
        (r"/reset", ResetPage, edge),
        (r"/setup", SetupPage, edge),
    ]


def _search_routes(dependencies: Dependencies) -> list[tuple[Any, ...]]:
    """Return the route of the search; none with SEARCH=off."""
    if dependencies.service.search is None:
        return []
    return [(r"/api/search", SearchHandler, {"dependencies": dependencies})]


def _webhook_routes(dependencies: Dependencies) -> list[tuple[Any, ...]]:
    """Return the routes of webhooks; none with WEBHOOKS=off."""
    if dependencies.webhooks is None:
        return []
    edge = {"dependencies": dependencies}
    webhook = r"/api/webhooks/([a-z0-9_-]{18,81})"
    return [
        (r"/api/webhooks", WebhooksHandler, edge),
        (webhook, WebhookHandler, edge),
        (rf"{webhook}/secret", WebhookSecretHandler, edge),
        (rf"{webhook}/deliveries", DeliveriesHandler, edge),
        (rf"{webhook}/deliveries/([^/]+)/send", DeliveryHandler, edge),
    ]


UPLOADS: Final = "/api/uploads"


def _file_routes(dependencies: Dependencies) -> list[tuple[Any, ...]]:
    """Return the routes of files; none with FILES=off."""
    if dependencies.service.files is None:
        return []
    edge = {"dependencies": dependencies}
    return [(UPLOADS, UploadsHandler, edge), (r"/files/([0-9a-f]{32})/([^/]+)", FileHandler, edge)]


def streamed_bytes(settings: Settings, method: str, path: str) -> int | None:
    """Return the most bytes of a body that is streamed to its handler; None if it is not."""
    is_upload = method == "POST" and path == f"{settings.base_path}{UPLOADS}"
    return settings.file_bytes if is_upload and settings.has_files else None


def build_application(
    dependencies: Dependencies,
    others: list[tuple[Any, ...]],
    *,
    next_polls: NextPolls,
    static: StaticFiles,
) -> Application:
    """Return the application with all routes, and with ``others``."""
    edge: dict[str, Any] = {"dependencies": dependencies}
    described = openapi.document(dependencies.settings.base_path)
    english = dependencies.templates[ENGLISH]
    late_texts = [
        (f"/texts/{language}.json", DocumentHandler, {"document": Document.of_json(texts)})
        for language, templates in dependencies.templates.items()
        if (texts := templates.globals["late_texts"])
    ]
    room = r"([^/]+)"
    return Application(
        [
            (r"/negotiate", NegotiateTransport, edge),
            (PATHS[Transport.WEBSOCKET], WebSocketTransport, edge),
            (PATHS[Transport.SSE], SseTransport, edge),
            (PATHS[Transport.LONGPOLL], LongPollTransport, edge | {"next_polls": next_polls}),
            (SEND_PATH, SendTransport, edge),
            (r"/api/rooms", RoomsHandler, edge),
            (rf"/api/rooms/{room}", RoomHandler, edge),
            (rf"/api/rooms/{room}/messages", MessagesHandler, edge),
            (rf"/api/rooms/{room}/members", MembersHandler, edge),
            (rf"/api/rooms/{room}/invites", InvitesHandler, edge),
            (rf"/api/rooms/{room}/hooks", HooksHandler, edge),
            (rf"/api/rooms/{room}/hooks/([0-9a-f]{{64}})", HookHandler, edge),
            (r"/api/bots", BotsHandler, edge),
            (r"/api/bots/(bot-[0-9a-f]{16})", BotHandler, edge),
            (r"/api/bots/(bot-[0-9a-f]{16})/token", BotTokenHandler, edge),
            (r"/hooks/([!-.0-~]{1,200})", PostedHookHandler, edge),
            (rf"/api/rooms/{room}/notifications", LevelHandler, edge),
            (rf"/api/rooms/{room}/reports", ReportsHandler, edge),
            (rf"/api/rooms/{room}/reports/([1-9][0-9]{{0,14}})", ReportHandler, edge),
            (r"/api/audit", AuditHandler, edge),
            *_search_routes(dependencies),
            *_file_routes(dependencies),
            *_webhook_routes(dependencies),
            (r"/login", LoginHandler, edge),
            (r"/logout", LogoutHandler, edge),
            *_account_routes(edge),
            *late_texts,
            (r"/openapi.json", DocumentHandler, {"document": Document.of_json(described)}),
            (r"/api", DocumentHandler, {"document": api_page(described, english)}),
            (r"/service-worker.js", ServiceWorkerHandler),
            (r"/manifest.webmanifest", ManifestHandler, edge),
            (r"/", ChatPage, edge),
            (r"/doctor", DoctorPage, edge),
            (rf"/rooms/{room}", ChatPage, edge),
            (rf"/rooms/{room}/([1-9][0-9]{{0,14}})", ChatPage, edge),
            *others,
        ],
        default_handler_class=_NotFound,
        default_handler_args=edge,
        static_path="static",  # Tornado wants one; ours are in memory
        static_files=static,
        base_path=dependencies.settings.base_path,
        static_handler_class=StaticFile,
        log_function=AccessLog(dependencies.metrics),
    )
