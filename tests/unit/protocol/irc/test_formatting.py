"""Formatting of IRC and Markdown, and what /me makes."""

import pytest

from chat.protocol.irc.formatting import action_of, action_text, ctcp_of, to_line, to_markdown


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("plain", "plain"),
        ("\x02bold\x02 and \x1ditalic\x1d", "**bold** and *italic*"),
        ("\x02 to the end ", " **to the end** "),
        ("\x11code\x11", "`code`"),
        ("\x0304,01red\x03 and \x1funderlined\x1f", "red and underlined"),
        ("\x04ff0000red\x0f", "red"),
        ("\x02\x02", ""),
        ("5\x034 apples", "5 apples"),
        ("\x16reverse\x07", "reverse"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_formatting_becomes_markdown(sent: str, text: str) -> None:
    assert to_markdown(sent) == text


def test_controls_of_a_message_are_no_formatting() -> None:
    assert to_line("a\x02b\x1f\tc\x01") == "ab c"


def test_ctcp_is_found() -> None:
    assert ctcp_of("\x01ACTION waves\x01") == ("ACTION", "waves")
    assert ctcp_of("\x01version\x01") == ("VERSION", "")
    assert ctcp_of("\x01ACTION waves") == ("ACTION", "waves")
    assert ctcp_of("no \x01ACTION\x01") is None


@pytest.mark.parametrize("name", ["Ada", "A*da_[x]", "Zo\u00eb L."])
def test_an_action_is_what_the_page_makes_of_me(name: str) -> None:
    text = action_text(name, "waves *wildly*")
    assert action_of(name, text) == "waves *wildly*"
    assert action_of("Bob", text) is None
    assert action_text("A*b", "waves") == "*A\\*b waves*"


@pytest.mark.parametrize("text", ["*Ada*", "*Ada *", "*Ada waves", "Ada waves*", "*Ada a\nb*"])
def test_other_texts_are_no_actions(text: str) -> None:
    assert action_of("Ada", text) is None
