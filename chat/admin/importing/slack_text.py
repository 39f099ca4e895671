"""Translates Slack's marks in a text to Markdown. Pure but for the table of emoji."""

import re
from html import unescape
from typing import Final

from chat.admin.importing.shortcodes import with_emoji
from chat.admin.importing.source import Names

# Code stays as it is, but for what every text has escaped.
_CODE: Final = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_LINK: Final = re.compile(r"<([^<>\n]{1,4000})>")
# Slack's *bold* is Markdown's **bold**, and its ~struck~ is ~~struck~~; _ is the same. The marks
# stand at the edges of words only.
_BOLD: Final = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,4000})(?<=\S)\*(?![\w*])")
_STRUCK: Final = re.compile(r"(?<![\w~])~(?=\S)([^~\n]{1,4000})(?<=\S)~(?![\w~])")


def markdown(text: str, names: Names) -> tuple[str, list[str]]:
    """Return ``text`` as Markdown, and the ids of the people that it mentions."""
    mentioned: dict[str, None] = {}

    def linked(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        label = unescape(label)
        match target[:1]:
            case "@":
                id_ = target[1:]
                if id_ not in names.people:
                    return f"@{label or id_}"
                mentioned[id_] = None
                return f"@{names.people[id_]}"
            case "#":
                return f"#{names.rooms.get(target[1:]) or label or target[1:]}"
            case "!":  # @here, a group of people, a date
                return label or f"@{target[1:].partition('^')[0]}"
        url = unescape(target)
        if not label or label == url or url.removeprefix("mailto:") == label:
            return label or url
        return f"[{label}]({url})"

    parts = _CODE.split(text)
    for number, part in enumerate(parts):
        is_code = number % 2 == 1
        if is_code:
            parts[number] = unescape(_LINK.sub(lambda found: found[1].partition("|")[0], part))
            continue
        part = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", part))
        pieces: list[str] = []
        end = 0
        for link in _LINK.finditer(part):
            pieces += (unescape(part[end : link.start()]), linked(link))
            end = link.end()
        pieces.append(unescape(part[end:]))
        parts[number] = with_emoji("".join(pieces))
    return "".join(parts), list(mentioned)
