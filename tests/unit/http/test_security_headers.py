"""What every answer says."""

import pytest

from chat.http.security_headers import HSTS, SAFE_HEADERS, safe_lines


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_every_safe_header_is_a_line(protocol: str) -> None:
    lines = safe_lines(protocol).split("\r\n")
    assert lines.pop() == "", "each line has its end"
    assert [f"{name}: {value}" for name, value in SAFE_HEADERS.items()] == lines[:4]


def test_only_who_came_by_https_is_told_to_come_by_it_again() -> None:
    assert f"Strict-Transport-Security: {HSTS}\r\n" in safe_lines("https")
    assert "Strict-Transport-Security" not in safe_lines("http")
