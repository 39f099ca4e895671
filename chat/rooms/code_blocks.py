"""A rule for markdown-it that renders code blocks: with their language, and highlighted. Pure."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from chat.rooms.highlighting import highlight

# In the environment of a rendering: whether to highlight.
IS_HIGHLIGHTED: Final = "is highlighted"
_FENCE: Final = re.compile(r"(?:```|~~~)[^\S\n]*+[A-Za-z]")
# The first word after the signs of a fence, as in static/js/preview.js: python, c++, objective-c.
_LANGUAGE: Final = re.compile(r"\s*+([A-Za-z][A-Za-z0-9+#._-]{0,19})(?!\S)")


def use(markdown: MarkdownIt) -> None:
    """Make ``markdown`` write the language of a code block into ``data-language``."""
    markdown.add_render_rule("fence", _fence)


def may_be_in(text: str) -> bool:
    """Return whether ``text`` may have a code block with a language."""
    return ("```" in text or "~~~" in text) and _FENCE.search(text) is not None


def _fence(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: dict[str, Any]
) -> str:
    code = tokens[at].content
    match = _LANGUAGE.match(unescapeAll(tokens[at].info))
    if match is None:
        return f"<pre><code>{escape(code, quote=False)}</code></pre>\n"
    html = highlight(code, match[1]) if env[IS_HIGHLIGHTED] else None
    html = escape(code, quote=False) if html is None else html
    return f'<pre data-language="{escape(match[1])}"><code>{html}</code></pre>\n'
