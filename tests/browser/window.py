"""What a person does and sees in one window; every look waits until the page shows it."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from selenium.common import (
    StaleElementReferenceException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

# Above the page's own longest wait in these tests, a second and a half of backoff, many times.
PATIENCE_S = 60

# Writes, and sends, by script: where there is no driver for a keyboard, or typing takes seconds.
WRITE = """
    const [text] = arguments
    const field = document.querySelector("#text")
    field.value = text
    field.dispatchEvent(new InputEvent("input", { bubbles: true }))
"""
SAY = f"{WRITE}; document.querySelector('#composer').requestSubmit()"

USER = "return JSON.parse(document.querySelector('#boot').textContent).user"
# Whether the service worker has a page for a start without a network: this user's, or another's.
# What it kept in an earlier test of the same browser is another user's.
IS_KEPT = f"""
    const user = arguments[0] ?? (() => {{ {USER} }})()
    return caches.keys().then(async (names) => {{
      const name = names.find((name) => name.endsWith(" page"))
      const [kept] = name === undefined ? [] : await (await caches.open(name)).matchAll()
      return kept !== undefined && (await kept.text()).includes(user)
    }})
"""

SCREENSHOTS = Path(__file__).parent / "screenshots"

STATUS = {
    "websocket": "Connected over WebSocket",
    "sse": "Connected over Server-Sent Events",
    "longpoll": "Connected over long polling",
}


# Ends when the page has changed since it ran before, or after a while: not all that can be seen is
# in the document. To ask ten times a second instead took 6 % of a processor for each window.
NEXT_CHANGE = """
    const [least_ms, most_ms] = arguments
    window.tests ??= { hasChanged: true, onChange: null }
    const { tests } = window
    tests.observer ??= new MutationObserver(() => {
      tests.hasChanged = true
      tests.onChange?.()
    })
    const everything = { subtree: true, childList: true, attributes: true, characterData: true }
    tests.observer.observe(document, everything)
    return new Promise((resolve) => {
      const end = () => {
        tests.onChange = null
        setTimeout(() => {
          tests.hasChanged = false
          resolve()
        }, least_ms)
      }
      if (tests.hasChanged) return end()
      tests.onChange = end
      setTimeout(() => tests.onChange === end && end(), most_ms)
    })
