"""Two people in two browsers, over different transports."""

from itertools import pairwise

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.guest import Guest
from tests.browser.window import PATIENCE_S, STATUS, Window


# Each is written and read by: the log is between the two, so what others use makes no difference.
@pytest.mark.parametrize(("one", "other"), [*pairwise([*STATUS, *STATUS][:4])])
def test_two_people_talk(windows: tuple[Window, Window], one: str, other: str) -> None:
    ada, bob = windows
    ada.open(transport=one)
    bob.open(transport=other)
    ada.say("Are you there?")
    bob.sees("Are you there?")
    bob.say("I am.", "And you?")
    ada.sees("Are you there?", "I am.", "And you?")
    bob.sees("Are you there?", "I am.", "And you?")
    ada.shows("#count", "2 here")


def test_a_guest_is_in_at_once_and_takes_a_name_in_place(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    assert ada.text("#my-name").startswith("guest-")
    ada.write("half a sentence")
    ada.call_me("Ada")
    ada.is_connected("websocket")
    assert ada.find("#text").get_attribute("value") == "half a sentence"
    ada.write(", now whole" + Keys.ENTER)
    bob.sees("half a sentence, now whole")
    bob.shows(".message .author", "Ada")
    bob.until(lambda: "Ada" in bob.text("#people"))


def test_a_name_that_cannot_be_is_refused_in_words(window: Window) -> None:
    window.open()
    before = window.text("#my-name")
    window.click("#name-button")
    window.find("#name").send_keys("a\N{COMBINING ACUTE ACCENT}" + 9 * "\u0301", Keys.ENTER)
    window.until(lambda: window.text("#name-problem") != "")
    assert window.text("#my-name") == before


def test_one_reads_and_takes_a_name_without_scripts(window: Window) -> None:
    window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        Guest(window.server).say("general", "said before")
        window.driver.get(window.server)
        assert window.has(".message .body")
        for dead in (".tools", "#composer", "#status", "#add-room", "#about-room"):
            assert not window.has(dead), f"{dead} does nothing"
        after = "return getComputedStyle(document.querySelector('.when time'), '::after').content"
        assert "UTC" in window.run(after)
        window.click("#name-button")
        window.find("#name").send_keys("Ada", Keys.ENTER)
        # Not by window.until: where scripts are off, the page's timers never end.
        wait = WebDriverWait(window.driver, PATIENCE_S, 0.05, [WebDriverException])
        wait.until(lambda _: window.text("#my-name") == "Ada")
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_namesakes_are_told_apart(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.call_me("Sam")
    bob.click("#name-button")
    bob.find("#name").send_keys("Sam", Keys.ENTER)
    for window in windows:
        window.until(
            lambda w=window: len(w.driver.find_elements("css selector", ".person .suffix")) == 2
        )


def test_who_is_writing_shows_until_the_message_comes(windows: tuple[Window, Window]) -> None:
    ada, bob = windows
    ada.open()
    bob.open()
    ada.call_me("Ada")
    ada.is_connected("websocket")
    ada.write("Let me th")
    bob.shows("#typing", "Ada is typing…")
    ada.write("ink" + Keys.ENTER)
    bob.sees("Let me think")
    bob.shows("#typing", "")


def test_only_live_messages_of_others_are_announced(window: Window) -> None:
    guest = Guest(window.server)
    guest.call_me("Ada")
    guest.say("general", "before")
    window.open()
    window.sees("before")
    window.say("my own")
    window.sees("before", "my own")
    guest.say("general", "after")
    window.sees("before", "my own", "after")
    window.until(lambda: "Ada: after" in window.text("#announcer"))
    assert "before" not in window.text("#announcer")
    assert "my own" not in window.text("#announcer")
