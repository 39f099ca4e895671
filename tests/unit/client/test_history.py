from chat.client.history import KEPT, Attempt, History, Outcome

ALL = ("websocket", "sse", "longpoll")


def test_what_is_under_way_without_a_hello_is_told_with_its_time() -> None:
    history = History()
    history.begin("websocket", 1.0)
    history.begin("sse", 1.1)
    assert history.why("sse", ALL, 1.21) == "WebSocket gave no hello in 210 ms"


def test_the_best_needs_no_reason() -> None:
    history = History()
    history.begin("websocket", 1.0)
    assert history.why("websocket", ALL, 2.0) == ""


def test_every_better_one_is_told_by_its_newest_attempt() -> None:
    history = History()
    for began_s, reason in ((0.0, "500"), (1.0, "403")):
        attempt = history.begin("websocket", began_s)
        attempt.outcome, attempt.reason, attempt.ended_s = Outcome.REFUSED, reason, began_s + 0.05
    silent = history.begin("sse", 1.0)
    silent.outcome, silent.ended_s = Outcome.SILENT, 3.0
    assert history.why("longpoll", ALL, 4.0) == (
        "WebSocket was refused after 50 ms (403), Server-Sent Events gave no hello in 2000 ms"
    )


def test_what_died_says_how_old_it_became() -> None:
    attempt = Attempt(transport="websocket", began_s=0, greeted_s=0.1, proven_s=0.2, ended_s=1.5)
    attempt.outcome = Outcome.DIED
    assert attempt.describe(9.0) == "WebSocket died after 1.5 s"


def test_a_failure_begins_with_its_kind_and_fits_what_the_server_takes() -> None:
    attempt = Attempt(transport="sse", began_s=1.0, ended_s=1.5)
    attempt.outcome, attempt.reason = Outcome.SILENT, "x" * 300
    failure = attempt.failure()
    assert failure["transport"] == "sse" and failure["after_ms"] == 500
    assert str(failure["reason"]).startswith("silent: x") and len(str(failure["reason"])) == 200


def test_the_newest_attempts_are_kept() -> None:
    history = History()
    for n in range(KEPT + 1):
        history.begin("sse", n)
    assert len(history.attempts) == KEPT
    assert history.attempts[0].began_s == 1
