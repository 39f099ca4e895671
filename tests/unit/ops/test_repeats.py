"""What can be had without end is written the first times, and then counted."""

from chat.ops.repeats import BURST, RATE, SPAN_S, Repeats


def count(repeats: Repeats, kind: str, source: str, times: int, *, now: float = 0.0) -> int:
    return sum(repeats.admits(kind, source, first=2, now=now) for _ in range(times))


def test_the_first_are_written_and_the_rest_is_counted_once() -> None:
    repeats = Repeats(now=0.0)
    assert count(repeats, "404", "a", 10) == 2
    assert repeats.pop_counts() == [("404", 8, [("a", 8)])]
    assert repeats.pop_counts() == []


def test_it_goes_on_being_counted_for_as_long_as_it_goes_on() -> None:
    repeats = Repeats(now=0.0)
    for minute in range(5):
        now = minute * (SPAN_S - 1)
        assert count(repeats, "404", "a", 10, now=now) == (2 if minute == 0 else 0)
        repeats.pop_counts()


def test_after_a_silence_it_is_news_again() -> None:
    repeats = Repeats(now=0.0)
    assert count(repeats, "404", "a", 10) == 2
    repeats.pop_counts()
    assert count(repeats, "404", "a", 1, now=SPAN_S - 0.1) == 0
    repeats.pop_counts()
    assert count(repeats, "404", "a", 10, now=2 * SPAN_S - 0.1) == 2


def test_nobody_hides_anothers_and_no_kind_another() -> None:
    repeats = Repeats(now=0.0)
    assert count(repeats, "404", "a", 1000) == 2
    assert count(repeats, "404", "b", 3) == 2
    assert count(repeats, "401", "a", 3) == 2
    assert repeats.pop_counts() == [("404", 999, [("a", 998), ("b", 1)]), ("401", 1, [("a", 1)])]


def test_from_any_number_of_addresses_there_are_few_lines() -> None:
    repeats = Repeats(now=0.0)
    assert sum(count(repeats, "404", str(n), 2) for n in range(1000)) == BURST
    more = sum(count(repeats, "404", str(n), 1, now=50.0) for n in range(1000, 2000))
    assert more == 50 * RATE
    ((_, times, sources),) = repeats.pop_counts()
    assert times == 3000 - BURST - more and len(sources) > 1000


def test_a_flood_is_not_remembered() -> None:
    repeats = Repeats(now=0.0, most=100)
    for n in range(10_000):
        repeats.admits("404", str(n), first=1, now=0.0)
    assert len(repeats._seen) == 100
    ((_, times, sources),) = repeats.pop_counts()
    assert times == 10_000 - 100 and sources[0][0] == ""
    assert repeats.admits("404", "new", first=1, now=SPAN_S + 1000)
