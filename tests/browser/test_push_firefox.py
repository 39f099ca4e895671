"""Real pushes: Firefox subscribes at a push service of ours, and decrypts what comes from there."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab, run_firefox
from tests.browser.guest import Guest
from tests.browser.test_push import ASK, SHOWN
from tests.browser.window import SAY, Window
from tests.support.autopush import Autopush, run_autopush
from tests.support.push_service import run_push_service
from tests.support.server import ServerProcess, run_server

IS_SUBSCRIBED = """
    return navigator.serviceWorker.ready.then((r) => r.pushManager.getSubscription())
      .then(async (subscription) => subscription !== null &&
        (await (await fetch("/api/me/push")).json()).endpoint === subscription.endpoint)
"""


@pytest.fixture(scope="module")
def autopush() -> Iterator[Autopush]:
    with run_push_service() as service, run_autopush(service) as autopush:
        yield autopush


@pytest.fixture(scope="module")
def firefox(autopush: Autopush) -> Iterator[Tab]:
    with run_firefox(autopush.preferences) as tab:
        yield tab


@pytest.fixture
def server(port: int) -> Iterator[ServerProcess]:
    with run_server(port=port, PUSH="any", RATE_LIMITS="off") as server:
        yield server


def shown(window: Window) -> list[dict[str, Any]]:
    found = window.run(SHOWN)
    assert isinstance(found, list)
    return found


def test_a_mention_comes_by_push_and_is_shown_once_whether_or_not_a_page_is_open(
    server: ServerProcess, firefox: Tab, autopush: Autopush
) -> None:
    window = Window(cast(Chrome, firefox))
    window.server = server.url
    window.open()
    window.run(ASK, "POST", "/api/signup", {"name": "Bob", "password": "correct horse battery"})
    window.open()
    window.until(lambda: window.run(IS_SUBSCRIBED), "it does not subscribe")
    window.run(SAY, "I am here")
    window.sees("I am here")
    ada = Guest(server.url)

    # The page shows it, and then comes the push.
    front = firefox.new_tab()
    front.get("about:blank")
    window.until(lambda: window.run("return document.hidden"), "it is not hidden")
    ada.say("general", "@Bob one")
    autopush.wait_acknowledged(1)
    window.until(lambda: [n["body"] for n in shown(window)] == ["@Bob one"], "it is not shown once")

    # There is no page any more.
    firefox.get("about:blank")
    ada.say("general", "@Bob two", "@Bob three")
    autopush.wait_acknowledged(3)
    firefox.get(f"{server.url}/doctor")
    expected = ["@Bob one", "@Bob three", "@Bob two"]
    window.until(lambda: sorted(n["body"] for n in shown(window)) == expected, "not all are shown")

    # Whoever signs out is notified no more, and what was shown goes.
    window.open()
    window.run("document.querySelector('#sign-out-form').requestSubmit()")
    window.until(lambda: shown(window) == [], "they stay")
    ada.say("general", "@Bob four")
    front.close()
