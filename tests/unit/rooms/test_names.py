"""What one may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.names import MAX_NAME_CHARACTERS, check_name, is_allowed


def refusal(name: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_name(name)
    return caught.value.code


@given(st.text(max_size=40))
def test_a_name_that_was_checked_passes_again_unchanged(name: str) -> None:
    try:
        checked = check_name(name)
    except InvalidInput:
        return
    assert check_name(checked) == checked
    assert 1 <= len(checked) <= MAX_NAME_CHARACTERS
    assert checked == " ".join(checked.split())


def test_a_name_has_at_most_32_characters() -> None:
    assert check_name("x" * MAX_NAME_CHARACTERS)
    assert refusal("x" * (MAX_NAME_CHARACTERS + 1)) == Code.TOO_LONG


def test_a_name_is_composed_and_spaced_alike() -> None:
    assert check_name("  Jose\u0301 \t\n Luis ") == "Jos\u00e9 Luis"


@pytest.mark.parametrize(
    "name", ["a\0", "a\x1b[1m", "a\u202eb", "a\u200bb", "\ue000", "\0", "a\ufeffb"]
)
def test_a_name_has_no_characters_that_hide_or_turn_others(name: str) -> None:
    assert refusal(name) == Code.BAD_COMMAND


def test_a_letter_carries_four_marks_and_not_five() -> None:
    # U+0334 composes with nothing, so all of them are left by NFC.
    assert check_name("x" + "\u0334" * 4)
    assert refusal("x" + "\u0334" * 5) == Code.BAD_COMMAND


def test_emoji_that_are_joined_are_one_name() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert check_name(family) == family


def test_a_name_needs_something_to_see() -> None:
    assert refusal(" \t") == Code.EMPTY
    assert refusal("\u200d") == Code.EMPTY


@pytest.mark.parametrize(
    "hidden", "\u200d \ufe0f \u180b \U000e0100 \u17b4 \u034f \u3164 \u2800".split()
)
def test_nothing_that_draws_nothing_stands_in_a_name(hidden: str) -> None:
    assert refusal(f"Al{hidden}ice") == Code.BAD_COMMAND


@pytest.mark.parametrize(
    "blank", ["\u3164", "\u2800", "\u115f", "\u1160 \u3164", "\u0301", "\U000e0041"]
)
def test_a_name_that_draws_nothing_is_empty(blank: str) -> None:
    assert refusal(blank) == Code.EMPTY


def test_a_mark_needs_a_letter_before_it() -> None:
    assert refusal("\u0301Jose") == refusal("Jose \u0301Luis") == Code.BAD_COMMAND


@pytest.mark.parametrize(
    "name",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # Persian: Ali-Reza
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala: Shri
        "\u0915\u094d\u200c\u0937",  # Devanagari, behind a virama
    ],
)
def test_joiners_stay_where_a_script_needs_them(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["a\u200cb", "\u0639\u200c", "\u200c\u0639", "\u0627\u200c\u0628"])
def test_joiners_that_change_nothing_are_refused(name: str) -> None:
    assert refusal(name) == Code.BAD_COMMAND


@pytest.mark.parametrize(
    "name",
    [
        "\U0001f469\U0001f3fd\u200d\U0001f4bb Ada",
        "\u2764\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "\U0001fae8",  # of Unicode 15, whatever Python's own tables are
    ],
)
def test_whole_emoji_may_be_in_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["1\ufe0f", "\u2764\ufe0f\ufe0f", "\U0001f469\u200d", "a\ufe0f\u20e3"]
)
def test_parts_of_emoji_that_draw_nothing_may_not(name: str) -> None:
    assert refusal(name) == Code.BAD_COMMAND


@pytest.mark.parametrize(
    "name",
    [
        "Alice\u00b7aaaa",
        "Alice \u00b7 1f0e",
        "Alice\u30fbaaaa",
        "Alice\u2022a\u04301O",
        "x\u00b70123456789abcdef",
    ],
)
def test_the_mark_for_namesakes_can_not_be_written_by_hand(name: str) -> None:
    assert refusal(name) == Code.BAD_COMMAND


@pytest.mark.parametrize("name", ["Gal\u00b7la", "Marcel\u00b7l\u00ed", "a\u00b7b", "\u00b7aaa"])
def test_other_dots_may_be_in_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("admin", "ADMIN", "Adm1n", "@admin", "Admin 2", "a.d.m.i.n", "admin \u2713", "_root_"),
        *("\u0430dmin", "\u0391DMIN", "\uff21\uff24\uff2d\uff29\uff2e", "\u00c1dmin", "\u24b6dmin"),
        *(
            "System",
            "Parley",
            "PARLEY",
            "par1ey",
            "moderator",
            "Everyone",
            "r00t",
            "\U0001d42c\U0001d432stem",
        ),
    ],
)
def test_reserved_names_and_what_looks_like_them_are_refused(name: str) -> None:
    assert refusal(name) == Code.FORBIDDEN
    assert check_name(name, may_be_reserved=True)


@pytest.mark.parametrize(
    "name", ["Ali", "Adam", "Modesty", "Rooth", "Barney", "Adminah", "guest-ab12"]
)
def test_names_of_people_are_not(name: str) -> None:
    assert check_name(name) == name


def test_a_name_far_too_long_is_refused_before_it_is_looked_at() -> None:
    # Putting these marks in order would take seconds: the time grows with their square.
    assert refusal("a" + "\u0301" * 40_000 + "\u0316" * 40_000) == Code.TOO_LONG
    assert check_name("e\u0302\u0323" * MAX_NAME_CHARACTERS) == "\u1ec7" * MAX_NAME_CHARACTERS


def test_what_an_older_version_let_pass_is_known() -> None:
    assert is_allowed("Ada")
    for name in ("admin", "\u3164", "Jose\u0301", "Al\ufe0fice", ""):
        assert not is_allowed(name)
