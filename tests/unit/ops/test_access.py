"""What is told of requests has bounded labels."""

import pytest

from chat.ops.access import ENDPOINTS, endpoint_of


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/", "page"),
        ("/rooms/general/7", "page"),
        ("/send", "send"),
        ("/api/rooms/general/messages", "api"),
        ("/static/v1/js/main.js", "static"),
        ("/readyz", "operations"),
        ("/sendx", "other"),
        ("/../etc/passwd", "other"),
        ("*", "page"),
        ("", "page"),
    ],
)
def test_a_path_belongs_to_one_endpoint_of_few(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint
    assert endpoint in ENDPOINTS
