"""Texts of other services become Markdown that shows them as they are."""

import pytest

from chat.rooms.hooks.markdown import (
    MAX_LISTED,
    MAX_QUOTE,
    code,
    cut,
    line,
    linked,
    listed,
    quote,
)
from chat.rooms.markup import render
from chat.rooms.texts import MAX_TEXT_CHARACTERS, check_text


@pytest.mark.parametrize(
    "text",
    ["a *b* _c_ `d` ~~e~~", "[x](https://a.example)", "<b>", "a | b", "\\*", "<https://a.example>"],
)
def test_a_line_shows_its_text_and_means_nothing(text: str) -> None:
    shown = render(f"It says {line(text)}")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert "<em>" not in shown and "<strong>" not in shown and "<code>" not in shown
    assert escaped in shown or "https://a.example" in text


def test_a_line_is_one_and_has_a_limit() -> None:
    assert line("a\n\tb\u2028c\u202e") == "a b c"
    assert line("x" * 9, 9) == "x" * 9
    assert line("x" * 10, 9) == "x" * 8 + "…"
    assert line(None) == ""


@pytest.mark.parametrize(
    "address",
    [None, "", "javascript:alert(1)", "https://a.example/>b", "https://a.example/ b", "ftp://a"],
)
def test_only_an_address_of_the_web_is_linked(address: str | None) -> None:
    assert linked("shown", address) == "shown"


def test_an_address_with_brackets_is_one_link() -> None:
    assert render(linked("shown", "https://a.example/b_(c)")).count("<a ") == 1


def test_code_has_no_end_within() -> None:
    assert code("feature/`x`") == "`feature/'x'`" and code("") == ""


def test_of_a_long_text_the_beginning_is_quoted() -> None:
    assert quote("a\n\nb<!-- for authors -->") == "> a\n>\n> b"
    assert quote("") == quote(None) == ""
    assert len(quote("x" * 5 * MAX_QUOTE)) < MAX_QUOTE + 10
    assert quote("\n".join("abcdefghijklmnopqrstuvwxyz")).endswith("> l …")


def test_of_a_long_list_the_first_are_named_and_the_rest_counted() -> None:
    assert listed(["a", "b"]) == "- a\n- b"
    assert listed(["a"] * (MAX_LISTED + 2)).endswith("- … and 2 more")
    assert listed(["a"], 30).endswith("- … and 29 more")


def test_what_is_too_long_is_cut_with_a_note() -> None:
    assert cut("x" * MAX_TEXT_CHARACTERS) == "x" * MAX_TEXT_CHARACTERS
    shown = cut("x" * (MAX_TEXT_CHARACTERS + 1))
    assert check_text(shown) == shown and "left out" in shown
