"""Times are RFC 3339, in UTC, with milliseconds."""

from chat.service.times import rfc3339


def test_a_time_has_its_milliseconds() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(1714564800.0375) == "2024-05-01T12:00:00.037Z"
