"""What was seen is remembered for a while, as often as it takes, and never for all at once."""

from hypothesis import given
from hypothesis import strategies as st

from chat.negotiation.recent import Recent


def test_what_was_seen_is_remembered_for_its_span_and_no_longer() -> None:
    recent = Recent(span_s=60.0)
    assert not recent.has("a", now=0.0)
    recent.note("a", now=0.0)
    assert recent.has("a", now=59.9)
    assert not recent.has("a", now=60.0)
    assert not recent.has("b", now=0.0)


def test_it_takes_as_many_as_are_enough_within_the_span() -> None:
    recent = Recent(span_s=60.0, enough=2)
    recent.note("a", now=0.0)
    assert not recent.has("a", now=0.0)
    recent.note("a", now=60.0)
    assert not recent.has("a", now=60.0)
    recent.note("a", now=119.9)
    assert recent.has("a", now=119.9)


def test_what_is_forgotten_counts_from_nothing() -> None:
    recent = Recent(span_s=60.0, enough=2)
    recent.note("a", now=0.0)
    recent.forget("a")
    recent.forget("never seen")
    recent.note("a", now=1.0)
    assert not recent.has("a", now=1.0)


def test_where_there_are_too_many_the_one_not_seen_for_longest_goes() -> None:
    recent = Recent(span_s=60.0, limit=2)
    for key in ("a", "b", "a", "c"):
        recent.note(key, now=0.0)
    assert [key for key in "abc" if recent.has(key, now=0.0)] == ["a", "c"]


@given(st.lists(st.text(max_size=2)), st.integers(1, 5))
def test_it_never_holds_more_than_its_limit(keys: list[str], limit: int) -> None:
    recent = Recent(span_s=60.0, limit=limit)
    for key in keys:
        recent.note(key, now=0.0)
        assert len(recent) <= limit
        assert recent.has(key, now=0.0)
