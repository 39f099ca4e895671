"""The settings that say where a server is and what it is called; the first part of the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat.settings.options import (
    address,
    either,
    one_of,
    secret,
    setting,
    short_line,
    whole,
)
from chat.settings.redis_url import RedisUrl, prefix


@dataclass(frozen=True, kw_only=True)
class BasicSettings:
    """Where a server listens and stores, what opens it, and what it is called."""

    port: int = setting("PORT", 8000, whole(0, 65535), "where to listen; 0 picks a free one")
    address: str = setting(
        "ADDRESS", "", address, "`127.0.0.1` behind a proxy on the same machine",
        shown="every interface",  # in a container or dyno the router comes from outside
    )  # fmt: skip
    irc_port: int | None = setting(
        "IRC_PORT", None, whole(0, 65535),
        "where IRC clients connect without TLS; 0 picks a free port: see [irc.md](irc.md)",
        shown="none",
    )  # fmt: skip
    irc_tls_port: int | None = setting(
        "IRC_TLS_PORT", None, whole(0, 65535),
        "where they connect with TLS, by the two files below", shown="none",
    )  # fmt: skip
    irc_tls_cert: Path | None = setting(
        "IRC_TLS_CERT", None, Path, "the certificate, with those that lead to a known one, as PEM",
        shown="none",
    )  # fmt: skip
    irc_tls_key: Path | None = setting(
        "IRC_TLS_KEY", None, Path, "its private key, as PEM without a password", shown="none"
    )
    data_dir: Path = setting(
        "DATA_DIR", Path("data"), Path, "the log and the secret; one process to a folder"
    )
    redis_url: RedisUrl | None = setting(
        "REDIS_URL", None, RedisUrl.parse,
        "where instances meet; without it one process serves from its own disk. `redis://`, "
        "`rediss://`, `redis+sentinel://host,host/master`, `redis+cluster://host,host`",
        shown="none", is_private=True,
    )  # fmt: skip
    redis_prefix: str = setting(
        "REDIS_PREFIX", "parley:", prefix,
        "what the names of all keys and channels in Redis begin with; another one where two "
        "deployments share a database of it",
    )  # fmt: skip
    has_redis_tls_verified: bool = setting(
        "REDIS_TLS_VERIFY", True, either("on", "off"),
        "`off` for `rediss://` with a certificate that Redis signed itself, as Heroku's has; then "
        "anyone in between can read",
        shown="on",
    )  # fmt: skip
    is_eviction_refused: bool = setting(
        "REDIS_EVICTION", True, either("refuse", "warn"),
        "`warn` to start with a Redis that throws keys away when it is full",
        shown="refuse",
    )  # fmt: skip
    web_concurrency: int = setting(
        "WEB_CONCURRENCY", 1, whole(1, 64),
        "how many processes serve, each on a core of its own; more than one need `REDIS_URL`, "
        "without which one serves and the log says so: platforms set this by themselves",
    )  # fmt: skip
    admin_token: str | None = setting(
        "ADMIN_TOKEN", None, secret,
        "opens `/admin`, as the password with any name; at least 16 characters. Without one there "
        "is no such page",
        shown="none", is_secret=True,
    )  # fmt: skip
    owner_setup_code: str | None = setting(
        "OWNER_SETUP_CODE", None, secret,
        "the code of the setup link, `/setup?code=…`, by which the first owner signs up; at least "
        "16 characters. It is for platforms where nobody reads the log in time",
        shown="a new one at each start, in the log", is_secret=True,
    )  # fmt: skip
    secret: str | None = setting(
        "SECRET", None, secret,
        "signs cookies; at least 16 characters, the same for all instances. Give one where the "
        "disk does not outlive a restart, or all guests are new after each",
        shown="made once, kept in `DATA_DIR`", is_secret=True,
    )  # fmt: skip
    guests: str = setting(
        "GUESTS", "on", one_of("on", "read", "off"),
        "what people without an account may do: all that members may in rooms that are open, only "
        "`read` them, or nothing. The first owner can choose another in the page, which then holds",
        shown="on",
    )  # fmt: skip
    sign_up: str = setting(
        "SIGN_UP", "open", one_of("open", "invite", "closed"),
        "who may make an account: everybody, whoever has an invite link, or nobody. The first "
        "owner can choose another in the page, which then holds",
        shown="open",
    )  # fmt: skip
    site_name: str = setting(
        "SITE_NAME", "Parley", short_line(80), "the name of the chat, on its pages", shown="Parley"
    )
    site_about: str = setting(
        "SITE_ABOUT", "", short_line(400), "what it is for, in a sentence, where people sign in",
        shown="none",
    )  # fmt: skip

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports to listen on, by the settings that name them."""
        found = {
            "PORT": self.port,
            "IRC_PORT": self.irc_port,
            "IRC_TLS_PORT": self.irc_tls_port,
        }
        return {setting: port for setting, port in found.items() if port is not None}
