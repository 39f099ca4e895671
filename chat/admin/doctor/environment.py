"""Checks the settings: variables that nobody reads, and values that contradict each other. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from chat.admin.doctor.finding import Finding, note, ok, problem
from chat.settings.settings import Settings

_AREA: Final = "settings"
# As alike as BEHIND_PROXIES and BEHIND_PROXY; less alike are other programs' variables.
_ALIKE: Final = 0.82
# Variables of systems and platforms that look like ours.
_OTHERS: Final = frozenset({"HOST", "HOSTNAME", "HISTSIZE", "HISTFILE", "PORTS", "SECRETS"})


def check(settings: Settings, env: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with ``env``, of which ``settings`` were read."""
    found = [*_misspelt(env), *_contradictions(settings)]
    yield from found or [ok(_AREA, "The settings are understood, and do not contradict.")]


def _misspelt(env: Mapping[str, str]) -> Iterator[Finding]:
    known = [option.variable for option in Settings.options().values()]
    for name in sorted(env.keys() - set(known) - _OTHERS):
        own = name.removeprefix("PARLEY_").removeprefix("CHAT_")
        if own != name and own in known:
            close = [own]
        else:
            close = get_close_matches(name.upper(), known, 1, _ALIKE)
        if close and close[0] not in env:
            yield problem(_AREA, f"{name} is no setting.", f"Did you mean {close[0]}?")


def _contradictions(settings: Settings) -> Iterator[Finding]:
    if settings.web_concurrency > 1 and settings.redis_url is None:
        yield problem(
            _AREA,
            f"WEB_CONCURRENCY={settings.web_concurrency} has no effect: several processes meet in "
            "Redis, and REDIS_URL is not set.",
            "Set REDIS_URL, or remove WEB_CONCURRENCY.",
        )
    if settings.redis_url is not None and settings.secret is None:
        yield problem(
            _AREA,
            "SECRET is not set: each instance takes the one in its own DATA_DIR, and people who "
            "come to another instance are somebody else there.",
            "Set the same SECRET for all instances: openssl rand -base64 32",
        )
    if not settings.has_files and settings.files_url is not None:
        yield problem(_AREA, "FILES=off makes FILES_URL useless.", "Remove one of them.")
    if settings.redis_url is not None and settings.has_files and settings.files_url is None:
        yield note(
            _AREA,
            "Files are kept on the disk of each machine.",
            "With instances on several machines, set FILES_URL.",
        )
    if settings.guests == "off" and settings.sign_up == "closed":
        yield note(
            _AREA,
            "GUESTS=off and SIGN_UP=closed: nobody new can come in.",
            "Set SIGN_UP=invite to let people in whom you invite.",
        )
    if not settings.has_rate_limits:
        yield problem(
            _AREA,
            "RATE_LIMITS=off: anybody can use all of the server.",
            "Remove it; it is for benchmarks.",
        )
