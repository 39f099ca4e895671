"""Writes Markdown from texts that are none: titles, names, addresses of other services. Pure."""

import re
from typing import Final

from chat.rooms.texts import MAX_TEXT_CHARACTERS

# A title fits on one line of the page, a name on half of one.
MAX_TITLE: Final = 200
MAX_NAME: Final = 80
# Of a long description or comment the beginning: the rest is behind the link.
MAX_QUOTE: Final = 600
MAX_QUOTE_LINES: Final = 12
# Commits or alerts of one message.
MAX_LISTED: Final = 10
_NOTE: Final = "\n\n… the rest is left out, for a message has at most {most} characters."
_SIGNS: Final = re.compile(r"([\\`*_~\[\]<>|#])")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\\\x00-\x1f\x7f]{1,2000}")
_HTML_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def line(text: str | None, most: int = MAX_TITLE) -> str:
    """Return ``text`` as one line of at most ``most`` characters, without Markdown."""
    given = (text or "")[: 4 * most]
    words = " ".join("".join(c if c.isprintable() else " " for c in given).split())
    if len(words) > most:
        words = f"{words[: most - 1].rstrip()}…"
    return _SIGNS.sub(r"\\\1", words)


def code(text: str | None, most: int = MAX_NAME) -> str:
    """Return ``text``, such as a branch, as code on one line; nothing if there is none."""
    words = " ".join((text or "")[: 4 * most].replace("`", "'").split())[:most]
    return f"`{words}`" if words else ""


def bold(text: str | None) -> str:
    shown = line(text, MAX_NAME)
    return f"**{shown}**" if shown else ""


def linked(shown: str, address: str | None) -> str:
    """Return ``shown``, which is Markdown, as a link, where ``address`` is one of the web."""
    if not address or not shown or _ADDRESS.fullmatch(address) is None:
        return shown
    return f"[{shown}](<{address}>)"


def quote(text: str | None) -> str:
    """Return the beginning of ``text``, which is Markdown already, as a quote."""
    given = _HTML_COMMENT.sub("", (text or "")[: 4 * MAX_QUOTE]).strip()
    shown = given[:MAX_QUOTE].splitlines()[:MAX_QUOTE_LINES]
    is_cut = len("\n".join(shown)) < len("\n".join(given.splitlines()))
    if is_cut:
        shown[-1] += " …"
    return "\n".join(f"> {each}".rstrip() for each in shown)


def listed(lines: list[str], count: int | None = None) -> str:
    """Return the first of ``lines`` as a list; ``count`` is how many there are, if more."""
    shown = [f"- {each}" for each in lines[:MAX_LISTED]]
    more = max(len(lines), count or 0) - len(shown)
    return "\n".join([*shown, f"- … and {more} more"] if more > 0 else shown)


def paragraphs(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def cut(text: str) -> str:
    """Return ``text``, if it is too long for a message with its end replaced by a note."""
    if len(text) <= MAX_TEXT_CHARACTERS:
        return text
    note = _NOTE.format(most=MAX_TEXT_CHARACTERS)
    return text[: MAX_TEXT_CHARACTERS - len(note)].rstrip() + note
