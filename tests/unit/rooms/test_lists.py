"""There is something in a list."""

import pytest

from chat.rooms.markup import render


@pytest.mark.parametrize(
    "text", ["+", "-", "*", "1.", "1)", "123.", "- ", " *", "- -", "* * *", "1. 1.", "- 1."]
)
def test_signs_of_lists_alone_are_text(text: str) -> None:
    assert render(text) == f"<p>{text.strip()}</p>"
    assert render(f"a\n\n{text}\n\nb") == f"<p>a</p>\n<p>{text.strip()}</p>\n<p>b</p>"


def test_signs_with_something_behind_them_are_lists() -> None:
    assert render("- -a") == "<ul>\n<li>-a</li>\n</ul>"
    assert render("- [ ]") == "<ul>\n<li>[ ]</li>\n</ul>"
    assert render("1. a\n2. b") == "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"
    assert render("- a\n  - b").count("<ul>") == 2
    assert render("> -") == "<blockquote>\n<p>-</p>\n</blockquote>"