"""
LEAST_MS, MOST_MS = 40, 300
MOST_SHOWN = 500  # characters of the log, where a test fails


class Window:
    """One browser window of one user."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self.server = ""

    # Waiting

    def until(
        self, condition: Callable[[], Any], what: str = "", *, within_s: float = PATIENCE_S
    ) -> Any:
        """Wait until ``condition`` returns something true, and return it."""
        end = time.monotonic() + within_s
        while not (found := condition()):
            if time.monotonic() > end:
                raise TimeoutException(f"{what}\n{self._state()}")
            with suppress(WebDriverException):  # another page has taken its place
                self.run(NEXT_CHANGE, LEAST_MS, MOST_MS)
        return found

    def _state(self) -> str:
        """Return what the page shows, for whoever looks for the cause of a failure."""
        shown = [str(self.run("return location.href")), self.text("#status-text")]
        messages = " ".join(self.text("#messages").split())
        return "\n".join([*shown, f"…{messages[-MOST_SHOWN:]}"])

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def has(self, selector: str) -> bool:
        """Return whether something matches ``selector`` and is visible."""
        return bool(
            self.run(
                "return [...document.querySelectorAll(arguments[0])]"
                ".some(e => e.checkVisibility({visibilityProperty: true}))",
                selector,
            )
        )

    def find(self, selector: str) -> WebElement:
        """Return the first visible element that matches, as soon as there is one."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".find(e => e.checkVisibility({visibilityProperty: true}))"
        )
        found = self.until(lambda: self.run(script, selector), f"{selector} does not show")
        assert isinstance(found, WebElement)
        return found

    def click(self, selector: str) -> None:
        """Click the first visible match, by the mouse, as soon as there is one."""

        def is_clicked() -> bool:
            try:
                self.find(selector).click()
            except StaleElementReferenceException:  # another has taken its place since
                return False
            return True

        self.until(is_clicked, f"{selector} does not stay")

    def text(self, selector: str) -> str:
        """Return the first match's text as it is now, hidden or not; empty if there is none."""
        return str(
            self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector)
        )

    def shows(self, selector: str, text: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until the element has exactly this text."""
        try:
            self.until(lambda: self.text(selector).strip() == text, within_s=within_s)
        except TimeoutException as error:
            raise AssertionError(f"{selector} is {self.text(selector)!r}, not {text!r}") from error

    # The page

    def open(self, path: str = "/", transport: str = "") -> "Window":
        """Load a page and wait until it is connected."""
        query = f"?transports={transport}" if transport else ""
        self.driver.get(f"{self.server}{path}{query}")
        self.is_connected(transport or "websocket")
        return self

    def is_connected(self, transport: str) -> None:
        self.shows("#status-text", STATUS[transport])

    def call_me(self, name: str) -> None:
        """Take a name in place."""
        self.click("#name-button")
        field = self.find("#name")
        field.clear()
        field.send_keys(name, Keys.ENTER)
        self.shows("#my-name", name)
        self.until(lambda: not self.has("#name-panel"))

    def write(self, text: str) -> WebElement:
        """Type into the composer without sending."""
        composer = self.find("#text")
        composer.send_keys(text)
        return composer

    def say(self, *texts: str) -> None:
        for text in texts:
            self.write(text).send_keys(Keys.ENTER)

    def messages(self) -> list[str]:
        """Return the texts of the messages shown that came from the log, oldest first."""
        texts = self.run(
            "return [...document.querySelectorAll('.message[data-offset] .body')]"
            ".map(e => e.textContent.trim())"
        )
        assert isinstance(texts, list)
        return texts

    def sees(self, *texts: str) -> None:
        """Wait until the log ends with these messages, each once."""
        self.until(
            lambda: self.messages()[-len(texts) :] == list(texts),
            f"{self.messages()[-len(texts) :]} is not {texts}",
        )
        assert [text for text in self.messages() if text in texts] == list(texts)

    def message(self, text: str) -> WebElement:
        """Return the message with this text, as soon as it is there."""
        script = (
            "return [...document.querySelectorAll('.message')]"
            ".findLast(e => e.querySelector('.body').textContent.trim() === arguments[0]) ?? null"
        )
        found = self.until(lambda: self.run(script, text), f"no message {text!r}")
        assert isinstance(found, WebElement)
        return found

    def press_in(self, text: str, selector: str) -> None:
        """Point at the message with this text, and press what it has there."""

        def is_pressed() -> bool:
            row = self.message(text)
            try:
                ActionChains(self.driver).move_to_element(row).perform()
                self.run("arguments[0].querySelector(arguments[1]).click()", row, selector)
            except StaleElementReferenceException:  # it was rendered again since
                return False
            return True

        self.until(is_pressed, f"the message {text!r} does not stay")

    def menu(self, text: str, choice: str) -> None:
        """Choose from a message's menu, by the mouse."""
        self.press_in(text, ".more")
        self.find("#menu:popover-open")
        self.click(f"#menu {choice}")

    def decide(self, text: str, action: str) -> None:
        """Choose what becomes of a message that waits or was refused, by the mouse."""
        self.press_in(text, f"[data-delivery-action={action}]")

    def rooms(self) -> list[str]:
        """Return my rooms with what is unread in them, as shown."""
        rooms = self.run(
            "return [...document.querySelectorAll('#rooms a')].map(a => "
            "[a.querySelector('.room__name').textContent, "
            "a.querySelector('.badge:not([hidden])')?.firstChild.textContent]"
            ".filter(Boolean).join(' '))"
        )
        assert isinstance(rooms, list)
        return rooms

    def go(self, room: str) -> None:
        """Switch to a room that one is in."""
        # In one step: the link is another element when its count of what is unread changes.
        script = (
            "const link = document.querySelector(arguments[0]); link?.click(); return Boolean(link)"
        )
        link = f"#rooms [data-room={room}]"
        self.until(lambda: self.run(script, link), f"there is no room {room}")
        self.shows("#room-name", room)

    def join(self, room: str, *, called: str = "") -> None:
        """Join a room by its dialog, which makes it where there is none."""
        self.click("#add-room")
        self.find("#room-input").send_keys(room, Keys.ENTER)
        self.shows("#room-name", called or room)
        self.find("#composer")

    def leave(self) -> None:
        """Leave the room shown, by the dialog about it."""
        self.click("#about-room")
        script = (
            "const found = [...document.querySelectorAll('dialog[open] button')]"
            ".find(e => e.textContent === 'Leave'); found?.click(); return Boolean(found)"
        )
        self.until(lambda: self.run(script), "one can't leave")
        self.shows("#room-name", "general")

    def focused(self) -> str:
        """Return the id of what has the focus, or its class."""
        return str(self.run("return document.activeElement.id || document.activeElement.className"))

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def resize(self, width: int, height: int, *, scale: int = 2, is_phone: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, *, media: str = "", **features: str) -> None:
        """Emulate preferences of the person, and a medium: empty for the screen."""
        found = [{"name": n.replace("_", "-"), "value": value} for n, value in features.items()]
        emulated = {"media": media, "features": found}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", emulated)

    def shoot(self, name: str) -> None:
        """Take a picture, for people to look at; there is nothing to compare it with."""
        SCREENSHOTS.mkdir(exist_ok=True)
        assert self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))


def block(driver: Chrome, *patterns: str) -> None:
    """Let no file load whose address is like one of ``patterns``, in which * is anything."""
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(patterns)})
    # It would have what it has kept.
    driver.execute_cdp_cmd("Network.setBypassServiceWorker", {"bypass": bool(patterns)})
