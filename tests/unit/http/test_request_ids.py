"""A router's name for a request is taken where it can do no harm."""

import pytest

from chat.http.messages import Headers
from chat.http.request_ids import request_id_of


@pytest.mark.parametrize(
    "given",
    [b"01234567", b"f" * 200, b"2b7c7a52-6d5a-4f9d-8a36-7c0d2f5c9e11", b"Root.1_a-b"],
)
def test_a_well_formed_id_is_taken(given: bytes) -> None:
    assert request_id_of(Headers([(b"Host", b"a"), (b"x-Request-ID", given)])) == given.decode()


@pytest.mark.parametrize(
    "given", [b"", b"0123456", b"f" * 201, b"0123 4567", b"<script>8", b"01234567\n", b"\xff" * 20]
)
def test_any_other_is_replaced_by_one_of_ours(given: bytes) -> None:
    made = request_id_of(Headers([(b"X-Request-Id", given)]))
    assert len(made) == 16 and int(made, 16) >= 0


def test_no_two_are_alike() -> None:
    assert len({request_id_of(Headers()) for _ in range(100)}) == 100
