import base64

import pytest

from chat.client.address import Address
from chat.client.proxies import choose, is_exempt, parse


def chosen(env: dict[str, str], url: str = "http://chat.example", **how: str) -> str | None:
    proxy = choose(Address.parse(url), env, **how)
    return None if proxy is None else str(proxy)


def test_http_and_https_have_a_proxy_each() -> None:
    env = {"http_proxy": "http://one:1", "https_proxy": "http://two:2"}
    assert chosen(env) == "one:1"
    assert chosen(env, "https://chat.example") == "two:2"
    assert chosen({}) is None


def test_all_proxy_is_for_where_the_scheme_has_none_of_its_own() -> None:
    env = {"http_proxy": "http://one:1", "all_proxy": "http://rest:3"}
    assert chosen(env) == "one:1"
    assert chosen(env, "https://chat.example") == "rest:3"
    assert chosen({**env, "http_proxy": ""}) is None, "empty is none, and said on purpose"


def test_lower_case_goes_before_upper_case() -> None:
    assert chosen({"HTTP_PROXY": "http://upper:1"}) == "upper:1"
    assert chosen({"HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:1"}) == "lower:1"
    env = {"ALL_PROXY": "http://upper:1", "NO_PROXY": "chat.example"}
    assert chosen(env) is None
    assert chosen({**env, "no_proxy": ""}) == "upper:1"


def test_what_a_visitor_of_a_cgi_program_can_set_is_no_proxy() -> None:
    env = {"HTTP_PROXY": "http://evil:1", "REQUEST_METHOD": "GET"}
    assert chosen(env) is None
    assert chosen({**env, "http_proxy": "http://ours:1"}) == "ours:1"
    assert chosen({**env, "HTTPS_PROXY": "http://ours:1"}, "https://chat.example") == "ours:1"


def test_the_callers_word_goes_before_the_environment() -> None:
    env = {"http_proxy": "http://one:1", "no_proxy": "*"}
    assert chosen(env, explicit="http://mine:9") == "mine:9"
    assert chosen({"http_proxy": "http://one:1"}, explicit="") is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("proxy.example:3128", ("proxy.example", 3128, False)),
        ("http://proxy.example", ("proxy.example", 80, False)),
        ("https://proxy.example/", ("proxy.example", 443, True)),
        ("http://[2001:db8::1]:3128", ("2001:db8::1", 3128, False)),
    ],
)
def test_an_address_says_where_the_proxy_is(address: str, expected: tuple[str, int, bool]) -> None:
    proxy = parse(address)
    assert (proxy.host, proxy.port, proxy.is_secure) == expected
    assert not proxy.has_login


@pytest.mark.parametrize(
    ("login", "meant"),
    [("ann:secret", "ann:secret"), ("ann", "ann:"), ("a%40b:p%3A%2F%23", "a@b:p:/#"), (":x", ":x")],
)
def test_user_and_password_are_unescaped(login: str, meant: str) -> None:
    proxy = parse(f"http://{login}@proxy.example:3128")
    sent = proxy.headers["Proxy-Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == meant
    assert str(proxy) == "proxy.example:3128"
    assert sent not in repr(proxy) and "secret" not in repr(proxy)


@pytest.mark.parametrize(
    "address",
    [
        "socks5://ann:secret@proxy.example:1080",
        "http://ann:secret@",
        "http://ann:secret#1@proxy.example:3128",
        "http://ann:secret/1@proxy.example:3128",
        "http://ann:secret@proxy.example:65536",
        "http://ann:secret@[proxy",
    ],
)
def test_an_address_that_is_none_is_refused_and_no_password_told(address: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(address)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("*", "chat.example"),
        ("a.test, CHAT.example", "chat.example"),
        ("a.test chat.example", "chat.example"),
        ("example", "chat.example"),
        (".chat.example", "chat.example"),
        ("*.example", "chat.example"),
        ("chat.example.", "chat.example"),
        ("chat.example", "chat.example."),
        ("chat.example:8000", "chat.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:8000", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.255"),
        ("2001:db8::1", "2001:db8:0:0::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:8000", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::1"),
    ],
)
def test_no_proxy_names_what_is_reached_directly(no_proxy: str, host: str) -> None:
    assert is_exempt(host, 8000, no_proxy)


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("", "chat.example"),
        (",. ,:", "chat.example"),
        ("at.example", "chat.example"),
        ("chat.example", "example"),
        ("chat.example:8001", "chat.example"),
        ("", "localhost"),
        ("127.0.0.1", "localhost"),
        ("192.0.2.1:8001", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.3.0"),
        ("192.0.2.0/33", "192.0.2.0"),
        ("2.1", "192.0.2.1"),
        ("2001:db8::/32", "192.0.2.1"),
        ("[2001:db8::1]:8001", "2001:db8::1"),
    ],
)
def test_all_else_goes_by_the_proxy(no_proxy: str, host: str) -> None:
    assert not is_exempt(host, 8000, no_proxy)
