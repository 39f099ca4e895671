"""What a page says to its script."""

import json

import pytest

from chat.web.templates import script_json


@pytest.mark.parametrize(
    "text", ["</script>", "<!--<script>", "]]>", "&lt;", "'\"\\", "\u2028", "\U0001f600", "\0"]
)
def test_nothing_in_it_ends_the_element_that_it_stands_in(text: str) -> None:
    written = script_json({"text": text})
    assert "<" not in written
    assert json.loads(written) == {"text": text}


def test_it_is_about_as_long_as_what_it_says() -> None:
    for text in ("'" * 1000, "&" * 1000, "\U0001f600" * 1000):
        assert len(script_json(text).encode()) == len(text.encode()) + 2
