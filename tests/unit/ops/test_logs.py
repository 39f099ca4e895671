"""One record is one line, of text or of JSON, whatever is in it."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chat import log_context
from chat.ops.logs import JsonFormatter, TextFormatter, one_line


@pytest.fixture
def about() -> Iterator[None]:
    tokens = [log_context.request_id.set("r-12345678"), log_context.session_id.set("s1")]
    yield
    log_context.request_id.reset(tokens[0])
    log_context.session_id.reset(tokens[1])


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("chat.hub", logging.WARNING, __file__, 1, message, args, None)
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
    assert line == "2023-11-14T22:13:20.250Z WARNING chat.hub: it is full"


def test_text_names_the_request_and_the_session_where_there_are_some(about: None) -> None:
    assert TextFormatter().format(record("hm")).endswith(": hm [request r-12345678 session s1]")


def test_json_has_the_same_and_the_instance(about: None) -> None:
    assert as_json(record("hm", fields={"status": 503, "path": "/x"})) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "chat.hub",
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
