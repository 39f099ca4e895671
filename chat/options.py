"""What one setting is: its variable, its flag, what it may be, and what for. Pure."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_KEY: Final = "option"


@dataclass(frozen=True, kw_only=True)
class Option:
    """``parse`` returns the value that a text means; raises ValueError, which says what to give."""

    variable: str
    parse: Callable[[str], Any]
    shown: str  # the default, as people are told
    help: str
    is_secret: bool = False  # is never repeated, and no flag: those are seen in process lists
    is_private: bool = False  # is never repeated: a part of it may be secret

    @property
    def flag(self) -> str | None:
        """The flag that means the same, None for what has none."""
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
    """Return a dataclass's field that is read from ``variable``."""
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
    """Return the options among a dataclass's ``fields``, by the fields' names."""
    return {name: found.metadata[_KEY] for name, found in fields.items() if _KEY in found.metadata}


# What a setting may be


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number, both bounds included."""

    def parse(text: str) -> int:
        if re.fullmatch(r"[0-9]{1,10}", text) and lowest <= int(text) <= highest:
            return int(text)
        raise ValueError(f"give a whole number from {lowest} to {highest}")

    return parse


def seconds(lowest: float, highest: float) -> Callable[[str], float]:
    """A time, perhaps with a fraction, both bounds included."""

    def parse(text: str) -> float:
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text) and lowest <= float(text) <= highest:
            return float(text)
        raise ValueError(f"give seconds from {lowest:g} to {highest:g}")

    return parse


def either(yes: str, no: str) -> Callable[[str], bool]:
    """One word that means true, or one that means false."""

    def parse(text: str) -> bool:
        if text not in (yes, no):
            raise ValueError(f"give {yes} or {no}")
        return text == yes

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"give {' or '.join(words)}")
        return text

    return parse


def words(text: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def host_names(text: str) -> tuple[str, ...]:
    """Names of hosts with commas between them, as browsers write them in Host: in lower case."""
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
    """Where a server is below the root of its host: empty, or like ``/chat``."""
    path = text.removesuffix("/")
    segments = path.split("/")[1:]
    if path and (
        not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", path) or {".", ".."}.intersection(segments)
    ):
        raise ValueError("give a path like /chat, of letters, digits, dots, dashes and slashes")
    return path


def some_of(*known: str) -> Callable[[str], tuple[str, ...]]:
    """Some of ``known``, in any order; none of them is all of them."""

    def parse(text: str) -> tuple[str, ...]:
        found = words(text) or known
        if unknown := [word for word in found if word not in known]:
            raise ValueError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return found

    return parse


def secret(text: str) -> str:
    """Too long to guess: 16 random characters of 64 kinds are 96 bits."""
    if len(text) < 16:
        raise ValueError("give at least 16 random characters, or none to have one made")
    return text


def text(value: str) -> str:
    return value


def folder(value: str) -> Path:
    return Path(value)
