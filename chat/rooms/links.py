"""Rules for markdown-it that make links: http, https and mailto, and nothing else. Pure.

They replace its own rules, which scan the rest of the text for each ``[`` and ``://``: the worst
texts took those eighty times as long as plain ones.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from chat.rooms.addresses import Found, find_bare, is_address, page_at

# A message of 4,000 characters has room for 800. More than 100 are a list for machines; each costs
# the server a twentieth of a millisecond, and every page a line of HTML.
MAX_LINKS: Final = 100

_SCHEME: Final = re.compile(r"(?:\A|[^A-Za-z0-9+.-])(https?)\Z", re.IGNORECASE)  # RFC 3986, 3.1
_IN_ANGLES: Final = re.compile(r"<([^<>\s]++)>")
# "(address)" or "(<address> "a title")"; an address may have pairs of parentheses in it.
_IN_PARENTHESES: Final = re.compile(
    r"\(\s*+(?:<([^<>\s]++)>|((?:[^\s()<>]|\([^\s()<>]*+\))++))(?:\s++\"[^\"\n]*+\")?+\s*+\)"
)
_BRACKETS: Final = re.compile(r"\\.|(`++)|([\[\]])", re.DOTALL)


def use(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.at("linkify", _with_scheme)
    markdown.inline.ruler.at("link", _in_brackets)
    markdown.inline.ruler.at("autolink", _in_angles)
    markdown.core.ruler.at("linkify", _bare)


def _with_scheme(state: StateInline, silent: bool) -> bool:
    """Link ``https://…``; called at its colon."""
    if not state.src.startswith("://", state.pos) or not _may_link(state):
        return False
    scheme = _SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if scheme is None:
        return False
    start = state.pos - len(scheme[1])
    address = page_at(state.src[: state.posMax], start)
    if address is None or not state.pending.endswith(scheme[1]):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        _push(state, address, address)
    state.pos = start + len(address)
    return True


def _in_angles(state: StateInline, silent: bool) -> bool:
    """Link ``<https://…>`` and ``<ann@example.com>``."""
    if state.src[state.pos] != "<" or not _may_link(state):
        return False
    match = _IN_ANGLES.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    address = match[1]
    url = address if is_address(address) else f"mailto:{address}"
    if not is_address(url):
        return False
    if not silent:
        _push(state, url, address)
    state.pos = match.end()
    return True


def _in_brackets(state: StateInline, silent: bool) -> bool:
    """Link ``[text](address)``."""
    start, end_of_all = state.pos, state.posMax
    if state.src[start] != "[" or not _may_link(state):
        return False
    closing = _closing_brackets(state).get(start, end_of_all)
    match = _IN_PARENTHESES.match(state.src, closing + 1, end_of_all)
    if match is None or closing == start + 1:
        return False
    url = unescapeAll(match[1] or match[2])
    if not is_address(url):
        return False
    if not silent:
        state.pos, state.posMax = start + 1, closing
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": state.md.normalizeLink(url)}
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
        state.env["links"] = state.env.get("links", 0) + 1
    state.pos, state.posMax = match.end(), end_of_all
    return True


def _bare(state: StateCore) -> None:
    """Link ``example.com`` in the text that the earlier rules have left."""
    link_texts(state, ".", find_bare)


def link_texts(state: StateCore, sign: str, find: Callable[[str], Iterator[Found]]) -> None:
    """Link what ``find`` finds in those texts outside of links that contain ``sign``."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        tokens: list[Token] = []
        depth = 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and depth == 0 and sign in token.content:
                tokens += _split(state, token, find)
            else:
                tokens.append(token)
        block.children = tokens


def _split(state: StateCore, token: Token, find: Callable[[str], Iterator[Found]]) -> list[Token]:
    tokens: list[Token] = []
    text, at = token.content, 0
    left = MAX_LINKS - state.env.get("links", 0)
    for found, _ in zip(find(text), range(left), strict=False):
        tokens += _text(text[at : found.start], token.level)
        tokens += _link(state.md, found, text[found.start : found.end], token.level)
        at = found.end
        state.env["links"] = state.env.get("links", 0) + 1
    return [*tokens, *_text(text[at:], token.level)]


def _text(text: str, level: int) -> list[Token]:
    return [Token("text", "", 0, content=text, level=level)] if text else []


def _link(markdown: MarkdownIt, found: Found, text: str, level: int) -> list[Token]:
    href = markdown.normalizeLink(found.url)
    return [
        Token("link_open", "a", 1, attrs={"href": href}, level=level),
        *_text(text, level + 1),
        Token("link_close", "a", -1, level=level),
    ]


def _push(state: StateInline, url: str, text: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(url)}
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)
    state.env["links"] = state.env.get("links", 0) + 1


def _may_link(state: StateInline) -> bool:
    return state.linkLevel == 0 and state.env.get("links", 0) < MAX_LINKS


def _closing_brackets(state: StateInline) -> dict[int, int]:
    """Return, for the whole text at once, the ``]`` of each ``[`` not escaped or in code."""
    if state.env.get("brackets of") is state.src:
        return state.env["brackets"]  # type: ignore[no-any-return]
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for start, bracket in _brackets(state.src):
        if bracket == "[":
            opened.append(start)
        elif opened:
            pairs[opened.pop()] = start
    state.env["brackets of"], state.env["brackets"] = state.src, pairs
    return pairs


def _brackets(text: str) -> list[tuple[int, str]]:
    signs = list(_BRACKETS.finditer(text))
    ends: dict[str, int] = {}  # a run of backticks → the next one as long
    closes: dict[int, int] = {}
    for number in range(len(signs) - 1, -1, -1):
        if run := signs[number][1]:
            closes[number] = ends.get(run, number)
            ends[run] = number
    found, number = [], 0
    while number < len(signs):
        if signs[number][2]:
            found.append((signs[number].start(), signs[number][2]))
        number = closes.get(number, number) + 1
    return found
