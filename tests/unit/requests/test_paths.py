"""Logs have no secret of a path, and none that is too long."""

import pytest

from chat.requests.paths import MAX_PATH, logged


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/hooks/q83vEjRWeJCrze8SNFZ4kA", "/hooks/…"),
        ("/hooks/", "/hooks/…"),
        ("/api/rooms/general/hooks", "/api/rooms/general/hooks"),
        ("/" + "a" * MAX_PATH, "/" + "a" * (MAX_PATH - 1) + "…"),
        ("/" + "a" * (MAX_PATH - 1), "/" + "a" * (MAX_PATH - 1)),
    ],
)
def test_a_path_is_written_without_its_secret(path: str, written: str) -> None:
    assert logged(path) == written
