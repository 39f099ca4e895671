"""A rule for markdown-it: a list needs content. Pure."""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block

_SIGNS_ALONE: Final = re.compile(r"(?:(?:[-+*]|[0-9]{1,9}[.)])(?:\s++|\Z))++\Z")


def use(markdown: MarkdownIt) -> None:
    """Make ``markdown`` treat a line of nothing but ``-``, ``+``, ``*`` or ``1.`` as text."""
    markdown.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    return _SIGNS_ALONE.match(line) is None and list_block(state, start, end, silent)
