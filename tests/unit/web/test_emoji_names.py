"""The emoji that the page finds by name are those that the server takes as reactions."""

import json
from itertools import chain
from typing import Any

import pytest

from chat.application import ROOT
from chat.protocol.unicode.emoji import as_emoji

FOLDER = ROOT / "static" / "emoji"


def read(language: str) -> list[Any]:
    content = json.loads((FOLDER / f"{language}.json").read_text())
    assert isinstance(content, list)
    return content


@pytest.fixture(scope="module")
def offered() -> list[str]:
    return [text for group in read("en") for text, *_ in group["emoji"]]


def test_each_emoji_of_the_picker_is_a_reaction_as_it_is(offered: list[str]) -> None:
    assert [text for text in offered if as_emoji(text) != text] == []
    assert len(set(offered)) == len(offered)


def test_each_has_a_name_and_its_codes_have_no_spaces() -> None:
    for text, name, codes, words in chain.from_iterable(group["emoji"] for group in read("en")):
        assert text and name.strip() == name != ""
        assert not {"", *codes.split()} & set(words.split())


@pytest.mark.parametrize("path", [p for p in FOLDER.glob("*.json") if p.stem != "en"], ids=str)
def test_another_language_has_a_name_for_each_in_the_same_order(
    path: Any, offered: list[str]
) -> None:
    names = read(path.stem)
    assert len(names) == len(offered)
    assert all(isinstance(name, str) and name for name in names)
