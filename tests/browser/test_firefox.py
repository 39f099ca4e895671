"""The page in Firefox: it connects, and what is written in it reaches everybody."""

from collections.abc import Iterator
from typing import cast

import pytest
from selenium.common import JavascriptException, WebDriverException
from selenium.webdriver import Chrome

from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.window import SAY, Window
from tests.support.ports import free_port
from tests.support.server import ServerProcess


@pytest.fixture
def page(firefox: Tab, server: ServerProcess) -> Iterator[Window]:
    """A window of Firefox, without what needs elements or a mouse."""
    tab = firefox.new_tab()
    window = Window(cast(Chrome, tab))
    window.server = server.url
    yield window
    tab.close()


@pytest.mark.parametrize("transport", ["websocket", "sse", "longpoll"])
def test_a_conversation_between_firefox_and_somebody_else(
    page: Window, server: ServerProcess, transport: str
) -> None:
    guest = Guest(server.url)
    page.open(transport=transport)
    page.run(SAY, "from Firefox")
    page.sees("from Firefox")
    guest.say("general", "from elsewhere")
    page.sees("from Firefox", "from elsewhere")
    assert guest.texts("general") == ["from Firefox", "from elsewhere"]


def test_scripts_return_what_json_can_say(firefox: Tab) -> None:
    assert firefox.run("return arguments", 1, "two", [3]) == {"0": 1, "1": "two", "2": [3]}
    assert firefox.run("return Promise.resolve({three: [null, true]})") == {"three": [None, True]}
    assert firefox.run("1") is None
    with pytest.raises(JavascriptException, match="no such thing"):
        firefox.run("throw new Error('no such thing')")


def test_a_preloaded_script_runs_before_those_of_each_page(
    firefox: Tab, server: ServerProcess
) -> None:
    tab = firefox.new_tab()
    remove = tab.preload("window.seen = document.scripts.length")
    tab.open(server.url)
    assert tab.run("return window.seen") == 0
    remove()
    tab.open(server.url)
    assert tab.run("return window.seen ?? null") is None
    tab.close()


def test_opening_what_does_not_answer_fails(firefox: Tab) -> None:
    tab = firefox.new_tab()
    with pytest.raises(WebDriverException):  # where no page has left a service worker
        tab.open(f"http://127.0.0.1:{free_port()}")
    tab.close()
