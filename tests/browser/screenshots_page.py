"""The states of the chat page itself, on the data of `make demo`."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from argon2.profiles import CHEAPEST
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from chat.accounts import passwords
from chat.settings.settings import Settings
from scripts.demo import CODE, PASSWORD, fill
from tests.browser.given_files import CHIPS, give, has_ready
from tests.browser.person import SAY, Person
from tests.browser.screenshots import SIZES, Look
from tests.browser.window import block
from tests.support.server import ServerProcess, run_server

# What the server has refused, as the page keeps it over a reload.
REFUSED = """
    const { user } = JSON.parse(document.getElementById("boot").textContent)
    const entry = {
        key: "refused", seq: 1, kind: "send", room: "web", text: "Somebody should know this.",
        state: "refused", reason: "You can't write here for 5 minutes.", written_ms: Date.now(),
    }
    localStorage.setItem(`parley.${user}.outbox.refused`, JSON.stringify(entry))
"""
MESSAGES = 600  # a few screens of each room
ROOM = "/rooms/web"
FILES_ROOM = "/rooms/kitchen"
LONG = "\n".join(f"line {number}" for number in range(200))
CODE_TEXT = "```python\ndef area(r: float) -> float:\n    return 3.14159 * r**2  # of a circle\n```"
TABLE = "| bed | who |\n|---|---|\n| 1 | Zoe |\n| 2 | Max |"


@contextmanager
def full_server(messages: int) -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read({"DATA_DIR": folder, "OWNER_SETUP_CODE": CODE})
        # As the server of tests does: to hash the passwords of all took longer than all messages.
        with patch.object(passwords, "RFC_9106_LOW_MEMORY", CHEAPEST):
            asyncio.run(fill(settings, messages))
        with run_server(Path(folder), RATE_LIMITS="off") as server:
            yield server


def tour_page(look: Look, driver: Chrome, messages: int = MESSAGES) -> None:
    """Go through the states of the page, in one browser, where ``messages`` have been said."""
    with full_server(messages) as server:
        zoe = Person(driver, server.url)
        look(zoe, "error", lambda: zoe.visit("/nothing/here"))
        look(zoe, "doctor", lambda: zoe.visit("/doctor"))
        sign_in(zoe)
        read(look, zoe)
        write(look, zoe)
        show_files(look, zoe)
        look(zoe, "right-to-left", lambda: mirrored(zoe))
        look(zoe, "german", lambda: in_german(zoe))
        zoe.driver.delete_cookie("parley_language")
        for state in ("forced-colours", "print"):
            look(zoe, state, lambda: show(zoe))
        look(zoe, "zoom", lambda: zoomed(zoe))
        without_a_server(look, zoe, server)
        driver.get("about:blank")


def read(look: Look, zoe: Person) -> None:
    look(zoe, "full", lambda: show(zoe))
    look(zoe, "unread", lambda: show(zoe, "/rooms/kitchen"))
    zoe.enter(ROOM)
    for text in (LONG, CODE_TEXT, TABLE, "- [x] done\n- [ ] to do", "\U0001f389\U0001f331"):
        zoe.perform({"type": "send", "room": "web", "text": text, "key": text[:20]})
    answer_one_of_them(zoe)
    look(zoe, "texts", lambda: show(zoe))
    opened = "#history:popover-open"
    look(zoe, "connection", lambda: pressed(zoe, "[popovertarget=history]", opened))
    zoe.perform({"type": "create", "room": "quiet", "title": "Quiet", "access": "public"})
    look(zoe, "empty", lambda: show(zoe, "/rooms/quiet"))
    look(zoe, "incomplete", lambda: without_scripts(zoe))
    block(zoe.driver)


def answer_one_of_them(zoe: Person) -> None:
    """Have an answer that was edited, and a message with reactions."""
    room = {"room": "web"}
    first = json.loads(zoe.api("GET", "/api/rooms/web/messages"))["messages"][0]["offset"]
    answer = {"type": "send", "text": "Yes, on Sunday.", "key": "answer", "reply_to": first}
    offset = json.loads(zoe.perform(room | answer))["replies"][0]["offset"]
    zoe.perform(room | {"type": "edit", "offset": offset, "text": "Yes, on Monday."})
    zoe.perform(room | {"type": "react", "offset": first, "emoji": "👍", "on": True})


def without_scripts(zoe: Person) -> None:
    block(zoe.driver, "*/static/*.js")
    zoe.visit(ROOM)
    zoe.find("#incomplete")


def write(look: Look, zoe: Person) -> None:
    look(zoe, "reply", lambda: answering(zoe))
    look(zoe, "completion", lambda: typed(zoe, "@", "[role=listbox]"))
    look(zoe, "command", lambda: typed(zoe, "/", "[role=listbox]"))
    typed(zoe, "", "#text")
    look(zoe, "bell", lambda: pressed(zoe, "#notifications", "dialog[open]"))
    look(zoe, "emoji", lambda: pressed(zoe, "#emoji", "[role=dialog]:popover-open"))
    look(zoe, "keys", lambda: key(zoe, "?"))
    look(zoe, "go-to", lambda: typed(zoe, Keys.CONTROL + "k", "dialog[open]"))


def show_files(look: Look, zoe: Person) -> None:
    """What is attached, in each of its states; messages with files; a picture shown large."""
    sea, tower = (
        {"name": "The sea at seven.png", "width": 1600, "height": 1100},
        {"name": "tower.png", "width": 600, "height": 1200},
    )
    plan = {"name": "Plan of the garden, as of November.pdf", "bytes": 2_345_678}
    show(zoe, FILES_ROOM)
    for files, text in (((sea,), "This morning, from the pier."), ((sea, tower, plan), "")):
        give(zoe, "choose", *files)
        has_ready(zoe, *(str(file["name"]) for file in files))
        zoe.run(SAY, text)
        zoe.until(lambda: zoe.run(CHIPS) == [])
    look(zoe, "files", lambda: show(zoe, FILES_ROOM))
    look(zoe, "picture", lambda: pictured(zoe))
    zoe.press(Keys.ESCAPE)
    look(zoe, "attaching", lambda: attaching(zoe, sea, plan))
    zoe.run("for (const e of document.querySelectorAll('.attachment__remove')) e.click()")


def pictured(zoe: Person) -> None:
    return_to(zoe, FILES_ROOM)
    zoe.press_on("a.picture")
    large = (
        "const i = document.querySelector('.viewer__image'); return i?.complete && i.naturalWidth"
    )
    zoe.until(lambda: zoe.run(large))


def attaching(zoe: Person, *files: dict[str, object]) -> None:
    show(zoe, FILES_ROOM)
    if not zoe.has(".attachment"):
        give(zoe, "paste", *files)
        has_ready(zoe, *(str(file["name"]) for file in files))
    give(zoe, "paste", {"name": "nothing.txt", "bytes": 0})
    zoe.until(lambda: zoe.has(".attachment[data-state=failed]"))


def without_a_server(look: Look, zoe: Person, server: ServerProcess) -> None:
    """The last states: what waits, and what was refused."""
    zoe.run(REFUSED)
    look(zoe, "refused", lambda: show(zoe))
    show(zoe)
    server.kill()
    zoe.until(lambda: not zoe.text("#status-text").startswith("Connected"))
    zoe.run(SAY, "This waits until the train is out of the tunnel.")
    zoe.until(lambda: zoe.has("#bar"))
    look(zoe, "offline", lambda: None)


def sign_in(zoe: Person) -> None:
    zoe.visit("/signin")
    zoe.until(lambda: zoe.has("form [name=password]"))
    zoe.run(
        "const form = document.querySelector('form'); form.elements.name.value = 'Zoe';"
        " form.elements.password.value = arguments[0]; form.submit()",
        PASSWORD,
    )
    zoe.until(lambda: zoe.has("#account"))


def show(zoe: Person, path: str = ROOM) -> None:
    zoe.enter(path)
    zoe.run("document.activeElement?.blur()")


def return_to(zoe: Person, path: str = ROOM) -> None:
    """Show a room as show does. Where it is shown, only what is open over it is closed."""
    if zoe.address != path or not zoe.text("#status-text").startswith("Connected"):
        show(zoe, path)
    zoe.close_dialogs()
    zoe.run("document.activeElement?.blur()")


def pressed(zoe: Person, button: str, opened: str) -> None:
    return_to(zoe)
    zoe.press_on(button)
    zoe.until(lambda: zoe.has(opened), f"{opened} does not open")


def typed(zoe: Person, text: str, opened: str) -> None:
    return_to(zoe)
    field = zoe.find("#text")
    field.send_keys(Keys.CONTROL + "a")  # the draft of the state before
    field.send_keys(Keys.BACKSPACE)
    field.send_keys(text)
    zoe.until(lambda: zoe.has(opened), f"{opened} does not open")


def key(zoe: Person, keys: str) -> None:
    return_to(zoe)
    zoe.press(keys)
    zoe.until(lambda: zoe.has("dialog[open]"), "no dialog opens")


def answering(zoe: Person) -> None:
    return_to(zoe)
    zoe.run("[...document.querySelectorAll('.tool--reply')].at(-3).click()")
    zoe.until(lambda: zoe.has("#replying"))


def mirrored(zoe: Person) -> None:
    show(zoe, "/rooms/arabic")
    zoe.run("document.documentElement.dir = 'rtl'")


def in_german(zoe: Person) -> None:
    zoe.driver.add_cookie({"name": "parley_language", "value": "de"})
    zoe.visit(ROOM)
    zoe.until(lambda: zoe.run("return document.documentElement.lang") == "de")


def zoomed(zoe: Person) -> None:
    """Twice as large: half as many pixels of the page, each twice as wide."""
    width, height = zoe.run("return [innerWidth, innerHeight]")
    if (width, height) in [(w, h) for w, h, _ in SIZES.values()]:
        zoe.resize(width // 2, height // 2, is_phone=width < 600)
    show(zoe)
