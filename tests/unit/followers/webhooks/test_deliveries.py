"""The last deliveries are remembered, and written not too often."""

from chat.backplane.values import Setting
from chat.backplane.webhooks import DELIVERIES, Delivery, decode_deliveries
from chat.followers.webhooks.deliveries import MAX_AGE_S, MAX_DELIVERIES, WRITE_S, Deliveries

NOW = 1_000_000.0


def delivery(number: int, *, state: str = "delivered", last_s: float = NOW) -> Delivery:
    return Delivery(id=str(number), type="message", state=state, attempts=1, last_s=last_s)


def written(settings: list[Setting]) -> list[str]:
    (one,) = settings
    assert (one.group, one.key) == (DELIVERIES, "hook")
    return [f"{each.id} {each.state}" for each in decode_deliveries(one.value)]


def test_the_last_ones_are_kept_for_so_long() -> None:
    known = Deliveries("hook", [delivery(0, last_s=NOW - MAX_AGE_S), delivery(1)])
    for number in range(2, MAX_DELIVERIES):
        known.note(delivery(number))
    assert written(known.settings(now=NOW, is_urgent=True))[0] == "1 delivered"
    known.note(delivery(MAX_DELIVERIES))
    known.note(delivery(MAX_DELIVERIES + 1))
    kept = written(known.settings(now=NOW, is_urgent=True))
    assert (len(kept), kept[0]) == (MAX_DELIVERIES, "2 delivered")


def test_another_attempt_takes_the_place_of_the_last_one() -> None:
    known = Deliveries("hook", [delivery(1, state="waiting"), delivery(2)])
    known.note(delivery(1))
    assert written(known.settings(now=NOW, is_urgent=True)) == ["2 delivered", "1 delivered"]


def test_they_are_written_at_most_once_a_second_unless_it_is_urgent() -> None:
    known = Deliveries("hook", [])
    assert known.settings(now=NOW, is_urgent=True) == []
    known.note(delivery(1))
    assert known.settings(now=NOW, is_urgent=False)
    known.note(delivery(2))
    assert known.settings(now=NOW + WRITE_S - 0.1, is_urgent=False) == []
    assert known.settings(now=NOW + WRITE_S, is_urgent=False)
    known.note(delivery(3))
    assert known.settings(now=NOW + WRITE_S, is_urgent=True)
