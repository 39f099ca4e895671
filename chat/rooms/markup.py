"""Renders a message's text to HTML, once, when it is sent. Pure.

Two layers protect readers: markdown-it escapes all HTML in the text (``html`` is off), and nh3
passes only the tags below. The page's Content-Security-Policy is the third.
"""

import re
from html import escape, unescape
from typing import Final

import nh3
from markdown_it import MarkdownIt

from chat.protocol.unicode.characters import is_visible
from chat.rooms import links, lists

_TAGS: Final = {
    "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
}  # fmt: skip
# Deeper quotes and lists cost the parser time, and nobody reads them.
_MAX_NESTING: Final = 20

_markdown: Final = MarkdownIt(
    "zero", {"html": False, "breaks": True, "maxNesting": _MAX_NESTING}
).enable(
    [
        "blockquote", "fence", "list", "newline", "escape",
        "backticks", "emphasis", "strikethrough", "link", "autolink", "linkify",
        "balance_pairs", "fragments_join", "text_join",
    ]
)  # fmt: skip
_cleaner: Final = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
# nh3 leaves this of a link that browsers can't parse, such as one with the port 99999.
_NOWHERE: Final = re.compile(r'<a rel="[^"]*+">(.*?)</a>', re.DOTALL)
_TAG: Final = re.compile("<[^<>]*>")  # for our own HTML, where no attribute holds < or >
links.use(_markdown)
lists.use(_markdown)
# At each of these the parser tries all its rules, which takes some 5 µs. The densest source code
# has a thousand of them in 4,000 characters; a text with more is a drawing, or noise.
SIGNS: Final = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]")
MAX_SIGNS: Final = 1200
# Most messages contain nothing that either layer would change: one line that begins with a
# letter, a quote or a bracket; of letters, digits, spaces and signs that mean nothing in
# Markdown; with dots and colons only where words end, so that nothing is a link.
_PLAIN: Final = re.compile(
    r"""(?!\s)[("'A-Za-z\u00a1-\ud7ff\ue000-\U0010ffff]"""
    r"""(?:[-A-Za-z0-9 ,;!?()%'"\u00a1-\ud7ff\ue000-\U0010ffff]|[.:](?=[ ]|\Z))*(?<!\s)"""
)


def render(text: str) -> str:
    """Return ``text`` as safe HTML: emphasis, code, quotes, lists, links; no images, no HTML."""
    if _PLAIN.fullmatch(text):
        return f"<p>{text}</p>"  # the same as render_markdown's, at a hundredth of the cost
    return render_markdown(text)


def render_markdown(text: str) -> str:
    """Return any ``text`` as safe HTML, without the shortcut for plain texts."""
    if len(SIGNS.findall(text)) > MAX_SIGNS:
        return _as_it_is(text)
    html = _NOWHERE.sub(r"\1", _cleaner.clean(_markdown.render(text))).strip()
    if any(map(is_visible, unescape(_TAG.sub("", html)))):
        return html
    return _as_it_is(text)  # nothing but markup: it would render as nothing


def _as_it_is(text: str) -> str:
    lines = (escape(line.strip(), quote=False) for line in text.strip().split("\n"))
    return "<p>" + "<br>\n".join(lines) + "</p>"
