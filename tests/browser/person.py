"""What a person does with rooms and people, by scripts: alike in every browser."""

import json
import re
from typing import Any, cast

from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.browser.firefox import Tab
from tests.browser.window import SAY, STATUS, Window
from tests.support.server import ServerProcess

# Presses what matches and can be seen: a browser without a mouse has the same handlers.
PRESS = """
    const [selector, words] = arguments
    const seen = [...document.querySelectorAll(selector)]
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled)
      .filter((e) => !words || e.textContent.trim() === words)
    seen.at(-1)?.click()
    return seen.length > 0
"""
FILL = """
    const [selector, value] = arguments
    const field = [...document.querySelectorAll(selector)]
      .filter((e) => e.checkVisibility({ visibilityProperty: true })).at(-1)
    if (!field) return false
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked !== value) field.click()
      return true
    }
    field.value = value
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }))
    return true
"""
# The label of a box in a list of people, or of a field, by its words.
TICK = """
    const label = [...document.querySelectorAll("dialog[open] label")]
      .find((e) => e.textContent.includes(arguments[0]))
    if (!label) return false
    const box = label.querySelector("input")
    if (!box.checked) box.click()
    return box.checked
"""
SUBMIT = """
    const form = [...document.querySelectorAll(arguments[0])].at(-1)
    form?.requestSubmit()
    return Boolean(form)
"""
OPEN_MENU = """
    const button = [...document.querySelectorAll(".person__button")]
      .find((e) => e.querySelector(".author").firstChild?.textContent === arguments[0])
    button?.click()
    return Boolean(button)
"""
ROW = """
    const row = [...document.querySelectorAll("dialog[open] .members__item")]
      .find((e) => e.querySelector(".members__name").textContent === arguments[0])
    const control = [...row?.querySelectorAll("button, select") ?? []]
      .find((e) => e.textContent === arguments[1])
    control?.click()
    return Boolean(control)
"""


