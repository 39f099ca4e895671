"""Which requests are for this server, by their Host."""

import pytest

from chat.http.messages import Headers, HttpRequest, Refusal
from chat.http.site import Site

HOSTS = ("chat.example", "[2001:db8::1]")


def request(host: str | None, target: str = "/", method: str = "GET") -> HttpRequest:
    headers = [] if host is None else [(b"Accept", b"*/*"), (b"hOST", host.encode())]
    return HttpRequest(method, target, "1.1", Headers(headers), b"", True)


def is_taken(host: str | None, target: str = "/", *, hosts: tuple[str, ...] = HOSTS) -> bool:
    try:
        Site(hosts).receive(request(host, target))
    except Refusal as refusal:
        assert refusal.status == 421
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["chat.example", "CHAT.example:8000", "chat.example.", "chat.example:", "[2001:db8::1]:8"],
)
def test_its_names_are_known_with_any_port_and_in_any_case(host: str) -> None:
    assert is_taken(host)
    assert is_taken(host, "/metrics")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "chat.example.evil.example", "evil-chat.example", "example", "",
        "a.chat.example", "127.0.0.1", "localhost:8000", "[::1]", "[2001:db8::2]", None,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "target", ["/", "/chat", "/poll?cursor=", "/static/js/main.js", "/metricsx"]
)
def test_every_other_is_not(host: str | None, target: str) -> None:
    assert not is_taken(host, target)


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.7:8000", "localhost", "", None])
def test_without_names_any_will_do(host: str | None) -> None:
    assert is_taken(host, hosts=())


@pytest.mark.parametrize("target", ["/healthz", "/readyz", "/readyz?verbose"])
@pytest.mark.parametrize("host", [None, "", "127.0.0.1:8000", "healthcheck.railway.app", "[::1]"])
def test_checks_of_health_come_by_any_name(host: str | None, target: str) -> None:
    assert is_taken(host, target)


def test_metrics_are_collected_by_address_and_never_under_anybody_elses_name() -> None:
    for host in ("127.0.0.1:8000", "10.0.0.7", "[::1]:8000", "localhost:8000"):
        assert is_taken(host, "/metrics")
    for host in ("evil.example", "localhost.evil.example", "10.0.0.7.evil.example", "", None):
        assert not is_taken(host, "/metrics")


@pytest.mark.parametrize(
    "target,inner",
    [
        ("/chat/", "/"),
        ("/chat", "/"),
        ("/chat?a=1", "/?a=1"),
        ("/chat/chat?a=/chat", "/chat?a=/chat"),
        ("/chat//x", "//x"),
        ("/healthz", "/healthz"),
        ("/metrics", "/metrics"),
        ("/chat/readyz", "/readyz"),
    ],
)
def test_below_a_path_it_is_taken_off(target: str, inner: str) -> None:
    taken = Site(base_path="/chat").receive(request("a", target))
    assert taken.target == inner
    assert taken.headers == request("a").headers


@pytest.mark.parametrize(
    "target", ["/", "/chatter", "/Chat/", "/%63hat/", "/rooms/x", "*", "/poll"]
)
def test_what_is_not_below_the_path_is_not_there(target: str) -> None:
    with pytest.raises(Refusal, match="below /chat/") as caught:
        Site(base_path="/chat").receive(request("a", target))
    assert caught.value.status == 404
    assert Site().receive(request("a", target)).target == target


def test_names_count_below_a_path_too() -> None:
    site = Site(hosts=("chat.example",), base_path="/chat")
    assert site.receive(request("evil.example", "/chat/healthz")).target == "/healthz"
    for target in ("/chat/", "/chat/metrics", "/"):
        with pytest.raises(Refusal) as caught:
            site.receive(request("127.0.0.1", target))
        assert caught.value.status == 421
