"""A poll that goes on is told from one that only looks so."""

from chat.transports.given import SPAN_S, GivenCursors


def test_a_cursor_goes_on_once_for_whom_it_was_given_to() -> None:
    given = GivenCursors()
    given.give("ada", "general:e:1", now=0)
    assert not given.consume("bob", "general:e:1", now=0)
    assert not given.consume("ada", "general:e:2", now=0)
    assert given.consume("ada", "general:e:1", now=0)
    assert not given.consume("ada", "general:e:1", now=0)


def test_whoever_was_given_none_has_none() -> None:
    assert not GivenCursors().consume("ada", "", now=0)


def test_it_is_forgotten_after_a_minute() -> None:
    given = GivenCursors()
    given.give("ada", "general:e:1", now=0)
    given.give("ada", "general:e:2", now=0)
    assert given.consume("ada", "general:e:1", now=SPAN_S - 0.1)
    assert not given.consume("ada", "general:e:2", now=SPAN_S)