class Person(Window):
    """A window that is used without a mouse or a keyboard."""

    def __init__(self, driver: "Chrome | Tab", server: str) -> None:
        super().__init__(cast(Chrome, driver))
        self.server = server

    def visit(self, path: str) -> None:
        """Go to a page of the server."""
        self.driver.get(f"{self.server}{path}")

    def enter(self, path: str = "/", transport: str = "websocket") -> None:
        """Open the chat and wait until it is connected."""
        self.visit(f"{path}?transports={transport}")
        self.shows("#status-text", STATUS[transport])

    def press_on(self, selector: str, words: str = "") -> None:
        """Press the last that matches, as soon as it shows."""
        self.until(lambda: self.run(PRESS, selector, words), f"{selector} {words!r} does not show")

    def fill(self, selector: str, value: Any) -> None:
        self.until(lambda: self.run(FILL, selector, value), f"{selector} does not show")

    def tick(self, words: str) -> None:
        self.until(lambda: self.run(TICK, words), f"there is no box for {words}")

    def submit(self, selector: str = "dialog[open] form") -> None:
        self.until(lambda: self.run(SUBMIT, selector), f"there is no {selector}")

    def press(self, *keys: str) -> None:
        if isinstance(self.driver, Tab):
            self.driver.type("".join(keys))
        else:
            super().press(*keys)

    def enter_on(self, selector: str) -> None:
        """Press Enter on the first that matches, as soon as it can have the focus."""
        script = (
            "const found = document.querySelector(arguments[0]); found?.focus();"
            "return found !== null && document.activeElement === found"
        )
        self.until(lambda: self.run(script, selector), f"{selector} has no focus")
        self.press(Keys.ENTER)

    def close_dialogs(self) -> None:
        """Close all that is open over the page; menus are dialogs in this."""
        self.run(
            "for (const each of document.querySelectorAll(':popover-open')) each.hidePopover();"
            "for (const each of document.querySelectorAll('dialog[open]')) each.close()"
        )

    def leave_rooms(self) -> None:
        """Show the lobby, with nothing open over it, and leave all other rooms."""
        self.close_dialogs()
        self.go("general")
        for each in json.loads(self.api("GET", "/api/rooms"))["rooms"]:
            if each["is_member"] and each["room"] != "general":  # where everybody is for ever
                self.perform({"type": "leave", "room": each["room"]})
        self.until(lambda: self.room_names() + self.room_names("directs") == ["general"])

    def begin_anew(self) -> None:
        """Sign out, and open the chat as a new guest, of whom the browser has kept nothing."""
        self.visit("/")
        self.run("localStorage.clear(); sessionStorage.clear()")
        self.api("POST", "/logout")
        self.enter()

    def write_and_send(self, text: str) -> None:
        self.until(lambda: self.has("#composer"), "there is no composer")
        self.run(SAY, text)
        self.sees(text)

    def person_menu(self, name: str, action: str) -> None:
        """Choose from the menu of somebody in the list of those who are here."""
        self.until(lambda: self.run(OPEN_MENU, name), f"{name} is not here")
        self.press_on(f"#menu:popover-open [data-action={action}]")

    def in_row(self, name: str, words: str) -> None:
        """Press what is beside somebody in a list of people."""
        self.until(lambda: self.run(ROW, name, words), f"there is no {words!r} at {name}")

    def perform(self, command: dict[str, Any]) -> Any:
        """Carry out a command as this person, by a request."""
        return self.api("POST", "/send", command)

    def api(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Make a request as this person, with the page's cookie."""
        script = (
            "const [method, path, body] = arguments; return fetch(path, { method, body: "
            "body && JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })"
            ".then((r) => r.text())"
        )
        return self.run(script, method, path, body)

    def room_names(self, section: str = "rooms") -> list[str]:
        """Return the rooms, or the ``directs``, in the sidebar."""
        names = self.run(
            "return [...document.querySelectorAll(`#${arguments[0]} .room__name`)]"
            ".map((e) => e.textContent)",
            section,
        )
        assert isinstance(names, list)
        return names

    def go_to(self, title: str, section: str = "rooms") -> None:
        """Show one of the rooms in the sidebar."""
        script = (
            "const room = [...document.querySelectorAll(`#${arguments[1]} a`)].find((e) => "
            "e.querySelector('.room__name').textContent === arguments[0]); room?.click();"
            "return Boolean(room)"
        )
        self.until(lambda: self.run(script, title, section), f"there is no room {title}")
        self.shows("#room-name", title)

    @property
    def address(self) -> str:
        """The path of the page shown."""
        return str(self.run("return location.pathname"))


def setup_path(server: ServerProcess) -> str:
    """Return the path of the setup link in the server's log."""
    found: list[str] = []

    def look() -> bool:
        found[:] = re.findall(r"(/setup\?code=[\w-]+)", "".join(server.log))
        return bool(found)

    if not look():
        server.until_logged("/setup?code=")
        look()
    return found[0]


def set_up(owner: Person, path: str, name: str, *, guests: str = "off") -> str:
    """Make the first owner of a site; return the path of the invitation that it gives."""
    owner.visit(path)
    owner.fill("#name", name)
    owner.fill("#password", f"the password of {name}")
    owner.fill("#site-name", "Chez nous")
    owner.fill("#site-about", "Where the five of us talk.")
    owner.fill(f"[name=guests][value={guests}]", True)
    owner.fill("[name=sign_up][value=invite]", True)
    owner.submit("form")
    owner.until(lambda: owner.has("#invite"), "there is no invitation")
    link = str(owner.run("return document.querySelector('#invite').value"))
    return f"/{link.split('/', 3)[3]}"


def sign_up_by(person: Person, invite: str, name: str) -> None:
    """Sign up by an invitation; the chat is open after it."""
    person.visit(invite)
    person.fill("#name", name)
    person.fill("#password", f"the password of {name}")
    person.submit("form")
    person.until(lambda: person.text("#my-name") == name, f"{name} is not in")
