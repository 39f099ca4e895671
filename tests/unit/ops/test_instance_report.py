"""How the report of an instance tells its numbers."""

import pytest

from chat.ops.instance_report import span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59.9, "less than a minute"), (60, "1 minute"),
     (3599, "59 minutes"), (3600, "1 hour"), (172800, "2 days")],
)  # fmt: skip
def test_a_span_is_told_as_people_tell_it(seconds: float, words: str) -> None:
    assert span(seconds) == words
