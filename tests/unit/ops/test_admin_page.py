"""What the page for operators shows, and how it is asked for."""

import pytest

from chat.ops.admin_page import overview, token_of
from chat.ops.instance_report import Summary


def summary(instance: str, rooms: dict[str, int], sse: int) -> Summary:
    return Summary(
        instance=instance, version="1", started_s=0.0, problems=[], transports={"sse": sse},
        connections=1, sessions=1, rooms=rooms, rooms_count=len(rooms), deliveries_per_s=2.0,
        commands_per_s=1.0, lag_s=0.0, stalls=0, memory_bytes=1, store_waiting=0,
    )  # fmt: skip


def test_rooms_and_transports_are_those_of_all_instances_together() -> None:
    shown = overview([summary("a", {"x": 2, "y": 1}, 3), summary("b", {"y": 4}, 1)], now_s=60.0)
    assert shown["rooms"] == [
        {"name": "y", "readers": 5, "instances": 2},
        {"name": "x", "readers": 2, "instances": 1},
    ]
    assert dict(shown["transports"])["sse"] == shown["readers"] == 4
    assert shown["deliveries_per_s"] == 4.0


@pytest.mark.parametrize(
    ("given", "token"),
    [("", None), ("Digest x", None), ("Bearer a b", b"a b"), ("Basic !", b""),
     ("Basic YTpiOmM=", b"b:c"), ("basic YQ==", b"")],
)  # fmt: skip
def test_a_token_is_read_from_either_scheme(given: str, token: bytes | None) -> None:
    assert token_of(given) == token
