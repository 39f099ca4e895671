"""REDIS_URL is checked once, and no message about it repeats what may be a secret."""

import pytest

from chat.errors import SettingsError
from chat.settings.hosts import Host
from chat.settings.redis_url import RedisUrl, prefix
from chat.settings.settings import Settings

SECRET = "S3cr3t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://h", RedisUrl(scheme="redis", hosts=(Host("h", 6379),))),
        ("REDIS://h/", RedisUrl(scheme="redis", hosts=(Host("h", 6379),))),
        ("rediss://h:1/15", RedisUrl(scheme="rediss", hosts=(Host("h", 1),), db=15)),
        ("redis://h:65535\n", RedisUrl(scheme="redis", hosts=(Host("h", 65535),))),
        ("redis://[fe80::1]:7/3", RedisUrl(scheme="redis", hosts=(Host("fe80::1", 7),), db=3)),
        (
            "redis://:p%40%2F%3a%25%20ss@a_b.c-d",
            RedisUrl(scheme="redis", hosts=(Host("a_b.c-d", 6379),), password="p@/:% ss"),
        ),
        (
            "redis://us%65r:a:b@c@h",
            RedisUrl(scheme="redis", hosts=(Host("h", 6379),), username="user", password="a:b@c"),
        ),
        (
            "redis+sentinel://u:p%2Fw@a,b:1,[::1]:2/my%20master/4",
            RedisUrl(
                scheme="redis+sentinel",
                hosts=(Host("a", 26379), Host("b", 1), Host("::1", 2)),
                username="u", password="p/w", master="my master", db=4,
            ),
        ),
        (
            "redis+cluster://a,b:7000/0",
            RedisUrl(scheme="redis+cluster", hosts=(Host("a", 6379), Host("b", 7000))),
        ),
    ],
)  # fmt: skip
def test_what_can_be_read(text: str, expected: RedisUrl) -> None:
    assert RedisUrl.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"redi://:{SECRET}@h", "begins with redis://"),
        (f"http://:{SECRET}@h", "begins with redis://"),
        (f":{SECRET}@h:6379", "begins with redis://"),
        (f"{SECRET}", "begins with redis://"),
        (f"redis:/{SECRET}", "begins with redis://"),
        (f"redis:{SECRET}", "begins with redis://"),
        (f"redis://:{SECRET}", "host is missing"),  # the host was forgotten
        ("redis://", "host is missing"),
        ("redis:///0", "host is missing"),
        ("redis://:6379", "host is missing"),
        (f"redis://u:{SECRET}", "port"),
        (f"redis://u:{SECRET}@", "host is missing"),
        (f"redis+cluster://u:{SECRET}@a,,b", "host is missing"),
        (f"redis://u:{SECRET}@h:notaport", "port"),
        (f"redis://u:{SECRET}@h:0", "port"),
        (f"redis://u:{SECRET}@h:65536", "port"),
        (f"redis://u:{SECRET}@h:-1", "port"),
        (f"redis://u:{SECRET}@h:\u0661", "port"),  # a digit, but not one of ASCII
        (f"redis://u:{SECRET}@h:1:2", "host can't be read"),
        (f"redis://u:{SECRET}@::1", "host is missing"),
        (f"redis://u:{SECRET}@fe80::1", "host can't be read"),
        (f"redis://u:{SECRET}@[::1", "host can't be read"),
        (f"redis://u:{SECRET}@[{SECRET}]:1", "host can't be read"),
        (f"redis://u:{SECRET}@a,b", "one host"),
        (f"redis://u:{SECRET}@h/abc", "number of a database"),
        (f"redis://u:{SECRET}@h/-1", "number of a database"),
        (f"redis://u:{SECRET}@h/1/2", "number of a database"),
        (f"redis+cluster://u:{SECRET}@h/1", "only database 0"),
        (f"redis+sentinel://u:{SECRET}@h", "name the master"),
        (f"redis+sentinel://u:{SECRET}@h/master/x", "number of a database"),
        (f"redis://u:{SECRET}/x@h", "%2F"),
        (f"redis://u:{SECRET}?x@h", "%3F"),
        (f"redis://u:{SECRET}#x@h", "%23"),
        (f"redis://u:{SECRET}@h?db=1", "options"),
        (f"redis://u:{SECRET} x@h", "blank"),
        (f"redis://u:{SECRET}\x00@h", "control"),
        (f"redis://u:{SECRET}%ff@h", "UTF-8"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_that_repeats_nothing(text: str, word: str) -> None:
    for env, flags in ({"REDIS_URL": text}, []), ({}, ["--redis-url", text]):
        with pytest.raises(SettingsError) as caught:
            Settings.read(env, flags)
        told = str(caught.value)
        assert told.startswith("REDIS_URL: ")
        assert word in told
        assert "\n" not in told
        assert SECRET not in told


@pytest.mark.parametrize(
    "flags",
    [
        [f"redis://:{SECRET}@h"],
        [f"--redisurl=redis://:{SECRET}@h"],
        ["--redisurl", f"redis://:{SECRET}@h"],
        [f"--secret={SECRET}"],
        [f"--admin-token={SECRET}"],
    ],
)
def test_a_secret_behind_a_flag_that_does_not_exist_is_not_repeated(flags: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({}, flags)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"redis://u:{SECRET}@h/2", "redis://h:6379/2"),
        (f"redis+sentinel://u:{SECRET}@h,[::1]/m", "redis+sentinel://h:26379,[::1]:26379/m/0"),
        (f"redis+cluster://:{SECRET}@a,b", "redis+cluster://a:6379,b:6379"),
    ],
)
def test_for_logs_it_has_neither_user_nor_password(text: str, shown: str) -> None:
    url = RedisUrl.parse(text)
    assert str(url) == shown
    assert SECRET not in repr(url)


def test_a_prefix_is_of_characters_that_mean_nothing_to_redis() -> None:
    assert prefix("team-1.chat:") == "team-1.chat:"
    for text in ("a{b}", "a*", "a b", "a[b]", "ä", "x" * 65):
        with pytest.raises(SettingsError, match="REDIS_PREFIX"):
            Settings.read({"REDIS_PREFIX": text})
