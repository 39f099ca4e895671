"""Who one is in a browser: all its tabs agree, and nobody becomes somebody else unawares."""

from collections.abc import Iterator
from typing import cast

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import run_browser
from tests.browser.firefox import Tab
from tests.browser.guest import Guest
from tests.browser.window import SAY, STATUS, Window
from tests.support.hostile import Mode, run_hostile
from tests.support.server import ServerProcess

# The page as it stands, and all that the browser keeps for it.
KEPT = """
    return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])
      + document.body.innerText + document.querySelector("#text").value
"""


def open_tabs(window: Window, query: str, count: int = 2) -> list[str]:
    handles = []
    for number in range(count):
        if number > 0:
            window.driver.switch_to.new_window("tab")
        window.driver.get(f"{window.server}/?{query}")
        window.until(lambda: window.find("#status").get_attribute("data-state") == "connected")
        handles.append(window.driver.current_window_handle)
    return handles


def sign_out(window: Window) -> None:
    window.click("#name-button")
    window.click("#sign-out")
    window.click("#sign-out-form .button--main")


def is_closed_to_writing(window: Window, title: str) -> None:
    """The page says why, in a dialog and without it, and takes no text."""
    window.shows("#kept-out-title", title)
    window.find("#kept-out-title")
    for _ in range(2):  # a browser closes a dialog that objects to the first
        window.press(Keys.ESCAPE)
    window.until(lambda: not window.has("#kept-out"))
    window.shows("#over-title", title)
    assert window.has("#over")
    assert not window.has("#composer")
    assert not window.has("#join-bar")
    assert not window.has("#try-now")
    assert not window.find("#name-button").is_enabled()
    window.press("lost", Keys.ENTER)
    assert not window.run("return document.querySelectorAll('.message--waiting').length")


def identities(window: Window) -> set[str]:
    return {cookie["value"] for cookie in window.driver.get_cookies()}


# What shares a connection among tabs does not know by which transport it is.
@pytest.mark.parametrize(
    ("transport", "tabs_by"), [*zip(STATUS, ["worker", "leader", "own"], strict=True)]
)
def test_signing_out_in_one_tab_is_told_in_all_and_makes_nobody_a_new_guest(
    tabs: Window, transport: str, tabs_by: str
) -> None:
    first, second = open_tabs(tabs, f"transports={transport}&tabs={tabs_by}")
    tabs.say("I was here")
    tabs.sees("I was here")
    sign_out(tabs)
    for handle in (second, first, second):  # a tab that is looked at again asks the server things
        tabs.driver.switch_to.window(handle)
        tabs.shows("#over-title", "You have signed out")
    for handle in (second, first):
        tabs.driver.switch_to.window(handle)
        if tabs.has("#kept-out"):
            is_closed_to_writing(tabs, "You have signed out")
    assert identities(tabs) == set()
    tabs.click("#over-action")
    tabs.until(lambda: tabs.text("#my-name").startswith("guest-"))
    tabs.is_connected(transport)
    name = tabs.text("#my-name")
    tabs.driver.switch_to.window(second)
    tabs.shows("#over-title", f"You are {name} now")
    assert not tabs.has("#composer")
    tabs.run("document.getElementById('over-action').click()")
    tabs.until(lambda: tabs.text("#my-name") == name)
    tabs.is_connected(transport)
    assert len(identities(tabs)) == 1


