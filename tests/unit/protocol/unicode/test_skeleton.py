"""What looks alike has the same skeleton."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.unicode.skeleton import caseless, confusable_skeleton, skeleton


@pytest.mark.parametrize(
    "other",
    [
        *("Al\u200dice", "Al\ufe0fice", "Al\u180bice", "Al\U000e0100ice", "Al\u17b4ice"),
        *(
            "Al\u034fice",
            "Al\u3164ice",
            "Al\u00adice",
            "\u0410lice",
            "AIice",
            "A1ice",
            "Al\u0456ce",
        ),
        *("alice", "ALICE", "\uff21\uff4c\uff49\uff43\uff45", "\U0001d400lice", "A|ice"),
    ],
)
def test_what_looks_like_alice_has_her_skeleton(other: str) -> None:
    assert skeleton(other) == skeleton("Alice")


@pytest.mark.parametrize("other", ["Alicia", "Al\u00edce", "Alice2", "Al ice", "Malice"])
def test_what_looks_different_has_another(other: str) -> None:
    assert skeleton(other) != skeleton("Alice")


def test_letters_that_look_like_several_do() -> None:
    assert skeleton("m") == skeleton("rn")
    assert skeleton("\u0440") == skeleton("p")


def test_the_examples_of_the_standard() -> None:
    # UTS 39, section 4: "paypal" with Cyrillic letters; digits and letters of one script.
    assert confusable_skeleton("p\u0430yp\u0430l") == confusable_skeleton("paypal")
    assert confusable_skeleton("1O") == confusable_skeleton("l0")


@given(st.text(max_size=20))
def test_a_skeleton_does_not_depend_on_how_a_text_is_composed(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert skeleton(text) == skeleton(decomposed)
    assert caseless(text) == caseless(decomposed)


def test_names_are_written_alike_whatever_their_case_and_form() -> None:
    assert caseless("Jose\u0301") == caseless("JOS\u00c9")
    assert caseless("Stra\u00dfe") == caseless("STRASSE")
    assert caseless("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627") == caseless(
        "\u0639\u0644\u06cc\u0631\u0636\u0627"
    )
    assert caseless("\u0410lice") != caseless("Alice")
