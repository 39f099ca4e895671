"""Links lead to pages and mailboxes alone; whatever else was to be one stays text."""

from html import escape

import pytest

from chat.rooms.links import MAX_LINKS
from chat.rooms.markup import render

REL = ' rel="noopener noreferrer nofollow"'


def shown(text: str) -> str:
    """Return the HTML of ``text``, a paragraph, without what all links have."""
    return render(text).replace(REL, "").removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    "text,html",
    [
        ("[x](https://a.example)", '<a href="https://a.example">x</a>'),
        ('[x](https://a.example "title")', '<a href="https://a.example">x</a>'),
        ("[x](<https://a.example/(>)", '<a href="https://a.example/(">x</a>'),
        ("[x](https://a.example/b_(c))", '<a href="https://a.example/b_(c)">x</a>'),
        ("[x](mailto:a@b.example)", '<a href="mailto:a@b.example">x</a>'),
        ("[*x* `]` \\]](http://a)", '<a href="http://a"><em>x</em> <code>]</code> ]</a>'),
        ("[https://a.example](http://b.example)", '<a href="http://b.example">https://a.example</a>'),
        ("[a.com](http://b.example)", '<a href="http://b.example">a.com</a>'),
        ("<https://a.example/b>", '<a href="https://a.example/b">https://a.example/b</a>'),
        ("<ann@b.example>", '<a href="mailto:ann@b.example">ann@b.example</a>'),
        ("*https://a.example*", '<em><a href="https://a.example">https://a.example</a></em>'),
        ("https://a.example/*b*_c_", '<a href="https://a.example/*b*_c">https://a.example/*b*_c</a>_'),
        ("\u770bhttps://a.example", '\u770b<a href="https://a.example">https://a.example</a>'),
        ("see a.com, b.com", 'see <a href="http://a.com">a.com</a>, <a href="http://b.com">b.com</a>'),
        ("https://a.example/?b&c", '<a href="https://a.example/?b&amp;c">https://a.example/?b&amp;c</a>'),
    ],
)  # fmt: skip
def test_addresses_are_links(text: str, html: str) -> None:
    assert shown(text) == html


@pytest.mark.parametrize(
    "text",
    ["[x](/logout)", "[x](//evil.example)", "[x](ftp://a.example)", "[x](#a)", "[x](?a)", "[x]()",
     "[x](<>)", "[x](javascript:alert(1))", "[x](&#106;avascript:alert(1))",
     "[x](tel:1)", "<ftp://a.example>", "<//a.example>", "</a>", "ftp://a.example/b",
     "//a.example/b", "[x]", "[x] (y)", "http://bank.example@evil.example/", "xhttp://a.example",
     "http://a.example:99999/", "http://1.2.3.999/", "https://"],
)  # fmt: skip
def test_what_leads_to_no_page_or_mailbox_is_text(text: str) -> None:
    assert shown(text) == escape(text, quote=False)


def test_an_escaped_sign_makes_no_link() -> None:
    assert "<a" not in shown("http\\://localhost/")
    assert "<a" not in shown("\\[x](y)")
    assert "<a" not in shown("`https://a.example [x](http://a.example) a.com`")


def test_an_image_is_a_link_at_most() -> None:
    assert shown("![x](http://a.example/b.png)") == '!<a href="http://a.example/b.png">x</a>'


@pytest.mark.parametrize("link", ["a.co", "http://a", "<http://a>", "[a](http://a)", "a@b.co"])
def test_a_message_has_so_many_links_at_the_most(link: str) -> None:
    assert render(f"{link} " * MAX_LINKS).count("<a ") == MAX_LINKS
    assert render(f"{link} " * (MAX_LINKS + 1)).count("<a ") == MAX_LINKS
    parts = f"- {link}\n" * (MAX_LINKS + 1)  # in blocks of their own
    assert render(parts).count("<a ") == MAX_LINKS
