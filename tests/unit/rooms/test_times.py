"""Until when somebody is muted or banned."""

import pytest

from chat.errors import InvalidInput
from chat.rooms.times import FOR_EVER_S, parse_until, until_words, written

NOW = 1_000_000.0


def test_a_moment_is_read_as_rfc_3339_in_any_zone() -> None:
    assert parse_until("1970-01-12T13:46:41Z", now=NOW) == NOW + 1
    assert parse_until("1970-01-12T15:46:41.000+02:00", now=NOW) == NOW + 1


def test_what_is_over_is_0_and_none_is_for_ever() -> None:
    assert parse_until("1970-01-12T13:46:40Z", now=NOW) == 0
    assert parse_until("", now=NOW) == 0
    assert parse_until(None, now=NOW) == FOR_EVER_S


@pytest.mark.parametrize(
    "text", ["tomorrow", "2030-01-31", "2030-01-31T18:00:00", "20300131T18", "0", "\0", "9" * 400]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_until(text, now=NOW)


def test_a_moment_is_written_as_it_is_read() -> None:
    for moment_s in (NOW + 1, FOR_EVER_S):
        assert parse_until(written(moment_s), now=NOW) == moment_s
    assert written(0) == ""


def test_for_ever_has_no_end_to_speak_of() -> None:
    assert until_words(NOW) == " until 1970-01-12 13:46 UTC"
    assert until_words(FOR_EVER_S) == ""
