"""Renders a message's text to HTML, once, when it is sent. Pure.

Two walls: markdown-it escapes all HTML in the text (``html`` is off), and nh3 lets through only
the tags below. The page's Content-Security-Policy is the third.
"""

import re
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
# Most of what people say has nothing in it that either wall would touch: one line that begins
# with a letter, a quote or a bracket, of letters, digits, spaces and signs that mean nothing in
# Markdown, with dots and colons only where words end, so that nothing is a link.
_PLAIN: Final = re.compile(
    r"""(?!\s)[("'A-Za-z\u00a1-\ud7ff\ue000-\U0010ffff]"""
    r"""(?:[-A-Za-z0-9 ,;!?()%'"\u00a1-\ud7ff\ue000-\U0010ffff]|[.:](?=[ ]|\Z))*(?<!\s)"""
)


def render(text: str) -> str:
    """Return ``text`` as safe HTML: emphasis, code, quotes, lists, links; no images, no HTML."""
    if _PLAIN.fullmatch(text):
        return f"<p>{text}</p>"  # what the walls would make of it, at a hundredth of the cost
    return render_markdown(text)


def render_markdown(text: str) -> str:
    """Return any ``text`` as safe HTML, by the long way."""
    return nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    ).strip()
