"""Rendered text is safe whatever it was, and looks as it was meant."""

import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rooms.markup import MAX_SIGNS, SIGNS, has_code, render, render_markdown
from chat.rooms.tables import MAX_CELLS
from chat.rooms.texts import MAX_TEXT_CHARACTERS

TAGS = {
    "p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span",
    "div", "table", "thead", "tbody", "tr", "th", "td", "input",
}  # fmt: skip
ATTRIBUTES = {
    ("a", "href"), ("a", "rel"), ("ol", "start"), ("pre", "data-language"), ("span", "class"),
    ("div", "class"), ("p", "class"), ("th", "align"), ("td", "align"), ("input", "type"),
    ("input", "disabled"), ("input", "checked"), ("input", "aria-label"),
}  # fmt: skip
CLASSES = {"span": set("cdfiknstv"), "div": {"table"}, "p": {"large-emoji"}}
# What the server and the page make of a text alike.
SHARED = json.loads((Path(__file__).parents[2] / "texts.json").read_text())

# What markup and attacks are made of, so that random text has both.
_PIECES = st.sampled_from(
    ["*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "1. ", "[", "]", "(", ")", "<", ">", "&",
     '"', "'", "\\", " ", "!", "x", "javascript:", "data:text/html,", "http://a.b", "//evil",
     "<img src=x onerror=alert(1)>", "<script>", "</p>", "&lt;", "&#106;avascript:", "mailto:a@b",
     "www.a.com", "vbscript:", "| a | b |\n|:-:|--:|\n", "|", "[x] ", "```html\n", "```python\n",
     "#room", "\N{THUMBS UP SIGN}", "\t", "\u2028", "[x]: ", "<http://a>", "style=", "on", "\0"]
)  # fmt: skip
TEXTS = st.text() | st.lists(_PIECES | st.text(max_size=3), max_size=30).map("".join)


