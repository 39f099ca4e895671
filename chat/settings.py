"""What operators may set, read once from the environment, each number with its reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from chat.errors import SettingsError

_REDIS_SCHEMES: Final = ("redis", "rediss", "redis+sentinel", "redis+cluster")
_TRANSPORTS: Final = ("websocket", "sse", "longpoll")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """docs/operations.md lists those that come from the environment; a test compares."""

    port: int = 8000
    address: str = ""  # every interface: in a container or dyno the router comes from outside
    data_dir: Path = Path("data")
    secret: str | None = None  # signs cookies; None: made once and kept in data_dir
    has_rate_limits: bool = True
    redis_url: str | None = None  # None: one process, on the embedded log
    has_redis_tls_verified: bool = True  # off only for certificates that Redis signed itself
    is_eviction_refused: bool = True  # a Redis that evicts loses whole logs when it is full
    transports: tuple[str, ...] = _TRANSPORTS
    is_behind_proxy: bool = False  # believe X-Forwarded-*: only if a proxy sets them, and alone
    trusted_origins: tuple[str, ...] = ()  # pages elsewhere that may talk to us
    history_limit: int | None = None  # newest entries kept a room; None: all
    max_connections: int | None = None  # None: as many as the limit on open files allows

    # Below the 30-60 s after which common proxies cut an idle stream; and a client that has
    # heard nothing for 1.4 of these has the time left to try once more within 30 s.
    heartbeat_s: float = 15.0
    poll_hold_s: float = 25.0  # below the 30 s to the first byte that Heroku's router allows
    presence_grace_s: float = 10.0  # a reload, a change of transport or a slow poll takes less
    unsent_limit_bytes: int = 1 << 20  # past this a reader is shed, and resumes from its cursor
    max_frame_bytes: int = 64 << 10  # 4,000 characters escaped as \uXXXX pairs take 48 KB
    max_body_bytes: int = 2 << 20  # 100 commands, most of them of usual size
    drain_s: float = 5.0  # Fly allows 5 s after SIGINT, Heroku and others more

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the environment; raise SettingsError naming every bad variable at once."""
        problems: list[str] = []

        def number(name: str, default: int | None, lowest: int, highest: int) -> int | None:
            text = env.get(name, "")
            if text == "":
                return default
            if re.fullmatch(r"[0-9]{1,10}", text) and lowest <= int(text) <= highest:
                return int(text)
            problems.append(f"{name}={text!r}: give a whole number from {lowest} to {highest}")
            return default

        def choice(name: str, default: str, other: str) -> str:
            text = env.get(name) or default
            if text not in (default, other):
                problems.append(f"{name}={text!r}: give {default} or {other}")
            return text

        port = number("PORT", cls.port, 0, 65535)
        history_limit = number("HISTORY_LIMIT", None, 100, 10**9)
        max_connections = number("MAX_CONNECTIONS", None, 1, 10**6)
        secret = env.get("SECRET") or None
        if secret is not None and len(secret) < 16:
            problems.append("SECRET: give at least 16 random characters, or none to have one made")
        rate_limits = choice("RATE_LIMITS", "on", "off")
        transports = _list(env.get("TRANSPORTS", "")) or _TRANSPORTS
        if unknown := [name for name in transports if name not in _TRANSPORTS]:
            problems.append(
                f"TRANSPORTS: there is no {', '.join(unknown)}; there are " + ", ".join(_TRANSPORTS)
            )
        redis_url = env.get("REDIS_URL") or None
        if redis_url is not None and urlsplit(redis_url).scheme not in _REDIS_SCHEMES:
            problems.append(f"REDIS_URL: give one that begins with {', '.join(_REDIS_SCHEMES)}")
        proxy = choice("BEHIND_PROXY", "off", "on")
        verify = choice("REDIS_TLS_VERIFY", "on", "off")
        eviction = choice("REDIS_EVICTION", "refuse", "warn")
        if problems:
            raise SettingsError("; ".join(problems))
        assert port is not None  # its default is not
        return cls(
            port=port,
            address=env.get("ADDRESS", cls.address),
            data_dir=Path(env.get("DATA_DIR") or "data"),
            secret=secret,
            redis_url=redis_url,
            has_redis_tls_verified=verify == "on",
            is_eviction_refused=eviction == "refuse",
            has_rate_limits=rate_limits == "on",
            transports=transports,
            is_behind_proxy=proxy == "on",
            trusted_origins=_list(env.get("TRUSTED_ORIGINS", "")),
            history_limit=history_limit,
            max_connections=max_connections,
        )


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
