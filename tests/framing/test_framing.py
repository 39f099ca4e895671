"""A proxy in front reads requests as we do; otherwise a request could be smuggled past it."""

import pytest

from tests.framing import behind, by_itself
from tests.framing.corpus import Case, cases
from tests.framing.made_up import made_up
from tests.support.aio import in_a_loop

MADE_UP = 100
PATIENCE_S = 60


@pytest.fixture(scope="module")
def tried() -> list[Case]:
    by_hand = cases()
    assert len(by_hand) >= 400
    return [*by_hand, *made_up(MADE_UP, begin=len(by_hand))]


def test_what_we_read_h11_reads_alike_wherever_it_is_cut(tried: list[Case]) -> None:
    result = by_itself.compare(tried, cut_every=5)
    assert result.differences == []
    assert result.accepted > len(tried) // 4, "else there is little to compare"


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
@in_a_loop(PATIENCE_S)
async def test_behind_a_proxy_each_request_is_one_that_it_has_passed_on(
    proxy: str, tried: list[Case]
) -> None:
    result = await behind.compare(proxy, tried)
    assert result.differences == []
    assert result.requests > len(tried) // 2, "else there is little to compare"
