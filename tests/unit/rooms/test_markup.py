"""Rendered text is safe whatever it was, and looks as it was meant."""

import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rooms.markup import render, render_markdown
from chat.rooms.texts import MAX_TEXT_CHARACTERS

TAGS = {"p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
ATTRIBUTES = {("a", "href"), ("a", "rel"), ("ol", "start")}

# What markup and attacks are made of, so that random text has both.
_PIECES = st.sampled_from(
    ["*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "1. ", "[", "]", "(", ")", "<", ">", "&",
     '"', "'", "\\", " ", "!", "x", "javascript:", "data:text/html,", "http://a.b", "//evil",
     "<img src=x onerror=alert(1)>", "<script>", "</p>", "&lt;", "&#106;avascript:", "mailto:a@b",
     "www.a.com", "vbscript:", "\t", "\u2028", "[x]: ", "<http://a>", "style=", "on", "\0"]
)  # fmt: skip
TEXTS = st.text() | st.lists(_PIECES | st.text(max_size=3), max_size=30).map("".join)


class Checker(HTMLParser):
    """Fails at what a page must not be given."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert (tag, name) in ATTRIBUTES, (tag, name)
            if name == "href":  # without a scheme it is an address on a web server, ours or not
                assert urlsplit(value or "").scheme in ("", "http", "https", "mailto"), value
        if tag == "a" and dict(attrs).get("href"):
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


@pytest.mark.parametrize(
    "piece",
    ["[", "*", "_", "`", "> ", "- ", "**a ", "[a](", "<", "![", "~~", "\\", "www.a", "a@b.c "],
)
def test_no_text_of_the_longest_length_takes_long(piece: str) -> None:
    text = (piece * MAX_TEXT_CHARACTERS)[:MAX_TEXT_CHARACTERS]
    began = time.process_time()
    render(text)
    # Half a second is far above what any of these takes, and far below what quadratic costs.
    assert time.process_time() - began < 0.5
