"""The page in another language, and in the other direction of writing."""

from collections.abc import Iterator

import pytest

from tests.browser.guest import Guest
from tests.browser.window import Window
from tests.support.server import ServerProcess

OVER_WEBSOCKET = {"en": "Connected over WebSocket", "de": "Verbunden über WebSocket"}
CHOOSE = """
    const select = document.querySelector("#language")
    select.value = arguments[0]
    select.dispatchEvent(new Event("change"))
"""
LOGGED = "return document.querySelectorAll('.message[data-offset]').length"
# How far the page scrolls to the side, and what stands on the right: the list of rooms or the log.
LAYOUT = """
    const { scrollWidth, clientWidth } = document.scrollingElement
    const middle = (selector) => {
      const { left, right } = document.querySelector(selector).getBoundingClientRect()
      return (left + right) / 2
    }
    return [scrollWidth - clientWidth, middle("#side") > middle("#log")]
"""
# The middle of what is open, in widths of the window.
PLACE = """
    const { left, right } = document.querySelector(arguments[0]).getBoundingClientRect()
    return (left + right) / 2 / innerWidth
"""


@pytest.fixture
def german(window: Window) -> Iterator[Window]:
    """A window whose browser asks for German."""
    speak(window, "de-AT,de")
    yield window
    speak(window, "")


def speak(window: Window, languages: str) -> None:
    agent = window.run("return navigator.userAgent") if languages else ""
    window.driver.execute_cdp_cmd(
        "Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": languages}
    )


def open_in(window: Window, language: str, path: str = "/") -> None:
    window.driver.get(f"{window.server}{path}")
    is_in(window, language)


def is_in(window: Window, language: str) -> None:
    window.shows("#status-text", OVER_WEBSOCKET[language])
    assert window.run("return document.documentElement.lang") == language


def test_a_browser_that_asks_for_german_gets_it(german: Window, server: ServerProcess) -> None:
    guest = Guest(german.server)
    guest.say("general", "hello")
    open_in(german, "de")
    german.sees("hello")
    assert german.text("#rooms-title") == "Räume"
    assert german.text(".day span") == "Heute"
    assert german.find("#text").get_attribute("placeholder") == "Nachricht an #general"
    german.say("eins", "zwei")
    german.until(lambda: german.run(LOGGED) == 3)
    german.menu("zwei", "[data-action=delete]")
    german.shows("#menu [data-action=delete]", "Wirklich löschen?")
    german.click("#menu [data-action=delete]")
    german.until(lambda: "Diese Nachricht wurde gelöscht." in german.messages())
    german.click("#about-room")
    german.until(lambda: "Mitglieder" in german.text("dialog[open]"))
    german.run("document.querySelector('dialog[open]').close()")

    server.kill()
    german.until(lambda: german.text("#bar-text").startswith("Der Server ist nicht erreichbar."))
    german.say("drei")
    german.until(lambda: german.text("#bar-detail").startswith("1 Nachricht wird aufbewahrt"))


def test_what_a_person_chooses_is_kept(german: Window) -> None:
    open_in(german, "de")
    german.write("a draft")
    for language in ("en", "de", "en"):
        german.run(CHOOSE, language)
        is_in(german, language)
    assert german.find("#text").get_attribute("value") == "a draft"
    open_in(german, "en", "/rooms/general")
    german.driver.get(f"{german.server}/doctor")
    assert german.run("return document.documentElement.lang") == "en"
    open_in(german, "en")
    german.run(CHOOSE, "")
    is_in(german, "de")


def test_others_read_english(window: Window) -> None:
    open_in(window, "en")
    assert window.text("#rooms-title") == "Rooms"
    speak(window, "fr-FR,fr")
    open_in(window, "en")
    speak(window, "")


def test_what_is_written_from_right_to_left_mirrors_the_page(german: Window) -> None:
    open_in(german, "de")
    german.say("hello", "**שלום**")
    for is_rtl in (False, True):
        if is_rtl:
            german.run("document.documentElement.dir = 'rtl'")
        german.resize(1280, 860, scale=1)
        assert german.run(LAYOUT) == [0, is_rtl]
        for opened in ("#name-panel", "#history"):
            german.run("document.querySelector(arguments[0]).showPopover()", opened)
            is_right = (opened == "#history") != is_rtl
            assert (german.run(PLACE, opened) > 0.5) == is_right
            assert german.run(LAYOUT) == [0, is_rtl]
            german.run("document.querySelector(arguments[0]).hidePopover()", opened)

        german.resize(390, 844, is_phone=True)
        for opened in ("#side", "#name-panel", "#history"):
            german.run("document.querySelector(arguments[0]).showPopover()", opened)
            assert german.run(LAYOUT)[0] == 0
            german.run("document.querySelector(arguments[0]).hidePopover()", opened)
        for button in ("#add-room", "#about-room", "#emoji"):
            german.run("document.querySelector(arguments[0]).click()", button)
            german.until(lambda: german.has("dialog[open], .emoji:popover-open"))
            assert german.run(LAYOUT)[0] == 0
            german.run(
                "document.querySelector('dialog[open]')?.close()"
                "; document.querySelector('.emoji:popover-open')?.hidePopover()"
            )
