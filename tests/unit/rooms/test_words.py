"""Words are compared as people expect, in any script."""

import pytest

from chat.rooms.words import MAX_WORD_CHARACTERS, fold, plain_words, words_of

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def words(text: str) -> list[str]:
    found = [word.word for word in words_of(text)]
    assert plain_words(text) == found
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("snake_case 3.5 e-mail", ["snake", "case", "3", "5", "e", "mail"]),
        ("Müller STRASSE Straße", ["muller", "strasse", "strasse"]),
        ("ΑΘΉΝΑ Ёлка", ["αθηνα", "елка"]),
        ("ﬁsh ① Ⅷ", ["fish", "1", "viii"]),
        ("שָׁלוֹם مُحَمَّد", ["שלום", "محمد"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # vowel signs are part of a word
        ("東京都", ["東京", "京都", "都"]),
        ("ｶﾞｷﾞ", ["ガギ", "ギ"]),  # half width, with marks of their own
        ("서울에서", ["서울", "울에", "에서", "서"]),
        ("ไทย", ["ไท", "ทย", "ย"]),
        ("see東京now", ["see", "東京", "京", "now"]),
        ("a\x1cB\x7fc", ["a", "b", "c"]),
        ("".join(map(chr, range(128))), ["0123456789", ALPHABET, ALPHABET]),
        ("", []),
        (" \0!…", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_knows_where_it_is() -> None:
    text = "Ob Müller ins 東京都 fährt?"
    for word, start, end in words_of(text):
        assert fold(text[start:end]) == word


def test_where_folding_changes_the_length_a_word_is_where_the_whole_run_is() -> None:
    text = "die Straße"
    ((word, start, end),) = list(words_of(text))[1:]
    assert (word, text[start:end]) == ("strasse", "Straße")


def test_a_word_without_end_is_cut() -> None:
    for letter in "aé":
        (word,) = words(letter * 5000)
        assert len(word) == MAX_WORD_CHARACTERS


def test_no_word_has_a_sign_that_an_index_could_take_for_one_of_its_own() -> None:
    text = "".join(map(chr, range(0x3000)))
    signs = {sign for sign in map(chr, range(128)) if not sign.isalnum()}
    assert not signs & set("".join(words(text)))
