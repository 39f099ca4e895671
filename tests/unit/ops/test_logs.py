"""One record is one line, of text or of JSON, whatever is in it."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chat import log_context
from chat.ops.logs import JsonFormatter, SamplingHandler, TextFormatter, one_line


@pytest.fixture
def about() -> Iterator[None]:
    tokens = [log_context.request_id.set("r-12345678"), log_context.session_id.set("s1")]
    yield
    log_context.request_id.reset(tokens[0])
    log_context.session_id.reset(tokens[1])


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("chat.hub.hub", logging.WARNING, __file__, 1, message, args, None)
    made.created = 1_700_000_000.25
    made.__dict__.update(extra)
    return made


def failed(message: str) -> logging.LogRecord:
    made = record("It broke")
    try:
        raise ValueError(message)
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter("i1").format(made)
    assert "\n" not in line
    return dict(json.loads(line))


def test_text_says_when_how_grave_who_and_what() -> None:
    line = TextFormatter().format(record("%s is full", "it"))
    assert line == "2023-11-14T22:13:20.250Z WARNING chat.hub.hub: it is full"


def test_text_names_the_request_and_the_session_where_there_are_some(about: None) -> None:
    assert TextFormatter().format(record("hm")).endswith(": hm [request r-12345678 session s1]")


def test_json_has_the_same_and_the_instance(about: None) -> None:
    assert as_json(record("hm", fields={"status": 503, "path": "/x"})) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "chat.hub.hub",
        "message": "hm",
        "instance": "i1",
        "request": "r-12345678",
        "session": "s1",
        "status": 503,
        "path": "/x",
    }


def test_json_without_a_request_names_none() -> None:
    assert {"request", "session", "exception"}.isdisjoint(as_json(record("hm")))


@pytest.mark.parametrize("bad", ["\r", "\n", "\x1b[2J", "\x00", "\x85", "\u2028", "\u202e", "\x7f"])
def test_nothing_in_a_name_ends_the_line_or_speaks_to_a_terminal(bad: str) -> None:
    name = f"Eve{bad}2023 INFO all is well"
    for line in (
        TextFormatter().format(record("%s is here", name)),
        JsonFormatter("i1").format(record("%s is here", name, fields={"path": name})),
        TextFormatter().format(failed(name)).replace("\n    ", ""),
        JsonFormatter("i1").format(failed(name)),
    ):
        assert bad[0] not in line


def test_half_a_surrogate_pair_does_not_keep_a_line_from_being_written() -> None:
    assert as_json(record("\ud800"))["message"] == "\\ud800"
    TextFormatter().format(record("\ud800")).encode()


def test_what_people_write_in_their_languages_stays_as_it_is() -> None:
    assert (
        one_line("Ünïcødé, 日本語, العربية, 👩‍👩‍👧, a b") == "Ünïcødé, 日本語, العربية, 👩‍👩‍👧, a b"
    )


def test_a_traceback_begins_no_line_of_text_and_is_a_list_in_json() -> None:
    made = failed("a\n2023 ERROR chat: forged")
    lines = TextFormatter().format(made).split("\n")
    assert lines[0].endswith("It broke") and len(lines) > 3
    assert all(line.startswith("    ") for line in lines[1:])
    exception = as_json(made)["exception"]
    assert exception[0].startswith("Traceback") and exception[-1].endswith("forged")


class Log:
    """What a SamplingHandler has written, line by line."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.handler = SamplingHandler(self.stream, lambda: self.now)
        self.handler.setFormatter(TextFormatter())

    def lines(self) -> list[str]:
        """Return the messages since this was last asked."""
        lines = self.stream.getvalue().splitlines()
        self.stream.seek(0)
        self.stream.truncate()
        return [line.split(" ", 1)[1] for line in lines]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.handler.close()


def answered(status: int, client: str, path: str = "/x") -> logging.LogRecord:
    made = record("%d GET %s (%s)", status, path, client)
    made.name = "tornado.access"
    made.fields = {"status": status, "client": client, "path": path}
    return made


def test_refusals_are_written_the_first_times_and_then_counted(log: Log) -> None:
    for _ in range(822):
        log.handler.handle(answered(404, "192.0.2.1"))
    log.handler.handle(answered(404, "192.0.2.2"))
    log.handler.handle(answered(401, "192.0.2.1"))
    assert log.lines() == [
        *["WARNING tornado.access: 404 GET /x (192.0.2.1)"] * 10,
        "WARNING tornado.access: 404 GET /x (192.0.2.2)",
        "WARNING tornado.access: 401 GET /x (192.0.2.1)",
    ]
    log.handler.write_counts()
    assert log.lines() == [
        "WARNING tornado.access: 404 was the answer to 812 more requests: 812 of 192.0.2.1"
    ]
    log.handler.write_counts()
    assert log.lines() == []


def test_those_who_do_most_of_it_are_named_and_no_more_than_that(log: Log) -> None:
    for number in range(9):
        for _ in range(11 + number):
            log.handler.handle(answered(404, f"192.0.2.{number}"))
    log.lines()
    log.handler.write_counts()
    assert log.lines() == [
        "WARNING tornado.access: 404 was the answer to 45 more requests: 9 of 192.0.2.8, "
        "8 of 192.0.2.7, 7 of 192.0.2.6, the rest of 6 others"
    ]


def test_the_same_warning_is_written_once_and_its_like_some_times(log: Log) -> None:
    for number in range(30):
        for _ in range(10):
            log.handler.handle(record("Room %d could not be read", number))
    assert [line.rpartition(": ")[2] for line in log.lines()] == [
        f"Room {number} could not be read" for number in range(10)
    ]
    log.handler.close()
    assert log.lines() == ["WARNING chat.hub.hub: Room 29 could not be read (and 290 more like it)"]


def test_what_is_over_can_be_said_some_times_in_a_minute(log: Log) -> None:
    for _ in range(5):
        made = record("There is room again")
        made.levelno, made.levelname = logging.INFO, "INFO"
        log.handler.handle(made)
    assert log.lines() == ["INFO chat.hub.hub: There is room again"] * 3


def test_a_traceback_is_counted_with_its_message(log: Log) -> None:
    for _ in range(3):
        log.handler.handle(failed("a fault"))
    assert sum("Traceback" in line for line in log.stream.getvalue().splitlines()) == 1
    log.lines()
    log.handler.write_counts()
    assert log.lines() == ["WARNING chat.hub.hub: It broke (and 2 more like it)"]


def test_a_count_is_a_field_in_json(log: Log) -> None:
    log.handler.setFormatter(JsonFormatter("i1"))
    for _ in range(12):
        log.handler.handle(answered(404, "192.0.2.1"))
    log.handler.write_counts()
    last = json.loads(log.stream.getvalue().splitlines()[-1])
    assert (last["status"], last["count"], "path" in last) == (404, 2, False)


def test_a_long_line_is_cut() -> None:
    assert one_line("x" * 1000) == "x" * 1000
    assert one_line("\x00" * 60_000) == "\\x00" * 1000 + "… (60000 characters)"
    assert len(as_json(failed("y" * 60_000))["exception"][-1]) < 1100
