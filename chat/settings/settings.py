"""The one table of all settings for operators, with their reasons.

`python app.py --help` shows it; docs/operations.md has it, and a test compares.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from chat.errors import SettingsError
from chat.net.proxies import Proxies
from chat.net.public_addresses import Destinations
from chat.settings.basics import BasicSettings
from chat.settings.command_line import CommandLine
from chat.settings.files_url import FilesUrl
from chat.settings.mirror_url import MirrorUrl
from chat.settings.options import (
    Option,
    base_path,
    either,
    host_names,
    networks,
    one_of,
    options_of,
    origins,
    seconds,
    setting,
    some_of,
    whole,
)

_TRANSPORTS: Final = ("websocket", "sse", "longpoll")


@dataclass(frozen=True, kw_only=True)
class Settings(BasicSettings):
    """The settings of one server. For None, ``shown`` says what it means."""

    has_search: bool = setting(
        "SEARCH", True, either("on", "off"),
        "`off` for a chat without a search: nothing keeps an index of what people write",
        shown="on",
    )  # fmt: skip
    push: str = setting(
        "PUSH", "on", one_of("on", "off", "any"),
        "`off` for a server that connects to no push services, by which browsers are notified "
        "while no page is open; `any` allows services in your own network, without TLS", shown="on",
    )  # fmt: skip
    has_webhooks: bool = setting(
        "WEBHOOKS", True, either("on", "off"),
        "`off` for a server that connects to no other programs: owners of rooms can't have them "
        "told of what is said",
        shown="on",
    )  # fmt: skip
    webhooks_allow: Destinations = setting(
        "WEBHOOKS_ALLOW", Destinations(), networks,
        "addresses and networks of your own that webhooks may be sent to, also without TLS: "
        "`10.1.2.3,192.168.0.0/16`; others only to addresses of the internet, by HTTPS",
        shown="none",
    )  # fmt: skip
    has_files: bool = setting(
        "FILES", True, either("on", "off"), "`off` for a chat in which nobody sends files",
        shown="on",
    )  # fmt: skip
    files_url: FilesUrl | None = setting(
        "FILES_URL", None, FilesUrl.parse,
        "where files are kept: a bucket that speaks S3, "
        "`s3://KEY:SECRET@BUCKET/PREFIX?region=REGION&endpoint=URL`, which instances on several "
        "machines need; without it, on this machine's disk: see “Files”",
        shown="`DATA_DIR/files`", is_private=True,
    )  # fmt: skip
    # A minute of a phone's film, or some twenty of its pictures.
    file_mb: int = setting(
        "FILE_MB", 100, whole(1, 10_000), "the most megabytes of a file", shown="100"
    )
    # As much as a phone's connection brings in an hour; of an address, ten times as much.
    files_mb_per_day: int = setting(
        "FILES_MB_PER_DAY", 1000, whole(1, 10**6),
        "megabytes of files that one user can upload in a day, where a file counts one at least; "
        "all users at one address, ten times as many",
        shown="1000",
    )  # fmt: skip
    files_gb: int = setting(
        "FILES_GB", 10, whole(1, 10**6),
        "gigabytes of files in all, above which nobody can upload more", shown="10",
    )  # fmt: skip
    unsent_file_h: int = setting(
        "UNSENT_FILE_HOURS", 24, whole(1, 8760),
        "hours for which a file is kept that was uploaded and not sent", shown="24",
    )  # fmt: skip
    mirror_url: MirrorUrl | None = setting(
        "MIRROR_URL", None, MirrorUrl.parse,
        "where a copy of all that happens in rooms goes: a stream of NATS, "
        "`nats://USER:PASSWORD@HOST:4222/SUBJECT`, or a topic of Kafka, "
        "`kafka://USER:PASSWORD@HOST:9092/TOPIC`: see “The mirror”",
        shown="none", is_private=True,
    )  # fmt: skip
    is_all_mirrored: bool = setting(
        "MIRROR_ROOMS", False, either("all", "public"),
        "`all` to mirror also rooms that are unlisted, private or direct", shown="public",
    )  # fmt: skip
    is_bundled: bool = setting(
        "BUNDLE", True, either("on", "off"),
        "`off` for pages that load each script by itself, as where Bun can't run",
        shown="on",
    )  # fmt: skip
    has_rate_limits: bool = setting(
        "RATE_LIMITS", True, either("on", "off"),
        "`off` for benchmarks: then users and addresses have no limits, of connections and rooms "
        "neither",
        shown="on",
    )  # fmt: skip
    transports: tuple[str, ...] = setting(
        "TRANSPORTS", _TRANSPORTS, some_of(*_TRANSPORTS), "what to offer in negotiation",
        shown=",".join(_TRANSPORTS),
    )  # fmt: skip
    proxies: Proxies = setting(
        "BEHIND_PROXY", Proxies(), Proxies.parse,
        "whose `X-Forwarded-Proto` and `X-Forwarded-For` are believed, and PROXY headers "
        "before the first request, so that cookies are "
        "`Secure` and limits and logs have the client's address: `on` for whoever connects, where "
        "a router stands in front and nobody else can reach the port; or the addresses and "
        "networks of your proxies, `10.0.0.7,192.168.0.0/16`",
        shown="off",
    )  # fmt: skip
    base_path: str = setting(
        "BASE_PATH", "", base_path,
        "the path below which people reach this server, `/chat`, where a proxy has something else "
        "at the root of its host; the proxy passes paths on as they come: see “Below a path”",
        shown="none",
    )  # fmt: skip
    trusted_origins: tuple[str, ...] = setting(
        "TRUSTED_ORIGINS", (), origins,
        "pages elsewhere that may talk to this server: `https://a.example,https://b.example`; also "
        "where a proxy changes the `Host` header",
        shown="none",
    )  # fmt: skip
    allowed_hosts: tuple[str, ...] = setting(
        "ALLOWED_HOSTS", (), host_names,
        "the names under which people reach this server: `chat.example,chat.internal`. Requests "
        "for another are answered 421. Without them a page of any site whose name is made to "
        "resolve to this server can use it in its visitor's name",
        shown="any",
    )  # fmt: skip
    history_limit: int | None = setting(
        "HISTORY_LIMIT", None, whole(100, 10**9), "newest messages kept in each room", shown="all"
    )
    history_days: int | None = setting(
        "HISTORY_DAYS", None, whole(1, 36_500), "days for which messages are kept", shown="for ever"
    )
    log_format: str = setting(
        "LOG_FORMAT", "text", one_of("text", "json"), "`json` for machines: see “Logs”"
    )
    # No debug level: the debug lines of libraries contain the messages that people write.
    log_level: str = setting(
        "LOG_LEVEL", "info", one_of("info", "warning", "error"), "`warning` or `error` for less"
    )
    max_connections: int | None = setting(
        "MAX_CONNECTIONS", None, whole(1, 10**6),
        "open connections, above which newcomers are told 503: see “Many connections”",
        shown="what the limit on open files allows",
    )  # fmt: skip
    # An office, a school or a mobile network's gateway is one address. 500 connections take some
    # 10 MB; on most machines one address can then have a twentieth of all connections.
    max_connections_per_address: int = setting(
        "MAX_CONNECTIONS_PER_ADDRESS", 500, whole(1, 10**6),
        "sockets, streams and polls at a time from one address (of IPv6: a /64); more are answered "
        "429, and so are connections of whatever kind above six times as many, or above half of "
        "all that can be open. Behind a proxy it "
        "needs `BEHIND_PROXY`, or all have the proxy's address",
        shown="500",
    )  # fmt: skip
    # The page needs one for all tabs of a browser, and another while it changes transports.
    max_connections_per_user: int = setting(
        "MAX_CONNECTIONS_PER_USER", 50, whole(1, 10**6),
        "the same for one user; each other browser is another user",
        shown="50",
    )  # fmt: skip
    # The burst, three times as many, admits a class or an office that opens the page all at once.
    newcomers_per_minute: int = setting(
        "NEWCOMERS_PER_MINUTE", 120, whole(1, 10**6),
        "new guests from one address, in the long run; three times as many at once. A client that "
        "keeps no cookies is one with each request",
        shown="120",
    )  # fmt: skip
    # The burst admits 500 clients that reconnect after a restart, with three requests each.
    requests_per_second: int = setting(
        "REQUESTS_PER_SECOND", 50, whole(1, 10**6),
        "requests from one address, in the long run; 40 times as many at once. A file counts as a "
        "twentieth, a poll that names its session as a quarter, and one that goes on from where "
        "its last answer ended not at all. Of commands an address may give twice as many",
        shown="50",
    )  # fmt: skip
    max_rooms_per_user: int = setting(
        "MAX_ROOMS_PER_USER", 100, whole(1, 10**4),
        "rooms that one user can be in: each attach reads all of them",
        shown="100",
    )  # fmt: skip
    new_rooms_per_hour: int = setting(
        "NEW_ROOMS_PER_HOUR", 20, whole(1, 10**4),
        "rooms that one user can make, as many at once; all users at one address, ten times as "
        "many. A room that nobody is in, and where nobody ever said anything, is removed",
        shown="20",
    )  # fmt: skip
    # As long as somebody who spams is usually busy before they are banned; a guest who stays for a
    # talk is slowed down at its beginning only.
    new_guest_minutes: int = setting(
        "NEW_GUEST_MINUTES", 10, whole(0, 1440),
        "how long a guest who has just come writes at most one message in two seconds, ten at "
        "once, and makes a quarter of `NEW_ROOMS_PER_HOUR`; `0` for guests like others",
        shown="10",
    )  # fmt: skip
    # Below the 30-60 s after which common proxies cut an idle stream. A client suspects a stream
    # after a silence of 1.4 heartbeats, and then has time for one more attempt within 30 s.
    heartbeat_s: float = setting(
        "HEARTBEAT_S", 15.0, seconds(5, 50),
        "how often a stream that is silent is shown to live; less where a router cuts it sooner, "
        "more to let phones sleep. Heroku's cuts after 55 s",
        shown="15",
    )  # fmt: skip
    poll_hold_s: float = setting(
        "POLL_HOLD_S", 25.0, seconds(1, 25),
        "how long a poll is held when there is nothing to say; less where a router waits less than "
        "30 s for an answer",
        shown="25",
    )  # fmt: skip
    drain_s: float = setting(
        # Below the 30 s after which Heroku, Render and Kubernetes kill. It usually takes a few.
        "DRAIN_S", 25.0, seconds(1, 300),
        "how long stopping may take, all of it; less than the platform allows: see “Starting and "
        "stopping”",
        shown="25",
    )  # fmt: skip
    drain_notice_s: float = setting(
        # 0: most platforms and proxies stop routing to an instance when they send it the signal,
        # or try another instance if this one does not accept.
        "DRAIN_NOTICE_S", 0.0, seconds(0, 150),
        "how much of `DRAIN_S`, at most half, to go on serving for while `/readyz` says no already",
        shown="0",
    )  # fmt: skip

    # Not for operators: values that clients and the wire rely on.
    presence_grace_s: float = 10.0  # a reload, a change of transport or a slow poll takes less
    unsent_limit_bytes: int = 1 << 20  # past this a reader is shed, and resumes from its cursor
    max_frame_bytes: int = 64 << 10  # 4,000 characters escaped as \uXXXX pairs take 48 KB
    max_body_bytes: int = 2 << 20  # 100 commands, most of them of usual size

    @property
    def file_bytes(self) -> int:
        return self.file_mb * 1_000_000

    @property
    def unsent_file_s(self) -> float:
        return self.unsent_file_h * 3600.0

    @classmethod
    def options(cls) -> Mapping[str, Option]:
        return options_of({field.name: field for field in dataclasses.fields(cls)})

    @classmethod
    def read(cls, env: Mapping[str, str], flags: Sequence[str] = ()) -> Self:
        """Read ``env``, then ``flags``, which win; an empty value counts as not set.

        Raises SettingsError, which names all bad settings at once. ``--help`` prints and exits.
        """
        problems: list[str] = []
        given = CommandLine(problems).read(cls.options(), flags)
        values: dict[str, Any] = {}
        for name, option in cls.options().items():
            text, said = given.get(option.variable), f"{option.flag} "
            if text is None:
                text, said = env.get(option.variable, ""), f"{option.variable}="
            if text == "":
                continue
            try:
                values[name] = option.parse(text)
            except ValueError as error:
                is_hidden = option.is_secret or option.is_private
                shown = option.variable if is_hidden else f"{said}{text!r}"
                problems.append(f"{shown}: {error}")
        if not problems:
            settings = cls(**values)
            if settings.drain_notice_s > settings.drain_s / 2:
                problems.append(
                    f"DRAIN_NOTICE_S={settings.drain_notice_s:g}: give at most half of DRAIN_S, "
                    f"which is {settings.drain_s:g}"
                )
            if settings.irc_tls_port is not None and not (
                settings.irc_tls_cert and settings.irc_tls_key
            ):
                problems.append(
                    f"IRC_TLS_PORT={settings.irc_tls_port}: give IRC_TLS_CERT and IRC_TLS_KEY, too"
                )
            if not problems:
                return settings
        raise SettingsError("; ".join(problems))