class Checker(HTMLParser):
    """Fails at what a page must not be given."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert (tag, name) in ATTRIBUTES, (tag, name)
            if name == "class":
                assert value in CLASSES[tag], value
            if name == "href" and not re.fullmatch("/rooms/[a-z][a-z0-9_-]*", value or ""):
                assert urlsplit(value or "").scheme in ("http", "https", "mailto"), value
        if tag == "input":
            assert dict(attrs)["type"] == "checkbox" and "disabled" in dict(attrs)
        if tag == "a":
            assert dict(attrs).get("href")
            assert dict(attrs).get("rel") == "noopener noreferrer nofollow"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


# Nearly plain texts: the signs of the short way, and those that just don't belong to it.
_NEARLY_PLAIN = st.sampled_from(
    ["a", "B", "7", " ", "  ", ",", ".", ". ", ":", ": ", "!", "?", "(", ")", "-", "%", "'", '"',
     ";",
     "www", "http", "com", "/", "1", "~", "_", "*", "+", "#", "&", "<", "\n", "\t", "\u00a0",
     "\u3000", "\u2028", "\u00e4", "\u6f22", "\U0001f44d", "\u200d", "\u0301", "\ufeff", "\uff0e"]
)  # fmt: skip


@given(st.lists(_NEARLY_PLAIN, min_size=1, max_size=12).map("".join) | st.text())
def test_the_short_way_gives_what_the_long_way_does(text: str) -> None:
    assert render(text) == render_markdown(text)


@given(TEXTS)
def test_nothing_that_runs_or_loads_gets_through(text: str) -> None:
    checker = Checker(convert_charrefs=True)
    checker.feed(render(text))
    checker.close()


@given(st.text("abcdefgh ", min_size=1).map(str.strip).filter(bool))
def test_plain_words_are_a_paragraph(text: str) -> None:
    assert render(text) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "text,html",
    [
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>"),
        ("\\*a\\*", "<p>*a*</p>"),
        ("```foo\n<b>\n```", '<pre data-language="foo"><code>&lt;b&gt;\n</code></pre>'),
        (
            "- [x] a\n- [ ] *b*",
            '<ul>\n<li><input type="checkbox" disabled="" checked="" aria-label="done"> a</li>\n'
            '<li><input type="checkbox" disabled="" aria-label="not done"> <em>b</em></li>\n</ul>',
        ),
        ("- [x]\n- \\[x] a", "<ul>\n<li>[x]</li>\n<li>[x] a</li>\n</ul>"),
        (
            "a|b\n-|-:\n*c*|<i>",
            '<div class="table"><table>\n<thead>\n<tr>\n<th>a</th>\n<th align="right">b</th>\n'
            '</tr>\n</thead>\n<tbody>\n<tr>\n<td><em>c</em></td>\n<td align="right">&lt;i&gt;</td>'
            "\n</tr>\n</tbody>\n</table></div>",
        ),
    ],
)
def test_markup_is_rendered(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    "text", ["https://a.example/b?c=d", "<https://a.example/b?c=d>", "[x](https://a.example/b?c=d)"]
)
def test_addresses_are_links_that_tell_nobody_where_one_comes_from(text: str) -> None:
    html = render(text)
    assert '<a href="https://a.example/b?c=d" rel="noopener noreferrer nofollow">' in html


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "![x](http://evil.example/pixel.png)",
    ],
)
def test_what_is_no_web_or_mail_address_is_no_link_and_images_are_not_loaded(text: str) -> None:
    html = render(text)
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html
    assert "<img" not in html


@pytest.mark.parametrize("text", [">", "> >", "```", "~~~", "```\n```", ">\n>", "[]()", "****"])
def test_a_text_of_which_markup_leaves_nothing_is_shown_as_it_is(text: str) -> None:
    lines = text.replace(">", "&gt;").replace("\n", "<br>\n")
    assert render(text) == f"<p>{lines}</p>"


def test_a_gap_in_a_text_that_is_shown_as_it_is_has_two_empty_lines_at_most() -> None:
    signs = "*" * (MAX_SIGNS + 1)
    for gap in ("\n\n\n", "\n \n\t\n\n", "\n" * 1000):
        assert render(f"a{gap}b{signs}") == f"<p>a<br>\n<br>\n<br>\nb{signs}</p>"


def _kinds(html: str) -> list[str]:
    """Return the blocks of ``html``, as static/js/preview.js calls them."""
    kinds, depth = [], 0
    for closes, tag in re.findall("<(/?)(p|pre|blockquote|ul|ol|table)[ >]", html):
        depth -= bool(closes)
        if depth == 0 and not closes:
            kinds.append(tag)
        depth += not closes
    return kinds


def test_blocks_languages_and_large_emoji_are_those_that_the_page_predicts() -> None:
    for text, blocks in SHARED["blocks"]:
        assert _kinds(render(text)) == blocks, text
    for text, language in SHARED["languages"]:
        found = re.match('<pre data-language="([^"]*)">', render(text))
        assert (found[1] if found else "") == language, text
    for text, is_large in SHARED["emoji"]:
        assert ('class="large-emoji"' in render(text)) == is_large, text


def test_a_table_that_would_be_too_large_is_text() -> None:
    columns = MAX_CELLS // 2
    assert "<td" not in render("|a" * columns + "\n" + "|-" * columns)
    assert "<th" in render("|a" * (columns - 1) + "\n" + "|-" * (columns - 1))
    assert "<table" not in render("|a|b|\n|-|-|\n" + "|\n" * (MAX_CELLS // 3))


@pytest.mark.parametrize("text", ["#garden", "(#garden)", "*#garden*!", "see #garden, please"])
def test_the_name_of_a_room_is_a_link_to_it(text: str) -> None:
    assert '<a href="/rooms/garden" rel="noopener noreferrer nofollow">#garden</a>' in render(text)


@pytest.mark.parametrize(
    "text",
    ["#1", "#12", "#fff", "#a1b2c3", "#c0ffee00", "a#garden", "##garden", "/#garden", "#garden_",
     "#Garden", "`#garden`", "#p-0123456789abcdef", "#d-x", "#u-x", "#g\u00e4rten", "&#garden"]
)  # fmt: skip
def test_what_is_no_name_of_a_public_room_is_no_link(text: str) -> None:
    assert "<a" not in render(text)


def test_the_name_of_a_room_in_a_link_belongs_to_the_link() -> None:
    assert render("https://a.example/#garden").count("<a") == 1
    assert "/rooms/" not in render("[#garden](https://a.example)")


def test_code_is_highlighted_unless_there_is_no_time_for_it() -> None:
    text = "```python\nreturn 1 < x\n```"
    assert render(text) == (
        '<pre data-language="python"><code><span class="k">return </span>'
        '<span class="n">1 </span>&lt; x\n</code></pre>'
    )
    plain = '<pre data-language="python"><code>return 1 &lt; x\n</code></pre>'
    assert render(text, is_highlighted=False) == plain


def test_a_text_with_code_in_a_language_is_known_before_it_is_rendered() -> None:
    assert has_code("a\n```  python\nb\n```")
    assert has_code("> ~~~sql\nb")
    assert not has_code("```\nb\n```")
    assert not has_code("`python`")


def test_a_text_with_too_many_signs_is_shown_as_it_is() -> None:
    least = MAX_TEXT_CHARACTERS - MAX_SIGNS
    assert render("*" * (MAX_SIGNS - 3) + "*a*" + "x" * least).endswith("</p>")
    assert "<em>" in render("*a*" + "#x" * (MAX_SIGNS - 2))
    assert render("*a*" + "<x" * (MAX_SIGNS - 1)) == "<p>*a*" + "&lt;x" * (MAX_SIGNS - 1) + "</p>"


# Every sign, pairs of those that mean something, and what else begins or ends markup.
_SIGNS = "[](){}*_`~<>|&\\:/@.!#-+=\"'\n \t"
_MEANING = "[](*_`~<>\\:\n"
_WORST = sorted(
    {*_SIGNS}
    | {first + second for first in _MEANING for second in _MEANING}
    | {first + "a" for first in _SIGNS}
    | {"](", "[a](", "[a](b)", "[a](http://b)", "[[a]", "![", "(()", "http://(", "://", "http://",
       "http://a:", "http://a@", "https://a.b ", "<http://", "<a@b.c>", "www.", "www.a", "@a",
       "@a.co", "a.co ", "a.b.", "a@b.c ", "mailto:a@b.c ", "//a.b ", "\u00e4.de ",
       "http://\u00e4.de ",
       "**a ", "*a_b ", "*_", "~~", "~~a~~", "**_", "`a``", "```\n", "&amp;", "1. ", "> ", "- ",
       "- a\n", "  - a\n", "> a\n", "|a", "|-", "|\n", "|-|\n", "|a|\n|-|\n", "- [x] a\n",
       "#a", "#ab ", "#ab-", "\u0301", "\u0301\u0316", "\U0001f44d"}
)  # fmt: skip


def _worst(piece: str) -> Iterator[str]:
    """Yield the longest texts of ``piece``: nothing else, and as many as are markup still."""
    yield (piece * MAX_TEXT_CHARACTERS)[:MAX_TEXT_CHARACTERS]
    signs = len(SIGNS.findall(piece))
    if signs:
        yield (piece * (MAX_SIGNS // signs)).ljust(MAX_TEXT_CHARACTERS, "a")[:MAX_TEXT_CHARACTERS]


def _nested() -> Iterator[str]:
    """Yield texts that go as deep as they can, in stairs and saws."""
    for sign in ("> ", "- ", "1. "):
        yield "".join("  " * depth + sign + "a\n" for depth in range(60))
        yield "".join(sign * (depth % 25) + "a\n" for depth in range(100))
    for columns in (2, 5, 20, 100, 240):
        yield "|a" * columns + "\n" + "|-" * columns + "\n" + "|\n" * (MAX_CELLS // columns - 3)
    yield "[" * 1900 + "a" + "](http://b)" * 180
    yield "".join("`" * run + " " for run in range(1, 88))
    yield "[a](http://" + "\u4e00\u00e4" * 1900 + ")"
    yield "http://" + "a." * 1900
    yield "a@" + "b." * 1900
    yield "http://a/" + "(" * 1900 + ")" * 1900


def _cpu_s(text: str) -> float:
    began = time.process_time()
    render_markdown(text)
    return time.process_time() - began


def test_no_text_takes_much_longer_than_a_list_of_the_same_length() -> None:
    usual = "- a *b* and some words `c`\n" * (MAX_TEXT_CHARACTERS // 27)
    usual_s = min(_cpu_s(usual) for _ in range(5))
    for text in (*(text for piece in _WORST for text in _worst(piece)), *_nested()):
        # The worst are twice as dear; what grows with the square of the length is ten times so.
        assert any(_cpu_s(text) < 6 * usual_s for _ in range(5)), text[:20]
