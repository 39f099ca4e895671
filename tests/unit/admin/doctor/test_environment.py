"""Settings that nobody reads or that contradict each other are found; others are left alone."""

import pytest

from chat.admin.doctor.environment import check
from chat.admin.doctor.finding import Level
from chat.settings.settings import Settings


def found(**env: str) -> list[tuple[str, str]]:
    checked = check(Settings.read(env), env)
    return [(one.what, one.todo) for one in checked if one.level is Level.PROBLEM]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REDIS_URI", "REDIS_URL"),
        ("redis_url", "REDIS_URL"),
        ("HISTORY_DAY", "HISTORY_DAYS"),
        ("BEHIND_PROXIES", "BEHIND_PROXY"),
        ("PARLEY_SECRET", "SECRET"),
    ],
)
def test_a_misspelt_setting_is_named_with_the_right_one(name: str, meant: str) -> None:
    assert found(**{name: "1"}) == [(f"{name} is no setting.", f"Did you mean {meant}?")]


@pytest.mark.parametrize("name", ["PATH", "HOME", "HOSTNAME", "LANG", "PORTABLE", "PYTHONPATH"])
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert found(**{name: "1"}) == []


def test_a_setting_beside_one_that_looks_like_it_is_somebody_elses() -> None:
    assert found(REDIS_URI="redis://x", REDIS_URL="redis://x", SECRET="x" * 16) == []


@pytest.mark.parametrize(
    ("env", "what"),
    [
        ({"WEB_CONCURRENCY": "2"}, "WEB_CONCURRENCY=2 has no effect"),
        ({"REDIS_URL": "redis://x"}, "SECRET is not set"),
        ({"FILES": "off", "FILES_URL": "s3://KEY:SECRET@bucket/d?region=eu-1"}, "useless"),
        ({"RATE_LIMITS": "off"}, "RATE_LIMITS=off"),
    ],
)
def test_a_contradiction_is_named(env: dict[str, str], what: str) -> None:
    ((told, todo),) = found(**env)
    assert what in told and todo
