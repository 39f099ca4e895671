"""Names and titles stand where people look for them."""

from chat.rooms.order import natural_key


def test_numbers_count_as_numbers_and_case_does_not_count() -> None:
    names = ["t10", "T2", "t1", "alpha", "Beta", "t2b", "10", "9", "\u00c9cole", "ecole"]
    ordered = ["9", "10", "alpha", "Beta", "ecole", "t1", "T2", "t2b", "t10", "\u00c9cole"]
    assert sorted(names, key=natural_key) == ordered


def test_any_text_has_a_key() -> None:
    for text in ("", "\u0663", "\u00b2", "\U0001f600", "9" * 80, "\ud800"):
        assert natural_key(text) is not None
