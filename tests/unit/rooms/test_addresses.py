"""Addresses are what leads to a page or a mailbox, and nothing that only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rooms.addresses import find_bare, is_address, page_at


def bare(text: str) -> list[str]:
    found = list(find_bare(text))
    assert all(text[it.start : it.end] in it.url for it in found)
    return [it.url for it in found]


@pytest.mark.parametrize(
    "url",
    ["http://a.example", "HTTPS://a.example/b?c=d#e", "http://localhost:8000/", "http://[::1]:80/x",
     "http://127.0.0.1", "https://m\u00fcnchen.de/\u00fc", "http://a.example./", "http://a_b.example",
     "mailto:ann@example.com", "mailto:a.b+c@example.com?subject=d", "https://a.example/@ann"],
)  # fmt: skip
def test_pages_and_mailboxes_have_addresses(url: str) -> None:
    assert is_address(url)


@pytest.mark.parametrize(
    "url",
    ["", "/a", "//a.example", "#a", "?a", "a", "a.example", "../a", "ftp://a.example",
     "javascript:alert(1)", "data:text/html,x", "file:///etc", "tel:1", "http:a", "http:/a",
     "http://", "http:///a", "http://a b", "http://-a.example", "http://a..example",
     "http://a.example:", "http://bank.example@evil.example", "http://a:b@c.example",
     "http://a.example\\@b", "http://a.example/\u202e", "mailto:", "mailto:a", "mailto:a@b@c",
     " http://a.example", "http://a.example ", "http://a.example/\n"],
)  # fmt: skip
def test_nothing_else_has(url: str) -> None:
    assert not is_address(url)


def test_a_host_has_no_longer_names_than_there_are() -> None:
    assert is_address(f"http://{'a' * 63}.example")
    assert not is_address(f"http://{'a' * 64}.example")
    assert is_address("http://" + ".".join(["a"] * 127))
    assert not is_address("http://" + ".".join(["a"] * 128))


@pytest.mark.parametrize(
    "behind", ["", " b", ".", ",", "?", "!)", ").", "**", "\u201d", "\u3002", ">"]
)
def test_an_address_in_a_sentence_ends_before_what_ends_the_sentence(behind: str) -> None:
    for address in ("https://a.example", "https://a.example/b_(c)", "https://a.example/b?c=d"):
        assert page_at(f"x {address}{behind}", 2) == address
        assert page_at(f"x {address}{behind}", 1) is None


@pytest.mark.parametrize(
    "text",
    ["example.com", "sub.example.co.uk", "EXAMPLE.COM", "t.co", "example.com:80/a",
     "example.com/a_b",
     "m\u00fcnchen.de", "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "example.io",
     "www.anything.chat", "docs.rs/serde", "www.gov.pl", "www.run.sh", "get.run.sh"],
)  # fmt: skip
def test_domains_need_no_scheme(text: str) -> None:
    assert bare(text) == [f"http://{text}"]
    assert bare(f"see ({text}), please") == [f"http://{text}"]


@pytest.mark.parametrize(
    "text",
    ["README.md", "run.sh", "main.rs", "setup.py", "libc.so", "node.js", "a.txt", "CHANGELOG.MD",
     "e.g.", "i.e.", "p.m.", "3.14", "1.2.3.4", "done.Now", "a..com", ".com", "src/app.co",
     "x@example.com@y", "example.com@", "-a.com", "a-.com", "a_b.com", "path\\x.community",
     "..example.com", "a@b", "@ann.co", "ann@README"],
)  # fmt: skip
def test_files_words_and_numbers_are_no_domains(text: str) -> None:
    assert bare(text) == []


def test_mailboxes_need_no_scheme() -> None:
    assert bare("ann@example.com.") == ["mailto:ann@example.com"]
    assert bare("mailto:a.b+c@example.com!") == ["mailto:a.b+c@example.com"]
    assert bare("ann@team.sh") == ["mailto:ann@team.sh"]


@given(st.text("aw.:/@-_?() \u00e9", max_size=40))
def test_what_is_found_is_an_address(text: str) -> None:
    end = 0
    for found in find_bare(text):
        assert end <= found.start < found.end
        assert is_address(found.url), found.url
        end = found.end