def test_the_next_person_finds_nothing_that_the_last_one_wrote_and_did_not_send(
    tabs: Window,
) -> None:
    first, second = open_tabs(tabs, "")
    tabs.join("dev")
    tabs.write("a secret draft")
    tabs.go("general")
    tabs.write("another secret draft")
    tabs.driver.switch_to.window(first)
    tabs.run(
        # What is unsent: the server is not reached by this tab's commands.
        "localStorage.setItem('parley.' + JSON.parse(document.getElementById('boot').textContent)"
        ".user + '.outbox.k', JSON.stringify({key: 'k', seq: 1, kind: 'send', room: 'general',"
        " text: 'a secret message', state: 'refused', written_ms: 0, reason: 'It was refused.'}))"
    )
    tabs.driver.refresh()
    tabs.is_connected("websocket")
    tabs.until(lambda: "a secret message" in tabs.run(KEPT))
    tabs.driver.switch_to.window(second)
    assert "a secret draft" in tabs.run(KEPT)
    sign_out(tabs)
    tabs.until(lambda: "not sent yet" in tabs.text("#sign-out-problem"))
    tabs.click("#sign-out-form .button--main")  # all the same
    for handle in (first, second):
        tabs.driver.switch_to.window(handle)
        tabs.shows("#over-title", "You have signed out")
        assert "secret" not in tabs.run(KEPT)
    tabs.run("document.getElementById('over-action').click()")
    tabs.is_connected("websocket")
    assert "secret" not in tabs.run(KEPT)
    tabs.join("dev")
    assert tabs.find("#text").get_attribute("value") == ""


def test_a_cookie_that_is_lost_makes_nobody_somebody_else_unawares(tabs: Window) -> None:
    (first,) = open_tabs(tabs, "", 1)
    tabs.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    before = tabs.text("#my-name")
    tabs.driver.switch_to.new_window("tab")
    tabs.open()
    name = tabs.text("#my-name")
    assert name != before
    tabs.say("who is this?")
    tabs.sees("who is this?")
    assert tabs.text(".author[data-part=author]") == name
    tabs.driver.switch_to.window(first)
    is_closed_to_writing(tabs, f"You are {name} now")


@pytest.fixture(scope="module")
def cookieless() -> Iterator[Chrome]:
    with run_browser({"profile.default_content_setting_values.cookies": 2}) as driver:
        yield driver


@pytest.fixture
def cookieless_firefox(firefox: Tab) -> Iterator[Tab]:
    with firefox.preferring("network.cookie.cookieBehavior", 2), firefox.new_user() as tab:
        yield tab


# The page asks the browser before it connects, by whatever transport.
def test_without_cookies_the_page_says_that_they_are_needed_and_takes_nothing(
    cookieless: Chrome, server: ServerProcess
) -> None:
    Guest(server.url).say("general", "said before")
    window = Window(cookieless)
    cookieless.get(server.url)
    is_closed_to_writing(window, "Cookies are needed")
    assert window.messages() == ["said before"]
    window.run(SAY, "twice?")
    assert window.messages() == ["said before"]
    assert Guest(server.url).texts("general") == ["said before"]


def test_firefox_without_cookies_says_so_too(
    cookieless_firefox: Tab, server: ServerProcess
) -> None:
    window = Window(cast(Chrome, cookieless_firefox))
    cookieless_firefox.open(server.url)
    window.shows("#over-title", "Cookies are needed")
    assert not window.has("#composer")


@pytest.mark.parametrize("transport", STATUS)
def test_who_loses_cookies_on_the_way_for_a_while_stays_who_they_are(
    window: Window, server: ServerProcess, transport: str
) -> None:
    guest = Guest(server.url)
    with run_hostile(server.port, rtt_ms=2) as network:
        window.driver.get(f"{network.url}/?transports={transport}")
        window.is_connected(transport)
        before = identities(window)
        network.become(Mode.DOWN)
        window.until(lambda: not window.text("#status-text").startswith("Connected"))
        network.become(Mode.COOKIES_DROPPED)
        window.until(lambda: "cookies don’t arrive" in window.text("#bar-text"))
        window.say("waits")
        window.until(lambda: window.has(".message--waiting"))
        assert guest.texts("general") == []
        network.become(Mode.FRIENDLY)
        window.sees("waits")
        assert identities(window) == before
        window.driver.refresh()
        window.is_connected(transport)
        assert [each["name"] for each in guest.page("general")] == [window.text("#my-name")]
        window.driver.get("about:blank")


@pytest.mark.parametrize("transport", STATUS)
def test_cookies_that_something_on_the_way_drops_are_missed_too(
    window: Window, server: ServerProcess, transport: str
) -> None:
    with run_hostile(server.port, rtt_ms=2, mode=Mode.COOKIES_DROPPED) as network:
        window.driver.get(f"{network.url}/?transports={transport}")
        is_closed_to_writing(window, "Cookies are needed")
        window.driver.get("about:blank")
