"""Renders a message's text to HTML, once, when it is sent. Pure.

Two walls: markdown-it escapes all HTML in the text (``html`` is off), and nh3 lets through only
the tags below. The page's Content-Security-Policy is the third.
"""

from typing import Final

import nh3
from markdown_it import MarkdownIt

_TAGS: Final = {
    "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
}  # fmt: skip
# A nested quote or list costs the parser time and the reader patience.
_MAX_NESTING: Final = 20

_markdown: Final = MarkdownIt(
    "zero", {"html": False, "linkify": True, "breaks": True, "maxNesting": _MAX_NESTING}
).enable(
    [
        "blockquote", "fence", "list", "newline", "escape",
        "backticks", "emphasis", "strikethrough", "link", "autolink", "linkify",
        "balance_pairs", "fragments_join", "text_join",
    ]
)  # fmt: skip


def render(text: str) -> str:
    """Return ``text`` as safe HTML: emphasis, code, quotes, lists, links; no images, no HTML."""
    return nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    ).strip()
