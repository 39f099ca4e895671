"""Between the formatting of IRC clients, CTCP, and the Markdown of messages. Pure."""

import re
from typing import Final

# Bold, italic and monospace have a counterpart in Markdown; of all else only the text stays
# (https://modern.ircdocs.horse/formatting).
_MARKS: Final = {"\x02": "**", "\x1d": "*", "\x11": "`"}
_COLOURS: Final = re.compile("\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6})?")
_SPANS: Final = re.compile("([\x02\x1d\x11])([^\x02\x1d\x11\x0f]+)(?:\\1|\x0f|$)")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_CTCP: Final = re.compile("\x01([A-Za-z]+)(?: ([^\x01]*))?\x01?")
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]()#+.!<>~|-]")  # as static/js/writing/slash.js has them


def to_markdown(text: str) -> str:
    """Return what an IRC client sent as the text of a message."""
    text = _COLOURS.sub("", text)
    text = _SPANS.sub(_span, text)
    return _CONTROLS.sub("", text)


def _span(found: re.Match[str]) -> str:
    mark, inner = _MARKS[found[1]], found[2]
    core = inner.strip(" ")
    if not core:
        return inner
    before = inner[: len(inner) - len(inner.lstrip(" "))]
    return f"{before}{mark}{core}{mark}{inner[len(inner.rstrip(' ')) :]}"


def to_line(text: str) -> str:
    """Return one line of a message's text for an IRC client: controls would be formatting."""
    return _CONTROLS.sub("", text.replace("\t", " "))


def ctcp_of(text: str) -> tuple[str, str] | None:
    """Return the command and the text of a CTCP message; None if it is none."""
    found = _CTCP.fullmatch(text)
    return None if found is None else (found[1].upper(), found[2] or "")


def action_text(name: str, text: str) -> str:
    """Return the text of the message by which ``name`` does something: what /me makes of it."""
    return f"*{_escaped(name)} {text}*"


def action_of(name: str, text: str) -> str | None:
    """Return what ``name`` does in a message that ``action_text`` made; None if it is another."""
    begin = f"*{_escaped(name)} "
    is_action = text.startswith(begin) and text.endswith("*") and "\n" not in text
    return text[len(begin) : -1] if is_action and len(text) > len(begin) + 1 else None


def _escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", name)


def size_in_words(count: int) -> str:
    for unit, factor in (("MB", 1_000_000), ("kB", 1000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
