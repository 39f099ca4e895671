"""A page whose scripts come late, or not at all: it says so, and loses nothing that is written."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.window import Window, block

# Deferred scripts run after this event.
TYPE_EARLY = """
    document.addEventListener("readystatechange", () => {
      const field = document.querySelector("#text")
      if (document.readyState === "interactive" && field) field.value = "written early"
    })
"""


@pytest.fixture
def scriptless(window: Window) -> Iterator[Window]:
    """A window to which no script of the page comes."""
    block(window.driver, "*/static/*.js")
    yield window
    block(window.driver)


def test_what_is_written_before_the_scripts_have_come_stays(window: Window) -> None:
    added = window.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": TYPE_EARLY}
    )
    window.open()
    window.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    assert window.find("#text").get_attribute("value") == "written early"
    window.say("")
    window.sees("written early")


def test_a_page_without_its_scripts_says_so_and_keeps_what_is_written(scriptless: Window) -> None:
    window = scriptless
    window.driver.get(window.server)
    window.find("#incomplete")
    window.write("for later").send_keys(Keys.ENTER, "in two lines")
    window.click(".composer__send")
    assert window.find("#text").get_attribute("value") == "for later\nin two lines"
    block(window.driver)
    window.click("#incomplete a")
    window.is_connected("websocket")
    assert not window.has("#incomplete")
    window.say("")
    window.sees("for later\nin two lines")
