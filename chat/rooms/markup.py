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
from chat.protocol.unicode.emoji import count_emoji
from chat.rooms import code_blocks, links, lists, room_links, tables, tasks
from chat.rooms.highlighting import CLASSES

_TAGS: Final = {
    "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span",
    "div", "table", "thead", "tbody", "tr", "th", "td", "input",
}  # fmt: skip
_ALIGNS: Final = {"align": {"left", "center", "right"}}
# A message of so many emoji, and nothing else, is shown large (static/js/preview.js).
MAX_LARGE_EMOJI: Final = 6
# Deeper quotes and lists cost the parser time, and nobody reads them.
_MAX_NESTING: Final = 20

_markdown: Final = MarkdownIt(
    "zero", {"html": False, "breaks": True, "maxNesting": _MAX_NESTING}
).enable(
    [
        "blockquote", "fence", "list", "table", "newline", "escape",
        "backticks", "emphasis", "strikethrough", "link", "autolink", "linkify",
        "balance_pairs", "fragments_join", "text_join",
    ]
)  # fmt: skip
_cleaner: Final = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "ol": {"start"}, "pre": {"data-language"}},
    tag_attribute_values={
        "th": _ALIGNS,
        "td": _ALIGNS,
        "input": {
            "type": {"checkbox"},
            "disabled": {""},
            "checked": {""},
            "aria-label": {"done", "not done"},
        },
    },
    allowed_classes={"span": set(CLASSES.values()), "div": {"table"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)
# nh3 leaves this of a link that browsers can't parse, such as one with the port 99999.
_NOWHERE: Final = re.compile(r'<a rel="[^"]*+">(.*?)</a>', re.DOTALL)
_GAP: Final = re.compile(r"\n(?:[^\S\n]*+\n){3,}+")  # thousands of empty lines take the page long
_TAG: Final = re.compile("<[^<>]*>")  # for our own HTML, where no attribute holds < or >
links.use(_markdown)
room_links.use(_markdown)
lists.use(_markdown)
tables.use(_markdown)
tasks.use(_markdown)
code_blocks.use(_markdown)
# At each of these the parser tries all its rules, which takes some 5 µs. The densest source code
# has a thousand of them in 4,000 characters; a text with more is a drawing, or noise.
SIGNS: Final = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{|}~]")
MAX_SIGNS: Final = 1200
# Most messages contain nothing that either layer would change: one line that begins with a
# letter, a quote or a bracket; of letters, digits, spaces and signs that mean nothing in
# Markdown; with dots and colons only where words end, so that nothing is a link.
_PLAIN: Final = re.compile(
    r"""(?!\s)[("'A-Za-z\u00a1-\ud7ff\ue000-\U0010ffff]"""
    r"""(?:[-A-Za-z0-9 ,;!?()%'"\u00a1-\ud7ff\ue000-\U0010ffff]++|[.:](?=[ ]|\Z))*+(?<!\s)"""
)


def has_code(text: str) -> bool:
    """Return whether ``text`` may have a code block to highlight, which takes longer."""
    return code_blocks.may_be_in(text)


def is_plain(text: str) -> bool:
    """Return whether ``text`` is a paragraph as it is, which costs next to nothing."""
    return _PLAIN.fullmatch(text) is not None and not count_emoji(text, MAX_LARGE_EMOJI)


def render(text: str, *, is_highlighted: bool = True) -> str:
    """Return ``text`` as safe HTML: emphasis, code, quotes, lists, tables, links; no images.

    Links to rooms are relative to the server's base path.
    """
    if is_plain(text):
        return f"<p>{text}</p>"  # the same as render_markdown's, at a hundredth of the cost
    return render_markdown(text, is_highlighted=is_highlighted)


def render_markdown(text: str, *, is_highlighted: bool = True) -> str:
    """Return any ``text`` as safe HTML, without the shortcut for plain texts."""
    if count_emoji(text, MAX_LARGE_EMOJI):
        return f'<p class="large-emoji">{text.strip()}</p>'
    if len(SIGNS.findall(text)) > MAX_SIGNS:
        return _as_it_is(text)
    rendered = _markdown.render(text, {code_blocks.IS_HIGHLIGHTED: is_highlighted})
    html = _NOWHERE.sub(r"\1", _cleaner.clean(rendered)).strip()
    if any(map(is_visible, unescape(_TAG.sub("", html)))):
        return html
    return _as_it_is(text)  # nothing but markup: it would render as nothing


def _as_it_is(text: str) -> str:
    lines = (
        escape(line.strip(), quote=False) for line in _GAP.sub("\n\n\n", text.strip()).split("\n")
    )
    return "<p>" + "<br>\n".join(lines) + "</p>"
