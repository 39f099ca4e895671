"""Pictures of people at two instances, which share a Redis and a store of files."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.browser.conftest import new_guests
from tests.browser.given_files import SEA, SEA_SHOWN, give, has_ready, shows_files
from tests.browser.person import Person
from tests.browser.window import SAY
from tests.support.redis_server import run_redis
from tests.support.s3 import s3_bucket
from tests.support.server import ServerProcess, run_server


@pytest.fixture(scope="module")
def two_instances() -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Share a Redis and a store that speaks S3, and nothing else."""
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis())
        bucket = stack.enter_context(s3_bucket())
        shared = {"REDIS_URL": redis.url, "FILES_URL": bucket}
        one, two = (stack.enter_context(run_server(**shared)) for _ in range(2))
        yield one, two


@pytest.fixture(params=["chromium", "firefox"])
def two_people(
    request: pytest.FixtureRequest, two_instances: tuple[ServerProcess, ServerProcess]
) -> Iterator[list[Person]]:
    """In a room of their own, each at another instance and over long polling."""
    with ExitStack() as stack:
        if request.param == "chromium":
            drivers = request.getfixturevalue("browsers")
            stack.enter_context(new_guests(drivers, two_instances[0]))
        else:
            firefox = request.getfixturevalue("firefox")
            drivers = [stack.enter_context(firefox.new_user()) for _ in range(2)]
        people = [
            Person(driver, instance.url)
            for driver, instance in zip(drivers, two_instances, strict=True)
        ]
        for person in people:
            person.enter(transport="longpoll")
            person.perform({"type": "join", "room": request.param})
            person.go(request.param)
        yield people
        for person in people:
            person.visit("/doctor")  # it must not go on trying to connect


def test_a_picture_is_seen_over_long_polling_by_another_instance(
    two_people: list[Person],
) -> None:
    ada, bob = two_people
    give(ada, "paste", SEA)
    has_ready(ada, "sea.png")
    ada.run(SAY, "")
    for person in two_people:
        shows_files(person, SEA_SHOWN)
    bob.run(
        "[...document.querySelectorAll('.message')].at(-1).querySelector('.tool--reply').click()"
    )
    bob.shows("#replying-text", "a picture")
    bob.run(SAY, "beautiful")
    ada.sees("", "beautiful")
    assert ada.text(".quote") and "a picture" in ada.text("#messages .quote")
    ada.enter(ada.address, transport="longpoll")  # from the server's page
    ada.until(lambda: "a picture" in ada.text("#messages .quote"))
    ada.run("document.querySelector('.message .more').click()")
    ada.press_on("#menu:popover-open [data-action=delete]")
    ada.press_on("#menu:popover-open [data-action=delete]", "Really delete?")
    bob.until(lambda: not bob.has(".picture"))
