"""A rule for markdown-it: tables, up to a size that a page can show. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

# A row is filled up with empty cells, so that 4,000 characters could become a hundred thousand.
MAX_CELLS: Final = 500


def use(markdown: MarkdownIt) -> None:
    """Make ``markdown`` render tables in a box of their own, which scrolls if one is too wide."""
    markdown.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    markdown.add_render_rule("table_open", _open)
    markdown.add_render_rule("table_close", _close)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    # Columns by lines, also those after the table: one more look at each would take longer.
    if (line.count("|") + 1) * (end - start) > MAX_CELLS:
        return False
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    for token in state.tokens[before:]:
        # The page's policy allows no styles.
        if style := token.attrs.pop("style", ""):
            token.attrs["align"] = str(style).rpartition(":")[2]
    return True


def _open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: dict[str, Any]
) -> str:
    return '<div class="table"><table>\n'


def _close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: dict[str, Any]
) -> str:
    return "</table></div>\n"
