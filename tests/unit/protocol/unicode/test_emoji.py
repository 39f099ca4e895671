"""What is exactly one emoji."""

import pytest

from chat.protocol.unicode.emoji import as_emoji, without_emoji


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("\U0001f44d", "\U0001f44d"),
        ("\U0001f44d\ufe0f", "\U0001f44d"),  # needs no selector
        ("\u2764", "\u2764\ufe0f"),  # needs one
        ("\U0001f44d\U0001f3fd", "\U0001f44d\U0001f3fd"),  # with a skin tone
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),  # joined
        ("\U0001f3f3\u200d\U0001f308", "\U0001f3f3\ufe0f\u200d\U0001f308"),
        ("\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1ea"),  # a flag
        ("1\u20e3", "1\ufe0f\u20e3"),  # a keycap
        ("\U0001fae8", "\U0001fae8"),  # Unicode 15
    ],
)
def test_an_emoji_has_one_form(text: str, emoji: str) -> None:
    assert as_emoji(text) == emoji


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "\0",
            "\n",
            "\u202e",
            "a",
            "1",
            "constructor",
            "__proto__",
            "this is a sentence",
        ),
        *("\U0001f44d\U0001f44d", "\U0001f44d ", "a\U0001f44d", "\U0001f1e9", "\ufe0f", "\u200d"),
        *("\U0001f44d\ufe0e", "\u2764\ufe0f" * 1000),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert as_emoji(text) is None


def test_the_longest_emoji_in_a_text_are_found() -> None:
    couple = "\U0001f469\U0001f3fb\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3fb"
    assert without_emoji(f"a{couple}b\u2764c1", "*") == "a*b*c1"
    assert without_emoji("1\ufe0f", "*") == "1\ufe0f"
