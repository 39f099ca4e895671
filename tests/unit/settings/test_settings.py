"""The environment is read once, and all that is wrong with it is said at once."""

from pathlib import Path

import pytest

from chat.errors import SettingsError
from chat.settings.hosts import Host
from chat.settings.redis_url import RedisUrl
from chat.settings.settings import Settings


def problem(**env: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.read(env)
    return str(caught.value)


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.read({})
    assert settings == Settings()
    assert (settings.port, settings.data_dir) == (8000, Path("data"))
    assert settings.secret is None
    assert settings.has_rate_limits


def test_empty_variables_are_like_missing_ones() -> None:
    names = (
        "PORT", "DATA_DIR", "SECRET", "TRANSPORTS", "TRUSTED_ORIGINS", "HISTORY_LIMIT", "REDIS_URL",
        "MAX_CONNECTIONS",
    )  # fmt: skip
    assert Settings.read(dict.fromkeys(names, "")) == Settings()


def test_everything_can_be_set() -> None:
    settings = Settings.read(
        {
            "PORT": "80",
            "ADDRESS": "127.0.0.1",
            "DATA_DIR": "/x",
            "SECRET": "s" * 16,
            "RATE_LIMITS": "off",
            "TRANSPORTS": "sse, longpoll",
            "TRUSTED_ORIGINS": "https://a.example, https://b.example",
            "HISTORY_LIMIT": "100",
            "MAX_CONNECTIONS": "5000",
            "REDIS_URL": "rediss://x:1/0",
            "REDIS_TLS_VERIFY": "off",
            "REDIS_EVICTION": "warn",
        }
    )
    assert settings == Settings(
        port=80,
        address="127.0.0.1",
        data_dir=Path("/x"),
        secret="s" * 16,
        has_rate_limits=False,
        transports=("sse", "longpoll"),
        trusted_origins=("https://a.example", "https://b.example"),
        history_limit=100,
        max_connections=5000,
        redis_url=RedisUrl(scheme="rediss", hosts=(Host("x", 1),)),
        has_redis_tls_verified=False,
        is_eviction_refused=False,
    )


def test_every_bad_variable_is_named_at_once() -> None:
    text = problem(
        PORT="x",
        HISTORY_LIMIT="99",
        MAX_CONNECTIONS="0",
        SECRET="short",
        RATE_LIMITS="maybe",
        TRANSPORTS="sse,smoke",
        REDIS_URL="http://x",
        REDIS_TLS_VERIFY="perhaps",
        REDIS_EVICTION="yes",
        BEHIND_PROXY="maybe",
    )
    for name in ("PORT", "HISTORY_LIMIT", "MAX_CONNECTIONS", "SECRET", "RATE_LIMITS", "TRANSPORTS"):
        assert name in text
    for name in ("REDIS_URL", "REDIS_TLS_VERIFY", "REDIS_EVICTION", "BEHIND_PROXY"):
        assert name in text
    assert "smoke" in text
    assert "short" not in text.replace("shorter", ""), "a secret is not for the log"


@pytest.mark.parametrize("port", ["0", "1", "65535"])
def test_a_port_at_the_edge_is_one(port: str) -> None:
    assert Settings.read({"PORT": port}).port == int(port)


@pytest.mark.parametrize(
    "port", ["-1", "65536", "8000 ", "8_0", "0x50", "\u0668", "9" * 5000, "1.0"]
)
def test_what_is_no_port_is_refused(port: str) -> None:
    assert problem(PORT=port).startswith("PORT=")


@pytest.mark.parametrize("limit,is_good", [("99", False), ("100", True), ("1000000000", True),
                                           ("1000000001", False)])  # fmt: skip
def test_a_history_limit_has_its_bounds(limit: str, is_good: bool) -> None:
    if is_good:
        assert Settings.read({"HISTORY_LIMIT": limit}).history_limit == int(limit)
    else:
        assert "HISTORY_LIMIT" in problem(HISTORY_LIMIT=limit)


@pytest.mark.parametrize("limit,is_good", [("0", False), ("1", True), ("1000000", True),
                                           ("1000001", False)])  # fmt: skip
def test_a_limit_on_connections_has_its_bounds(limit: str, is_good: bool) -> None:
    if is_good:
        assert Settings.read({"MAX_CONNECTIONS": limit}).max_connections == int(limit)
    else:
        assert "MAX_CONNECTIONS" in problem(MAX_CONNECTIONS=limit)


@pytest.mark.parametrize("notice_s,is_good", [("0", True), ("5", True), ("5.001", False)])
def test_half_of_the_time_to_stop_is_left_for_stopping(notice_s: str, is_good: bool) -> None:
    env = {"DRAIN_S": "10", "DRAIN_NOTICE_S": notice_s}
    if is_good:
        assert Settings.read(env).drain_notice_s == float(notice_s)
    else:
        assert "DRAIN_NOTICE_S" in problem(**env)


@pytest.mark.parametrize(
    "text,names",
    [
        ("chat.example", ("chat.example",)),
        (" Chat.Example. , localhost,", ("chat.example", "localhost")),
        ("127.0.0.1,[2001:DB8::1],::1", ("127.0.0.1", "[2001:db8::1]", "[::1]")),
        ("bücher.example", ("xn--bcher-kva.example",)),
    ],
)
def test_names_of_hosts_are_as_browsers_write_them(text: str, names: tuple[str, ...]) -> None:
    assert Settings.read({"ALLOWED_HOSTS": text}).allowed_hosts == names


@pytest.mark.parametrize(
    "text",
    [
        "https://chat.example", "chat.example:443", "chat.example/", "*.example", "chat..example",
        "a b", ".example", ".", "[::1", "user@chat.example", "a," + "x" * 64 + ".example",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_host_is_refused(text: str) -> None:
    assert problem(ALLOWED_HOSTS=text).startswith("ALLOWED_HOSTS=")


@pytest.mark.parametrize(
    "text,path",
    [("/", ""), ("/chat", "/chat"), ("/chat/", "/chat"), ("/a/b.c/~d_e-1", "/a/b.c/~d_e-1")],
)
def test_a_base_path_does_not_end_with_a_slash(text: str, path: str) -> None:
    assert Settings.read({"BASE_PATH": text}).base_path == path


@pytest.mark.parametrize(
    "text", ["chat", "//", "/a//b", "/a b", "/..", "/a/../b", "/./a", "/a?b", "/a#b", "/%61", "/ä",
             "https://chat.example/a", "/a;b", '/"'],
)  # fmt: skip
def test_what_is_no_base_path_is_refused(text: str) -> None:
    assert problem(BASE_PATH=text).startswith("BASE_PATH=")


def test_a_secret_has_at_least_16_characters() -> None:
    assert Settings.read({"SECRET": "x" * 16}).secret == "x" * 16
    assert "SECRET" in problem(SECRET="x" * 15)


@pytest.mark.parametrize("heartbeat_s,is_good", [("4.999", False), ("5", True), ("50.000", True),
                                                 ("50.001", False), ("1e1", False)])  # fmt: skip
def test_seconds_have_their_bounds_and_may_have_a_fraction(heartbeat_s: str, is_good: bool) -> None:
    if is_good:
        assert Settings.read({"HEARTBEAT_S": heartbeat_s}).heartbeat_s == float(heartbeat_s)
    else:
        assert "HEARTBEAT_S" in problem(HEARTBEAT_S=heartbeat_s)
