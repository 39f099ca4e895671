"""Describes one setting: its variable, flag, allowed values and help. Pure."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from chat.net.public_addresses import Destinations

F = TypeVar("F", bound=Callable[[str], Any])

_KEY: Final = "option"


@dataclass(frozen=True, kw_only=True)
class Option:
    """A setting. ``parse`` returns the value of a text; its ValueError says what to give."""

    variable: str
    parse: Callable[[str], Any]
    shown: str  # the default, as people read it
    help: str
    is_secret: bool = False  # never repeated, and without a flag: process lists show flags
    is_private: bool = False  # never repeated: a part of it may be secret

    @property
    def values(self) -> str:
        """Return the allowed values as ``--help`` shows them; empty if the help text has them."""
        return getattr(self.parse, "values", "")

    @property
    def flag(self) -> str | None:
        return None if self.is_secret else "--" + self.variable.lower().replace("_", "-")


def setting(
    variable: str,
    default: Any,
    parse: Callable[[str], Any],
    help: str,
    *,
    shown: str | None = None,
    is_secret: bool = False,
    is_private: bool = False,
) -> Any:
    """Return a dataclass field that is read from ``variable``."""
    option = Option(
        variable=variable,
        parse=parse,
        shown=str(default) if shown is None else shown,
        help=help,
        is_secret=is_secret,
        is_private=is_private,
    )
    return field(default=default, metadata={_KEY: option})


def options_of(fields: "dict[str, Any]") -> "dict[str, Option]":
    """Return the options among a dataclass's ``fields``, by field name."""
    return {name: found.metadata[_KEY] for name, found in fields.items() if _KEY in found.metadata}


# The parsers of settings


def _allowed(values: str) -> Callable[[F], F]:
    """Return a decorator for a parser, with the allowed ``values`` that ``--help`` shows."""

    def mark(parse: F) -> F:
        parse.values = values  # type: ignore[attr-defined]
        return parse

    return mark


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a parser for a whole number, both bounds included."""

    @_allowed(f"{lowest} to {highest}")
    def parse(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,10}", text) and lowest <= int(text) <= highest:
            return int(text)
        raise ValueError(f"give a whole number from {lowest} to {highest}")

    return parse


def seconds(lowest: float, highest: float) -> Callable[[str], float]:
    """Return a parser for seconds, perhaps with a fraction, both bounds included."""

    @_allowed(f"{lowest:g} to {highest:g} s")
    def parse(text: str) -> float:
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) and lowest <= float(text) <= highest:
            return float(text)
        raise ValueError(f"give seconds from {lowest:g} to {highest:g}")

    return parse


def either(yes: str, no: str) -> Callable[[str], bool]:
    """Return a parser for two words: ``yes`` means true, ``no`` means false."""

    @_allowed(f"{yes} or {no}")
    def parse(text: str) -> bool:
        if text not in (yes, no):
            raise ValueError(f"give {yes} or {no}")
        return text == yes

    return parse


def one_of(*words: str) -> Callable[[str], str]:

    @_allowed(" or ".join(words))
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"give {' or '.join(words)}")
        return text

    return parse


def short_line(most: int) -> Callable[[str], str]:
    """Return a parser for one line of at most ``most`` characters."""

    @_allowed(f"at most {most} characters")
    def parse(text: str) -> str:
        if len(text) > most or not text.isprintable():
            raise ValueError(f"give one line of at most {most} characters")
        return text

    return parse


def words(text: str) -> tuple[str, ...]:
    """Return the words in ``text``, which are separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def host_names(text: str) -> tuple[str, ...]:
    """Return the host names in ``text``, separated by commas, as browsers send them in Host.

    That is in lower case, and in ASCII. Raises ValueError.
    """
    return tuple(map(_host_name, words(text)))


def _host_name(text: str) -> str:
    name = text.lower().removesuffix(".")
    try:
        if ":" in name:
            inner = name[1:-1] if name[0] + name[-1] == "[]" else name
            return f"[{ipaddress.IPv6Address(inner)}]"
        name = name.encode("idna").decode()
    except ValueError:
        name = ""
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name):
        raise ValueError(
            f"give names of hosts, without scheme, port or path, not {text!r}: "
            "chat.example,chat.internal"
        )
    return name


def base_path(text: str) -> str:
    """Return a server's path below its host's root, like ``/chat`` or empty. Raises ValueError."""
    path = text.removesuffix("/")
    segments = path.split("/")[1:]
    if path and (
        not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path) or {".", ".."}.intersection(segments)
    ):
        raise ValueError("give a path like /chat, of letters, digits, dots, dashes and slashes")
    return path


def some_of(*known: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser for some of ``known``, in any order; an empty list means all of them."""

    def parse(text: str) -> tuple[str, ...]:
        found = words(text) or known
        if unknown := [word for word in found if word not in known]:
            raise ValueError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return found

    return parse


def secret(text: str) -> str:
    """Return ``text`` if it is too long to guess, else raise ValueError.

    16 random characters of 64 kinds are 96 bits. White space around it does not count.
    """
    if len(text.strip()) < 16 or not text.isprintable():
        raise ValueError("give at least 16 random characters, or none to have one made")
    return text


def origins(text: str) -> tuple[str, ...]:
    """Return the origins in ``text``, separated by commas, as browsers send them.

    That is scheme, host, and the port if it is not the scheme's default. Raises ValueError.
    """
    found = words(text)
    for origin in found:
        try:
            parts = urlsplit(origin)
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
            is_one = is_one and origin.lower() == f"{parts.scheme}://{parts.netloc}".lower()
            is_one = is_one and "@" not in parts.netloc and parts.port != 0
        except ValueError:
            is_one = False
        if not is_one:
            raise ValueError(
                f"give origins, with a scheme and without a path, not {origin!r}: "
                "https://a.example,https://b.example:8443"
            )
    return tuple(origin.lower() for origin in found)


def networks(text: str) -> Destinations:
    """Return the internet and the networks in ``text``, separated by commas. Raises ValueError."""
    try:
        return Destinations(tuple(ipaddress.ip_network(part) for part in words(text)))
    except ValueError:
        raise ValueError("give addresses or networks: 10.1.2.3,192.168.0.0/16,fd00::/8") from None


def address(text: str) -> str:
    """Return ``text`` if it can be an address or name of this machine, else raise ValueError."""
    has_port = text.count(":") == 1  # an IPv6 address has two colons at least
    if has_port or re.search(r"[\s/]", text):
        raise ValueError("give an IP address or a name, without scheme and port: 127.0.0.1")
    return text
