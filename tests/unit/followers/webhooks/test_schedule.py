"""When a delivery is tried again, and when nobody tries any more."""

from chat.backplane.webhooks import Progress, Waiting, Webhook, is_enabled
from chat.followers.webhooks.schedule import (
    FIRST_RETRY_S,
    GIVE_UP_S,
    LAST_RETRY_S,
    MAX_IN_A_ROW,
    MAX_WAITING,
    begin_turn,
    due,
    is_given_up,
    next_attempt_s,
    note_failure,
    note_success,
    takes_new,
)

NOW = 1_000_000.0


def hook(turn: int = 0, *, is_paused: bool = False) -> Webhook:
    return Webhook(
        id="general-00000000000000aa", url="https://hooks.example/", events=["message"],
        secret="", by="ada", name="Ada", made_s=0, epoch="e1", offset=0, turn=turn,
        is_paused=is_paused,
    )  # fmt: skip


def job(offset: int = 1, *, at_s: float = NOW) -> Waiting:
    return Waiting(epoch="e1", offset=offset, kind="message", first_s=NOW, at_s=at_s)


def progress(*waiting: Waiting) -> Progress:
    return Progress(epoch="e1", offset=9, waiting=list(waiting))


def test_pauses_double_up_to_an_hour_and_vary_by_half() -> None:
    one = job()
    pauses = []
    for _ in range(14):
        assert note_failure(progress(), one, retry_s=0, now=NOW, jitter=1)
        pauses.append(one.at_s - NOW)
    assert pauses[:4] == [FIRST_RETRY_S, 4, 8, 16]
    assert pauses[-1] == LAST_RETRY_S
    note_failure(progress(), one, retry_s=0, now=NOW, jitter=0)
    assert one.at_s - NOW == LAST_RETRY_S / 2


def test_nothing_is_sent_before_the_time_that_a_receiver_asks_for() -> None:
    one, failed = progress(), job()
    note_failure(one, failed, retry_s=90, now=NOW, jitter=1)
    one.waiting.append(failed)
    assert next_attempt_s(one, now=NOW) == NOW + 90
    assert not takes_new(one, now=NOW + 89) and due(one, now=NOW + 89) is None
    assert takes_new(one, now=NOW + 90) and due(one, now=NOW + 90) is failed
    note_failure(one, failed, retry_s=1, now=NOW, jitter=1)
    assert next_attempt_s(one, now=NOW) == NOW + 1
    assert next_attempt_s(one, now=NOW + 1) == NOW + 2 * FIRST_RETRY_S, "it may not ask for less"


def test_a_delivery_is_given_up_after_exactly_a_day() -> None:
    assert note_failure(progress(), job(), retry_s=0, now=NOW + GIVE_UP_S - 0.1, jitter=1)
    assert not note_failure(progress(), job(), retry_s=0, now=NOW + GIVE_UP_S, jitter=1)


def test_a_webhook_is_given_up_if_nothing_has_succeeded_for_a_day() -> None:
    one = progress()
    assert not is_given_up(one, now=NOW + 2 * GIVE_UP_S)
    note_failure(one, job(), retry_s=0, now=NOW, jitter=1)
    note_failure(one, job(), retry_s=0, now=NOW + 5, jitter=1)
    assert not is_given_up(one, now=NOW + GIVE_UP_S - 0.1)
    assert is_given_up(one, now=NOW + GIVE_UP_S)
    note_success(one, now=NOW + 10)
    assert not is_given_up(one, now=NOW + GIVE_UP_S)


def test_after_some_failures_in_a_row_new_entries_stay_in_the_log() -> None:
    one = progress(job(1, at_s=NOW + 50), job(2, at_s=NOW + 40))
    for count in range(1, MAX_IN_A_ROW + 1):
        assert takes_new(one, now=NOW)
        note_failure(one, job(3), retry_s=0, now=NOW, jitter=1)
        assert one.failures == count
    assert not takes_new(one, now=NOW)
    assert due(one, now=NOW + 39) is None
    assert next_attempt_s(one, now=NOW) == NOW + 40
    assert due(one, now=NOW + 60) is one.waiting[0], "in the order of the log"
    note_success(one, now=NOW + 60)
    assert takes_new(one, now=NOW)
    assert [each.at_s for each in one.waiting] == [NOW + 50, NOW + 40]


def test_when_the_receiver_is_back_what_waits_is_sent_at_once() -> None:
    one = progress(job(1, at_s=NOW + 3000))
    one.failures, one.waiting[0].attempts, one.waiting[0].pauses = MAX_IN_A_ROW, 9, 9
    note_success(one, now=NOW)
    assert due(one, now=NOW) is one.waiting[0]
    note_failure(one, one.waiting[0], retry_s=0, now=NOW, jitter=1)
    assert (one.waiting[0].at_s, one.waiting[0].attempts) == (NOW + FIRST_RETRY_S, 10)


def test_a_webhook_for_which_nothing_waits_any_more_goes_on() -> None:
    one = progress()
    one.failures = MAX_IN_A_ROW
    assert takes_new(one, now=NOW)
    assert next_attempt_s(one, now=NOW) is None


def test_only_so_many_wait() -> None:
    assert takes_new(progress(*[job(n) for n in range(MAX_WAITING - 1)]), now=NOW)
    assert not takes_new(progress(*[job(n) for n in range(MAX_WAITING)]), now=NOW)


def test_a_new_turn_forgets_what_has_failed() -> None:
    one = progress(job(1, at_s=NOW + 3000))
    one.failures, one.failing_since_s, one.is_stopped, one.why = 9, NOW, True, "away"
    assert not is_enabled(hook(), one)
    begin_turn(one, hook(), now=NOW + 5)
    assert one.is_stopped, "it is the same turn"
    assert is_enabled(hook(1), one)
    begin_turn(one, hook(1), now=NOW + 5)
    assert (one.failures, one.failing_since_s, one.is_stopped, one.why) == (0, 0, False, "")
    assert (one.waiting[0].first_s, one.waiting[0].at_s) == (NOW + 5, NOW + 5)
    assert not is_enabled(hook(1, is_paused=True), one)
