"""The summary of a traceback names its error."""

from tests.chaos.report import MAX_RECORDS, summary


def traceback(number: int) -> list[str]:
    frames = [f'  File "x.py", line {line}, in f\n' for line in range(40)]
    return [
        f"2026-11-29T12:00:00.000Z ERROR tornado.application: GET /poll {number}\n",
        "  Traceback (most recent call last):\n",
        *frames,
        f"  AttributeError: {number}\n",
    ]


def test_the_last_line_of_a_traceback_is_printed_and_its_middle_is_not() -> None:
    printed = list(summary([*traceback(1), *traceback(2)]))
    assert "  AttributeError: 1" in printed
    assert printed[-1] == "  AttributeError: 2"
    assert len(printed) < 20


def test_of_many_records_the_first_are_printed_and_the_others_counted() -> None:
    lines = [line for number in range(MAX_RECORDS + 3) for line in traceback(number)]
    printed = list(summary(lines))
    assert f"  AttributeError: {MAX_RECORDS - 1}" in printed
    assert printed[-1] == "… and 3 more"


def test_a_short_record_is_whole() -> None:
    assert list(summary(["2026-11-29T12:00:00.000Z WARNING x: y\n"])) == [
        "2026-11-29T12:00:00.000Z WARNING x: y"
    ]
