"""Who sends to webhooks, and who receives, may die at any moment: each message arrives."""

from tests.chaos.webhooks import Told, judge, run

ROOMS, MESSAGES, KILLS, SEED = 2, 100, 2, 7


def test_what_is_missing_forged_repeated_or_late_is_named() -> None:
    told = Told()
    judge(told, {"a:1", "a:2", "b:1"}, ["a:2", "b:1", "a:1", "a:1"])
    assert (told.faults, told.repeated, told.late) == ([], 1, 1)
    judge(told, {"a:1"}, ["forged", "c:1"])
    assert told.faults == [
        "1 were forged", "the webhook was not told of a:1", "the webhook was told of c:1",
    ]  # fmt: skip


def test_each_message_reaches_a_receiver_that_refuses_some_and_is_killed_as_the_sender_is() -> None:
    told = run(ROOMS, MESSAGES, KILLS, SEED)
    assert told.faults == []
    assert told.messages == ROOMS * MESSAGES
    # At most one for each webhook and death of the one who sends or receives.
    assert told.repeated <= ROOMS * (KILLS + told.restarts)
