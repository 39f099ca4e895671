"""People are called by the longest name that stands as whole words behind an @."""

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.pushes import Person
from chat.rooms.mentions import (
    MAX_MENTIONS,
    MAX_POSSIBLE,
    MAX_SIGNS,
    Names,
    find_mentions,
    may_mention,
    possible_names,
)
from chat.rooms.names import MAX_NAME_CHARACTERS


def called(text: str, *names: str, author: str = "") -> Sequence[str]:
    """Return which of ``names`` are called, where everybody's id is their name."""
    people = [Person(user=name, name=name) for name in names]
    return find_mentions(text, Names(people), author=author)


@pytest.mark.parametrize(
    "text",
    ["@Ada", "hello @ada!", "(@ADA)", "@ada's", "@ada, @bob", "*@Ada*", "\uff20Ada", "@Ada."],
)
def test_a_mention_is_found_whatever_its_case_and_surroundings(text: str) -> None:
    assert may_mention(text)
    assert called(text, "Ada") == ["Ada"]


@pytest.mark.parametrize(
    "text", ["Ada", "ada@example.com", "@adam", "@ada-lovelace", "@ada_1", "@ ada", "@", ""]
)
def test_part_of_a_word_is_no_mention(text: str) -> None:
    assert called(text, "Ada") == []


def test_a_text_without_a_sign_needs_no_names() -> None:
    assert not may_mention("Ada")
    assert possible_names("Ada") == []


def test_names_may_end_where_a_word_does() -> None:
    assert possible_names("hi @Ada Love, x") == ["Ada", "Ada Love", "Ada Love,", "Ada Love, x"]
    assert possible_names("mail@ada @-b") == ["-b"]
    assert possible_names("@" + "a" * (MAX_NAME_CHARACTERS + 1)) == []
    assert possible_names("@" + "a" * MAX_NAME_CHARACTERS) == ["a" * MAX_NAME_CHARACTERS]


def test_few_names_of_a_text_are_looked_up() -> None:
    assert len(possible_names("@a b c d e f g h i j k l m n")) == MAX_POSSIBLE
    many = " ".join(f"@{number} a b c d e f g h i" for number in range(100))
    assert len(possible_names(many)) == MAX_MENTIONS * MAX_POSSIBLE


def test_somebody_who_is_away_comes_after_those_of_the_same_name_who_are_here() -> None:
    names = Names([Person(user="here", name="Max")])
    more = names.extended(Person(user=u, name=n) for u, n in (("m", "Max Planck"), ("away", "max")))
    assert find_mentions("@Max", more, author="") == ["here", "away"]
    assert find_mentions("@max planck", more, author="") == ["m"]
    assert find_mentions("@max planck", names, author="") == ["here"]


def test_a_mention_behind_part_of_a_word_is_found() -> None:
    assert called("@adam @ada", "Ada") == ["Ada"]


def test_names_with_spaces_and_of_other_scripts_are_found() -> None:
    assert called("@jos\u00e9 luis, look", "Jos\u00e9 Luis") == ["Jos\u00e9 Luis"]
    assert called("@\u738b ", "\u738b") == ["\u738b"]
    assert called("@STRASSE", "Stra\u00dfe") == ["Stra\u00dfe"]


@pytest.mark.parametrize(
    "name",
    ["Jos\u00e9", "\u0928\u0940\u0932", "\uac01", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"],
)
def test_a_name_is_found_composed_and_decomposed(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert called(f"@{unicodedata.normalize(form, name)}", name) == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@Jose\u0301", "Jose"),  # José
        ("@\u092e\u0928\u0940", "\u092e\u0928"),  # a vowel sign more
        ("@\uac01", "\uac00"),  # a final consonant more
        ("@\U0001f44d\U0001f3fd", "\U0001f44d"),  # a skin tone
        ("@\U0001f469\u200d\U0001f4bb", "\U0001f469"),  # woman, technologist
        ("@\u0410lice", "Alice"),  # the Cyrillic letter
        ("@x\u20e3", "x"),
    ],
)
def test_what_only_begins_or_looks_like_a_name_is_another(text: str, name: str) -> None:
    assert called(text, name) == []


def test_the_longest_name_is_meant() -> None:
    assert called("@Ann Marie", "Ann", "Ann Marie") == ["Ann Marie"]
    assert called("@Ann Mariella", "Ann", "Ann Marie") == ["Ann"]
    assert called("@Ann Marie and @ann", "Ann", "Ann Marie") == ["Ann Marie", "Ann"]


NAMESAKES = Names([Person(user="u-aaaa", name="Ada"), Person(user="u-BBbb", name="ADA")])


def test_all_who_bear_a_name_are_called() -> None:
    assert find_mentions("@ada", NAMESAKES, author="x") == ["u-aaaa", "u-BBbb"]


def test_the_end_of_an_id_behind_a_name_chooses_among_namesakes() -> None:
    assert find_mentions("@Ada\u00b7BBbb: hi", NAMESAKES, author="x") == ["u-BBbb"]
    assert find_mentions("@Ada\u00b7cccc", NAMESAKES, author="x") == ["u-aaaa", "u-BBbb"]
    assert find_mentions("@Ada\u00b7bb", NAMESAKES, author="x") == ["u-aaaa", "u-BBbb"]


def test_nobody_calls_themselves() -> None:
    assert find_mentions("@ada", NAMESAKES, author="u-aaaa") == ["u-BBbb"]


def test_each_is_called_once_in_the_order_of_the_text() -> None:
    assert called("@bob @ada @bob", "Ada", "Bob") == ["Bob", "Ada"]


def test_who_goes_by_several_names_is_called_by_each() -> None:
    names = Names([Person(user="u", name="Ada"), Person(user="u", name="Countess")])
    assert find_mentions("@countess", names, author="x") == ["u"]
    assert find_mentions("@ada and @countess", names, author="x") == ["u"]


def test_a_message_calls_so_many_people_at_the_most() -> None:
    names = [f"n{number}" for number in range(MAX_MENTIONS + 1)]
    assert called(" ".join(f"@{name}" for name in names), *names) == names[:MAX_MENTIONS]
    crowd = Names([Person(user=name, name="Ada") for name in names])
    assert find_mentions("@ada", crowd, author="x") == names[:MAX_MENTIONS]


def test_signs_beyond_the_most_that_are_looked_at_call_nobody() -> None:
    assert called("@x " * (MAX_SIGNS - 1) + "@ada", "Ada") == ["Ada"]
    assert called("@x " * MAX_SIGNS + "@ada", "Ada") == []
    assert called("a@x " * MAX_SIGNS + "@ada", "Ada") == ["Ada"]  # those are no signs of ours


def test_a_blank_name_of_an_older_version_is_never_called() -> None:
    assert called("@ @\u200b @ada", "\u200b", "Ada") == ["Ada"]


@given(st.text("ab -\u0301\u0940", min_size=1, max_size=MAX_NAME_CHARACTERS), st.text(" ,.!"))
def test_a_name_alone_behind_an_at_is_always_a_mention(name: str, text: str) -> None:
    if name.strip() == name and "\u0301" not in name[:1] + name[-1:]:
        assert called(f"{text} @{name} {text}", name) == [name]
