"""A rule for markdown-it: the name of a public room, ``#garden``, is a link to it. Pure.

Only the form counts, never whether there is such a room: a link must not tell. Rooms that are not
public are left out, as only their members know the names. The link is relative to the server's
base path, which pages put before it.
"""

import re
from collections.abc import Iterator
from typing import Final

from markdown_it import MarkdownIt

from chat.rooms import links
from chat.rooms.addresses import Found

_FOLDER: Final = "/rooms/"
# One word; not a colour of CSS, a number, or the end of an address.
_ROOM: Final = re.compile(
    r"(?<![\w/&#.:@-])#(?![upd]-)(?!(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})(?![\w-]))"
    r"([a-z][a-z0-9_-]{0,62}[a-z0-9])(?![\w-])"
)


def use(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("linkify", "rooms", lambda state: links.link_texts(state, "#", _find))


def with_base_path(html: str, base_path: str) -> str:
    """Return the HTML of a message with its links to rooms below ``base_path``."""
    # All other links are complete addresses, and a text has no tags but ours.
    return html.replace(f'<a href="{_FOLDER}', f'<a href="{base_path}{_FOLDER}')


def _find(text: str) -> Iterator[Found]:
    for match in _ROOM.finditer(text):
        yield Found(match.start(), match.end(), f"{_FOLDER}{match[1]}")
