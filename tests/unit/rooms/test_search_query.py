"""What people write is read as they mean it, and nothing in it is a command for the index."""

import pytest

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.search_query import (
    MAX_QUERY_CHARACTERS,
    MAX_TERMS,
    Query,
    Term,
    moment_ms,
    parse,
)


def terms(text: str) -> list[Term]:
    return list(parse(text).terms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello world", [Term(("hello",)), Term(("world",))]),
        ("hel*", [Term(("hel",), True)]),
        ("h*", [Term(("h",))]),  # too much begins with one letter
        ('"big world"', [Term(("big", "world"))]),
        ('"big wor"*', [Term(("big", "wor"), True)]),
        ("“big world”", [Term(("big", "world"))]),
        ('"without end', [Term(("without", "end"))]),
        ('foo"bar baz"', [Term(("foo",)), Term(("bar", "baz"))]),
        ("foo_bar", [Term(("foo", "bar"))]),
        ("same SAME", [Term(("same",))]),
        ("東京都", [Term(("東京", "京都"))]),
        ("東", [Term(("東",), True)]),
        ("v東", [Term(("v", "東"), True)]),
        ("a AND (b OR NOT c)", [Term((word,)) for word in ("a", "and", "b", "or", "not", "c")]),
        ("text:x ^y -z", [Term(("text", "x")), Term(("y",)), Term(("z",))]),
        ('"" * !? \0', []),
    ],
)
def test_words_phrases_and_prefixes(text: str, expected: list[Term]) -> None:
    assert terms(text) == expected


def test_operators() -> None:
    query = parse('x from:@Ada FROM:"Bob B" in:#garden before:2026-02-01 after:2026-01-31')
    assert query == Query(
        terms=(Term(("x",)),),
        authors=(Term(("ada",)), Term(("bob", "b"))),
        room="garden",
        since_ms=moment_ms("2026-01-31"),
        before_ms=moment_ms("2026-01-31") + 86_400_000,
    )
    assert parse('in:"My room"').room == "My room"


@pytest.mark.parametrize(
    "text",
    ["from:", "from: ada", "in:#", 'in:""', "before:", "before:soon", "after:2026-13-01",
     "before:2026-01-01T00:00:00", "x" * (MAX_QUERY_CHARACTERS + 1),
     " ".join(f"w{number}" for number in range(MAX_TERMS + 1))],
)  # fmt: skip
def test_what_can_t_be_meant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert refused.value.code == Code.BAD_COMMAND


def test_the_longest_are_read() -> None:
    parse("x" * MAX_QUERY_CHARACTERS)
    assert len(terms(" ".join(f"w{number}" for number in range(MAX_TERMS)))) == MAX_TERMS


def test_moments() -> None:
    assert moment_ms("1970-01-02") == 86_400_000
    assert moment_ms("1970-01-01T00:00:00.001Z") == 1
    assert moment_ms("1970-01-01T01:00:00+01:00") == 0
    for text in ("", "1970", "1970-01-01T00:00:00", "now", "19700101"):
        with pytest.raises(ValueError):
            moment_ms(text)
