"""Every request costs its address something, and one thing that is used up leaves the others."""

import pytest

from chat.accounts.rate_limits import (
    CHECKS_BURST,
    COMMANDS_A_REQUEST,
    COMMANDS_BURST_S,
    REQUESTS_BURST_S,
    Limits,
)
from chat.http.messages import Headers, HttpRequest
from chat.metrics.counters import Metrics
from chat.ops.request_costs import BYTES_A_TOKEN, COMMAND_REQUEST, FILE, RequestCosts
from chat.settings.settings import Settings
from tests.unit.fakes import SetClock

HERE, THERE = "192.0.2.1", "192.0.2.2"


def request(target: str, body: bytes = b"") -> HttpRequest:
    return HttpRequest("GET", target, "1.1", Headers(), body, True)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def costs(clock: SetClock) -> RequestCosts:
    return RequestCosts(Limits(Settings(requests_per_second=1), clock, Metrics().limited))


def count(costs: RequestCosts, asked: HttpRequest, *, at: str = HERE, most: int = 5000) -> int:
    """Return how many such requests are let through, of at most so many."""
    return next((n for n in range(most) if costs.refusal(asked, at) is not None), most)


@pytest.mark.parametrize(
    "target",
    [
        "/", "/rooms/general", "/doctor", "/negotiate", "/chat", "/events", "/login", "/logout",
        "/api/rooms", "/api/rooms/general/messages?limit=200", "/admin", "/metrics",
        "/openapi.json", "/nowhere", "*", "",
    ],
)  # fmt: skip
def test_what_is_answered_costs_one(costs: RequestCosts, target: str) -> None:
    assert count(costs, request(target)) == REQUESTS_BURST_S
    assert count(costs, request(target), at=THERE, most=1) == 1


def test_a_file_costs_a_part_of_it(costs: RequestCosts) -> None:
    assert count(costs, request("/static/js/main.js")) in range(
        int(REQUESTS_BURST_S / FILE) - 1, int(REQUESTS_BURST_S / FILE) + 1
    )


@pytest.mark.parametrize("target", ["/send", "/sockjs/0/s/xhr_send", "/sockjs/0/s/xhr"])
def test_what_carries_commands_draws_on_theirs(costs: RequestCosts, target: str) -> None:
    assert count(costs, request("/")) == REQUESTS_BURST_S
    most = COMMANDS_A_REQUEST * COMMANDS_BURST_S / COMMAND_REQUEST
    assert abs(count(costs, request(target)) - most) <= 1


def test_a_poll_s_cost_is_told_by_its_cursor_but_for_what_it_has_to_decode(
    costs: RequestCosts,
) -> None:
    assert count(costs, request("/poll?cursor=x")) == 5000
    assert count(costs, request("/poll", b"x" * 2 * BYTES_A_TOKEN)) == REQUESTS_BURST_S / 2


def test_a_long_body_costs_by_its_length(costs: RequestCosts) -> None:
    assert count(costs, request("/login", b"x" * 3 * BYTES_A_TOKEN)) == REQUESTS_BURST_S // 4
    # However long it is, it is let through once all is there again.
    assert count(costs, request("/login", b"x" * 99 * BYTES_A_TOKEN), at=THERE) == 1


def test_health_is_told_though_all_else_is_used_up(costs: RequestCosts) -> None:
    assert count(costs, request("/")) == REQUESTS_BURST_S
    assert count(costs, request("/healthz")) == CHECKS_BURST


def test_it_is_said_when_to_come_back_and_then_it_works(
    costs: RequestCosts, clock: SetClock
) -> None:
    count(costs, request("/"))
    refusal = costs.refusal(request("/"), HERE)
    assert refusal is not None and refusal.status == 429 and refusal.retry_ms is not None
    assert b"Retry-After: 2\r\n" in refusal.encode()
    assert b'"code":"rate_limited"' in refusal.encode() and b'"retry_ms":1001' in refusal.encode()
    clock.now += refusal.retry_ms / 1000
    assert costs.refusal(request("/"), HERE) is None
    assert costs.refusal(request("/"), HERE) is not None
